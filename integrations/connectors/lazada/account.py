"""The seller's account at Lazada: its health and its warehouses."""

from __future__ import annotations

from integrations.connectors.lazada.client import compact, get, payload, shop_client
from integrations.connectors.lazada.mapping import fields, products
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.contract.errors import Rejected
from integrations.wire import answers
from inventory.snapshots import WarehouseSnapshot

_OPEN = "ACTIVE"


def check(access: Access) -> Health:
    """Return the seller's health by one GET."""
    row = payload(get(shop_client(access), "/seller/get"))
    return Health(
        name=fields.text(row, "name") or access.shop_id,
        is_open=fields.text(row, "status") in ("", _OPEN),
        detail=answers.plain({name: row[name] for name in ("short_code", "status", "verified") if name in row}),
    )


def warehouses(access: Access) -> tuple[WarehouseSnapshot, ...]:
    """Return the seller's warehouses at Lazada, by the older call, else by the one that today's reference lists."""
    client = shop_client(access)
    try:
        body = get(client, "/seller/warehouse/get", {"addressTypes": compact(["warehouse"])})
    except Rejected:
        body = get(client, "/rc/warehouse/get")
    return products.warehouses(answers.rows(answers.part(body, "result"), "module"))


def warehouse_of(access: Access) -> str:
    """Return the warehouse that the connection's settings name, "" for all."""
    return access.settings.get("warehouse_code", "")
