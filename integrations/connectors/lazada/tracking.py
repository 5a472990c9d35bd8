"""Steps of parcels: `/logistic/order/trace`, one call per order, with all its packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrations.connectors.lazada.client import get, shop_client
from integrations.connectors.lazada.mapping import fields
from integrations.contract.access import Access
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import ParcelStepSnapshot

# the words of items, as `status_code` has them in capitals; its own list is not published
CODES: Mapping[str, str] = {
    "ready_to_ship": "ready",
    "shipped": "picked_up",
    "delivered": "delivered",
    "confirmed": "delivered",
    "failed": "delivery_failed",
    "failed_delivery": "delivery_failed",
    "shipped_back": "returning",
    "shipped_back_success": "returned",
    "returned": "returned",
    "canceled": "cancelled",
    "lost_by_3pl": "lost",
    "damaged_by_3pl": "lost",
}


def read_tracking(access: Access, order_number: str, parcels: Sequence[str]) -> Sequence[ParcelStepSnapshot]:
    """Return the steps of an order's packages; Lazada has none before they are ready to ship."""
    body = get(shop_client(access), "/logistic/order/trace", {"order_id": order_number})
    return [
        step
        for module in answers.rows(answers.part(body, "result"), "module")
        for package in answers.rows(module, "package_detail_info_list")
        for row in answers.rows(package, "logistic_detail_info_list")
        if (step := _step(row, fields.text(package, "ofc_package_id")))
    ]


def _step(row: Row, package: str) -> ParcelStepSnapshot | None:
    at = fields.or_none(fields.moment, row, "event_time")
    if at is None:
        return None
    texts = dict.fromkeys(filter(None, (fields.text(row, "title"), fields.text(row, "description"))))
    code = CODES.get(fields.text(row, "status_code").lower(), "")
    return ParcelStepSnapshot(at, code, ": ".join(texts), package, fields.text(row, "package_location_name"))
