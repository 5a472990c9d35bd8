"""Recognition of a rate, or a fixed amount, that a channel charges instead of the rule's, from single orders' fees.

A fee that was rounded to the dong says within which limits its rate lies. Orders of one rule and rate whose limits have a number in
common were charged by one rate: the number with the fewest digits among those that all of them allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

# fewer orders say nothing about a rate
LEAST_ORDERS = 3
# of so many orders with the largest bases, one begins the search: the larger the base, the narrower the limits
SEEDS = 8
MOST_ATTEMPTS = 16
# decimals of a rate that many orders agree on, and of one that few do: chance makes up long ones
SURE_ORDERS, MOST_DIGITS, FEW_DIGITS = 10, 6, 2
_EXACT = Context(prec=50)


class Part(NamedTuple):
    """Part of an order's fee taken at one rate: `quantity` × `rate`. `quantity` is a hundredth of the base, or the number of units."""

    rate: Decimal
    quantity: Decimal


class Observation(NamedTuple):
    """One order's fee by one rule, as the channel charged it. `slack`: by how much roundings may move it."""

    id: int
    rule_id: int
    placed_at: datetime
    parts: tuple[Part, ...]
    fee: Decimal
    slack: Decimal


class Deviation(NamedTuple):
    """Orders that were charged at `after` where a rule says `before`."""

    rule_id: int
    before: Decimal
    after: Decimal
    ids: tuple[int, ...]
    since: datetime
    until: datetime


class _Limits(NamedTuple):
    observation: Observation
    low: Decimal
    high: Decimal


def deviations(observations: Iterable[Observation]) -> list[Deviation]:
    """Return the rates that explain at least LEAST_ORDERS orders each, in order of rule, rate and first order.

    An order whose lines have different rates does not say which of them is another one, but joins those that together explain it.
    Each order is in at most one deviation.
    """
    plain: dict[tuple[int, Decimal], list[Observation]] = {}
    mixed: list[Observation] = []
    for one in observations:
        if len(one.parts) == 1:
            plain.setdefault((one.rule_id, one.parts[0].rate), []).append(one)
        elif one.parts:
            mixed.append(one)
    found = [
        (rule_id, before, after, members)
        for (rule_id, before), group in sorted(plain.items())
        for after, members in _clusters(before, group)
    ]
    _add_mixed(found, mixed)
    return sorted(
        (_deviation(*one) for one in found), key=lambda one: (one.rule_id, one.before, one.since, one.ids)
    )  # fmt: skip


def simplest(low: Decimal, high: Decimal, most_digits: int = MOST_DIGITS) -> Decimal | None:
    """Return the number with the fewest decimals in [low, high], of these the one nearest to the middle; None where it needs too many."""
    for digits in range(most_digits + 1):
        step = Decimal(1).scaleb(-digits)
        first = (low / step).to_integral_value(ROUND_CEILING)
        last = (high / step).to_integral_value(ROUND_FLOOR)
        if first <= last:
            middle = ((low + high) / 2 / step).to_integral_value(ROUND_HALF_EVEN)
            return (min(max(middle, first), last) * step).normalize()
    return None


def _clusters(before: Decimal, group: Sequence[Observation]) -> Iterator[tuple[Decimal, list[Observation]]]:
    left = [limits for one in group if (limits := _limits(one)) is not None]
    left.sort(key=lambda limits: (limits.high - limits.low, limits.observation.placed_at, limits.observation.id))
    for _attempt in range(MOST_ATTEMPTS):
        if len(left) < LEAST_ORDERS:
            return
        seed = max(left[:SEEDS], key=lambda one: sum(_meet(one, other) for other in left))
        low, high, members, others = seed.low, seed.high, [], []
        for limits in left:
            if limits.low <= high and limits.high >= low:
                low, high = max(low, limits.low), min(high, limits.high)
                members.append(limits.observation)
            else:
                others.append(limits)
        if len(members) < LEAST_ORDERS:
            left.remove(seed)
            continue
        left = others
        after = simplest(low, high, MOST_DIGITS if len(members) >= SURE_ORDERS else FEW_DIGITS)
        if after is not None and after != before:
            yield after, members


def _limits(one: Observation) -> _Limits | None:
    [(_rate, quantity)] = one.parts
    if quantity <= 0:
        return None
    low = _EXACT.divide(one.fee - one.slack, quantity)
    return _Limits(one, max(low, Decimal(0)), _EXACT.divide(one.fee + one.slack, quantity))


def _meet(one: _Limits, other: _Limits) -> bool:
    return one.low <= other.high and other.low <= one.high


def _add_mixed(found: list[tuple[int, Decimal, Decimal, list[Observation]]], mixed: Iterable[Observation]) -> None:
    """Add each order with several rates to the first deviation that explains it with those of its other rates."""
    by_rule: dict[int, dict[Decimal, list[tuple[Decimal, list[Observation]]]]] = {}
    for rule_id, before, after, members in found:
        by_rule.setdefault(rule_id, {}).setdefault(before, []).append((after, members))
    for one in mixed:
        known = by_rule.get(one.rule_id, {})
        for members in _explained(one, known):
            members.append(one)
            break


def _explained(
    one: Observation, known: Mapping[Decimal, Sequence[tuple[Decimal, list[Observation]]]]
) -> Iterator[list[Observation]]:
    rates = {before: [after for after, _members in found] for before, found in known.items()}
    chosen = {before: min(afters) for before, afters in rates.items()}
    fee = sum((chosen.get(part.rate, part.rate) * part.quantity for part in one.parts), Decimal(0))
    if abs(fee - one.fee) <= one.slack:
        for part in one.parts:
            yield from (members for after, members in known.get(part.rate, ()) if after == chosen[part.rate])


def _deviation(rule_id: int, before: Decimal, after: Decimal, members: Sequence[Observation]) -> Deviation:
    ids = tuple(sorted(one.id for one in members))
    placed = [one.placed_at for one in members]
    return Deviation(rule_id, before, after, ids, min(placed), max(placed))
