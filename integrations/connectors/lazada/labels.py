"""Shipping labels."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64

from integrations.connectors.lazada.client import compact, get, payload, shop_client
from integrations.connectors.lazada.mapping import fields
from integrations.contract.access import Access
from integrations.contract.errors import TryLater
from integrations.contract.labels import Label, Labels


def fetch_label(access: Access, order_number: str, parcel: str) -> Label:
    """Return the label of a package as a page to print. Asked for as HTML: a "PDF" is an iframe around an address of ten minutes."""
    request = {"doc_type": "HTML", "packages": [{"package_id": parcel}]}
    body = get(shop_client(access), "/order/package/document/get", {"getDocumentReq": compact(request)})
    try:
        content = b64decode(fields.text(payload(body), "file"), validate=True)
    except NoBase64:
        content = b""
    if not content:
        raise TryLater("the label is not ready yet")
    return Label(content, "text/html; charset=utf-8", f"{parcel}.html")


LABELS = Labels(fetch=fetch_label)
