"""Our connector at the simulated Lazada, whose time stands nearly still."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from integrations.connectors.base import Access, AppAccess
from integrations.connectors.lazada.connector import LazadaConnector
from tests.integrations.connectors.lazada.standing import Client, Market, market
from tests.integrations.connectors.played import Pair


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
def connect(place: Market, app: AppAccess) -> Callable[..., LazadaConnector]:
    """A shop's connector; keywords are the connection's settings."""
    return lambda shop=0, **settings: LazadaConnector(
        Access(app, place.shops[shop].id, Pair(place.clients[shop].token), settings)
    )


@pytest.fixture
def connector(connect: Callable[..., LazadaConnector]) -> LazadaConnector:
    return connect()
