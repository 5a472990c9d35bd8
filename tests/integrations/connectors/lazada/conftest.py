"""Our connector at the simulated Lazada, whose time stands nearly still, and a Lazada with scripted answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from integrations.connectors.lazada.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import Client, Market, market
from tests.integrations.connectors.played import Pair

from .scripted import Scripted


@pytest.fixture
def place(redis: Redis) -> Iterator[Market]:
    """The platform and its world."""
    with market() as found:
        yield found


@pytest.fixture
def client(place: Market) -> Client:
    """The first shop's client."""
    return place.clients[0]


@pytest.fixture
def app(place: Market) -> AppAccess:
    """Our registration there."""
    keys = {"app_key": place.clients[0].key, "app_secret": place.clients[0].secret}
    return AppAccess("key", keys, base_url=place.clients[0].base, settings={"limit_calls": "100000"})


@pytest.fixture
def connect(place: Market, app: AppAccess) -> Callable[..., Bound]:
    """A seller's account at the simulated Lazada; keywords are the connection's settings."""
    return lambda shop=0, **settings: Bound(
        CONNECTOR, Access(app, place.shops[shop].id, Pair(place.clients[shop].token), settings)
    )


@pytest.fixture
def account(connect: Callable[..., Bound]) -> Bound:
    return connect()


@pytest.fixture
def scripted(redis: Redis) -> Iterator[Scripted]:
    found = Scripted()
    yield found
    found.server.stop()


@pytest.fixture
def scripted_account(scripted: Scripted) -> Bound:
    """An account at the scripted Lazada."""
    app = AppAccess("key", {"app_key": "1", "app_secret": "s"}, base_url=f"{scripted.server.url}/rest")
    return Bound(CONNECTOR, Access(app, "7", Pair("token")))
