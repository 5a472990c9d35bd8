"""The way of an order's parcels, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from integrations.contract.access import Access
from orders.snapshots import ParcelStepSnapshot


class ReadTracking(Protocol):
    def __call__(self, access: Access, order_number: str, parcels: Sequence[str]) -> Sequence[ParcelStepSnapshot]:
        """Return the steps told so far, in any order; none before the shipment was arranged. One call, or one per parcel.

        `parcels`: the order's current parcels as last read. May be repeated. Raises the three channel errors.
        """
