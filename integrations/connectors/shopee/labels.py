"""Shipping labels: printing is asked for and waited for in batches, each label is downloaded by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from integrations.connectors.shopee.client import (
    download,
    file_client,
    get,
    post_repeatable,
    response,
    shop_client,
)
from integrations.connectors.shopee.mapping import errors, fields
from integrations.connectors.shopee.reads import package_rows
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.contract.labels import Label, Labels, ParcelRef
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

READY, FAILED = "READY", "FAILED"
_RESULT, _CREATE = "logistics/get_shipping_document_result", "logistics/create_shipping_document"
_DOWNLOAD, _TRACKING = "logistics/download_shipping_document", "logistics/get_tracking_number"
# rows of one call, by the documentation of the first two
BATCH = 50
# Shopee prints within seconds; the courier's number may take minutes
_PRINTING, _NUMBERING = 3.0, 30.0
_SUFFIX = {"application/pdf": "pdf", "application/zip": "zip", "text/html": "html"}
_PDF = "application/pdf"


def fetch_labels(access: Access, parcels: Sequence[ParcelRef]) -> Mapping[ParcelRef, Label | ChannelError]:
    """Return the label of each parcel. The first fetch has it printed; TryLater while it is being made.

    It is ready seconds later, also announced by push 15; asking again goes on where it stands.
    """
    client, document = shop_client(access), access.settings.get("label_type", "")
    found: dict[ParcelRef, Label | ChannelError] = {}
    unprinted: list[ParcelRef] = []
    for parcel, status in _rows(client, _RESULT, {parcel: _typed(parcel, document) for parcel in parcels}).items():
        if isinstance(status, ChannelError) and status.code != errors.NOT_PRINTED:
            found[parcel] = status
        elif not isinstance(status, ChannelError) and fields.text(status, "status") == READY:
            found[parcel] = _downloaded(access, parcel, document)
        else:
            found[parcel] = TryLater(errors.LABEL_BEING_MADE, after=_PRINTING)
            if isinstance(status, ChannelError) or fields.text(status, "status") in ("", FAILED):
                unprinted.append(parcel)
    found.update(_printed(client, unprinted, document))
    return found


LABELS = Labels(fetch=fetch_labels, batch=BATCH)


def _printed(
    client: ChannelClient, parcels: Iterable[ParcelRef], document: str
) -> Mapping[ParcelRef, Label | ChannelError]:
    """Have labels printed and return the errors of those that are not: without a tracking number, or refused."""
    problems: dict[ParcelRef, Label | ChannelError] = {}
    wanted: dict[ParcelRef, Row] = {}
    for parcel, number in _tracking_numbers(client, list(parcels)).items():
        if isinstance(number, ChannelError):
            problems[parcel] = number
        elif number:
            wanted[parcel] = {**_typed(parcel, document), "tracking_number": number}
        else:
            problems[parcel] = TryLater(errors.NO_TRACKING_NUMBER, after=_NUMBERING)
    if wanted:
        rows = _rows(client, _CREATE, wanted)
        problems |= {parcel: row for parcel, row in rows.items() if isinstance(row, ChannelError)}
    return problems


def _rows(client: ChannelClient, path: str, wanted: Mapping[ParcelRef, Row]) -> dict[ParcelRef, Row | ChannelError]:
    """Return the row of each parcel in a batch call's answer, or its error. A parcel without a row has an empty one."""
    answer = response(post_repeatable(client, path, {"order_list": list(wanted.values())}))
    rows = [row for row in answers.rows(answer, "result_list") if row]
    named = {(fields.text(row, "order_sn"), fields.text(row, "package_number")): row for row in rows}
    # a failed row need not repeat the package's number; of the only parcel there is it is the only row
    named |= {(order, ""): row for (order, _package), row in named.items() if (order, "") not in named}
    found: dict[ParcelRef, Row | ChannelError] = {}
    for parcel in wanted:
        key = (parcel.order_number, parcel.parcel)
        row = (
            named.get(key) or named.get((parcel.order_number, "")) or (rows[0] if len(wanted) == len(rows) == 1 else {})
        )
        found[parcel] = _failure(row) or row
    return found


def _failure(row: Row) -> ChannelError | None:
    code = fields.text(row, "fail_error")
    return errors.failure(200, {"error": code, "message": fields.text(row, "fail_message")}) if code else None


def _downloaded(access: Access, parcel: ParcelRef, document: str) -> Label | ChannelError:
    """Return a label that is ready. The document's type stands beside the list here, and inside its rows elsewhere."""
    body = ({"shipping_document_type": document} if document else {}) | {"order_list": [_named(parcel)]}
    try:
        content, content_type = download(file_client(access), _DOWNLOAD, body)
    except NotAuthorised:
        raise
    except (Rejected, TryLater) as error:
        return error
    if not content:
        return TryLater(errors.LABEL_EMPTY, after=_PRINTING)
    name = f"{parcel.order_number}-{parcel.parcel}" if parcel.parcel else parcel.order_number
    return Label(content, content_type or _PDF, f"{name}.{_SUFFIX.get(content_type, 'pdf')}")


def _tracking_numbers(client: ChannelClient, parcels: Sequence[ParcelRef]) -> dict[ParcelRef, str | ChannelError]:
    """Return the tracking number of each parcel, "" for none yet: as last read, else asked for, many parcels in one call."""
    unknown = [parcel for parcel in parcels if not parcel.tracking_number]
    named = [parcel.parcel for parcel in unknown if parcel.parcel]
    rows: Sequence[Row] = ()
    if len(named) > 1:
        # what is left out, or a refusal because of one of them: each is asked for by itself
        with suppress(Rejected):
            rows = package_rows(client, named)
    listed = {fields.text(row, "package_number"): fields.text(row, "tracking_number") for row in rows}
    return {
        parcel: parcel.tracking_number or listed[parcel.parcel]
        if parcel.tracking_number or parcel.parcel in listed
        else _tracking_number(client, parcel)
        for parcel in parcels
    }


def _tracking_number(client: ChannelClient, parcel: ParcelRef) -> str | ChannelError:
    params = tuple((name, str(value)) for name, value in _named(parcel).items())
    try:
        return fields.text(response(get(client, _TRACKING, params)), "tracking_number")
    except NotAuthorised:
        raise
    except ChannelError as error:
        return error


def _named(parcel: ParcelRef) -> Row:
    return {"order_sn": parcel.order_number} | ({"package_number": parcel.parcel} if parcel.parcel else {})


def _typed(parcel: ParcelRef, document: str) -> Row:
    return {**_named(parcel), **({"shipping_document_type": document} if document else {})}
