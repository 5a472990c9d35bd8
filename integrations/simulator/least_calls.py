"""The calls that a live hub needs for what happened in a world, to compare those made with (`calls.minimum`).

A read per full batch and second with news; a write per full batch of items and 10 seconds in which their numbers changed by
sales elsewhere; a write per document: order and invoice at a point of sale, a record in a customer book. A batch holds what one
call of the platform takes: a hub that hears of news within a second cannot do with fewer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from math import ceil

from integrations.simulator.book import Book
from integrations.simulator.order import Order
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import SimulatedPlatform
from integrations.simulator.world import World

NEWS_SECONDS = 1.0
NUMBER_SECONDS = 10.0

# sku, warehouse, when, and the (channel, shop) that changed its own number by itself
_Change = tuple[str, str, float, tuple[str, str]]


def least_calls(world: World) -> int:
    """Return the number of calls, over all platforms."""
    book, tills = world.book, world.day.points_of_sale()
    orders = book.all_orders()
    changes = list(_changes(book, orders))
    total = 0
    for channel, platform in world.platforms.items():
        for shop in book.shops.get(channel, {}).values():
            total += _order_reads(platform, [order for order in orders if order.shop == shop.id])
            total += _writes(platform, shop, book, changes)
        if channel in tills:
            total += _till_reads(platform, channel, book, orders)
            total += 2 * sum("shipped" in order.moments for order in orders)
        elif not book.shops.get(channel):
            total += len(platform.recorded_orders(orders))
    return total


def _batches(things: Iterable[tuple[float, Hashable]], seconds: float, batch: int) -> int:
    """Return the calls for (when, what): those of one span together, each once, as many a call as a batch holds."""
    spans: dict[int, set[Hashable]] = defaultdict(set)
    for when, what in things:
        spans[int(when / seconds)].add(what)
    return sum(ceil(len(found) / batch) for found in spans.values())


def _order_reads(platform: SimulatedPlatform, orders: Iterable[Order]) -> int:
    news = ((when, order.id) for order in orders for when in order.moments.values())
    return _batches(news, NEWS_SECONDS, platform.read_batch)


def _writes(platform: SimulatedPlatform, shop: Shop, book: Book, changes: Iterable[_Change]) -> int:
    items: Mapping[str, set[str]] = defaultdict(set)
    for variation in shop.variations():
        for sku in book.goods[variation.sku].components or {variation.sku: 1}:
            items[sku].add(variation.item_id)
    elsewhere = (
        (when, item)
        for sku, warehouse, when, seller in changes
        if warehouse == shop.ships_from and seller != (shop.channel, shop.id)
        for item in items.get(sku, ())
    )
    return _batches(elsewhere, NUMBER_SECONDS, platform.write_batch)


def _till_reads(platform: SimulatedPlatform, channel: str, book: Book, orders: Iterable[Order]) -> int:
    """Sales at the till are read with their documents; goods are read when one of them left, there or by our invoice."""
    sold = [sale for sale in book.sales if sale.channel == channel]
    left = [(order.moments["shipped"], sku) for order in orders if "shipped" in order.moments for sku in order.needs]
    goods = [*left, *((sale.sold_at, sale.sku) for sale in sold)]
    documents = ((sale.sold_at, sale.order) for sale in sold)
    return _batches(documents, NEWS_SECONDS, platform.read_batch) + _batches(goods, NEWS_SECONDS, platform.read_batch)


def _changes(book: Book, orders: Iterable[Order]) -> Iterator[_Change]:
    """Yield what changed the units for sale: sales at shops and tills, cancellations."""
    for sale in book.sales:
        yield sale.sku, sale.warehouse, sale.sold_at, (sale.channel, sale.shop)
    for order in orders:
        if "cancelled" in order.moments:
            for sku in order.needs:
                yield sku, order.ships_from, order.moments["cancelled"], (order.channel, order.shop)
