"""Steps of an order's parcels: sentences with a time, without a code and without the package's number."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.tiktok_shop.client import shop_client
from integrations.connectors.tiktok_shop.mapping import fields
from integrations.contract.access import Access
from integrations.wire import answers
from orders.snapshots import ParcelStepSnapshot

_ORDERS = "/fulfillment/202309/orders"


def read_tracking(access: Access, order_number: str, parcels: Sequence[str]) -> Sequence[ParcelStepSnapshot]:
    """Return the steps of an order, one call."""
    told = shop_client(access).get(f"{_ORDERS}/{order_number}/tracking", endpoint=f"{_ORDERS}//tracking")
    found = ((fields.or_none(fields.moment, row, "update_time_millis"), row) for row in answers.rows(told, "tracking"))
    return [ParcelStepSnapshot(at, "", fields.text(row, "description")) for at, row in found if at is not None]
