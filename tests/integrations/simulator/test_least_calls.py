"""The calls that a live hub needs: what the report's `minimum` counts."""

from __future__ import annotations

from integrations.simulator.book import Sale
from integrations.simulator.least_calls import least_calls
from integrations.simulator.shops import Shop
from integrations.simulator.world import World
from tests.integrations.simulator.toy import still_world

NOON = 1_796_000_000.0


def world() -> World:
    return still_world("least", products=60)


def shops(found: World) -> list[Shop]:
    return list(found.book.shops["toy"].values())


def sold_at_till(found: World, sku: str, warehouse: str, when: float, document: str) -> None:
    found.book.sales.append(Sale("till", "", document, sku, warehouse, 1, 9, when))


def common_sku(found: World) -> str:
    """A SKU that both shops sell, in no bundle."""
    first, second = ({variation.sku for variation in shop.variations()} for shop in shops(found))
    in_bundles = {part for good in found.book.goods.values() for part in good.components}
    return min(sku for sku in first & second - in_bundles if not found.book.goods[sku].components)


def test_a_quiet_world_needs_no_calls() -> None:
    assert least_calls(world()) == 0


def test_ten_sales_at_the_till_within_ten_seconds_are_one_write_per_shop() -> None:
    found = world()
    sku, place = common_sku(found), shops(found)[0].ships_from
    for number in range(10):
        sold_at_till(found, sku, place, NOON + number, f"T{number}")
    # ten seconds with news: a document and a product each; then one write in each of the two shops
    assert least_calls(found) == 10 + 10 + 2


def test_a_number_that_changes_again_later_is_written_again() -> None:
    found = world()
    sku, place = common_sku(found), shops(found)[0].ships_from
    sold_at_till(found, sku, place, NOON, "T1")
    sold_at_till(found, sku, place, NOON + 10, "T2")
    assert least_calls(found) == 2 + 2 + 2 * 2


def test_an_order_is_read_once_a_step_and_written_in_the_other_shop_and_at_the_till() -> None:
    found = world()
    seller = shops(found)[0]
    order = found.day.order("toy", seller.id, [(common_sku(found), 1)])
    order.moments = {"placed": NOON, "arranged": NOON + 60, "shipped": NOON + 120}
    found.book.sales = [Sale("toy", seller.id, order.id, sku, order.ships_from, 1, 9, NOON) for sku in order.needs]
    # three reads, the number in the other shop, order and invoice at the till, and the product there once it left
    assert least_calls(found) == 3 + 1 + 2 + 1
