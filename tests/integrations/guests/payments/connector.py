"""A payment provider: it notifies of payments by GET and takes refunds; its account sells nothing and has no shop."""

from __future__ import annotations

from integrations.connectors.payments.client import PLATFORM, client_of
from integrations.connectors.payments.webhooks import WEBHOOKS
from integrations.connectors.payments.writes import REFUND

from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.declarations import Field
from integrations.wire.calls import Call


def check(access: Access) -> Health:
    """Read the merchant's name. May be repeated."""
    return Health(client_of(access).send(Call("GET", "/merchant", params=[("code", access.shop_id)]))["name"])


CONNECTOR = Connector(
    channel=PLATFORM.channel,
    title=PLATFORM.title,
    roles=frozenset({Role.PAYMENTS}),
    check=check,
    account_fields=(Field("hash_secret", "Hash secret", secret=True),),
    webhooks=WEBHOOKS,
    writes={"refund": REFUND},
)
