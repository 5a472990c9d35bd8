"""The seller's account at Tiki: its health and its warehouses."""

from __future__ import annotations

from integrations.connectors.tiki import consent
from integrations.connectors.tiki.client import get, shop_client
from integrations.connectors.tiki.mapping import fields, products
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.contract.errors import NotAuthorised
from integrations.contract.reasons import OTHER_SHOP
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot


def check(access: Access) -> Health:
    """Return the seller's health by one GET. Raises NotAuthorised when the token is another seller's."""
    row = get(shop_client(access), "v2/sellers/me")
    if (found := consent.seller_id(row)) != access.shop_id:
        raise NotAuthorised(OTHER_SHOP(shop=found), code="other_shop")
    return Health(
        name=fields.text(row, "name") or access.shop_id,
        is_open=fields.flag(row, "active"),
        detail=answers.plain({k: row[k] for k in ("id", "operation_models", "registration_status") if k in row}),
    )


def warehouses(access: Access) -> tuple[WarehouseSnapshot, ...]:
    """Return the places where Tiki collects the seller's goods."""
    return products.warehouses(fields.listed(get(shop_client(access), "v2/sellers/me/warehouses")))


def warehouse_of(access: Access) -> str:
    """Return the warehouse that the connection's settings name, "" for the first."""
    return access.settings.get("warehouse_id", "")
