"""A shop with one of everything, and callers of the API: keys of any scope, and people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from redis import Redis

from core.permissions import SCOPES
from erpsync.api.keys import services
from erpsync.wsgi import application
from inventory.models import Shop
from tests.erpsync.admin.worlds import World, world

ROOT = "/api/v1"


class Api:
    """A caller of the API; paths are those after /api/v1."""

    def __init__(self, key: str = "", client: Client | None = None) -> None:
        self.client = client or Client()
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.key = key

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(f"{ROOT}{path}", query or {}, headers=self.headers | _named(headers))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        send = getattr(self.client, method)
        return send(f"{ROOT}{path}", body, content_type="application/json", headers=self.headers | _named(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("post", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("put", path, body, **headers)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


MakeKey = Callable[..., Api]


@pytest.fixture
def own(db: None, redis: Redis) -> World:
    return world("OWNSHOP")


@pytest.fixture
def other(own: World) -> World:
    return world("ZZOTHER")


@pytest.fixture
def key_of() -> MakeKey:
    """`key_of(world, "orders:read", ...)`: a caller with a key of that shop; without scopes, one that may do everything."""

    def make(made: World | Shop, *scopes: str, role: str | None = None, **fields: Any) -> Api:
        shop = made if isinstance(made, Shop) else made.shop
        wanted: Sequence[str] = scopes or SCOPES
        return Api(services.create("partner", [shop], wanted, role=role, **fields).text)

    return make


@pytest.fixture
def wsgi(db: None) -> Iterator[Any]:
    """The hub as a WSGI application on the test's own transaction, which it would close at the end of a request."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield application
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def api(own: World, key_of: MakeKey) -> Api:
    """A caller with a key of the own shop that may do everything an operator may."""
    return key_of(own)
