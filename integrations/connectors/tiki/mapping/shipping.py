"""Confirmation of an order: pick-up times and the seller's warehouse; and the addresses of labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers

DROPSHIP = "dropship"
# fulfilment -> the part of the label's address
LABELS = {
    DROPSHIP: "dropship",
    "tiki_delivery": "tiki-delivery",
    "seller_delivery": "seller-delivery",
    "cross_border": "cross-border",
}
# which of these holds a slot's time is not documented
_SLOT_KEYS = ("expected_pickup_time", "pickup_time", "time", "from", "value")


def slots(answer: Any) -> list[str]:
    """Return the pick-up times on offer, first one first: a list, or one under `data`, of texts or of objects."""
    offered = answer.get("data") if isinstance(answer, dict) else answer
    found = []
    for slot in offered if isinstance(offered, list) else ():
        text = slot if isinstance(slot, str) else next(filter(None, (fields.text(slot, key) for key in _SLOT_KEYS)), "")
        if text:
            found.append(text)
    return found


def slot_label(slot: str) -> str:
    """Return a pick-up time for people; one in another form as Tiki writes it."""
    try:
        return f"{datetime.fromisoformat(slot):%d/%m/%Y %H:%M}"
    except ValueError:
        return slot


def inventory(answer: Any, tiki_warehouse: str) -> str:
    """Return the seller's warehouse that serves one of Tiki's, else the first there is; "" for none."""
    for row in answers.rows(answer, "mappings"):
        ids = row.get("seller_inventory_ids")
        if fields.text(row, "tiki_warehouse_code") == tiki_warehouse and isinstance(ids, list) and ids:
            return fields.text({"id": ids[0]}, "id")
    return next((fields.text(row, "id") for row in answers.rows(answer, "seller_inventories")), "")
