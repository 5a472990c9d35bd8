"""The shop at Shopee: its health and its warehouses."""

from __future__ import annotations

from integrations.connectors.shopee.client import get, shop_client
from integrations.connectors.shopee.mapping import errors, fields, items
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.contract.errors import Rejected
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot

_OPEN = "NORMAL"


def location_of(access: Access) -> str:
    """Return the warehouse at Shopee whose stock is kept here, "" for the only one."""
    return access.settings.get("location_id", "")


def check(access: Access) -> Health:
    """Return the shop's info, in one GET; it also says until when the seller agreed."""
    body = get(shop_client(access), "shop/get_shop_info")
    return Health(
        name=fields.text(body, "shop_name") or access.shop_id,
        is_open=fields.text(body, "status") in ("", _OPEN),
        authorised_until=fields.moment(body, "expire_time"),
        detail=answers.plain({name: body[name] for name in ("region", "status", "is_cb") if name in body}),
    )


def warehouses(access: Access) -> tuple[WarehouseSnapshot, ...]:
    """Return the seller's warehouses at Shopee; none where the shop may not have several, which is most shops."""
    try:
        body = get(shop_client(access), "shop/get_warehouse_detail")
    except Rejected as refusal:
        if refusal.code == errors.NO_WAREHOUSES:
            return ()
        raise
    return items.warehouses(answers.rows(body, "response"))
