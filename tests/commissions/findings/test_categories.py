"""A listing that is charged as another category: told by a rate of the table, in enough orders, apart from what is charged rightly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from commissions.findings.categories import Misfiled, SoldPart, TableFee, misfiled

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
RATES = {1: [Decimal(rate) for rate in ("8", "10", "12.5")]}


def fee(place: int, charged: str, *sold: tuple[str, str, int], slack: str = "1") -> TableFee:
    """Return an order's fee: (listing, rate, base) of what was sold, and what was charged."""
    parts = tuple(SoldPart(item, Decimal(rate), Decimal(base) / 100) for item, rate, base in sold)
    return TableFee(place, 1, FIRST + timedelta(days=place), parts, Decimal(charged), Decimal(slack))


def test_one_listing_at_the_rate_of_another_category_also_beside_others() -> None:
    fees = [
        fee(1, "12500", ("a", "10", 100_000)),
        fee(2, "25000", ("a", "10", 200_000)),
        # 12.5 % of it, and 8 % of another listing, which is right
        fee(3, "20500", ("a", "10", 100_000), ("b", "8", 100_000)),
    ]
    [found] = misfiled(fees, RATES)
    assert found == Misfiled(
        1, "a", Decimal(10), Decimal("12.5"), (1, 2, 3), FIRST + timedelta(days=1), FIRST + timedelta(days=3)
    )


def test_a_rate_that_no_category_has_is_none() -> None:
    assert misfiled([fee(place, "11000", ("a", "10", 100_000)) for place in range(5)], RATES) == []


def test_two_orders_say_nothing_and_each_order_counts_once() -> None:
    fees = [fee(place, "12500", ("a", "10", 100_000)) for place in range(2)]
    assert misfiled(fees, RATES) == []
    # either of the two listings could be meant: the one that explains more orders
    both = [fee(9, "25000", ("a", "10", 100_000), ("b", "10", 100_000), slack="1")]
    mixed = [fee(place, "22500", ("a", "10", 100_000), ("b", "10", 100_000)) for place in range(3, 6)]
    [found] = misfiled([*fees, *mixed, *both], RATES)
    assert (found.item, found.ids) == ("a", (0, 1, 3, 4, 5))


def test_what_has_no_table_or_no_listing_is_left_out() -> None:
    fees = [fee(place, "12500", ("", "10", 100_000)) for place in range(4)]
    assert misfiled(fees, RATES) == []
    assert misfiled([fee(place, "12500", ("a", "10", 100_000)) for place in range(4)], {}) == []
