"""Our connector at the simulated TikTok Shop, whose time stands still until a test lets it pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis import Redis

from integrations.connectors.tiktok_shop import consent
from integrations.connectors.tiktok_shop.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.tiktok_shop.simulator.still_world import MachineGround, Market, market


@dataclass
class Renewing:
    """A token source that renews at the platform itself."""

    app: AppAccess
    token: str
    refresh: str
    renewals: list[str] = field(default_factory=list)

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.renewals.append(stale)
        grant = consent.renew(self.app, refresh_token=self.refresh, shop_id="")
        self.token, self.refresh = grant.access_token, grant.refresh_token
        return self.token


@pytest.fixture
def place(redis: Redis) -> Iterator[Market]:
    """The platform, its world and a hub."""
    with market(MachineGround) as found:
        yield found


@pytest.fixture
def app(place: Market) -> AppAccess:
    """Our registration there."""
    keys = {name: str(value) for name, value in place.client.app.items()}
    return AppAccess("key", keys, base_url=place.base, settings={"limit_calls": "100000"})


@pytest.fixture
def tokens(place: Market, app: AppAccess) -> Renewing:
    return Renewing(app, place.client.access_token, place.client.refresh_token)


@pytest.fixture
def connect(place: Market, app: AppAccess, tokens: Renewing) -> Callable[..., Bound]:
    """The first shop's ports; keywords are the connection's settings."""

    def connected(**settings: Any) -> Bound:
        kept = {"shop_cipher": place.client.cipher, **settings}
        return Bound(CONNECTOR, Access(app, place.client.shop_id, tokens, kept))

    return connected


@pytest.fixture
def ports(connect: Callable[..., Bound]) -> Bound:
    return connect()
