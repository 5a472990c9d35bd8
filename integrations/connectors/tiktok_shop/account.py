"""The shop at TikTok Shop: its health and its warehouses."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.client import shop_client
from integrations.connectors.tiktok_shop.mapping import fields, products
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot


def warehouse_of(access: Access) -> str:
    """Return the warehouse at TikTok Shop whose stock is kept here, "" for the only one."""
    return access.settings.get("warehouse_id", "")


def check(access: Access) -> Health:
    """Return the shop's row in the list of the consent's shops, in one GET. Raises NotAuthorised when it is not there."""
    row = shop_client(access).shop_row()
    detail = {name: row[name] for name in ("region", "seller_type", "code") if name in row}
    return Health(name=fields.text(row, "name") or access.shop_id, detail=answers.plain(detail))


def warehouses(access: Access) -> tuple[WarehouseSnapshot, ...]:
    """Return the warehouses that the shop sells from."""
    return products.warehouses(answers.rows(shop_client(access).get("/logistics/202309/warehouses"), "warehouses"))
