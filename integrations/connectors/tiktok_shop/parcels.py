"""Packages of an order that wait to be shipped, and the hand-overs that TikTok Shop offers for them."""

from __future__ import annotations

from integrations.connectors.tiktok_shop import reads
from integrations.connectors.tiktok_shop.client import ShopClient
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders, shipping
from integrations.contract.writes import WriteRequest
from integrations.wire.answers import Row

PACKAGES = "/fulfillment/202309/packages"


def order_row(client: ShopClient, number: str) -> Row:
    """Return the order as TikTok Shop writes it. Raises Rejected when there is none."""
    found = next((row for row in reads.order_rows(client, [number]) if fields.text(row, "id") == number), None)
    if found is None:
        raise errors.refusal("gone", number)
    return found


def waiting(order: Row, command: WriteRequest) -> list[str]:
    """Return the packages that wait, or of them the one that the option `package_number` names."""
    named = str(command.options.get("package_number") or "")
    return [
        package
        for package, status in orders.packages(order).items()
        if named in ("", package) and status in ("", orders.TO_FULFILL)
    ]


def is_shipped_by_seller(order: Row) -> bool:
    """Return whether the seller ships it with a courier of their own."""
    return fields.text(order, "shipping_type") == shipping.BY_SELLER


def offer(client: ShopClient, package: str) -> Row:
    """Return the hand-overs that TikTok Shop offers for a package."""
    return client.get(f"{PACKAGES}/{package}/handover_time_slots", endpoint=f"{PACKAGES}//handover_time_slots")
