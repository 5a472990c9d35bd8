"""Accounts in use: a connection with its connector and the access that the connector's functions are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from core.db import execute
from integrations.accounts.registrations import app_access
from integrations.accounts.tokens import stored_tokens
from integrations.connectors import connector_of
from integrations.contract.access import Access, TokenSource
from integrations.contract.connector import Connector
from integrations.models import Connection
from inventory.models import Shop


class NotPossible(Exception):
    """Refusal of a person's request; `reason` says why, in the user's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Account:
    """A connection, ready to be called: its row, its connector, and what the connector's functions are given."""

    connection: Connection
    connector: Connector
    access: Access


def connection_of(shop: Shop) -> Connection:
    """Return the connection of a shop with all that an account needs. Raises NotPossible for a shop without."""
    known = Connection.objects.select_related("authorisation__app", "shop").filter(shop=shop, is_active=True)
    if (found := known.first()) is None:
        raise NotPossible(_("%(shop)s is not connected: connect it again first.") % {"shop": shop})
    return found


def active_connection(connection_id: int) -> Connection | None:
    """Return a connection with all that an account needs, in one query; None when it is gone or switched off."""
    return (
        Connection.objects.select_related("authorisation__app", "shop").filter(pk=connection_id, is_active=True).first()
    )


def account_of(connection: Connection, *, lane: str = "orders") -> Account:
    """Return the account of a connection, called with its stored tokens. Raises KeyError for a channel without a folder."""
    return account_with(connection, stored_tokens(connection.authorisation), lane=lane)


def account_with(connection: Connection, tokens: TokenSource, *, lane: str) -> Account:
    """Return the account of a connection, called with these tokens. Raises KeyError for a channel without a folder."""
    app, shop = connection.authorisation.app, connection.shop
    access = Access(app_access(app), connection.external_id, tokens, connection.settings, lane=lane)
    if shop is not None:
        access = replace(access, time_zone=shop.time_zone, currency=shop.currency)
    return Account(connection, connector_of(app.channel), access)


def note_webhooks(connection_ids: Sequence[int]) -> None:
    """Note that these connections were notified just now."""
    execute(
        "WITH mine AS (SELECT id FROM integrations_connection WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)"
        " UPDATE integrations_connection SET last_webhook_at = clock_timestamp() WHERE id IN (SELECT id FROM mine)",
        list(connection_ids),
    )
