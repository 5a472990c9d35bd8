"""Form fields of commands: how a package is handed over, and why a buyer or an order is refused."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from integrations.connectors.tiktok_shop import buyer_requests, parcels
from integrations.connectors.tiktok_shop.client import shop_client
from integrations.connectors.tiktok_shop.mapping import fields, returns, shipping
from integrations.connectors.tiktok_shop.terms import TERMS
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteRequest
from integrations.wire.answers import Row
from integrations.wire.choices import handover_fields, in_our_words, reason_fields

CANCEL_REASON = "seller_cancel_reason_out_of_stock"
# TikTok Shop's page "Cancel reasons", VN market: one that does not fit the order's status is refused (25001021)
PAID_REASONS = (
    CANCEL_REASON,
    "seller_cancel_reason_wrong_price",
    "seller_cancel_paid_reason_address_not_deliver",
)
UNPAID_REASONS = (
    "seller_cancel_unpaid_reason_out_of_stock",
    "seller_cancel_unpaid_reason_wrong_price",
    "seller_cancel_unpaid_reason_buyer_hasnt_paid_within_time_allowed",
)


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
    """Return the reasons to cancel that fit the order's status; a shop's own word is offered, too."""
    order = parcels.order_row(shop_client(access), command.order_number)
    known = UNPAID_REASONS if fields.text(order, "status") == "UNPAID" else PAID_REASONS
    usual = access.settings.get("cancel_reason") or known[0]
    offered = dict.fromkeys((*known, usual))
    return reason_fields([(word, in_our_words(TERMS, word)) for word in offered], usual=usual)


def reject_cancellation_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons to refuse the buyer's request to cancel."""
    client = shop_client(access)
    rows = buyer_requests.refusal_reasons(client, buyer_requests.waiting_cancellation(client, command))
    return _refusal_fields(rows, buyer_requests.usual_reason(client))


def reject_return_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons to refuse a return."""
    client = shop_client(access)
    number = returns.return_id(buyer_requests.return_row(client, command))
    rows = buyer_requests.refusal_reasons(client, number)
    return _refusal_fields(rows, buyer_requests.reason_for(rows))


def _self_shipment_fields() -> tuple[Field, ...]:
    provider = _("Of the courier in TikTok Shop's list of shipping providers.")
    return (
        Field("tracking_number", _("Tracking number")),
        Field("shipping_provider_id", _("Shipping provider ID"), help_text=provider),
    )


def _refusal_fields(rows: Sequence[Row], usual: str) -> tuple[Field, ...]:
    offered = [
        (name, in_our_words(TERMS, name, fields.text(row, "text")))
        for row in rows
        if (name := fields.text(row, "name"))
    ]
    reason = reason_fields(offered, usual=usual) or (Field("reason", _("Reason"), default=usual),)
    return (
        *reason,
        Field("text", _("In your words"), required=False),
        Field("pictures", _("Pictures"), required=False, pictures=True, help_text=_("What shows that you are right.")),
    )
