"""From rows to the plain values a connector is given."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.connectors import connector_class
from integrations.connectors.base import Access, Connector, TokenSource
from integrations.models import Connection
from integrations.registrations import app_access
from integrations.wire.tokens import stored_tokens
from inventory.models import Shop


class NotPossible(Exception):
    """A person's wish cannot be carried out; `reason` says why, in the user's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def connection_of(shop: Shop) -> Connection:
    """The connection of a shop with all that its connector needs. Raises NotPossible for a shop without."""
    known = Connection.objects.select_related("authorisation__app", "shop").filter(shop=shop, is_active=True)
    if (found := known.first()) is None:
        raise NotPossible(_("%(shop)s is not connected: connect it again first.") % {"shop": shop})
    return found


def active_connection(connection_id: int) -> Connection | None:
    """A connection with all that its connector needs, in one query; None when it is gone or switched off."""
    return (
        Connection.objects.select_related("authorisation__app", "shop").filter(pk=connection_id, is_active=True).first()
    )


def connector_for(connection: Connection, *, lane: str = "orders") -> Connector:
    """The connector of a connection with its stored tokens, ready to call its shop. As `connect`."""
    return connect(connection, stored_tokens(connection.authorisation), lane=lane)


def connect(connection: Connection, tokens: TokenSource, *, lane: str) -> Connector:
    """The connector of a connection, ready to call its shop. Raises KeyError for a channel without a folder."""
    authorisation, shop = connection.authorisation, connection.shop
    access = Access(
        app=app_access(authorisation.app),
        shop_id=connection.external_id,
        tokens=tokens,
        settings=connection.settings,
        time_zone=shop.time_zone,
        currency=shop.currency,
        lane=lane,
    )
    return connector_class(authorisation.app.channel)(access)
