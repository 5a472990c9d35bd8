"""A carrier: quotes, labels, and notices of where a parcel is; its account sells nothing and has no shop."""

from __future__ import annotations

from integrations.connectors.carrier.client import PLATFORM, client_of
from integrations.connectors.carrier.labels import LABELS
from integrations.connectors.carrier.quotes import QUOTES
from integrations.connectors.carrier.reads import PARCELS
from integrations.connectors.carrier.webhooks import WEBHOOKS

from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.contract.declarations import Field
from integrations.contract.errors import NotAuthorised
from integrations.wire.calls import Call


def check(access: Access) -> Health:
    """Read the customer's name. May be repeated."""
    return Health(client_of(access).send(Call("GET", "/me"))["name"])


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Raise NotAuthorised: a person makes a new token in the carrier's console."""
    raise NotAuthorised("make a new token in the carrier's console")


CONNECTOR = Connector(
    channel=PLATFORM.channel,
    title=PLATFORM.title,
    roles=frozenset({Role.CARRIER}),
    check=check,
    account_fields=(Field("webhook_secret", "Webhook secret", secret=True),),
    consent=Consent(renew=renew, kind=ConsentKind.TOKENS),
    webhooks=WEBHOOKS,
    reads={"parcel": PARCELS},
    labels=LABELS,
    quotes=QUOTES,
)
