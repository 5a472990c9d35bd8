"""Shipping labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from integrations.contract.access import Access
from integrations.contract.errors import ChannelError


@dataclass(frozen=True, slots=True)
class ParcelRef:
    """A parcel as its channel knows it. `order_number` is any of the orders in it; `parcel` is "" where the order is the parcel.

    `tracking_number`: as last read, "" while unknown; it saves a look-up where a channel wants it repeated.
    """

    order_number: str
    parcel: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A file from a channel: a shipping label."""

    content: bytes
    content_type: str
    name: str


class FetchLabels(Protocol):
    def __call__(self, access: Access, parcels: Sequence[ParcelRef]) -> Mapping[ParcelRef, Label | ChannelError]:
        """Return the label of each parcel whose shipment was arranged, or the error of that parcel alone.

        At most `Labels.batch` parcels, each named once; every parcel has an entry. TryLater as an entry: it is being made.
        May be repeated. Raises the three channel errors for what concerns the whole call.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Shipping labels of a channel or carrier. `batch`: most parcels of one fetch."""

    fetch: FetchLabels
    batch: int = 1
