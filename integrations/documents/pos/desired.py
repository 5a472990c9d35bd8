"""Desired documents of an order at the POS, with their content. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.documents.difference import DROPPED, Desired, Document, Existing, Situation
from integrations.documents.quantities import Units, as_option, units_in
from orders.statuses import statuses

ORDER, CORRECTION, INVOICE, VOID = "pos_order", "pos_correction", "pos_invoice", "pos_void"
KINDS = frozenset({ORDER, CORRECTION, INVOICE, VOID})
WRITTEN_IN, SOLD_IN, TAKEN_BACK_IN = statuses("may_ship"), statuses("has_left"), statuses("is_off")


@dataclass(frozen=True, slots=True)
class PosDocuments:
    """Documents of one order at one warehouse since its last POS order: {kind: command}.

    `round` counts the POS orders there ever were: a taken-back order that comes to life again gets a new one. `counts` counts
    the commands of each kind there ever were. `order`: that POS order and its corrections, without those that were dropped.
    """

    commands: Mapping[str, Existing] = field(default_factory=dict)
    round: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    order: tuple[Existing, ...] = ()

    @classmethod
    def of(cls, existing: Iterable[Existing]) -> PosDocuments:
        """Return them from every command there ever was for one order at one warehouse, oldest first."""
        found: dict[str, Existing] = {}
        order: list[Existing] = []
        counts: Counter[str] = Counter()
        for command in existing:
            counts[command.kind] += 1
            if command.kind == ORDER:
                found.clear()
                order.clear()
            found[command.kind] = command
            if command.kind in (ORDER, CORRECTION) and command.state != DROPPED:
                order.append(command)
        return cls(found, counts[ORDER], counts, tuple(order))

    def state(self, kind: str) -> str:
        """Return the state of its command; one that was never wanted is as good as dropped."""
        return self.commands[kind].state if kind in self.commands else DROPPED

    def has(self, kind: str) -> bool:
        """Return whether it is made, on its way, or refused (then a person decides): not to be wanted again."""
        return self.state(kind) != DROPPED

    def new(self, kind: str, units: Units | None = None) -> Document:
        """Return one more document of a kind. Its number is above those of all before it: no two share a reference."""
        number = self.round if kind == ORDER else self.round + self.counts.get(kind, 0)
        return Document(kind, number, {} if units is None else as_option(units))


def desired(order: Situation, existing: Sequence[Existing]) -> Desired:
    """Return the documents that an order should have at one warehouse: an order to ship, its invoice, a void once it is off.

    An order with an unmapped line waits, and so does one that holds nothing here; one of which nothing is held any more (the
    platform sends it after all) is taken back. Until the invoice is on its way, the quantities of the order document follow
    those that are held.
    """
    now = PosDocuments.of(existing)
    if order.status in TAKEN_BACK_IN:
        return _taken_back(now, existing)
    if order.status not in WRITTEN_IN | SOLD_IN:
        return existing
    is_void = now.has(VOID)
    kept: Desired = existing
    if now.state(VOID) == "wanted":
        kept, is_void = [command for command in existing if command != now.commands[VOID]], False
    if order.is_let_go and not order.has_unmapped:
        return _taken_back(now, existing)
    if order.has_unmapped or not order.is_held:
        return kept
    is_sold = order.status in SOLD_IN
    if not now.has(ORDER) or is_void:
        return [*kept, *_written(order, now, with_invoice=is_sold and (is_void or not now.has(INVOICE)))]
    outdated = _outdated(order, now)
    changes = _changes(order, now, outdated)
    # an invoice that waits comes after what changes the order
    if changes and now.state(INVOICE) == "wanted":
        outdated = [*outdated, now.commands[INVOICE]]
    stays = [command for command in kept if command not in outdated]
    has_invoice = now.has(INVOICE) and now.commands[INVOICE] not in outdated
    return [*stays, *changes, *([now.new(INVOICE)] if is_sold and not has_invoice else ())]


def _written(order: Situation, now: PosDocuments, *, with_invoice: bool) -> list[Document]:
    again = PosDocuments(round=now.round + 1, counts=now.counts)
    return [again.new(ORDER, order.units), *([again.new(INVOICE)] if with_invoice else ())]


def _says_what_is_held(order: Situation, now: PosDocuments) -> bool:
    """Return whether the order document that was sent needs no change: it is as it should be, or it is too late."""
    written = next((units_in(command.options) for command in reversed(now.order) if command.state != "wanted"), None)
    too_late = now.state(INVOICE) not in (DROPPED, "wanted") or now.state(ORDER) == "refused"
    return too_late or written in (None, order.units)


def _outdated(order: Situation, now: PosDocuments) -> list[Existing]:
    """Return what waits to say something else than what is held."""
    waiting = [command for command in now.order if command.state == "wanted"]
    if now.state(ORDER) != "wanted" and _says_what_is_held(order, now):
        return waiting
    return [command for command in waiting if units_in(command.options) not in (None, order.units)]


def _changes(order: Situation, now: PosDocuments, outdated: Sequence[Existing]) -> list[Document]:
    """Return what makes the order document say what is held: another one, a correction, or a void and another one."""
    if now.state(ORDER) == "wanted":
        return _written(order, now, with_invoice=False) if outdated else []
    waits = any(command.state == "wanted" and command not in outdated for command in now.order)
    if waits or _says_what_is_held(order, now):
        return []
    if CORRECTION in order.takes or VOID not in order.takes:
        return [now.new(CORRECTION, order.units)]
    return [now.new(VOID), *_written(order, now, with_invoice=False)]


def _taken_back(now: PosDocuments, existing: Sequence[Existing]) -> Desired:
    if now.state(INVOICE) in ("sent", "done"):
        # the goods have left: they come back as a return, received at the POS by a person
        return existing
    off = {INVOICE, ORDER, CORRECTION} if now.state(ORDER) == "wanted" else {INVOICE, CORRECTION}
    kept = [command for command in existing if command.state != "wanted" or command.kind not in off]
    if now.state(ORDER) in ("sent", "done") and not now.has(VOID):
        return [*kept, now.new(VOID)]
    return kept
