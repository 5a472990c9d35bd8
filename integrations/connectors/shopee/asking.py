"""What a person may tell with a command: how a parcel is handed over, why an order is cancelled, what speaks against a return."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from integrations.connectors.base import Command, Field
from integrations.connectors.choices import handover_fields, reason_fields
from integrations.connectors.shopee import commands, returns
from integrations.connectors.shopee.mapping import shipping
from integrations.wire.http import Line

Settings = Mapping[str, str]


def command_fields(line: Line, settings: Settings, time_zone: str, command: Command) -> tuple[Field, ...]:
    """See the contract. Only a shipment is asked for; it is offered while a parcel waits."""
    if command.kind == commands.SHIP:
        return _ship(line, settings, time_zone, command)
    return _FIELDS[command.kind](settings) if command.kind in _FIELDS else ()


def _ship(line: Line, settings: Settings, time_zone: str, command: Command) -> tuple[Field, ...]:
    told = commands.shipping_offered(line, command)
    if told is None:
        return ()
    found = [*handover_fields(shipping.choices(told, time_zone=time_zone))]
    if shipping.asks_for(told, "sender_real_name"):
        sender = settings.get("sender_real_name", "")
        found.append(Field("sender_real_name", _("Who drops it off"), required=False, default=sender))
    if shipping.asks_for(told, "tracking_number"):
        found.append(Field("tracking_number", _("Tracking number"), required=False))
    return tuple(found)


def _cancel(settings: Settings) -> tuple[Field, ...]:
    words = {
        commands.CUSTOMER_REQUEST: _("The buyer asked for it"),
        commands.OUT_OF_STOCK: _("Out of stock"),
        "UNDELIVERABLE_AREA": _("The address cannot be delivered to (Taiwan and Malaysia only)"),
        "COD_NOT_SUPPORTED": _("Cash on delivery is not possible"),
    }
    return reason_fields([(reason, words[reason]) for reason in commands.CANCEL_REASONS])


def _dispute(settings: Settings) -> tuple[Field, ...]:
    return (
        Field("reason", _("Reason"), required=False, help_text=_("Shopee's number of the reason, if you know one.")),
        Field("text", _("In your words"), required=False),
        Field("email", _("E-mail for Shopee's questions"), default=settings.get("dispute_email", "")),
    )


_FIELDS: Mapping[str, Callable[[Settings], tuple[Field, ...]]] = {"cancel": _cancel, returns.REJECT: _dispute}
