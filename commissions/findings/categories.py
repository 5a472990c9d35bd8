"""Recognition of a listing that a channel charges as one of another category: by a rate of the rule's table that is not its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal
from typing import NamedTuple

from commissions.findings.rates import LEAST_ORDERS

_EXACT = Context(prec=50)


class SoldPart(NamedTuple):
    """Part of an order's fee taken of one listing: `rate` × `quantity`, as in `rates.Part`."""

    item: str
    rate: Decimal
    quantity: Decimal


class TableFee(NamedTuple):
    """One order's fee by a rule with a rate table, as the channel charged it. `slack`: by how much roundings may move it."""

    id: int
    rule_id: int
    placed_at: datetime
    sold: tuple[SoldPart, ...]
    fee: Decimal
    slack: Decimal


class Misfiled(NamedTuple):
    """Orders in which one listing was charged at `after`, a rate of another category, where a rule says `before`."""

    rule_id: int
    item: str
    before: Decimal
    after: Decimal
    ids: tuple[int, ...]
    since: datetime
    until: datetime


_Key = tuple[int, str, Decimal, Decimal]


def misfiled(fees: Iterable[TableFee], rates: Mapping[int, Sequence[Decimal]]) -> list[Misfiled]:
    """Return the listings that another category explains in at least LEAST_ORDERS orders each; `rates`: of each rule's table.

    Each order is in at most one; what explains most orders goes first.
    """
    groups: dict[_Key, list[TableFee]] = {}
    for one in fees:
        for key in _explanations(one, rates.get(one.rule_id, ())):
            groups.setdefault(key, []).append(one)
    found, taken = [], set[int]()
    for key, group in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        left = [one for one in group if one.id not in taken]
        if len(left) >= LEAST_ORDERS:
            taken.update(one.id for one in left)
            placed = [one.placed_at for one in left]
            found.append(Misfiled(*key, tuple(sorted(one.id for one in left)), min(placed), max(placed)))
    return sorted(found, key=lambda one: (one.rule_id, one.since, one.item))


def _explanations(one: TableFee, rates: Sequence[Decimal]) -> Iterator[_Key]:
    """Yield each listing and other rate that make the fee what was charged, all other listings being charged rightly."""
    expected = sum((part.rate * part.quantity for part in one.sold), Decimal(0))
    sold: dict[tuple[str, Decimal], Decimal] = {}
    for part in one.sold:
        sold[part.item, part.rate] = sold.get((part.item, part.rate), Decimal(0)) + part.quantity
    for (item, before), quantity in sold.items():
        if not item or quantity <= 0:
            continue
        charged = before * quantity + one.fee - expected
        low, high = (_EXACT.divide(charged + slack, quantity) for slack in (-one.slack, one.slack))
        yield from ((one.rule_id, item, before, rate) for rate in rates if rate != before and low <= rate <= high)
