"""Shipping labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from integrations.contract.access import Access


@dataclass(frozen=True, slots=True)
class Label:
    """A file from a channel: a shipping label."""

    content: bytes
    content_type: str
    name: str


class FetchLabel(Protocol):
    def __call__(self, access: Access, order_number: str, parcel: str) -> Label:
        """Return the label of a parcel whose shipment was arranged. May be repeated; TryLater while it is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Shipping labels of a channel or carrier."""

    fetch: FetchLabel
