"""Steps of parcels: `get_tracking_info`, one call per parcel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from integrations.connectors.shopee.client import get, response, shop_client
from integrations.connectors.shopee.mapping import fields
from integrations.contract.access import Access
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import ParcelStepSnapshot

_PATH = "logistics/get_tracking_info"
# the package statuses; FAILED_DELIVERED is from the reference's own example, the list of these words is not published
CODES: Mapping[str, str] = {
    "LOGISTICS_REQUEST_CREATED": "ready",
    "LOGISTICS_PICKUP_DONE": "picked_up",
    "LOGISTICS_PICKUP_RETRY": "pickup_failed",
    "LOGISTICS_PICKUP_FAILED": "pickup_failed",
    "LOGISTICS_DELIVERY_DONE": "delivered",
    "LOGISTICS_DELIVERY_FAILED": "delivery_failed",
    "FAILED_DELIVERED": "delivery_failed",
    "LOGISTICS_COD_REJECTED": "delivery_failed",
    "LOGISTICS_REQUEST_CANCELED": "cancelled",
    "LOGISTICS_LOST": "lost",
}
BACK = "returning"


def read_tracking(access: Access, order_number: str, parcels: Sequence[str]) -> Sequence[ParcelStepSnapshot]:
    """Return the steps of an order's parcels; those on the way back among them."""
    client = shop_client(access)
    found: list[ParcelStepSnapshot] = []
    # an order of one parcel is asked for without its number: Shopee wants it of split orders only
    for parcel in parcels or ("",):
        named = (("package_number", parcel),) if len(parcels) > 1 else ()
        told = response(get(client, _PATH, (("order_sn", order_number), *named)))
        found += _steps(told, "tracking_info", parcel)
        found += _steps(told, "reversed_tracking_info", parcel, code=BACK)
    return found


def _steps(told: Row, key: str, parcel: str, code: str = "") -> Iterator[ParcelStepSnapshot]:
    for row in answers.rows(told, key):
        at = fields.or_none(fields.moment, row, "update_time")
        word = fields.text(row, "logistics_status")
        if at is not None:
            yield ParcelStepSnapshot(at, code or CODES.get(word, ""), fields.text(row, "description") or word, parcel)
