"""A marketplace whose promotions are read and written: a kind of thing that no other channel has."""

from __future__ import annotations

from integrations.connectors.campaign.client import PLATFORM, client_of
from integrations.connectors.campaign.reads import PROMOTIONS
from integrations.connectors.campaign.writes import PROMOTION_ITEM

from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.declarations import Field
from integrations.wire.calls import Call


def check(access: Access) -> Health:
    """Read the shop's name. May be repeated."""
    return Health(client_of(access).send(Call("GET", "/shop"))["name"])


CONNECTOR = Connector(
    channel=PLATFORM.channel,
    title=PLATFORM.title,
    roles=frozenset({Role.MARKETPLACE}),
    check=check,
    account_fields=(Field("key", "Key", secret=True),),
    reads={"promotion": PROMOTIONS},
    writes={"promotion_item": PROMOTION_ITEM},
)
