"""What a person may tell with a command: how a package is handed over, and why a buyer or an order is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from integrations.connectors.base import Command, Field
from integrations.connectors.choices import handover_fields, reason_fields
from integrations.connectors.tiktok_shop import commands
from integrations.connectors.tiktok_shop.calls import Api
from integrations.connectors.tiktok_shop.mapping import fields, shipping


def command_fields(api: Api, command: Command) -> tuple[Field, ...]:
    """See the contract. Hand-over and refusals are asked for; the reasons to cancel are published nowhere."""
    return _FIELDS[command.kind](api, command) if command.kind in _FIELDS else ()


def _ship(api: Api, command: Command) -> tuple[Field, ...]:
    told = commands.shipping_offered(api, command)
    if told is None:
        return ()
    if not told:
        provider = _("Of the courier in TikTok Shop's list of shipping providers.")
        return (
            Field("tracking_number", _("Tracking number")),
            Field("shipping_provider_id", _("Shipping provider ID"), help_text=provider),
        )
    return handover_fields(shipping.choices(told, time_zone=api.access.time_zone))


def _cancel(api: Api, command: Command) -> tuple[Field, ...]:
    usual = api.access.settings.get("cancel_reason") or commands.CANCEL_REASON
    return (Field("reason", _("Reason"), default=usual, help_text=_("In TikTok Shop's own word.")),)


def _refuse(api: Api, command: Command) -> tuple[Field, ...]:
    usual = api.access.settings.get("reject_reason") or commands.REJECT_REASON
    told = commands.refusal_reasons(api, command)
    offered = [(name, fields.text(row, "text") or name) for row in told if (name := fields.text(row, "name"))]
    reason = reason_fields(offered, usual=usual) or (Field("reason", _("Reason"), default=usual),)
    return (*reason, Field("text", _("In your words"), required=False))


_FIELDS: Mapping[str, Callable[[Api, Command], tuple[Field, ...]]] = {
    commands.SHIP: _ship,
    commands.CANCEL: _cancel,
    commands.REJECT_CANCELLATION: _refuse,
    commands.REJECT_RETURN: _refuse,
}
