"""Trials: what a version would come to beside the active ones, on one order or on those of a span. Nothing is stored."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from commissions.models import CommissionRule
from commissions.rules.charging import charge
from commissions.rules.entry import Charges, Contribution, Entry
from commissions.rules.examples import Outcome
from commissions.rules.index import RuleIndex
from commissions.rules.periods import kept, period_entries
from commissions.rules.reversals import Sold, given_back, sold
from commissions.rules.rounding import ZERO
from commissions.rules.rule_set import ZONE, moment, with_active
from commissions.rules.words import DELIVERED, HANDED_OVER
from commissions.services import fee_orders, rule_book, rule_examples
from commissions.services.fee_orders import OrderState
from core.db import fetch

BATCH, MOST_ORDERS, SHOWN = 500, 100_000, 10
# of each pair: what the active versions take, and what is taken with the version on trial
Pair = list[Decimal]

_ORDERS = """
SELECT o.id FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
WHERE shop.channel = %s AND o.shop_id = ANY(%s) AND o.placed_at >= %s AND o.currency = %s ORDER BY o.placed_at DESC LIMIT %s
"""


class Books(NamedTuple):
    """A channel's active versions, and the same with one more."""

    current: RuleIndex
    proposed: RuleIndex


class OnOrder(NamedTuple):
    """Fees of one order with their working."""

    state: OrderState
    current: Charges
    proposed: Charges


class OrderChange(NamedTuple):
    """An order whose fees change."""

    id: int
    number: str
    current: Decimal
    proposed: Decimal

    @property
    def difference(self) -> Decimal:
        return self.proposed - self.current


@dataclass(slots=True)
class Comparison:
    """Fees of many orders, of the fee that the version on trial is of; `others`: what other fees change by, taken after it.

    `by_day` and `by_sku` hold pairs (current, proposed); `most`: the orders that change most; `is_cut`: there are more orders.
    """

    orders: int = 0
    changed: int = 0
    unknown: int = 0
    others: Decimal = ZERO
    total: Pair = field(default_factory=lambda: [ZERO, ZERO])
    by_day: dict[date, Pair] = field(default_factory=lambda: defaultdict(lambda: [ZERO, ZERO]))
    by_sku: dict[str, Pair] = field(default_factory=lambda: defaultdict(lambda: [ZERO, ZERO]))
    most: list[OrderChange] = field(default_factory=list)
    is_cut: bool = False

    @property
    def difference(self) -> Decimal:
        return self.total[1] - self.total[0]


def books(row: CommissionRule, since: date | None = None) -> Books:
    """Return the active versions of a rule's channel, and the same with this version: from its start, or as if it held `since`."""
    active = CommissionRule.objects.filter(state=CommissionRule.State.ACTIVE, channel=row.channel)
    rules = rule_book.rule_set(list(active.order_by("key", "version")), row.channel)
    version, others = rule_book.as_rule(row), rules
    if since is not None:
        version = replace(version, starts=since)
        left = tuple(one for one in rules.rules if one.key != row.key or one.starts < since)
        others = replace(rules, rules=left)
    return Books(RuleIndex(rules), RuleIndex(with_active(others, version)))


def examples(row: CommissionRule) -> list[Outcome]:
    """Return what a version's examples come to with it among the active ones."""
    return rule_examples.results(row, books(row).proposed.rules) if row.examples_json else []


def on_order(row: CommissionRule, order_id: int) -> OnOrder:
    """Return the fees of an order as when it is delivered and nothing comes back, and as if the version held when it was created."""
    [state] = fee_orders.read([order_id])
    both = books(row, state.order.created_at.astimezone(ZONE).date())
    events = state.events | {DELIVERED, HANDED_OVER}
    current, proposed = (charge(index, state.order, events, with_working=True) for index in both)
    return OnOrder(state, current, proposed)


def compare(
    row: CommissionRule, shop_ids: Collection[int], since: date, currency: str = "VND", *, as_if: bool = False
) -> Comparison:
    """Return what a version would change of these shops' orders created since a day, as they are now, returns included.

    `as_if`: as if the version had held since then; else it holds from its own start.

    One statement for each 500 orders, and no more than that in memory; the newest 100,000 at most.
    """
    found = fetch(_ORDERS, row.channel, sorted(shop_ids), moment(since), currency, MOST_ORDERS)
    ids = [order_id for (order_id,) in found]
    comparison, both = Comparison(is_cut=len(ids) == MOST_ORDERS), books(row, since if as_if else None)
    months: tuple[list[Contribution], list[Contribution]] = ([], [])
    fee = (row.payee, row.fee_kind)
    for first in range(0, len(ids), BATCH):
        for state in fee_orders.read(ids[first : first + BATCH]):
            _add(comparison, both, state, fee, months)
    for side, contributions in enumerate(months):
        comparison.total[side] += sum((entry.amount for entry in period_entries(contributions)), ZERO)
    comparison.most = heapq.nlargest(SHOWN, comparison.most, key=lambda one: abs(one.difference))
    return comparison


def _add(
    found: Comparison, both: Books, state: OrderState, fee: tuple[str, str], months: tuple[list[Contribution], ...]
) -> None:
    units = sold(state.order)
    skus = {line.key: line.sku for line in state.order.lines}
    day = state.order.created_at.astimezone(ZONE).date()
    sums, others = [ZERO, ZERO], [ZERO, ZERO]
    for side, index in enumerate(both):
        charges = charge(index, state.order, state.events)
        for entry, amount in _net(charges.entries, state, units):
            if entry.rule.fee != fee:
                others[side] += amount
                continue
            sums[side] += amount
            found.by_sku[skus[entry.line]][side] += amount
        months[side].extend(kept(one, units, state.backs) for one in charges.monthly if one.rule.fee == fee)
        found.unknown += side * len(charges.unknown)
    for side, amount in enumerate(sums):
        found.total[side] += amount
        found.by_day[day][side] += amount
    found.orders += 1
    found.others += others[1] - others[0]
    if sums[0] != sums[1]:
        found.changed += 1
        _keep(found.most, OrderChange(state.id, state.order.number, *sums))


def _net(entries: Sequence[Entry], state: OrderState, units: Sold) -> Iterator[tuple[Entry, Decimal]]:
    for entry in entries:
        yield entry, entry.amount - (given_back(entry, units, state.backs) if state.backs else ZERO)


def _keep(most: list[OrderChange], change: OrderChange) -> None:
    """Keep the orders that change most."""
    most.append(change)
    if len(most) > 10 * SHOWN:
        most[:] = heapq.nlargest(SHOWN, most, key=lambda one: abs(one.difference))
