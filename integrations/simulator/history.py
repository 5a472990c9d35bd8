"""Order history of a shop from before the hub existed, for backfills to find."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from integrations.simulator.buyers import buyer_of
from integrations.simulator.day import NotFound
from integrations.simulator.life import line_of
from integrations.simulator.money_errors import plan_errors
from integrations.simulator.order import Order, Status, Step
from integrations.simulator.shops import Shop, Variation, skus_of
from integrations.simulator.statement_errors import plan_statement_errors
from integrations.simulator.world import World

_HOUR, _DAY = 3600.0, 86_400.0
# an order has left the shelf so long after it was placed: what is younger would have to move stock
_SHIPPED_BY = 6 * _HOUR
# a completed order's last step is so long after it was placed
_LONGEST = 98 * _HOUR
ENDED_DAYS: Final = 100 * _HOUR / _DAY
# seconds after the order was placed
_COMPLETED: tuple[tuple[Step, Status, float], ...] = (
    ("placed", "to_ship", 0.0),
    ("arranged", "packed", 2 * _HOUR),
    ("shipped", "shipped", 5 * _HOUR),
    ("delivered", "delivered", 50 * _HOUR),
    ("completed", "completed", _LONGEST),
)
_CANCELLED: tuple[tuple[Step, Status, float], ...] = (("placed", "to_ship", 0.0), ("cancelled", "cancelled", _HOUR))
_MOST_LINES = 3


def generate_history(
    world: World, channel: str, shop_id: str, *, orders: int, days: float, ended: float = ENDED_DAYS,
    cancelled: float = 0.0, errors: Mapping[str, int] | None = None,
) -> list[str]:  # fmt: skip
    """Add so many orders of one shop, spread over the `days` that ended `ended` days ago; return their ids, oldest first.

    All are completed but for a share that was `cancelled`, and those that are still on their way when `ended` is less than `ENDED_DAYS`:
    they are delivered and completed when their time comes. The platform settles about so many of them wrongly as `errors` says for
    each class, and at most so many of the shop's statements, of the classes that it can show: these are in the world's ledger. They were
    shipped long ago: stock, the other platforms and the journal do not contain them, and no webhook is sent. Raises NotFound.
    """
    shop = world.book.shops.get(channel, {}).get(shop_id)
    if shop is None:
        raise NotFound(f"no shop {shop_id!r} on {channel!r}")
    book, platform, now = world.book, world.platforms[channel], time.time()
    variations, ended = list(shop.variations()), max(ended, _SHIPPED_BY / _DAY)
    made = [
        _order(world, shop, variations, now - _DAY * (ended + days * (1 - place / orders)), cancelled)
        for place in range(orders)
    ]
    wanted = {name: count for name, count in (errors or {}).items() if name in platform.money_errors}
    over = [order for order in made if order.placed_at + _LONGEST < now]
    planned = plan_errors(book.draws, over, wanted, now)
    book.money_errors.update({(channel, error.order): error for error in planned})
    try:
        for order in made:
            _live(world, order, now)
        # in the order of time, as the steps before
        for error in sorted(planned, key=lambda error: error.returned_at or 0.0):
            if error.returned_at is not None:
                book.ago = now - error.returned_at
                platform.fee_returned(book.orders[channel][error.order], error)
    finally:
        book.ago = 0.0
    _plant_statement_errors(world, shop, errors or {}, now)
    return [order.id for order in made]


def _plant_statement_errors(world: World, shop: Shop, errors: Mapping[str, int], now: float) -> None:
    book, platform = world.book, world.platforms[shop.channel]
    wanted = {name: count for name, count in errors.items() if name in platform.statement_errors}
    ended = {
        name: at
        for name, at in platform.statements(shop).items()
        if (shop.channel, shop.id, name) not in book.statement_errors
    }
    planned = plan_statement_errors(book.draws, shop.channel, shop.id, ended, wanted, now)
    book.statement_errors.update({(shop.channel, shop.id, error.statement): error for error in planned})


def _order(world: World, shop: Shop, variations: Sequence[Variation], placed_at: float, cancelled: float) -> Order:
    """Return an order with the status that it will end in."""
    book, platform = world.book, world.platforms[shop.channel]
    number = book.last_number = book.last_number + 1
    picks = [
        (variations[book.draws.whole(0, len(variations) - 1, "past pick", number, place)], 1 + place)
        for place in range(book.draws.whole(1, _MOST_LINES, "past lines", number))
    ]
    is_cancelled = book.draws.chance(cancelled, "past cancelled", number)
    return Order(
        number=number,
        channel=shop.channel,
        shop=shop.id,
        id=platform.order_id(shop, number),
        lines=[line_of(variation, quantity, shop.items[variation.item_id].name) for variation, quantity in picks],
        buyer=buyer_of(book.draws, number),
        cod=True,
        ships_from=shop.ships_from,
        needs=skus_of(((variation.sku, quantity) for variation, quantity in picks), book.goods),
        status="cancelled" if is_cancelled else "completed",
        placed_at=placed_at,
        updated_at=placed_at,
        cancelled_by="buyer" if is_cancelled else None,
        reason="changed_mind" if is_cancelled else "",
    )


def _live(world: World, order: Order, now: float) -> None:
    book, platform = world.book, world.platforms[order.channel]
    book.orders.setdefault(order.channel, {})[order.id] = order
    for step, status, after in _CANCELLED if order.status == "cancelled" else _COMPLETED:
        if order.placed_at + after > now:
            world.life.continue_later(order, order.placed_at + after - now)
            return
        order.status, order.updated_at = status, order.placed_at + after
        order.moments[step] = order.updated_at
        book.ago = now - order.updated_at
        platform.order_changed(order, step)
