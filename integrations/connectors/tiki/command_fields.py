"""Options of a command that a person may choose."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors.tiki.client import get, shop_client
from integrations.connectors.tiki.mapping import fields, shipping
from integrations.connectors.tiki.reads import known_order
from integrations.contract.access import Access
from integrations.contract.declarations import Field
from integrations.contract.writes import WriteRequest
from integrations.wire.http import ChannelClient

PICKUP_TIME = "expected_pickup_time"


def ship_fields(access: Access, command: WriteRequest) -> tuple[Field, ...]:
    """Return the pick-up times that Tiki offers; only dropship orders have some."""
    client = shop_client(access)
    row = known_order(client, command.order_number)
    if fields.text(row, "fulfillment_type") != shipping.DROPSHIP:
        return ()
    slots = pickup_slots(client)
    choices = (("", _("The first that Tiki offers")), *((slot, shipping.slot_label(slot)) for slot in slots))
    return (Field(PICKUP_TIME, _("Pick-up"), required=False, choices=choices),) if slots else ()


def pickup_slots(client: ChannelClient) -> list[str]:
    """Return the pick-up times on offer now, first one first."""
    return shipping.slots(get(client, "v2/orders/dropship/expected-pickup-slots"))
