"""The shop at KiotViet: its health and its branches."""

from __future__ import annotations

from integrations.connectors.kiotviet.client import ShopClient
from integrations.connectors.kiotviet.mapping import fields, products
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot


def check(access: Access) -> Health:
    """Return the shop's settings, which also say what it will refuse: one GET."""
    settings = ShopClient(access).get("/settings")
    return Health(access.shop_id, detail=answers.plain(settings) if isinstance(settings, dict) else {})


def warehouses(access: Access) -> tuple[WarehouseSnapshot, ...]:
    """Return the branches; one that appears twice while the list moves comes once."""
    found = {fields.text(row, "id"): row for page in ShopClient(access).pages("/branches") for row in page.rows}
    return tuple(products.warehouse(row) for row in found.values())
