"""Labels of parcels."""

from __future__ import annotations

from integrations.connectors.carrier.client import client_of

from integrations.contract.access import Access
from integrations.contract.labels import Label, Labels
from integrations.wire.calls import Call


def fetch(access: Access, order_number: str, parcel: str) -> Label:
    """Return a parcel's label. May be repeated; TryLater while it is being made."""
    content = client_of(access).send(Call("GET", "/label", params=[("number", parcel)], raw=True))
    return Label(content, "application/pdf", f"{parcel}.pdf")


LABELS = Labels(fetch=fetch)
