"""Form fields of commands: how a package is handed over, and why a buyer or an order is refused."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors.tiktok_shop import buyer_requests, parcels
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import fields, returns, shipping
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteRequest
from integrations.wire.choices import handover_fields, reason_fields

# the words of this list are not published; a shop's setting replaces them
CANCEL_REASON = "seller_cancel_reason_out_of_stock"


def ship_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the hand-overs offered for the first package that waits; what a seller who ships enters; nothing when none waits."""
    client = shop_client(access)
    order = parcels.order_row(client, command.order_number)
    first = next(iter(parcels.waiting(order, command)), None)
    if first is None:
        return ()
    if parcels.is_shipped_by_seller(order):
        return _self_shipment_fields()
    return handover_fields(shipping.choices(parcels.offer(client, first), time_zone=access.time_zone))


def cancel_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reason to cancel, to be written: the list of them is published nowhere."""
    usual = access.settings.get("cancel_reason") or CANCEL_REASON
    return (Field("reason", _("Reason"), default=usual, help_text=_("In TikTok Shop's own word.")),)


def reject_cancellation_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons to refuse the buyer's request to cancel."""
    client = shop_client(access)
    return _refusal_fields(client, buyer_requests.waiting_cancellation(client, command))


def reject_return_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons to refuse a return."""
    client = shop_client(access)
    return _refusal_fields(client, returns.return_id(buyer_requests.return_row(client, command)))


def _self_shipment_fields() -> tuple[Field, ...]:
    provider = _("Of the courier in TikTok Shop's list of shipping providers.")
    return (
        Field("tracking_number", _("Tracking number")),
        Field("shipping_provider_id", _("Shipping provider ID"), help_text=provider),
    )


def _refusal_fields(client: ShopClient, number: str) -> tuple[Field, ...]:
    usual = client.access.settings.get("reject_reason") or buyer_requests.REJECT_REASON
    rows = buyer_requests.refusal_reasons(client, number)
    offered = [(name, fields.text(row, "text") or name) for row in rows if (name := fields.text(row, "name"))]
    reason = reason_fields(offered, usual=usual) or (Field("reason", _("Reason"), default=usual),)
    return (*reason, Field("text", _("In your words"), required=False))
