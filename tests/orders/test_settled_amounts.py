"""Discounts and shipping that only a settlement tells: into the order where it does not tell them itself, and into its fees."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from commissions.models import CommissionEntry
from inventory.models import Shop
from orders.models import Order, OrderLine, WaitingSettlement
from orders.services.settled_amounts import store_settled_amounts
from orders.snapshots import SettledAmountsSnapshot, SettledLine
from tests.commissions.ledger import PLACED, net, percent, rows, rule, store_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def settle(shop: Shop, minutes: int = 60, *lines: SettledLine, **told: int) -> None:
    facts: dict[str, Any] = {name: Decimal(value) for name, value in told.items()}
    with transaction.atomic():
        store_settled_amounts(
            shop, [SettledAmountsSnapshot("A1", PLACED + timedelta(minutes=minutes), lines=lines, **facts)]
        )


def told(*names: str) -> list[int | None]:
    order = Order.objects.values(*names).get()
    return [None if order[name] is None else int(order[name]) for name in names]


def test_what_the_order_does_not_tell_comes_from_its_settlement_and_stays(shop: Shop) -> None:
    store_order(shop, "delivered", 10)
    settle(shop, seller_discount=20_000, shipping_fee=30_000)
    assert told("seller_discount", "shipping_fee", "coins") == [20_000, 30_000, None]
    assert Order.objects.get().settled_facts == ["shipping_fee", "seller_discount"]
    store_order(shop, "completed", 90)
    assert told("seller_discount", "shipping_fee") == [20_000, 30_000]
    settle(shop, 120, seller_discount=25_000)
    assert told("seller_discount", "shipping_fee") == [25_000, 30_000]


def test_an_older_settlement_changes_nothing(shop: Shop) -> None:
    store_order(shop, "delivered", 10)
    settle(shop, 60, coins=5)
    settle(shop, 59, coins=4)
    assert told("coins") == [5]


def test_what_the_order_tells_itself_is_never_overwritten(shop: Shop) -> None:
    store_order(shop, "delivered", 10, shipping_fee=Decimal(15_000))
    settle(shop, shipping_fee=30_000, coins=5)
    assert told("shipping_fee", "coins") == [15_000, 5]
    # and when it tells it later, its word counts from then on
    store_order(shop, "completed", 90, shipping_fee=Decimal(15_000), coins=Decimal(7))
    settle(shop, 120, coins=5)
    assert told("shipping_fee", "coins") == [15_000, 7]
    assert Order.objects.get().settled_facts == []


def test_lines_get_theirs_where_nothing_else_could_be_meant(shop: Shop) -> None:
    store_order(shop, "delivered", 10)
    line = SettledLine("i", "v", seller_discount=Decimal(20_000))
    settle(shop, 60, line, SettledLine("other", "", coins=Decimal(1)))
    assert OrderLine.objects.get().seller_discount == 20_000
    store_order(shop, "completed", 90)
    assert OrderLine.objects.get().seller_discount == 20_000
    settle(shop, 120, line, line, seller_discount=20_000)
    assert OrderLine.objects.get().seller_discount == 20_000
    OrderLine.objects.create(order=Order.objects.get(), key="2", item_id="i", variation_id="v", quantity=1)
    settle(shop, 130, SettledLine("i", "v", seller_discount=Decimal(1)))
    assert OrderLine.objects.get(key="1").seller_discount == 20_000


def test_a_fee_of_an_estimate_is_corrected_by_entries(shop: Shop) -> None:
    base = {"kind": "after_seller_discount", "shipping": True}
    rule(formula_json=percent("10") | {"base": base}, rounding_json={"mode": "half_up", "level": "order"})
    # the total is 10,000 above the goods: that is taken for shipping, until the settlement tells that it was more
    store_order(shop, "delivered", 10, total=Decimal(210_002))
    assert rows() == [("accrued", 21_000)]
    settle(shop, shipping_fee=30_000, seller_discount=20_002)
    assert rows() == [("accrued", 21_000), ("changed", -21_000), ("accrued", 21_000)]
    assert CommissionEntry.objects.order_by("pk").last().base == 210_000  # type: ignore[union-attr]
    settle(shop, 120, shipping_fee=40_000)
    assert (rows()[3:], net()) == ([("changed", -21_000), ("accrued", 22_000)], 22_000)
    # the same again is no news
    settle(shop, 180, shipping_fee=40_000)
    assert len(rows()) == 5


def test_amounts_that_come_before_their_order_wait_for_it(shop: Shop) -> None:
    settle(shop, 60, SettledLine("i", "v", coins=Decimal(3)), coins=3, seller_discount=20_000)
    settle(shop, 59, coins=9)
    assert (Order.objects.count(), WaitingSettlement.objects.get().number) == (0, "A1")
    store_order(shop, "delivered", 10)
    assert told("seller_discount", "coins") == [20_000, 3]
    assert OrderLine.objects.get().coins == 3
    assert not WaitingSettlement.objects.exists()


def test_amounts_that_missed_their_order_are_taken_by_the_next_settlement(shop: Shop) -> None:
    settle(shop, coins=3)
    [waiting] = WaitingSettlement.objects.values("shop_id", "number", "asked_at", "amounts")
    store_order(shop, "delivered", 10)
    Order.objects.update(coins=None, settled_facts=[], settled_asked_at=None)
    WaitingSettlement.objects.create(**waiting)
    with transaction.atomic():
        store_settled_amounts(shop, [SettledAmountsSnapshot("B2", PLACED, coins=Decimal(1))])
    assert told("coins") == [3]
    assert [row.number for row in WaitingSettlement.objects.all()] == ["B2"]
