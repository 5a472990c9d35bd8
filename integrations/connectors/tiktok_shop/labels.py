"""Shipping labels: documents whose address TikTok Shop returns."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.client import PLATFORM, shop_client
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders
from integrations.connectors.tiktok_shop.parcels import PACKAGES, order_row
from integrations.contract.access import Access
from integrations.contract.errors import TryLater
from integrations.contract.labels import Label, Labels, ParcelRef
from integrations.wire.files import fetch_file
from integrations.wire.single_labels import one_by_one


def fetch_label(access: Access, parcel: ParcelRef) -> Label:
    """Return the shipping label of a package. Raises Rejected before the shipment was arranged."""
    client = shop_client(access)
    package = parcel.parcel or next(iter(orders.packages(order_row(client, parcel.order_number))), "")
    if not package:
        raise errors.refusal("nothing_to_ship")
    path, params = f"{PACKAGES}/{package}/shipping_documents", (("document_type", "SHIPPING_LABEL"),)
    document = client.get(path, params, endpoint=f"{PACKAGES}//shipping_documents")
    try:
        content, content_type = fetch_file(PLATFORM, access.app, fields.text(document, "doc_url"))
    except ValueError:
        raise TryLater(errors.LABEL_BEING_MADE) from None
    return Label(content, content_type, f"{parcel.order_number}-{package}.pdf")


LABELS = Labels(fetch=one_by_one(fetch_label))
