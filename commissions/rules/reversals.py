"""Reversals: parts of an entry that come back when units or money do, by the entry's own rate, never today's rule.

Everything is a function of all that came back so far. A reversal is the difference that the newest event makes, so the parts
add up to the entry and no more, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from commissions.rules import words
from commissions.rules.entry import Entry
from commissions.rules.order import Back, Order
from commissions.rules.rounding import EXACT, ZERO, proportion
from commissions.rules.rule import Rule

Sold = Mapping[str, int]
_WITH_GOODS = frozenset({words.CANCELLED, words.RETURNED})


class Part(NamedTuple):
    """Returned part of a whole: units, or money where the fee is on the buyer's payment."""

    part: Decimal
    whole: Decimal
    of: str


class Reversal(NamedTuple):
    """A part of an entry given back; `amount` is below zero. `part` is all that came back until now."""

    entry: Entry
    kind: str
    part: Part
    amount: Decimal


def sold(order: Order) -> Sold:
    """Return the units of an order by line."""
    return {line.key: line.quantity for line in order.lines}


def reversals(entries: Iterable[Entry], units: Sold, before: Sequence[Back], back: Back) -> list[Reversal]:
    """Return what an event gives back of an order's entries, after those `before` it. `units`: sold, by line.

    A refund at once that leaves the goods with the buyer is no Back: its fees stay.
    """
    after, found = (*before, back), []
    with localcontext(EXACT):
        for entry in entries:
            part = part_back(entry.rule, entry.line, entry.base, units, after)
            amount = _given(entry, part) - _given(entry, part_back(entry.rule, entry.line, entry.base, units, before))
            if amount:
                found.append(Reversal(entry, back.kind, part, -amount))
    return found


def given_back(entry: Entry, units: Sold, backs: Sequence[Back]) -> Decimal:
    """Return how much of an entry all these events together give back, from zero to its amount."""
    with localcontext(EXACT):
        return _given(entry, part_back(entry.rule, entry.line, entry.base, units, backs))


def part_back(rule: Rule, line: str, base: Decimal, units: Sold, backs: Sequence[Back]) -> Part:
    """Return the part of a line that counts as given back under a rule.

    A whole order that was cancelled was never sold, whatever the rule says, but for fees of the hand-over to the carrier.
    """
    count = Decimal(units[line])
    nothing, everything = Part(ZERO, count, "units"), Part(count, count, "units")
    if words.HANDED_OVER not in rule.charged_when and _all_back(units, backs, {words.CANCELLED}):
        return everything
    if rule.given_back == words.NEVER:
        return nothing
    if rule.given_back == words.FULL_RETURN:
        return everything if _all_back(units, backs, _WITH_GOODS) else nothing
    if rule.base is not None and rule.base.follows_money and base:
        return Part(min(_money(line, base, count, backs), base), base, "money")
    return Part(min(Decimal(_units(line, backs, _WITH_GOODS)), count), count, "units")


def _given(entry: Entry, part: Part) -> Decimal:
    if not part.part:
        return ZERO
    mode = words.ROUNDING_MODES[entry.rule.rounding.mode]
    return proportion(entry.amount, part.part, part.whole, entry.step, mode)


def _units(line: str, backs: Iterable[Back], kinds: Iterable[str]) -> int:
    return sum(back.quantity.get(line, 0) for back in backs if back.kind in kinds)


def _all_back(units: Sold, backs: Sequence[Back], kinds: Iterable[str]) -> bool:
    return bool(backs) and all(_units(line, backs, kinds) >= count for line, count in units.items())


def _money(line: str, base: Decimal, count: Decimal, backs: Iterable[Back]) -> Decimal:
    """Return the money refunded for a line; of units whose refund is not told, their share of the base."""
    told = ZERO
    untold = 0
    for back in backs:
        if line in back.refund:
            told += back.refund[line]
        else:
            untold += back.quantity.get(line, 0)
    return told + base * untold / count
