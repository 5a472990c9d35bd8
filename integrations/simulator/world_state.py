"""Report of the world's state, to compare a hub's books with (`GET /truth`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from integrations.simulator.order import Order
from integrations.simulator.world import World


def world_state(world: World) -> dict[str, Any]:
    """Return the report that `GET /truth` answers with."""
    book = world.book
    orders = book.all_orders()
    units = book.stock.table()
    return {
        "orders": [_order(order) | {"parcels": world.platforms[order.channel].parcels(order)} for order in orders],
        "stock": units,
        "money": [],
        "sales": [asdict(sale) for sale in book.sales],
        "order_times": [_times(world, order) for order in orders],
        "oversales": book.stock.oversales_as_json(),
        "listings": list(_listings(world)),
        "pos": {channel: platform.audit(units, orders) for channel, platform in world.day.points_of_sale().items()},
        "books": {
            channel: found
            for channel, platform in world.platforms.items()
            if (found := platform.recorded_orders(orders))
        },
        "oddities": book.planted_counts(),
        "digest": book.journal.digest(),
    }


def _order(order: Order) -> dict[str, Any]:
    lines: dict[str, int] = {}
    for line in order.lines:
        lines[line.sku] = lines.get(line.sku, 0) + line.quantity
    return {
        "channel": order.channel,
        "shop": order.shop,
        "id": order.id,
        "status": order.status,
        "ships_from": order.ships_from,
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
    }


def _times(world: World, order: Order) -> dict[str, Any]:
    known_at = world.book.known_to_hub.get((order.channel, order.id))
    return {
        "channel": order.channel, "shop": order.shop, "id": order.id, "placed_at": order.placed_at, "told_at": known_at,
        "cancelled_at": order.moments.get("cancelled"),
    }  # fmt: skip


def _listings(world: World) -> Iterable[dict[str, Any]]:
    for channel, shops in world.book.shops.items():
        for shop in shops.values():
            for item in shop.items.values():
                for variation in item.variations:
                    yield {
                        "channel": channel, "shop": shop.id, "item": item.id, "variation": variation.id,
                        "sku": variation.sku, "seller_sku": variation.seller_sku, "stock": variation.stock,
                        "held": variation.held, "open": variation.open, "status": item.status,
                    }  # fmt: skip
