"""Orders and goods of the simulated Lazada, as tests read and write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.simulator.order import Order
from tests.integrations.connectors.lazada.still_world import Client, Market

AGO = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")


def order_ids(client: Client, **params: str) -> list[str]:
    return [str(row["order_id"]) for row in client.good("GET", "/orders/get", update_after=AGO, **params)["orders"]]


def items(client: Client, order: Order) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.good("GET", "/order/items/get", order_id=order.id)
    return found


def sku_xml(place: Market, stock: int, **more: str) -> str:
    sold = place.sold()
    texts = {"ItemId": sold.item_id, "SkuId": sold.id, "SellableQuantity": str(stock)} | more
    return "<Sku>" + "".join(f"<{name}>{text}</{name}>" for name, text in texts.items() if text) + "</Sku>"
