"""Form fields of commands: how a parcel is handed over, why an order is cancelled, what speaks against a return."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors.shopee import parcels
from integrations.connectors.shopee.client import shop_client
from integrations.connectors.shopee.mapping import shipping
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteRequest
from integrations.wire.choices import handover_fields, reason_fields

CUSTOMER_REQUEST, OUT_OF_STOCK = "CUSTOMER_REQUEST", "OUT_OF_STOCK"
# of Vietnam: UNDELIVERABLE_AREA is for Taiwan and Malaysia
CANCEL_REASONS = (CUSTOMER_REQUEST, OUT_OF_STOCK, "COD_NOT_SUPPORTED")


def ship_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the hand-overs that Shopee offers for the first parcel that waits; nothing when none does."""
    client = shop_client(access)
    order = parcels.order_row(client, command.order_number)
    first = next(iter(parcels.waiting(order, command)), None)
    if first is None:
        return ()
    offered = parcels.offer(client, parcels.names(order, first))
    found = [*handover_fields(shipping.choices(offered, time_zone=access.time_zone))]
    if shipping.asks_for(offered, "sender_real_name"):
        sender = access.settings.get("sender_real_name", "")
        found.append(Field("sender_real_name", _("Who drops it off"), required=False, default=sender))
    if shipping.asks_for(offered, "tracking_number"):
        found.append(Field("tracking_number", _("Tracking number"), required=False))
    return tuple(found)


def cancel_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the reasons to cancel, without a call."""
    labels = {
        CUSTOMER_REQUEST: _("The buyer asked for it"),
        OUT_OF_STOCK: _("Out of stock"),
        "COD_NOT_SUPPORTED": _("Cash on delivery is not possible"),
    }
    return reason_fields([(reason, labels[reason]) for reason in CANCEL_REASONS])


def reject_return_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return what an objection to a return takes, without a call."""
    return (
        Field("reason", _("Reason"), required=False, help_text=_("Shopee's number of the reason, if you know one.")),
        Field("text", _("In your words"), required=False),
        Field("email", _("E-mail for Shopee's questions"), default=access.settings.get("dispute_email", "")),
    )
