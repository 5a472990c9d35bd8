"""What the confirmation of an order needs: a pickup time, and the seller's warehouse. And where labels are."""

from __future__ import annotations

from typing import Any

from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers

# fulfilment -> the part of the label's address
LABELS = {
    "dropship": "dropship",
    "tiki_delivery": "tiki-delivery",
    "seller_delivery": "seller-delivery",
    "cross_border": "cross-border",
}
# by which of these a slot tells its time is not documented
_SLOT_KEYS = ("expected_pickup_time", "pickup_time", "time", "from", "value")


def slots(answer: Any) -> list[str]:
    """The pickup times on offer, first one first: a list, or one under `data`, of texts or of objects."""
    told = answer.get("data") if isinstance(answer, dict) else answer
    found = []
    for slot in told if isinstance(told, list) else ():
        text = slot if isinstance(slot, str) else next(filter(None, (fields.text(slot, key) for key in _SLOT_KEYS)), "")
        if text:
            found.append(text)
    return found


def inventory(answer: Any, tiki_warehouse: str) -> str:
    """The seller's warehouse that serves one of Tiki's, else the first there is; "" for none."""
    for row in answers.rows(answer, "mappings"):
        ids = row.get("seller_inventory_ids")
        if fields.text(row, "tiki_warehouse_code") == tiki_warehouse and isinstance(ids, list) and ids:
            return fields.text({"id": ids[0]}, "id")
    return next((fields.text(row, "id") for row in answers.rows(answer, "seller_inventories")), "")
