"""Waves: who joins one, their order, the lists printed from them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from integrations.ingest.effects import on_orders_changed
from inventory.models import Product, Reservation, Shop, StockLevel, Warehouse
from orders.models import Customer, CustomerIdentity, Order, OrderLine, Wave, WaveOrder
from orders.packing_lists import packing_lists, pick_list
from orders.services import holding
from orders.services.waves import planning, states
from orders.services.waves.making import make_waves
from orders.services.waves.planning import Plan, planned
from tests.orders.waves.conftest import NOON, Sold


def plan(*orders: Order, size: int = 100, **options: Any) -> list[Plan]:
    return planned(planning.chosen([order.pk for order in orders]), size=size, **options)


def made(*orders: Order, **options: Any) -> Wave:
    [wave] = make_waves(plan(*orders, **options), actor_id=None)
    return wave


def places(wave: Wave) -> list[str]:
    return list(wave.places.filter(is_active=True).values_list("order__number", flat=True))


def reasons(wave: Wave) -> dict[str, str]:
    fallen = wave.places.exclude(left_at=None).select_related("order")
    return {place.order.number: place.left_reason.code for place in fallen}


def set_status(order: Order, status: str) -> None:
    """The channel says so, and the effects of that follow."""
    Order.objects.filter(pk=order.pk).update(status=status)
    with transaction.atomic():
        states.refresh_waves([order.pk])


def numbers(plans: Sequence[Plan]) -> list[list[int]]:
    return [[order.id for order in one.orders] for one in plans]


def test_the_most_urgent_come_first_and_each_wave_begins_so_much_earlier_as_those_after_it_take(sold: Sold) -> None:
    late, soon, none, sooner = sold("A", due=9), sold("B", due=3), sold("C", due=None), sold("D", due=1)
    cut_off = NOON + timedelta(hours=6)
    plans = plan(late, soon, none, sooner, size=2, cut_off=cut_off, pace=2)
    assert numbers(plans) == [[sooner.pk, soon.pk], [late.pk, none.pk]]
    assert [one.begin_by for one in plans] == [cut_off - timedelta(hours=2), cut_off - timedelta(hours=1)]


def test_single_pieces_first_the_same_sku_together_then_mixed_ones(sold: Sold) -> None:
    orders = [
        sold("A", ("1", 1), ("2", 1), due=1), sold("B", ("2", 1)), sold("C", ("1", 2)), sold("D", ("1", 1)), sold("E", ("2", 1), due=2),
    ]  # fmt: skip
    assert places(made(*orders)) == ["D", "E", "B", "C", "A"]


def test_couriers_have_waves_of_their_own_unless_they_share_one(sold: Sold) -> None:
    orders = [sold("A"), sold("B", carrier="GHN"), sold("C", carrier="")]
    assert [(one.carrier, len(one.orders)) for one in plan(*orders)] == [("SPX", 2), ("GHN", 1)]
    assert [(one.carrier, len(one.orders)) for one in plan(*orders, by_carrier=False)] == [("", 3)]


def test_who_joins_no_wave_and_why(sold: Sold, shop: Shop) -> None:
    fine, held, gone, wishing, shipped, platform = (sold(name) for name in "ABCDEF")
    taken = sold("G")
    wave = made(taken)
    buyer = Customer.objects.create()
    CustomerIdentity.objects.create(shop=shop, external_id="b", customer=buyer, asked_at=NOON, held=True)
    of_buyer = sold("H", customer=buyer)
    holding.hold([held.pk], "đổi địa chỉ")
    for order, status in ((gone, "cancelled"), (wishing, "cancelling"), (shipped, "shipped")):
        Order.objects.filter(pk=order.pk).update(status=status)
    OrderLine.objects.filter(order=platform).update(fulfilled_by="platform")
    found = planning.chosen(list(Order.objects.values_list("pk", flat=True)))
    assert {pk: reason.code for pk, reason in planning.left_out(found).items()} == {
        held.pk: "wave.held", of_buyer.pk: "wave.held", gone.pk: "wave.cancelled", wishing.pk: "wave.cancelling",
        shipped.pk: "wave.not_to_pack", platform.pk: "wave.by_platform", taken.pk: "wave.taken",
    }  # fmt: skip
    assert str(planning.left_out(found)[taken.pk]) == f"It is in wave #{wave.pk} already."
    assert [order.id for order in planning.waiting([shop.pk])] == [fine.pk]


def test_what_waits_by_courier_warehouse_and_whether_it_is_arranged(sold: Sold, shop: Shop) -> None:
    arranged, other, new = sold("A"), sold("B", carrier="GHN"), sold("C", status="to_ship")
    place = Warehouse.objects.create(name="Kho hai")
    level = StockLevel.objects.create(product=OrderLine.objects.get(order=other).product, warehouse=place)
    Reservation.objects.create(shop=shop, order_number="B", line_key="0", level=level, quantity=1)

    def found(**which: Any) -> set[int]:
        return {order.id for order in planning.waiting([shop.pk], **which)}

    assert found() == {arranged.pk, other.pk}
    assert found(only_arranged=False) == {arranged.pk, other.pk, new.pk}
    assert found(warehouse_id=place.pk) == {other.pk}
    assert planning.waiting([shop.pk + 1]) == []


def test_an_order_is_in_one_wave_under_way_whoever_plans_it_twice(sold: Sold) -> None:
    first, second = sold("A"), sold("B")
    plans = plan(first, second)
    [wave] = make_waves(plans, actor_id=None)
    assert make_waves(plans, actor_id=None) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        WaveOrder.objects.create(wave=Wave.objects.create(size_limit=1), order=first, position=1)
    states.dissolve(wave.pk)
    assert places(made(first)) == ["A"]


def test_what_changed_since_the_plan_is_left_out(sold: Sold) -> None:
    first, second = sold("A"), sold("B")
    plans = plan(first, second)
    Order.objects.filter(pk=first.pk).update(status="cancelled")
    [wave] = make_waves(plans, actor_id=None)
    assert (places(wave), wave.shop_ids) == (["B"], [second.shop_id])


@pytest.mark.parametrize(
    ("status", "code"),
    [("cancelled", "wave.cancelled"), ("cancelling", "wave.cancelling"), ("on_hold", "wave.not_to_pack")],
)
def test_an_order_that_is_off_falls_out_and_says_why(sold: Sold, status: str, code: str) -> None:
    first, second = sold("A"), sold("B")
    wave = made(first, second)
    Order.objects.filter(pk=first.pk).update(status=status)
    on_orders_changed(order_ids=set(), history_ids={first.pk})
    assert (places(wave), reasons(wave)) == (["B"], {"A": code})
    set_status(second, "shipped")
    wave.refresh_from_db()
    assert (wave.state, reasons(wave)) == ("handed_over", {"A": code})


def test_a_wave_whose_orders_all_fell_out_is_dissolved(sold: Sold) -> None:
    order = sold("A")
    wave = made(order)
    holding.hold([order.pk], "x")
    wave.refresh_from_db()
    assert (wave.state, wave.ended_at is not None, reasons(wave)) == ("dissolved", True, {"A": "wave.held"})


def test_holding_a_buyer_back_takes_the_open_orders_of_that_shop_alone(sold: Sold, shop: Shop) -> None:
    buyer, elsewhere = Customer.objects.create(), Shop.objects.create(name="Khác", channel="toy")
    for place in (shop, elsewhere):
        CustomerIdentity.objects.create(shop=place, external_id="b", customer=buyer, asked_at=NOON)
    mine, other, stays = sold("A", customer=buyer), sold("B", customer=buyer), sold("C")
    Order.objects.filter(pk=other.pk).update(shop=elsewhere)
    wave = made(mine, other, stays)
    assert holding.hold_buyer(buyer.pk, [shop.pk], "  hoàn hàng nhiều  ") == 1
    assert (places(wave), reasons(wave)) == (["B", "C"], {"A": "wave.held"})
    assert list(buyer.identities.order_by("pk").values_list("held", "held_reason")) == [
        (True, "hoàn hàng nhiều"), (False, ""),
    ]  # fmt: skip
    assert holding.release_buyer(buyer.pk, [shop.pk, elsewhere.pk]) == 1
    assert places(made(mine)) == ["A"]


def test_what_is_shipped_stays_when_it_is_held_back(sold: Sold) -> None:
    first, second = sold("A"), sold("B")
    wave = made(first, second)
    set_status(first, "shipped")
    assert holding.hold([first.pk], "x") == 1
    assert places(wave) == ["A", "B"]
    assert holding.hold([first.pk], "x") == 0


def test_people_start_pack_hand_over_and_take_out(sold: Sold, django_user_model: Any) -> None:
    packer, other = (django_user_model.objects.create_user(name) for name in ("packer", "other"))
    first, second = sold("A"), sold("B")
    wave = made(first, second)
    assert (states.start(wave.pk, packer.pk), states.start(wave.pk, other.pk)) == (True, False)
    assert states.take_out(wave.pk, [first.pk]) == 1
    assert reasons(wave) == {"A": "wave.taken_out"}
    assert (states.set_packed(wave.pk), states.set_packed(wave.pk)) == (True, False)
    assert (states.set_handed_over(wave.pk), states.dissolve(wave.pk)) == (True, False)
    wave.refresh_from_db()
    assert (wave.state, wave.person_id) == ("handed_over", packer.pk)
    assert not WaveOrder.objects.filter(is_active=True).exists()


def test_the_lists_of_a_wave(sold: Sold) -> None:
    sold_ones = [sold("A", ("1", 1)), sold("B", ("3", 2), ("1", 1), note="Gọi trước"), sold("C", ("9", 4))]
    wave = made(*sold_ones)
    Order.objects.filter(number="C").update(carrier="GHN")
    lists = packing_lists(wave.pk)
    assert [(one.position, one.number, one.tracking_numbers, one.note) for one in lists] == [
        (1, "A", ("A-T",), ""), (2, "C", ("C-T",), ""), (3, "B", ("B-T",), "Gọi trước"),
    ]  # fmt: skip
    assert [(piece.sku, piece.quantity, piece.part_of) for piece in lists[2].pieces] == [
        ("AO-01", 5, "Hàng 3"), ("MU-01", 2, "Hàng 3"),
    ]  # fmt: skip
    assert [(row.piece.sku, row.piece.quantity, row.places) for row in pick_list(lists)] == [
        ("AO-01", 6, ((1, 1), (3, 5))), ("MU-01", 2, ((3, 2),)), ("S9", 4, ((2, 4),)),
    ]  # fmt: skip
    [shirt] = lists[0].pieces
    assert (shirt.name, shirt.variation, shirt.picture) == ("Hàng 1", "Đỏ, M", "https://x/1")
    assert shirt.codes == {"AO-01", "893001", "S1"}


def test_a_pick_list_goes_from_shelf_to_shelf(sold: Sold, shop: Shop) -> None:
    first, second = sold("A", ("1", 1), ("9", 1)), sold("B", ("2", 2))
    [main] = shop.sells_from.all()
    other = Warehouse.objects.create(name="Kho khác")
    for sku, place, shelf, order in (
        ("AO-01", main, "A10", first), ("MU-01", main, "a2", second), ("MU-01", other, "A1", None), ("AO-01", other, "", first),
    ):  # fmt: skip
        level = StockLevel.objects.create(product=Product.objects.get(sku=sku), warehouse=place, shelf=shelf)
        if order is not None:
            Reservation.objects.create(
                shop=shop, order_number=order.number, line_key=str(place.pk), level=level, quantity=1
            )
    rows = pick_list(packing_lists(made(first, second).pk))
    assert [(row.shelf, row.piece.sku) for row in rows] == [("a2", "MU-01"), ("A10", "AO-01"), ("", "S9")]


def test_a_thousand_orders_cost_as_many_statements_as_two(sold: Sold, shop: Shop) -> None:
    def statements(orders: Sequence[Order]) -> int:
        with CaptureQueriesContext(connection) as caught:
            wave = made(*orders, size=planning.MOST_OF_WAVE)
            packing_lists(wave.pk)
            states.dissolve(wave.pk)
        return len(caught)

    few = [sold("A"), sold("B")]
    many = Order.objects.bulk_create(
        Order(shop=shop, number=f"N{n}", status="packed", channel_status="R", placed_at=NOON, asked_at=NOON) for n in range(1_000)
    )  # fmt: skip
    product = Product.objects.get(sku="AO-01")
    sold_as = {"item_id": "1", "quantity": 1, "product": product, "parts": {str(product.pk): "1"}}
    OrderLine.objects.bulk_create(OrderLine(order=order, key="1", **sold_as) for order in many)
    assert statements(many) == statements(few)
    assert Wave.objects.count() == 2
    assert WaveOrder.objects.filter(wave=Wave.objects.earliest("pk")).count() == 1_000
