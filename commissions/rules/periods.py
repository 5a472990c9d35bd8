"""Entries of a shop's month: one per rule, payee, shop and month, computed anew of all that counts towards it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import NamedTuple

from commissions.rules.entry import Contribution, Step
from commissions.rules.formula import Tiered
from commissions.rules.order import Back
from commissions.rules.reversals import Sold, part_back
from commissions.rules.rounding import EXACT, ZERO, proportion, shares
from commissions.rules.rule import Rule
from commissions.rules.strategies import tier_steps, vat_and_round


class MonthFee(NamedTuple):
    """The fee of a month's base, and its working."""

    amount: Decimal
    working: tuple[Step, ...]


class PeriodEntry(NamedTuple):
    """The fee of a month. `shares`: by order number, for reading only; they add up to the amount."""

    rule: Rule
    shop: str
    month: str
    payee_id: str
    base: Decimal
    amount: Decimal
    shares: Mapping[str, Decimal]
    working: tuple[Step, ...]


def kept(found: Contribution, units: Sold, backs: Sequence[Back]) -> Contribution:
    """Return a contribution less what came back: a return lowers the month of its sale."""
    with localcontext(EXACT):
        part = part_back(found.rule, found.line, found.base, units, backs)
        if not part.part:
            return found
        return found._replace(
            base=found.base - proportion(found.base, part.part, part.whole, found.step, ROUND_HALF_UP)
        )


def period_entries(contributions: Iterable[Contribution]) -> list[PeriodEntry]:
    """Return the entries of all months that these contributions are of. Their order does not matter."""
    groups: dict[tuple[str, int, str, str, str], list[Contribution]] = {}
    for one in contributions:
        identity = (one.rule.key, one.rule.version, one.shop, one.month, one.payee_id)
        groups.setdefault(identity, []).append(one)
    with localcontext(EXACT):
        return [_entry(group) for _identity, group in sorted(groups.items(), key=lambda item: item[0])]


def month_fee(rule: Rule, base: Decimal, step: Decimal) -> MonthFee:
    """Return the fee of the base of all orders of a month, rounded once."""
    assert isinstance(rule.formula, Tiered)
    with localcontext(EXACT):
        steps = tier_steps(rule.formula, base)
        return MonthFee(vat_and_round(rule, sum((one.result for one in steps), ZERO), step), tuple(steps))


def _entry(group: Sequence[Contribution]) -> PeriodEntry:
    first = group[0]
    by_order: dict[str, Decimal] = {}
    for one in group:
        by_order[one.order] = by_order.get(one.order, ZERO) + one.base
    orders = sorted(by_order)
    base = sum(by_order.values(), ZERO)
    amount, working = month_fee(first.rule, base, first.step)
    parts = shares(amount, [by_order[order] for order in orders], first.step)
    return PeriodEntry(
        first.rule,
        first.shop,
        first.month,
        first.payee_id,
        base,
        amount,
        dict(zip(orders, parts, strict=True)),
        working,
    )
