"""The world with all platforms of the tree."""

from __future__ import annotations

from collections import Counter

import pytest

from integrations.simulator.book import new_book
from integrations.simulator.day import Day
from integrations.simulator.discovery import find_platforms
from integrations.simulator.life import Life
from integrations.simulator.simulated_platform import PointOfSale
from integrations.simulator.world import World
from tests.integrations.simulator.toy import live


def opened(seed: str) -> World:
    platforms = find_platforms()
    world = World(
        Day(Life(new_book(seed, products=200, speed=1.0, chaos="calm"))),
        platforms,
        dict.fromkeys(platforms, "http://x"),
    )
    world.open()
    return world


def test_ports_are_apart_and_somebody_keeps_the_stock() -> None:
    platforms = find_platforms()
    offsets = [kind.offset for kind in platforms.values()]
    assert len(set(offsets)) == len(offsets)
    assert all(1 <= offset <= 9 for offset in offsets)
    assert sum(issubclass(kind, PointOfSale) for kind in platforms.values()) == 1


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_seed_is_the_same_day_on_all_platforms(seed: str) -> None:
    digests = set()
    for step in (1_000.0, 125.0):
        world = opened(seed)
        world.day.trickle(2.0)
        for _ in range(round(1_000 / step)):
            live(world, step)
        digests.add(world.book.journal.digest())
    assert len(digests) == 1
    assert digests != {opened(seed).book.journal.digest()}


def test_what_there_is_to_see() -> None:
    """200 goods, most of them on sale in two marketplace shops, most listings with the right seller SKU and some without."""
    book = opened("1").book
    shops = [shop for shops in book.shops.values() for shop in shops.values()]
    assert len(shops) >= 2
    assert any(item.has_models for shop in shops for item in shop.items.values())
    for shop in shops:
        variations = list(shop.variations())
        right = sum(variation.seller_sku == variation.sku for variation in variations)
        assert len(variations) > 150
        assert 0.9 * len(variations) < right < len(variations)
        assert any(variation.held for variation in variations)
        # a platform that knows no models lists every option by itself
        kinds = {item.has_models for item in shop.items.values()}
        assert kinds == {True, False} or all(len(item.variations) == 1 for item in shop.items.values())
        assert sum(bool(book.goods[variation.sku].components) for variation in variations) >= 4


def test_only_what_a_courier_took_is_missing_from_the_pos() -> None:
    """Without a hub the book of the point of sale is wrong by exactly the units that nobody handed over."""
    world = opened("3")
    world.day.start(60, 1.0, 0.4)
    live(world, 10_000)
    taken = Counter[tuple[str, str]]()
    for order in world.book.all_orders():
        if "shipped" in order.moments:
            taken.update({(sku, order.ships_from): units for sku, units in order.needs.items()})
    [till] = world.day.points_of_sale().values()
    drift = till.audit(world.book.stock.table(), world.book.all_orders())["drift"]
    assert {(row["sku"], row["warehouse"]): row["on_hand"] - row["physical"] for row in drift} == dict(taken)
