"""Shipping labels."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64

from integrations.connectors.lazada.client import PLATFORM, compact, get, payload, shop_client
from integrations.connectors.lazada.mapping import errors, fields
from integrations.contract.access import Access
from integrations.contract.errors import TryLater
from integrations.contract.labels import Label, Labels, ParcelRef
from integrations.wire.answers import Row
from integrations.wire.files import fetch_file
from integrations.wire.single_labels import one_by_one

_PDF = b"%PDF-"


def fetch_label(access: Access, parcel: ParcelRef) -> Label:
    """Return the label of a package: the PDF behind its address of ten minutes, else the page to print."""
    try:
        content, _ = fetch_file(PLATFORM, access.app, fields.text(_document(access, parcel.parcel, "PDF"), "pdf_url"))
    except ValueError:
        content = b""
    if content.startswith(_PDF):
        return Label(content, "application/pdf", f"{parcel.parcel}.pdf")
    return _page(access, parcel.parcel)


def _page(access: Access, package: str) -> Label:
    try:
        content = b64decode(fields.text(_document(access, package, "HTML"), "file"), validate=True)
    except NoBase64:
        content = b""
    if not content:
        raise TryLater(errors.LABEL_NOT_READY)
    return Label(content, "text/html; charset=utf-8", f"{package}.html")


def _document(access: Access, package: str, kind: str) -> Row:
    request = {"doc_type": kind, "packages": [{"package_id": package}]}
    return payload(get(shop_client(access), "/order/package/document/get", {"getDocumentReq": compact(request)}))


LABELS = Labels(fetch=one_by_one(fetch_label))
