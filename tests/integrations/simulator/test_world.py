"""The world by itself: the same for the same seed, with sums that add up."""

from __future__ import annotations

from collections import Counter

import pytest

from integrations.simulator.order import Order
from integrations.simulator.simulated_platform import InvalidState
from tests.integrations.simulator.toy import live, still_world


def sale_day(seed: str, *, orders: int = 150, step: float = 10_000.0) -> str:
    world = still_world(seed)
    world.day.start(orders, 0.5)
    for _ in range(round(10_000 / step)):
        live(world, step)
    assert world.day.plan.placed == orders
    return world.book.journal.digest()


def test_a_seed_repeats_itself_whatever_the_pace() -> None:
    assert sale_day("7") == sale_day("7", step=100.0)
    assert sale_day("7") != sale_day("8")


def test_a_trickle_repeats_itself() -> None:
    digests = set()
    for step in (600.0, 50.0):
        world = still_world("3")
        world.day.trickle(4.0)
        for _ in range(round(1800 / step)):
            live(world, step)
        kinds = Counter(row["kind"] for row in world.book.journal.after(0))
        assert kinds["till"] > 50
        assert kinds["delivery"] > 5
        assert kinds["order"] > 500
        digests.add(world.book.journal.digest())
    assert len(digests) == 1


def test_units_add_up_after_a_day() -> None:
    world = still_world("5")
    book = world.book
    opening = dict(book.stock.units)
    world.day.start(300, 0.2, 0.5)
    live(world, 30.0)
    in_between = Counter[tuple[str, str]]()
    for order in book.all_orders():
        for sku, units in order.needs.items():
            in_between[sku, order.ships_from] += units if order.is_open else 0
    assert {place: units for place, units in book.stock.promised.items() if units} == dict(+in_between)
    world.day.end()
    world.run_due()
    left = Counter[tuple[str, str]]()
    for order in book.all_orders():
        assert not order.is_open
        if "shipped" in order.moments:
            for sku, units in order.needs.items():
                left[sku, order.ships_from] += units
    for sale in book.sales:
        if sale.channel == "till":
            left[sale.sku, sale.warehouse] += sale.units
    assert book.stock.units == {place: units - left[place] for place, units in opening.items()}
    assert min(book.stock.units.values()) >= 0
    assert not any(book.stock.promised.values())


def test_what_a_shop_shows_moves_with_its_own_orders_only() -> None:
    world = still_world()
    shop, other = world.book.shops["toy"]["s1"], world.book.shops["toy"]["s2"]
    variation = next(
        v for v in shop.variations() if v.stock > 10 and other.by_sku(v.sku) and not v.sku.startswith("COMBO")
    )
    twin, before = other.by_sku(variation.sku), variation.stock
    assert twin is not None
    order = world.day.order("toy", "s1", [(variation.sku, 3)])
    assert (variation.stock, variation.open, twin.stock) == (before - 3, 3, before)
    world.life.cancel(order, "seller", "out_of_stock")
    assert (variation.stock, variation.open) == (before, 0)
    with pytest.raises(InvalidState):
        world.life.cancel(order, "seller", "out_of_stock")
    with pytest.raises(InvalidState, match="not that many"):
        world.day.order("toy", "s1", [(variation.sku, before + 1)])
    assert variation.stock == before


def test_a_bundle_takes_its_components() -> None:
    world = still_world()
    shop = world.book.shops["toy"]["s1"]
    bundle = next(v for v in shop.variations() if world.book.goods[v.sku].components and v.stock > 1)
    order = world.day.order("toy", "s1", [(bundle.sku, 2)])
    parts = world.book.goods[bundle.sku].components
    assert order.needs == {sku: 2 * units for sku, units in parts.items()}
    assert all((bundle.sku, warehouse) not in world.book.stock.units for warehouse in world.book.warehouses)


def test_a_unit_sold_twice_is_counted_and_the_second_buyer_goes_without() -> None:
    world = still_world()
    book = world.book
    first, second = (book.shops["toy"][name] for name in ("s1", "s2"))
    scarce = next(
        v.sku
        for v in first.variations()
        if 0 < v.stock <= 5 and second.by_sku(v.sku) and not book.goods[v.sku].components
    )
    units = book.stock.units[scarce, first.ships_from]
    orders = [world.day.order("toy", name, [(scarce, units)]) for name in ("s1", "s2")]
    [oversale] = book.stock.oversales
    assert (oversale.order, oversale.units, oversale.available, oversale.unavoidable) == (orders[1].id, units, 0, True)
    world.day.end()
    world.run_due()
    assert sorted(ended(order) for order in orders)[-1] != "out_of_stock" or units == 0
    assert sum(ended(order) == "out_of_stock" for order in orders) <= 1
    assert book.stock.units[scarce, first.ships_from] >= 0


def ended(order: Order) -> str:
    return order.reason if order.status == "cancelled" else order.status


def test_a_tenth_of_the_goods_open_with_five_or_fewer() -> None:
    book = still_world(products=200).book
    totals = Counter[str]()
    for (sku, _), units in book.stock.units.items():
        totals[sku] += units
    assert len(book.goods) == 200
    assert sum(total <= 5 for total in totals.values()) >= 20
    assert sum(bool(good.components) for good in book.goods.values()) == 8
