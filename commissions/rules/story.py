"""An order's whole story: what each event charges and what it gives back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, NamedTuple

from commissions.rules.charging import charge
from commissions.rules.entry import Contribution, Entry, Unknown
from commissions.rules.index import RuleIndex
from commissions.rules.order import Back, Line, Order
from commissions.rules.periods import kept
from commissions.rules.reversals import Reversal, Sold, reversals, sold
from commissions.rules.rounding import EXACT, proportion
from commissions.rules.words import REFUNDED
from core.money import smallest_step

_OF_LINE = ("seller_discount", "platform_discount", "platform_voucher", "coins", "tax")


class Charged(NamedTuple):
    """Outcome of a charging event: entries of the units that were sold then. `since`: how many Backs came before it."""

    event: str
    entries: list[Entry]
    monthly: list[Contribution]
    units: Sold
    since: int


@dataclass(slots=True)
class Story:
    """All that an order's events come to, in the order in which they happened."""

    charged: list[Charged] = field(default_factory=list)
    reversals: list[tuple[int, Reversal]] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    monthly: list[Contribution] = field(default_factory=list)

    @property
    def entries(self) -> list[Entry]:
        """All entries, in the order of the events that charged them."""
        return [entry for one in self.charged for entry in one.entries]

    @property
    def total(self) -> Decimal:
        """Cost of the order in the end: accrued less given back, without fees by the month."""
        with localcontext(EXACT):
            accrued = sum((entry.amount for entry in self.entries), Decimal(0))
            return accrued + sum((found.amount for _event, found in self.reversals), Decimal(0))


def tell(index: RuleIndex, order: Order, events: Iterable[str | Back], *, with_working: bool = False) -> Story:
    """Return what an order's events come to. A fee is charged once, by the first of its events, of what is still sold then."""
    story, backs, happened = Story(), list[Back](), list[str]()
    known: set[tuple[str, str]] = set()
    for number, event in enumerate(events):
        if isinstance(event, Back):
            for one in story.charged:
                given = reversals(one.entries, one.units, backs[one.since :], event)
                story.reversals += [(number, part) for part in given]
            backs.append(event)
            continue
        happened.append(event)
        left = less(order, backs)
        found = charge(index, left, happened, with_working=with_working)
        entries = [entry for entry in found.entries if (entry.rule.key, entry.line) not in known]
        monthly = [one for one in found.monthly if (one.rule.key, one.line) not in known]
        unknown = [one for one in found.unknown if (one.rule.key, one.line) not in known]
        for brought in (entries, monthly, unknown):
            known.update((one.rule.key, one.line) for one in brought)
        story.unknown += unknown
        story.charged.append(Charged(event, entries, monthly, sold(left), len(backs)))
    story.monthly = [kept(found, one.units, backs[one.since :]) for one in story.charged for found in one.monthly]
    return story


def less(order: Order, backs: Sequence[Back]) -> Order:
    """Return an order without the units that came back before a fee was charged; discounts shrink with their lines."""
    gone: dict[str, int] = {}
    for back in backs:
        for key, count in back.quantity.items() if back.kind != REFUNDED else ():
            gone[key] = gone.get(key, 0) + count
    if not any(gone.values()):
        return order
    with localcontext(EXACT):
        step = smallest_step(order.currency)
        return order._replace(lines=tuple(_less(line, gone.get(line.key, 0), step) for line in order.lines))


def _less(line: Line, gone: int, step: Decimal) -> Line:
    if not gone or not line.quantity:
        return line
    left = max(line.quantity - gone, 0)
    parts: Any = {
        name: proportion(getattr(line, name), Decimal(left), Decimal(line.quantity), step, ROUND_HALF_UP)
        for name in _OF_LINE
    }
    return line._replace(quantity=left, **parts)
