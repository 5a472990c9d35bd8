"""Shipping labels: asked to be printed, waited for, downloaded."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from integrations.connectors.base import Document
from integrations.connectors.shopee.calls import ask, download, get, response
from integrations.connectors.shopee.mapping import errors, fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected, TryLater
from integrations.wire.http import Line

READY, FAILED = "READY", "FAILED"
# Shopee prints within seconds; the courier's number may take minutes
_PRINTING, _NUMBERING = 3.0, 30.0
_SUFFIX = {"application/pdf": "pdf", "application/zip": "zip", "text/html": "html"}
_PDF = "application/pdf"


def label(line: Line, files: Line, settings: Mapping[str, str], order_number: str, parcel: str) -> Document:
    """The label of a parcel. Raises TryLater while it is being made; asking again takes it where it stands.

    `files`: the line that takes answers that are no JSON.
    """
    named = {"order_sn": order_number} | ({"package_number": parcel} if parcel else {})
    kind = settings.get("label_type", "")
    typed = named | ({"shipping_document_type": kind} if kind else {})
    status = _status(line, typed)
    if status == READY:
        content, content_type = download(files, "logistics/download_shipping_document", _body(named, kind))
        if content:
            name = f"{order_number}-{parcel}" if parcel else order_number
            return Document(content, content_type or _PDF, f"{name}.{_SUFFIX.get(content_type, 'pdf')}")
        raise TryLater(_("Shopee's label is empty."), after=_PRINTING)
    if status in ("", FAILED):
        _print(line, named, typed)
    raise TryLater(_("Shopee is making the label."), after=_PRINTING)


def _status(line: Line, typed: Row) -> str:
    """PROCESSING, READY or FAILED; "" when nobody has asked for it to be printed."""
    try:
        row = _result(ask(line, "logistics/get_shipping_document_result", {"order_list": [typed]}))
    except Rejected as refusal:
        if refusal.code == errors.NOT_PRINTED:
            return ""
        raise
    return fields.text(row, "status")


def _print(line: Line, named: Row, typed: Row) -> None:
    params = tuple((name, str(value)) for name, value in named.items())
    number = fields.text(response(get(line, "logistics/get_tracking_number", params)), "tracking_number")
    if not number:
        raise TryLater(_("The parcel has no tracking number yet: arrange the shipment first."), after=_NUMBERING)
    _result(ask(line, "logistics/create_shipping_document", {"order_list": [{**typed, "tracking_number": number}]}))


def _body(named: Row, kind: str) -> Row:
    """The type stands beside the list here, and inside its rows elsewhere."""
    return ({"shipping_document_type": kind} if kind else {}) | {"order_list": [named]}


def _result(answer: Row) -> Row:
    """The one row of an answer. Raises what its own error stands for."""
    row = next(iter(answers.rows(response(answer), "result_list")), {})
    if code := fields.text(row, "fail_error"):
        problem = errors.failure(200, {"error": code, "message": fields.text(row, "fail_message")})
        if problem is not None:
            raise problem
    return row
