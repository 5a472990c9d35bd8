"""Customers of the POS. Buyers that KiotViet imported from a marketplace come masked and stay as they came."""

from __future__ import annotations

from datetime import datetime

from integrations.connectors.kiotviet.mapping import fields
from integrations.connectors.kiotviet.mapping.documents import reference_in_text
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import CustomerSnapshot

# from the house to the province
_ADDRESS = ("address", "wardName", "locationName")


def customer(row: Row, asked_at: datetime) -> CustomerSnapshot:
    """Return one customer. Raises ValueError without an id, or for a malformed time."""
    external_id = fields.text(row, "id")
    if not external_id:
        raise ValueError("a customer without id")
    return CustomerSnapshot(
        external_id=external_id,
        name=fields.text(row, "name"),
        asked_at=asked_at,
        code=fields.text(row, "code"),
        phone=fields.text(row, "contactNumber"),
        email=fields.text(row, "email"),
        address=", ".join(filter(None, (fields.text(row, name) for name in _ADDRESS))),
        version=version(row),
        raw=answers.plain(row),
    )


def version(row: Row) -> datetime | None:
    """Return the time of the last change; a customer that never changed has the time of its creation only."""
    times = (fields.or_none(fields.moment, row, key) for key in ("modifiedDate", "createdDate"))
    return next(filter(None, times), None)


def is_ours(row: Row) -> bool:
    """Return whether an order that we wrote made it, where the shop wants a customer on each."""
    return bool(reference_in_text(fields.text(row, "comments") or fields.text(row, "comment")))
