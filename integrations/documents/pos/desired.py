"""Which documents an order should have at the POS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.documents.difference import DROPPED, Desired, Document, Existing, Situation
from orders.statuses import statuses

ORDER, INVOICE, VOID = "pos_order", "pos_invoice", "pos_void"
KINDS = frozenset({ORDER, INVOICE, VOID})
WRITTEN_IN, SOLD_IN, TAKEN_BACK_IN = statuses("may_ship"), statuses("has_left"), statuses("is_off")


@dataclass(frozen=True, slots=True)
class PosDocuments:
    """Documents of one order at one warehouse since its last POS order: {kind: command}.

    `round` counts the POS orders there ever were: a taken-back order that comes to life again gets a new one.
    """

    commands: Mapping[str, Existing] = field(default_factory=dict)
    round: int = 0

    @classmethod
    def of(cls, existing: Iterable[Existing]) -> PosDocuments:
        """Return them from every command there ever was for one order at one warehouse, oldest first."""
        found: dict[str, Existing] = {}
        rounds = 0
        for command in existing:
            if command.kind == ORDER:
                rounds += 1
                found.clear()
            found[command.kind] = command
        return cls(found, rounds)

    def state(self, kind: str) -> str:
        """Return the state of its command; one that was never wanted is as good as dropped."""
        return self.commands[kind].state if kind in self.commands else DROPPED

    def has(self, kind: str) -> bool:
        """Return whether it is made, on its way, or refused (then a person decides): not to be wanted again."""
        return self.state(kind) != DROPPED


def desired(order: Situation, existing: Sequence[Existing]) -> Desired:
    """Return the documents that an order should have at one warehouse: an order to ship, its invoice, a void once it is off.

    An order with an unmapped line waits, and so does one that holds nothing here: a document is written once.
    """
    now = PosDocuments.of(existing)
    if order.status in TAKEN_BACK_IN:
        return _taken_back(now, existing)
    if order.status not in WRITTEN_IN | SOLD_IN:
        return existing
    is_void, round_now = now.has(VOID), now.round
    kept: Desired = existing
    if now.state(VOID) == "wanted":
        kept, is_void = [command for command in existing if command != now.commands[VOID]], False
    if order.has_unmapped or not order.is_held:
        return kept
    new: list[Document] = []
    if not now.has(ORDER) or is_void:
        round_now += 1
        new.append(Document(ORDER, round_now))
    if order.status in SOLD_IN and (not now.has(INVOICE) or is_void):
        new.append(Document(INVOICE, round_now))
    return [*kept, *new]


def _taken_back(now: PosDocuments, existing: Sequence[Existing]) -> Desired:
    if now.state(INVOICE) in ("sent", "done"):
        # the goods have left: they come back as a return, received at the POS by a person
        return existing
    off = {INVOICE, ORDER} if now.state(ORDER) == "wanted" else {INVOICE}
    kept = [command for command in existing if command.state != "wanted" or command.kind not in off]
    if now.state(ORDER) in ("sent", "done") and not now.has(VOID):
        return [*kept, Document(VOID, now.round)]
    return kept
