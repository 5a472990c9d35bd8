"""Customers and contacts, both as customers: a contact's id carries a prefix, and no code, for its code names no customer."""

from __future__ import annotations

from datetime import datetime

from integrations.connectors.misa_crm.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import CustomerSnapshot

CONTACT = "contact-"


def customer(row: Row, asked_at: datetime) -> CustomerSnapshot:
    """Return one customer, by its number."""
    return CustomerSnapshot(
        external_id=fields.text(row, "id"),
        name=fields.text(row, "account_name"),
        asked_at=asked_at,
        code=fields.text(row, "account_number"),
        phone=fields.text(row, "office_tel"),
        email=fields.text(row, "office_email"),
        address=_address(row, "billing") or _address(row, "shipping"),
        version=fields.version(row),
        raw=answers.plain(row),
    )


def contact(row: Row, asked_at: datetime) -> CustomerSnapshot:
    """Return one contact."""
    return CustomerSnapshot(
        external_id=f"{CONTACT}{fields.text(row, 'id')}",
        name=fields.text(row, "contact_name"),
        asked_at=asked_at,
        phone=fields.text(row, "mobile"),
        email=fields.text(row, "email") or fields.text(row, "office_email"),
        address=_address(row, "mailing") or _address(row, "shipping"),
        version=fields.version(row),
        raw=answers.plain(row),
    )


def _address(row: Row, kind: str) -> str:
    """Return the whole address, else its parts from the smallest to the largest."""
    parts = (fields.text(row, f"{kind}_{part}") for part in ("street", "ward", "district", "province"))
    return fields.text(row, f"{kind}_address") or ", ".join(part for part in parts if part)
