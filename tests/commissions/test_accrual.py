"""Accrual: entries follow the orders' current state, nothing is changed, and any order of news ends in the same sums."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from commissions.models import CommissionEntry
from commissions.services import months
from commissions.services.accrual import accrue
from inventory.models import Shop
from orders.models import Order
from tests.commissions.ledger import AFTER_DISCOUNT, net, percent, rows, rule, store_order, store_return

pytestmark = pytest.mark.django_db
TIERS = [{"at_least": "0", "below": "100000", "rate": "1"}, {"at_least": "100000", "rate": "2"}]


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def test_a_fee_accrues_once_when_the_order_is_delivered(shop: Shop) -> None:
    rule()
    store_order(shop, "shipped")
    assert rows() == []
    store_order(shop, "delivered", 1)
    store_order(shop, "completed", 2)
    [entry] = CommissionEntry.objects.all()
    assert (entry.amount, entry.base, entry.units, entry.rate) == (20_000, 200_002, 2, 10)
    assert (entry.fee_kind, entry.payee, entry.rounding, entry.order.number) == (
        "commission",
        "marketplace",
        "half_up line",
        "A1",
    )
    assert entry.effective_at == Order.objects.get().placed_at
    assert [step["name"] for step in entry.working] == ["after_seller_discount", "rate", "rounding"]


def test_without_a_rule_there_is_no_entry(shop: Shop) -> None:
    store_order(shop, "delivered")
    assert rows() == []


def test_a_return_gives_back_in_proportion_by_the_entrys_own_rate(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    rule(version=2, starts=date(2026, 11, 12), formula_json=percent("50"))
    store_return(shop, "requested", 1)
    assert rows() == [("accrued", 20_000)]
    store_return(shop, "refunded", 2)
    store_return(shop, "refunded", 3, number="R2")
    store_return(shop, "refunded", 4, number="R3")
    assert rows() == [("accrued", 20_000), ("returned", -10_000), ("returned", -10_000)]
    assert {entry.reverses_id for entry in CommissionEntry.objects.filter(amount__lt=0)} == {
        CommissionEntry.objects.get(cause="accrued").pk
    }


def test_a_return_that_is_withdrawn_gives_the_fee_to_the_payee_again(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    store_return(shop, "refunded", 1)
    store_return(shop, "withdrawn", 2)
    assert rows() == [("accrued", 20_000), ("returned", -10_000), ("undone", 10_000)]


def test_a_fee_that_is_never_given_back_stays(shop: Shop) -> None:
    rule(given_back="never")
    store_order(shop, "delivered")
    store_return(shop, "refunded", 1, quantity=2)
    assert net() == 20_000


def test_a_fee_on_the_payment_follows_the_money_refunded(shop: Shop) -> None:
    rule(formula_json={"base": {"kind": "paid_by_buyer"}, "rate": "5"}, fee_kind="payment_fee")
    store_order(shop, "delivered")
    store_return(shop, "refunded", 1, refund=Decimal(50_000), goods_come_back=False)
    assert rows() == [("accrued", 10_000), ("refunded", -2_500)]


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ({"total": Decimal(116_500)}, 11_650),
        ({"total": Decimal(116_500), "shipping_fee": Decimal(0)}, 10_000),
        ({"total": Decimal(92_000)}, 10_000),
        ({}, 10_000),
    ],
)
def test_where_the_shipping_is_not_told_the_total_above_the_goods_is_it(
    shop: Shop, told: dict[str, Decimal], amount: int
) -> None:
    rule(formula_json={"base": {**AFTER_DISCOUNT, "shipping": True}, "rate": "10"}, fee_kind="payment_fee")
    store_order(shop, "delivered", quantity=1, price=100_000, **told)
    assert rows() == [("accrued", amount)]


def test_an_order_that_is_cancelled_after_it_left_keeps_the_fee_of_its_hand_over(shop: Shop) -> None:
    rule()
    rule("parcel", fee_kind="parcel_fee", strategy="FIXED", formula_json={"amount": "3000", "per": "order"}, charged_when=["handed_over"],
         given_back="never")  # fmt: skip
    store_order(shop, "delivered")
    assert net() == 23_000
    store_order(shop, "cancelled", 1)
    assert rows()[2:] == [("cancelled", -20_000)]
    assert net() == 3_000


def test_a_changed_line_is_taken_back_and_accrued_anew(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    store_order(shop, "delivered", 1, quantity=1)
    assert rows() == [("accrued", 20_000), ("changed", -20_000), ("accrued", 10_000)]


def test_a_tiered_rule_accrues_by_the_sum_of_the_order(shop: Shop) -> None:
    rule(**STRATEGIES["tiered"])
    store_order(shop, "delivered", price=100_000)
    assert net() == 3_000


NEWS: tuple[Callable[[Shop], None], ...] = (
    lambda shop: store_order(shop, "shipped", 1),
    lambda shop: store_order(shop, "delivered", 2),
    lambda shop: store_return(shop, "approved", 3),
    lambda shop: store_return(shop, "refunded", 4),
    lambda shop: store_order(shop, "completed", 5, quantity=3),
)


@pytest.mark.parametrize("order", list(permutations(range(len(NEWS)), len(NEWS)))[::7])
def test_any_order_of_the_same_news_ends_in_the_same_sum(shop: Shop, order: tuple[int, ...]) -> None:
    rule()
    for step in (*order, order[0], order[-1]):
        NEWS[step](shop)
    # 300,003 dong of three, of which one came back
    assert net() == 20_000


STRATEGIES: dict[str, dict[str, Any]] = {
    "percent": {"formula_json": percent("12.5")},
    "percent with a cap": {"formula_json": percent("12.5", cap={"amount": "7001", "per": "order"})},
    "of the payment": {"formula_json": {"base": {"kind": "paid_by_buyer"}, "rate": "4.91"}},
    "fixed": {"strategy": "FIXED", "formula_json": {"amount": "3001", "per": "order"}},
    "tiered": {"strategy": "TIERED", "formula_json": {"base": AFTER_DISCOUNT, "mode": "marginal", "tiers": TIERS}},
    "by the month": {
        "strategy": "TIERED", "formula_json": {"base": AFTER_DISCOUNT, "mode": "whole", "tiers": TIERS, "period": "shop_month"},
    },
}  # fmt: skip
COMES_BACK: dict[str, Callable[[Shop], object]] = {
    "whole": lambda shop: store_return(shop, "refunded", 1, quantity=3),
    "in parts": lambda shop: [store_return(shop, "refunded", n, number=f"R{n}") for n in (1, 2, 3)],
    "twice": lambda shop: [store_return(shop, "refunded", 1, quantity=3), store_return(shop, "refunded", 2, quantity=3)],
    "more than was sold": lambda shop: [store_return(shop, "refunded", n, number=f"R{n}", quantity=2) for n in (1, 2, 3)],
    "cancelled": lambda shop: store_order(shop, "cancelled", 1, quantity=3),
    "after a change of rules": lambda shop: [
        rule(version=2, starts=date(2026, 12, 1), formula_json=percent("50")), store_return(shop, "refunded", 1, quantity=3),
    ],
}  # fmt: skip


@pytest.mark.parametrize("back", COMES_BACK)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_accrued_and_reversed_are_nothing_when_all_came_back(shop: Shop, strategy: str, back: str) -> None:
    rule(rounding_json={"mode": "half_up", "level": "order"}, **STRATEGIES[strategy])
    store_order(shop, "delivered", quantity=3)
    months.settle()
    assert net() > 0
    COMES_BACK[back](shop)
    months.settle()
    assert net() == 0


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "fixed"])
def test_a_free_item_costs_nothing_and_gives_nothing_back(shop: Shop, strategy: str) -> None:
    rule(rounding_json={"mode": "half_up", "level": "order"}, **STRATEGIES[strategy])
    store_order(shop, "delivered", price=0)
    store_return(shop, "refunded", 1)
    months.settle()
    assert rows() == []


def test_entries_can_be_neither_changed_nor_deleted(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    for statement in ("UPDATE commissions_commissionentry SET amount = 1", "DELETE FROM commissions_commissionentry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert net() == 20_000


def test_as_many_statements_for_one_order_as_for_many(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    orders = [Order.objects.get().pk]
    with CaptureQueriesContext(connection) as few:
        accrue(orders)
    orders += [Order.objects.create(shop=shop, number=f"B{n}", status="delivered", placed_at=Order.objects.get(pk=orders[0]).placed_at,
                                    asked_at=Order.objects.get(pk=orders[0]).asked_at).pk for n in range(20)]  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        accrue(orders)
    assert len(few) == len(many)
