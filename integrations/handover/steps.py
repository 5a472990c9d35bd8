"""Which documents an order should have at the POS, and which step leads there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ORDER, INVOICE, VOID = "pos_order", "pos_invoice", "pos_void"
WRITTEN_IN = frozenset({"to_ship", "packed"})
SOLD_IN = frozenset({"shipped", "delivered", "completed", "returning", "returned", "failed"})
TAKEN_BACK_IN = frozenset({"cancelled"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Documents of one order at one warehouse since its last POS order: {kind: state of the command}, and their ids.

    `round` counts the POS orders there ever were: a taken-back order that comes to life again gets a new one.
    """

    states: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, int] = field(default_factory=dict)
    round: int = 0

    @classmethod
    def of(cls, commands: Iterable[tuple[str, str, int]]) -> Standing:
        """From (kind, state, id) of every command there ever was for one order at one warehouse, oldest first."""
        found: dict[str, tuple[str, int]] = {}
        rounds = 0
        for kind, state, command_id in commands:
            if kind == ORDER:
                rounds += 1
                found.clear()
            found[kind] = (state, command_id)
        return cls(
            {kind: state for kind, (state, _) in found.items()}, {kind: i for kind, (_, i) in found.items()}, rounds
        )

    def has(self, kind: str) -> bool:
        """Made, on its way, or refused (then a person decides): not to be wanted again."""
        return self.states.get(kind, "dropped") != "dropped"


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do now: documents to want, each in its round, and kinds of waiting commands to drop."""

    want: tuple[tuple[str, int], ...] = ()
    drop: tuple[str, ...] = ()


def steps(status: str, standing: Standing) -> Steps:
    """The difference between the documents an order in `status` should have and those it has. Pure."""
    if status in TAKEN_BACK_IN:
        return _take_back(standing)
    if status not in WRITTEN_IN | SOLD_IN:
        return Steps()
    wanted: list[tuple[str, int]] = []
    dropped: list[str] = []
    is_void = standing.has(VOID)
    if is_void and standing.states[VOID] == "wanted":
        dropped.append(VOID)
        is_void = False
    round_now = standing.round
    if not standing.has(ORDER) or is_void:
        round_now += 1
        wanted.append((ORDER, round_now))
    if status in SOLD_IN and (not standing.has(INVOICE) or is_void):
        wanted.append((INVOICE, round_now))
    return Steps(tuple(wanted), tuple(dropped))


def _take_back(standing: Standing) -> Steps:
    invoice = standing.states.get(INVOICE, "dropped")
    if invoice in ("sent", "done"):
        # the goods have left: they come back as a return, received at the POS by a person
        return Steps()
    dropped = [INVOICE] if invoice == "wanted" else []
    if standing.states.get(ORDER) == "wanted":
        return Steps(drop=(*dropped, ORDER))
    if standing.states.get(ORDER) in ("sent", "done") and not standing.has(VOID):
        return Steps(want=((VOID, standing.round),), drop=tuple(dropped))
    return Steps(drop=tuple(dropped))
