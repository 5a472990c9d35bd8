"""Waves in the admin: made from the list and from a plan, printed, carried on, and who may; orders and buyers that are held back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from redis import Redis

from integrations.models import Command, PrintRun
from inventory.models import Product, Shop, ShopMembership
from orders.models import Customer, CustomerIdentity, Order, OrderLine, Wave, WaveOrder
from orders.services import holding
from tests.erpsync.admin.pages import CONFIRMED, said
from tests.erpsync.admin.pages import page as page_of
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db

ORDERS, WAVES = "/admin/orders/order/", "/admin/orders/wave/"
NEW = f"{WAVES}new/"


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN", channel="shopee", role="operator")
    Wave.objects.all().delete()
    client.force_login(made.manager)
    return made


def packed(made: World, **fields: Any) -> Order:
    return order(made, status="packed", carrier="SPX", **fields)


def wave_of(made: World, *orders: Order, **fields: Any) -> Wave:
    wave = Wave.objects.create(shop_ids=[made.shop.pk], size_limit=50, carrier="SPX", **fields)
    WaveOrder.objects.bulk_create(WaveOrder(wave=wave, order=row, position=n) for n, row in enumerate(orders, 1))
    return wave


def places(wave: Wave) -> list[Order]:
    return [place.order for place in wave.places.filter(is_active=True).order_by("position")]


def test_from_the_list_to_a_wave(client: Client, own: World) -> None:
    first, second, gone = packed(own), packed(own), order(own, status="cancelled")
    data = {"action": "wave_chosen", "_selected_action": [row.pk for row in (first, second, gone)]}
    answer = client.post(ORDERS, data)
    assert answer.url.startswith(f"{NEW}?ids=")
    plan = client.get(answer.url)
    assert ([row["orders"] for row in plan.context["plans"]], plan.context["n"]) == (["2"], 2)
    assert [row["order"] for row in plan.context["left_out"]] == [gone]
    assert "The order was cancelled" in plan.content.decode()
    assert not Wave.objects.exists(), "looking at a plan makes nothing"
    made = client.post(answer.url, follow=True)
    wave = Wave.objects.get()
    assert made.redirect_chain == [(f"{WAVES}{wave.pk}/change/", 302)]
    assert (places(wave), wave.actor, wave.shop_ids) == ([first, second], own.manager, [own.shop.pk])
    assert "1 wave was made." in said(made)
    again = client.post(answer.url, follow=True)
    assert "No wave was made" in said(again)
    assert Wave.objects.count() == 1


def test_a_plan_by_courier_cut_off_and_size(client: Client, own: World) -> None:
    for carrier, n in (("SPX", 3), ("GHN", 1)):
        for _ in range(n):
            row = packed(own)
            Order.objects.filter(pk=row.pk).update(carrier=carrier)
    order(own, status="to_ship")
    everything = client.get(NEW)
    assert [(plan["carrier"], plan["orders"]) for plan in everything.context["plans"]] == [("SPX", "3"), ("GHN", "1")]
    asked = {"carriers": "SPX", "size": "2", "pace": "1", "cut_off": "23:59", "person": own.manager.pk}
    plan = client.get(NEW, asked)
    assert [row["orders"] for row in plan.context["plans"]] == ["2", "1"]
    client.post(f"{NEW}?{plan.request['QUERY_STRING']}")
    first, second = Wave.objects.order_by("pk")
    assert first.cut_off is not None
    assert timezone.localtime(first.cut_off).strftime("%H:%M") == "23:59"
    assert [(first.cut_off - wave.begin_by).total_seconds() / 3600 for wave in (first, second) if wave.begin_by] == [
        3,
        1,
    ]
    assert {wave.person for wave in (first, second)} == {own.manager}
    assert client.get(NEW, {"not_arranged": "on", "size": "5"}).context["n"] == 3, "GHN's, and two to arrange"
    assert "No order waits to be packed here" in client.get(NEW, {"carriers": "Nobody"}).content.decode()
    wrong = client.get(NEW, {"size": "5000", "cut_off": "soon"})
    assert {"size", "cut_off"} <= wrong.context["form"].errors.keys()
    assert client.post(f"{NEW}?size=0").status_code == 200
    assert Wave.objects.count() == 2


def test_shops_without_parcels_are_not_offered(client: Client, own: World) -> None:
    for channel in ("kiotviet", "misa_crm"):
        shop = Shop.objects.create(channel=channel, name=channel)
        ShopMembership.objects.create(shop=shop, user=own.manager, role="manager")
    assert [pk for pk, _label in client.get(NEW).context["form"].fields["shops"].choices] == [str(own.shop.pk)]


def test_orders_of_other_shops_join_no_plan(client: Client, own: World) -> None:
    foreign = packed(world("ZZ"))
    assert client.get(NEW, {"ids": str(foreign.pk)}).context["plans"] == []
    client.post(f"{NEW}?ids={foreign.pk}")
    assert not Wave.objects.filter(actor=own.manager).exists()


def test_the_pick_list_and_the_packing_lists_are_printed_in_the_order_of_the_wave(client: Client, own: World) -> None:
    first, second = packed(own, note="Gọi trước khi giao"), packed(own)
    Product.objects.filter(pk=own.product.pk).update(sku="ÁO-01")
    OrderLine.objects.filter(order=second).update(quantity=2)
    OrderLine.objects.update(parts={str(own.product.pk): "1"}, variation_name="Đỏ, cỡ M")
    wave = wave_of(own, second, first)
    client.cookies["django_language"] = "vi"
    pick = client.get(f"{WAVES}{wave.pk}/pick-list/")
    [row] = pick.context["rows"]
    assert (row.piece.sku, row.piece.quantity, row.places) == ("ÁO-01", 3, ((1, 2), (2, 1)))
    text = pick.content.decode()
    for word in ("Phiếu nhặt hàng", "Đỏ, cỡ M", "1 × 2"):
        assert word in text
    assert "<script>" not in text
    text = client.get(f"{WAVES}{wave.pk}/packing-lists/").content.decode()
    assert text.index(second.number) < text.index(first.number) < text.index("Gọi trước khi giao")
    for action, url in (("print_pick_list", "pick-list"), ("print_packing_lists", "packing-lists")):
        found: Any = client.get(page_of(wave, f"open-{url}"), follow=True)
        assert found.redirect_chain == [(f"{WAVES}{wave.pk}/{url}/", 302)], action


def test_labels_come_in_the_order_of_the_wave_without_those_that_fell_out(client: Client, own: World) -> None:
    first, second, third = packed(own), packed(own), packed(own)
    wave = wave_of(own, third, first, second)
    WaveOrder.objects.filter(order=first).update(is_active=False, left_at=timezone.now())
    client.post(page_of(wave, "print_wave_labels"), CONFIRMED)
    run = PrintRun.objects.get(actor=own.manager, labels__order_number=third.number)
    labels = run.labels.order_by("places__position").values_list("order_number", flat=True)
    assert list(labels) == [third.number, second.number]


def test_a_wave_goes_on_step_by_step_and_says_what_fell_out(client: Client, own: World) -> None:
    first, second = packed(own), packed(own)
    wave = wave_of(own, first, second)
    client.post(page_of(wave, "start"), CONFIRMED)
    wave.refresh_from_db()
    assert (wave.state, wave.person) == ("picking", own.manager)
    client.post(page_of(first, "leave_wave"), CONFIRMED)
    page = client.get(page_of(wave)).content.decode()
    assert "Fell out" in page
    assert "Taken out by a person." in page
    for action, state in (("set_packed", "packed"), ("set_handed_over", "handed_over")):
        client.post(page_of(wave, action), CONFIRMED)
        wave.refresh_from_db()
        assert wave.state == state
    page = client.get(page_of(wave)).content.decode()
    assert page_of(wave, "dissolve") not in page
    assert "wave #" in client.get(page_of(second)).content.decode()


def test_who_is_not_in_all_shops_of_a_wave_does_not_see_it_and_a_viewer_only_looks(client: Client, own: World) -> None:
    other = world("ZZ")
    shared = Wave.objects.create(shop_ids=[own.shop.pk, other.shop.pk], size_limit=2)
    assert client.get(page_of(shared)).status_code == 404
    assert client.get(f"{WAVES}{shared.pk}/pick-list/").status_code == 404
    ShopMembership.objects.create(user=own.manager, shop=other.shop, role="viewer")
    assert client.get(page_of(shared)).status_code == 200
    client.post(page_of(shared, "dissolve"), CONFIRMED)
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    row = packed(own)
    assert client.get(NEW).status_code == 403
    client.post(f"{NEW}?ids={row.pk}")
    client.post(ORDERS, {"action": "wave_chosen", "_selected_action": [row.pk]})
    for action in ("hold", "leave_wave"):
        client.post(page_of(row, action), CONFIRMED | {"reason": "x"})
    shared.refresh_from_db()
    row.refresh_from_db()
    assert (shared.state, row.held, row.wave_places.exists()) == ("open", False, False)


def test_an_order_that_is_held_back_is_not_arranged_with_others_until_it_is_released(
    client: Client, own: World
) -> None:
    row, fine = order(own), order(own)
    Command.objects.all().delete()
    client.post(page_of(row, "hold"), CONFIRMED | {"reason": "Khách đổi địa chỉ"})
    assert "Held back: Khách đổi địa chỉ" in client.get(page_of(row)).content.decode()
    data = {"action": "ship_chosen", "_selected_action": [row.pk, fine.pk]}
    assert "is held back" in said(client.post(ORDERS, data, follow=True))
    assert list(Command.objects.values_list("order", flat=True)) == [fine.pk]
    client.post(page_of(row, "release"), CONFIRMED)
    client.post(ORDERS, data)
    assert set(Command.objects.values_list("order", flat=True)) == {fine.pk, row.pk}


def test_a_filter_shows_what_is_held_back(client: Client, own: World) -> None:
    row, of_buyer, _free = order(own), packed(own), order(own)
    holding.hold([row.pk], "x")
    Order.objects.exclude(pk=of_buyer.pk).update(customer=None)
    CustomerIdentity.objects.filter(shop=own.shop).update(held=True)
    assert set(client.get(ORDERS, {"attention": "held"}).context["cl"].queryset) == {row, of_buyer}


def test_holding_back_needs_a_reason(client: Client, own: World) -> None:
    row = order(own)
    client.post(page_of(row, "hold"), CONFIRMED | {"reason": " "})
    row.refresh_from_db()
    assert not row.held


def test_a_buyer_is_held_back_in_the_shops_where_one_is_operator(client: Client, own: World) -> None:
    row, other = packed(own), world("ZZ")
    buyer = Customer.objects.get(pk=Order.objects.get(pk=own.order.pk).customer_id)
    other_identity = other.shop.customer_identities.get()
    type(other_identity).objects.filter(pk=other_identity.pk).update(customer=buyer)
    wave = wave_of(own, row)
    client.post(page_of(buyer, "hold_buyer"), CONFIRMED | {"reason": "bom hàng"})
    assert dict(buyer.identities.values_list("shop", "held")) == {own.shop.pk: True, other.shop.pk: False}
    assert places(wave) == []
    assert "The buyer is held back" in client.get(page_of(row)).content.decode()
    client.post(page_of(buyer, "release_buyer"), CONFIRMED)
    assert not buyer.identities.filter(held=True).exists()
