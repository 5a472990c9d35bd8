"""From rows to the plain values a connector is given."""

from __future__ import annotations

from integrations.connectors import connector_class
from integrations.connectors.base import Access, AppAccess, Connector, TokenSource
from integrations.models import AppRegistration, Connection


def app_access(app: AppRegistration) -> AppAccess:
    """Our registration, as a connector sees it."""
    return AppAccess(app.key, app.credentials, app.base_url, app.callback_url, app.settings)


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
