"""Shipping labels: asked to be printed, waited for, downloaded."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors.shopee.client import (
    download,
    file_client,
    get,
    post_repeatable,
    response,
    shop_client,
)
from integrations.connectors.shopee.mapping import errors, fields
from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.labels import Label, Labels
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

READY, FAILED = "READY", "FAILED"
# Shopee prints within seconds; the courier's number may take minutes
_PRINTING, _NUMBERING = 3.0, 30.0
_SUFFIX = {"application/pdf": "pdf", "application/zip": "zip", "text/html": "html"}
_PDF = "application/pdf"


def fetch_label(access: Access, order_number: str, parcel: str) -> Label:
    """Return the label of a parcel. The first call has it printed; raises TryLater while it is being made.

    It is ready seconds later, also announced by push 15; asking again goes on where it stands.
    """
    client = shop_client(access)
    named = {"order_sn": order_number} | ({"package_number": parcel} if parcel else {})
    document = access.settings.get("label_type", "")
    typed = named | ({"shipping_document_type": document} if document else {})
    status = _status(client, typed)
    if status == READY:
        path = "logistics/download_shipping_document"
        content, content_type = download(file_client(access), path, _body(named, document))
        if content:
            name = f"{order_number}-{parcel}" if parcel else order_number
            return Label(content, content_type or _PDF, f"{name}.{_SUFFIX.get(content_type, 'pdf')}")
        raise TryLater(_("Shopee's label is empty."), after=_PRINTING)
    if status in ("", FAILED):
        _print(client, named, typed)
    raise TryLater(_("Shopee is making the label."), after=_PRINTING)


LABELS = Labels(fetch=fetch_label)


def _status(client: ChannelClient, typed: Row) -> str:
    """Return PROCESSING, READY or FAILED; "" when printing was never asked for."""
    try:
        row = _result(post_repeatable(client, "logistics/get_shipping_document_result", {"order_list": [typed]}))
    except Rejected as refusal:
        if refusal.code == errors.NOT_PRINTED:
            return ""
        raise
    return fields.text(row, "status")


def _print(client: ChannelClient, named: Row, typed: Row) -> None:
    params = tuple((name, str(value)) for name, value in named.items())
    number = fields.text(response(get(client, "logistics/get_tracking_number", params)), "tracking_number")
    if not number:
        raise TryLater(_("The parcel has no tracking number yet: arrange the shipment first."), after=_NUMBERING)
    body = {"order_list": [{**typed, "tracking_number": number}]}
    _result(post_repeatable(client, "logistics/create_shipping_document", body))


def _body(named: Row, document: str) -> Row:
    """Return the body of a download. The type stands beside the list here, and inside its rows elsewhere."""
    return ({"shipping_document_type": document} if document else {}) | {"order_list": [named]}


def _result(answer: Row) -> Row:
    """Return the one row of an answer. Raises the error of that row."""
    row = next(iter(answers.rows(response(answer), "result_list")), {})
    if code := fields.text(row, "fail_error"):
        problem = errors.failure(200, {"error": code, "message": fields.text(row, "fail_message")})
        if problem is not None:
            raise problem
    return row
