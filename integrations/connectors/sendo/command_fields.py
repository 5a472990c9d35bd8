"""Options of a command that a person may choose."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors.sendo.client import get, shop_client
from integrations.connectors.sendo.mapping import fields
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteRequest
from integrations.wire import answers
from integrations.wire.choices import reason_fields


def cancel_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons of Sendo's list."""
    rows = answers.rows({"reasons": get(shop_client(access), "salesorder/reason-collection")}, "reasons")
    return reason_fields(
        [(code, fields.text(row, "name") or code) for row in rows if (code := fields.text(row, "code"))]
    )


def ship_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return whether buyers may look into the parcel, for this order only."""
    choices = (("", _("As the shop's settings say")), ("1", _("Yes")), ("0", _("No")))
    return (Field("allow_check", _("Buyers may look into the parcel"), required=False, choices=choices),)
