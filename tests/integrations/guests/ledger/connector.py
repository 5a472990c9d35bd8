"""A ledger: it takes journal entries and is read by nobody, so its account has no shop."""

from __future__ import annotations

from integrations.connectors.ledger.client import PLATFORM, client_of
from integrations.connectors.ledger.consent import CONSENT
from integrations.connectors.ledger.writes import JOURNAL_ENTRY

from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.declarations import Field
from integrations.wire.calls import Call


def check(access: Access) -> Health:
    """Read the company's name. May be repeated."""
    return Health(client_of(access).send(Call("GET", "/Company"))["Name"])


CONNECTOR = Connector(
    channel=PLATFORM.channel,
    title=PLATFORM.title,
    roles=frozenset({Role.LEDGER}),
    check=check,
    account_fields=(Field("user", "User"), Field("password", "Password", secret=True)),
    consent=CONSENT,
    writes={"journal_entry": JOURNAL_ENTRY},
)
