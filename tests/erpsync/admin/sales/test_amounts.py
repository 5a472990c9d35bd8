"""What an order's page says of its money: who bears the discounts, and what the seller gets, kind by kind."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from commissions.models import StatementLine
from erpsync.admin.sales.amounts import amounts_of
from inventory.models import ShopMembership
from orders.models import Order, OrderLine
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> World:
    return world("OWN", channel="tiktok_shop")


def stored(own: World, **facts: Any) -> Order:
    """Store an order of two pieces of 150,000 that were sold for 120,000, and return it."""
    line = LineSnapshot("1", "item", "", 2, price=Decimal(150_000), paid_price=Decimal(120_000))
    now = timezone.now()
    upsert_orders(own.shop, [OrderSnapshot("A1", "to_ship", "R", "VND", now, now, (line,), **facts)], source="webhook")
    return Order.objects.get(number="A1")


def rows(order: Order) -> list[tuple[str, str]]:
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", unescape(str(amounts_of(order))))
    return list(zip(cells[::2], cells[1::2], strict=True))


def test_discounts_are_parted_by_who_bears_them(own: World) -> None:
    order = stored(
        own, total=Decimal(256_500), shipping_fee=Decimal(16_500), seller_discount=Decimal(42_000), platform_discount=Decimal(18_000)
    )  # fmt: skip
    assert (order.shipping_fee, order.seller_discount, order.platform_discount) == (16_500, 42_000, 18_000)
    assert rows(order) == [
        ("Goods at list price", "300,000 ₫"),
        ("Seller's discounts", "-42,000 ₫"),
        ("Platform's discounts", "-18,000 ₫"),
        ("Shipping paid by the buyer", "16,500 ₫"),
        ("The buyer pays", "256,500 ₫"),
        ("The seller gets", "not settled yet"),
    ]


def test_what_a_channel_does_not_tell_is_not_guessed(own: World) -> None:
    order = stored(own, total=Decimal(250_000))
    assert (order.shipping_fee, order.seller_discount, order.platform_discount) == (None, None, None)
    assert rows(order)[1:4] == [
        ("Discounts on the goods", "-60,000 ₫"),
        ("Shipping and vouchers", "10,000 ₫"),
        ("The buyer pays", "250,000 ₫"),
    ]


def test_what_the_parts_leave_open_is_a_row(own: World) -> None:
    order = stored(own, total=Decimal(259_000), shipping_fee=Decimal(16_500), seller_discount=Decimal(60_000))
    assert rows(order)[3:5] == [("Other amounts", "2,500 ₫"), ("The buyer pays", "259,000 ₫")]


def test_what_the_seller_gets_is_told_kind_by_kind(own: World) -> None:
    order, now = stored(own, total=Decimal(256_500)), timezone.now()
    for n, (kind, amount) in enumerate((("sale", 258_000), ("commission", -30_000), ("tax", -2_000), ("tax", -500))):
        StatementLine.objects.create(
            shop=own.shop, order=order, external_id=f"s{n}", kind=kind, fee="x", amount=amount, asked_at=now
        )
    assert rows(order)[-4:] == [
        ("Sale", "258,000 ₫"),
        ("Commission", "-30,000 ₫"),
        ("Tax", "-2,500 ₫"),
        ("The seller gets", "225,500 ₫"),
    ]


def test_vouchers_and_coins_are_named_within_the_discounts(own: World) -> None:
    parts = {"seller_voucher": Decimal(2_000), "platform_voucher": Decimal(12_000), "coins": Decimal(1_000)}
    order = stored(
        own, total=Decimal(240_000), seller_discount=Decimal(42_000), platform_discount=Decimal(18_000), **parts
    )
    assert rows(order)[1:3] == [
        ("Seller's discounts (vouchers 2,000 ₫)", "-42,000 ₫"),
        ("Platform's discounts (vouchers 12,000 ₫, coins 1,000 ₫)", "-18,000 ₫"),
    ]


def test_the_page_names_who_sold_it_and_under_what(own: World, client: Client, admin_user: User) -> None:
    stored(own, staff_id="7", staff_name="Trần Thị Thu", branch_name="Chi nhánh trung tâm")
    OrderLine.objects.filter(order__number="A1").update(
        category_id="100", campaigns=["flash_sale", "779"], affiliate_id="creator-7", affiliate_rate=Decimal("7.5"),
        unit_cost=Decimal(45_000),
    )  # fmt: skip
    client.force_login(admin_user)
    page = unescape(client.get(f"/admin/orders/order/{Order.objects.get(number='A1').pk}/change/").content.decode())
    for words in (
        "Trần Thị Thu · Chi nhánh trung tâm", "Category: 100", "Campaign: flash sale, 779", "Affiliate: creator-7 (7.5 %)", "90,000 ₫",
    ):  # fmt: skip
        assert words in page


def test_only_managers_see_what_the_goods_cost(own: World, client: Client) -> None:
    order = stored(own)
    OrderLine.objects.filter(order=order).update(unit_cost=Decimal(45_111))
    shown = {}
    for role in ("operator", "manager"):
        person = User.objects.create_user(role, password="x", is_staff=True)
        ShopMembership.objects.create(user=person, shop=own.shop, role=role)
        client.force_login(person)
        answer = client.get(f"/admin/orders/order/{order.pk}/change/")
        assert answer.status_code == 200
        shown[role] = "90,222 ₫" in answer.content.decode()
    assert shown == {"operator": False, "manager": True}
