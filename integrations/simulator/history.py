"""Order history of a shop from before the hub existed, for backfills to find."""

from __future__ import annotations

import time
from collections.abc import Sequence

from integrations.simulator.buyers import buyer_of
from integrations.simulator.day import NotFound
from integrations.simulator.life import line_of
from integrations.simulator.order import Order, Status, Step
from integrations.simulator.shops import Shop, Variation, skus_of
from integrations.simulator.world import World

_HOUR = 3600.0
# seconds after the order was placed
_STEPS: tuple[tuple[Step, Status, float], ...] = (
    ("placed", "to_ship", 0.0),
    ("arranged", "packed", 2 * _HOUR),
    ("shipped", "shipped", 5 * _HOUR),
    ("delivered", "delivered", 50 * _HOUR),
    ("completed", "completed", 98 * _HOUR),
)
_LAST = 100 * _HOUR
_MOST_LINES = 3


def generate_history(world: World, channel: str, shop_id: str, *, orders: int, days: float) -> list[str]:
    """Add so many completed orders of one shop, spread over the `days` that ended four days ago; return their ids, oldest first.

    They were shipped long ago: stock, the other platforms and the journal do not contain them, and no webhook is sent.
    Raises NotFound.
    """
    shop = world.book.shops.get(channel, {}).get(shop_id)
    if shop is None:
        raise NotFound(f"no shop {shop_id!r} on {channel!r}")
    variations = list(shop.variations())
    now = time.time()
    try:
        return [
            _live(world, shop, variations, now - _LAST - days * 24 * _HOUR * (1 - place / orders), now)
            for place in range(orders)
        ]
    finally:
        world.book.ago = 0.0


def _live(world: World, shop: Shop, variations: Sequence[Variation], placed_at: float, now: float) -> str:
    book, platform = world.book, world.platforms[shop.channel]
    number = book.last_number = book.last_number + 1
    picks = [
        (variations[book.draws.whole(0, len(variations) - 1, "past pick", number, place)], 1 + place)
        for place in range(book.draws.whole(1, _MOST_LINES, "past lines", number))
    ]
    order = Order(
        number=number,
        channel=shop.channel,
        shop=shop.id,
        id=platform.order_id(shop, number),
        lines=[line_of(variation, quantity, shop.items[variation.item_id].name) for variation, quantity in picks],
        buyer=buyer_of(book.draws, number),
        cod=True,
        ships_from=shop.ships_from,
        needs=skus_of(((variation.sku, quantity) for variation, quantity in picks), book.goods),
        status="to_ship",
        placed_at=placed_at,
        updated_at=placed_at,
    )
    book.orders.setdefault(shop.channel, {})[order.id] = order
    for step, status, after in _STEPS:
        order.status, order.updated_at = status, placed_at + after
        order.moments[step] = order.updated_at
        book.ago = now - order.updated_at
        platform.order_changed(order, step)
    return order.id
