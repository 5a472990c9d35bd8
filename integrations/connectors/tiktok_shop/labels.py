"""Shipping labels: documents whose address TikTok Shop returns."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.client import fetch_file, shop_client
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders
from integrations.connectors.tiktok_shop.parcels import PACKAGES, order_row
from integrations.contract.access import Access
from integrations.contract.errors import TryLater
from integrations.contract.labels import Label, Labels


def fetch_label(access: Access, order_number: str, parcel: str) -> Label:
    """Return the shipping label of a package. Raises Rejected before the shipment was arranged."""
    client = shop_client(access)
    package = parcel or next(iter(orders.packages(order_row(client, order_number))), "")
    if not package:
        raise errors.refusal("nothing_to_ship")
    path, params = f"{PACKAGES}/{package}/shipping_documents", (("document_type", "SHIPPING_LABEL"),)
    document = client.get(path, params, endpoint=f"{PACKAGES}//shipping_documents")
    try:
        content, content_type = fetch_file(access.app, fields.text(document, "doc_url"))
    except ValueError:
        raise TryLater("TikTok Shop is still making the label") from None
    return Label(content, content_type, f"{order_number}-{package}.pdf")


LABELS = Labels(fetch=fetch_label)
