"""Fees by shop and month: one entry that counts per rule, payee, shop and month, corrected by reversal and new entry."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commissions.models import CommissionEntry, CommissionRule, Finding, MonthBase, MonthMatch
from commissions.services import months
from commissions.services.accrual import accrue
from commissions.services.activation import activate, reaccrue
from commissions.services.findings.refresh import refresh
from commissions.services.statements import store_settlements
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from inventory.models import Shop
from orders.models import Order
from tests.commissions.ledger import AFTER_DISCOUNT, net, rows, rule, store_order, store_return

Threads = Callable[..., Future[Any]]
# 10 % up to 300,000 and 5 % of what is above it
TIERS = [{"at_least": "0", "below": "300000", "rate": "10"}, {"at_least": "300000", "rate": "5"}]


def monthly(version: int = 1, *, tiers: Any = TIERS, **more: Any) -> CommissionRule:
    formula = {"base": AFTER_DISCOUNT, "mode": "marginal", "tiers": tiers, "period": "shop_month"}
    return rule(
        "monthly", version, strategy="TIERED", formula_json=formula, rounding_json={"mode": "half_up", "level": "order"}, **more
    )  # fmt: skip


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def entries() -> list[tuple[str, int, int, int]]:
    """Return cause, base, orders and amount of all entries, in order."""
    found = CommissionEntry.objects.order_by("pk").values_list("cause", "base", "units", "amount")
    return [(cause, int(base), units, int(amount)) for cause, base, units, amount in found]


def test_a_month_has_one_entry_of_all_its_orders(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=100_000)
    store_order(shop, "delivered", price=200_000, number="A2")
    store_order(shop, "delivered", price=50_000, number="A3", placed=datetime(2026, 12, 1, tzinfo=UTC))
    store_order(shop, "shipped", price=900_000, number="A4")
    assert rows() == []
    assert months.settle() == 2
    assert entries() == [("accrued", 600_000, 2, 45_000), ("accrued", 100_000, 1, 10_000)]
    first = CommissionEntry.objects.earliest("pk")
    assert (first.order, first.month, first.shop, first.payee, first.line_key, first.rate) == (
        None, date(2026, 11, 1), shop, "marketplace", "", None,
    )  # fmt: skip
    assert first.effective_at == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert [(step["name"], Decimal(step["result"])) for step in first.working] == [("tier", 30_000), ("tier", 15_000)]
    assert months.settle() == 0


@pytest.mark.parametrize(("second", "month"), [("16:59:59", date(2026, 11, 1)), ("17:00:00", date(2026, 12, 1))])
def test_a_month_ends_at_midnight_in_vietnam(shop: Shop, second: str, month: date) -> None:
    monthly()
    store_order(shop, "delivered", placed=datetime.fromisoformat(f"2026-11-30T{second}+00:00"))
    months.settle()
    assert CommissionEntry.objects.get().month == month


def test_a_return_lowers_the_month_of_its_sale_by_reversal_and_new_entry(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=200_000)
    months.settle()
    store_return(shop, "refunded", 60 * 24 * 30)
    store_return(shop, "refunded", 60 * 24 * 30 + 1)
    assert months.settle() == 2
    assert entries() == [
        ("accrued", 400_000, 1, 35_000),
        ("month", 400_000, 1, -35_000),
        ("accrued", 200_000, 1, 20_000),
    ]
    assert CommissionEntry.objects.get(cause="month").reverses == CommissionEntry.objects.earliest("pk")
    store_return(shop, "refunded", 60 * 24 * 30 + 2, number="R2")
    months.settle()
    assert net() == 0
    assert months.settle() == 0
    store_return(shop, "withdrawn", 60 * 24 * 30 + 3, number="R2")
    months.settle()
    assert net() == 20_000


def test_a_cancelled_order_leaves_its_month(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=200_000)
    months.settle()
    store_order(shop, "cancelled", 1, price=200_000)
    months.settle()
    assert net() == 0


def test_what_changes_and_changes_back_between_two_settlements_is_no_correction(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=200_000)
    months.settle()
    store_order(shop, "delivered", 1, price=300_000)
    store_order(shop, "delivered", 2, price=200_000)
    assert months.settle() == 0
    assert not MonthBase.objects.filter(is_settled=False).exists()


def test_a_version_of_a_month_takes_the_place_of_the_one_before(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=200_000)
    months.settle()
    newer = monthly(2, tiers=[{"at_least": "0", "rate": "1"}], starts=date(2026, 11, 1), state="draft")
    activate(newer.pk, actor_id=None)
    reaccrue(budget_seconds=10)
    months.settle()
    assert [(cause, amount) for cause, _base, _orders, amount in entries()] == [
        ("accrued", 35_000), ("month", -35_000), ("accrued", 4_000),
    ]  # fmt: skip


NEWS: tuple[Callable[[Shop], object], ...] = (
    lambda shop: store_order(shop, "delivered", 1, price=150_000),
    lambda shop: store_order(shop, "delivered", 2, price=100_000, number="A2"),
    lambda shop: store_return(shop, "refunded", 3),
    lambda _shop: months.settle(),
)


@pytest.mark.parametrize("order", list(permutations(range(len(NEWS))))[::3])
def test_any_order_of_the_same_news_ends_in_the_same_month(shop: Shop, order: tuple[int, ...]) -> None:
    monthly()
    for step in (*order, order[0]):
        NEWS[step](shop)
    months.settle()
    # 150,000 that stay of the first order, 200,000 of the second
    assert net() == 32_500


def test_the_shares_of_a_months_orders_add_up_to_its_fee(shop: Shop) -> None:
    monthly(tiers=[{"at_least": "0", "rate": "7"}])
    for number, price in (("A1", 33_333), ("A2", 33_334), ("A3", 50_001)):
        store_order(shop, "delivered", price=price, number=number)
    months.settle()
    shares = [months.shares_of(order.pk) for order in Order.objects.order_by("number")]
    assert [share.amount for [share] in shares] == [4_666, 4_667, 7_001]
    assert sum(share.amount for [share] in shares) == net() == 16_334


def test_a_share_is_none_where_all_came_back(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered")
    store_return(shop, "refunded", 1, quantity=2)
    assert months.shares_of(Order.objects.get().pk) == []


def test_as_many_statements_for_one_order_as_for_many(shop: Shop) -> None:
    monthly()
    for number in ("A1", "A2", "A3"):
        store_order(shop, "delivered", number=number)
    ids = list(Order.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as few:
        accrue(ids[:1])
    with CaptureQueriesContext(connection) as many:
        accrue(ids)
    assert len(few) == len(many)


def test_bases_that_stream_in_while_a_month_is_settled_are_all_counted(threads: Threads) -> None:
    """An accrual that is not committed yet makes its month due again, and neither waits for the other."""
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    monthly()
    store_order(shop, "delivered", price=100_000)
    with transaction.atomic():
        store_order(shop, "delivered", price=200_000, number="A2")
        assert threads(months.settle).result(timeout=20) == 1
        assert threads(months.settle).result(timeout=20) == 0
    both = [threads(months.settle) for _ in range(2)]
    assert sorted(one.result(timeout=20) for one in both) == [0, 2]
    assert net() == Decimal(45_000)


def charge(shop: Shop, amount: int, at: datetime, name: str = "L1", **more: Any) -> None:
    line = StatementLineSnapshot(name, "commission", "monthly", Decimal(amount), "VND", at, happened_at=at, **more)
    with transaction.atomic():
        store_settlements(shop, [SettlementSnapshot(name, (line,))])


def checks(shop: Shop) -> list[tuple[str, str, int, int]]:
    refresh(shop.pk, now=datetime(2027, 1, 20, tzinfo=UTC))
    found = MonthMatch.objects.filter(shop=shop).order_by("month")
    return [(f"{one.month:%m}", one.state, int(one.expected), int(one.settled)) for one in found]


def test_a_month_is_compared_with_what_was_charged_without_an_order(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=300_000)
    months.settle()
    # one of before the rule began to count, one of an order, and one of the goods are no part of it
    charge(shop, -7, datetime(2026, 11, 9, tzinfo=UTC), "L0")
    charge(shop, -8, datetime(2026, 12, 3, tzinfo=UTC), "L8", order_number="Z9")
    assert checks(shop) == [("11", "due", 45_000, 0)]
    assert not Finding.objects.exists()
    charge(shop, -50_000, datetime(2026, 12, 3, tzinfo=UTC))
    assert checks(shop) == [("11", "over", 45_000, 50_000)]
    finding = Finding.objects.get()
    assert (finding.kind, finding.amount, finding.state, finding.since) == (
        "month_fee", 5_000, "open", date(2026, 11, 1),
    )  # fmt: skip
    # given back with the next statement, dated up to the middle of the month after
    charge(shop, 5_000, datetime(2026, 12, 15, 16, 59, tzinfo=UTC), "L2")
    assert checks(shop) == [("11", "matched", 45_000, 45_000)]
    finding.refresh_from_db()
    assert (finding.state, finding.open_orders) == ("closed", 0)


def test_a_month_without_an_entry_is_compared_once_the_rule_is_there(shop: Shop) -> None:
    monthly()
    store_order(shop, "delivered", price=300_000)
    months.settle()
    charge(shop, -45_001, datetime(2026, 12, 3, tzinfo=UTC))
    charge(shop, -900, datetime(2027, 1, 3, tzinfo=UTC), "L2")
    assert checks(shop) == [("11", "tolerated", 45_000, 45_001), ("12", "over", 0, 900)]
    store_order(shop, "cancelled", 5, price=300_000)
    months.settle()
    assert checks(shop)[0] == ("11", "over", 0, 45_001)
    assert Finding.objects.count() == 2
