"""What really happened, for whoever wants to hold a hub's books against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from math import ceil
from typing import Any

from integrations.simulator.order import Order
from integrations.simulator.world import World


def truth(world: World) -> dict[str, Any]:
    """The answer to `GET /truth`."""
    book = world.book
    orders = book.all_orders()
    units = book.stock.table()
    return {
        "orders": [_order(order) for order in orders],
        "stock": units,
        "money": [],
        "sales": [asdict(sale) for sale in book.sales],
        "order_times": [_times(world, order) for order in orders],
        "oversales": book.stock.told(),
        "listings": list(_listings(world)),
        "pos": {channel: side.audit(units, orders) for channel, side in world.day.tills().items()},
        "books": {channel: found for channel, side in world.sides.items() if (found := side.written(orders))},
        "digest": book.journal.digest(),
    }


def minimum_calls(world: World) -> int:
    """One read per full batch of orders and one write per full batch of numbers that others had to show anew, per channel;
    and at a point of sale a read per full batch of what was sold, and two writes, order and invoice, for what a courier took."""
    book = world.book
    total = 0
    sold = {sale.sku for sale in book.sales}
    for channel, side in world.sides.items():
        total += ceil(len(book.orders.get(channel, {})) / side.read_batch)
        variations = [found for shop in book.shops.get(channel, {}).values() for found in shop.variations()]
        changed = sum(1 for found in variations if sold & (book.goods[found.sku].components or {found.sku: 1}).keys())
        total += ceil(changed / side.write_batch)
    left = sum(1 for order in book.all_orders() if "shipped" in order.moments)
    return total + sum(2 * left + ceil(len(sold) / side.read_batch) for side in world.day.tills().values())


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
    told = world.book.told.get((order.channel, order.id))
    return {
        "channel": order.channel, "shop": order.shop, "id": order.id, "placed_at": order.placed_at, "told_at": told,
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
