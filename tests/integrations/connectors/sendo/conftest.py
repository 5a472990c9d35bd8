"""A Sendo on a loopback port that answers what a test scripted, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from redis import Redis

from integrations.connectors.sendo.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from integrations.simulator.serving import Server
from integrations.simulator.simulated_platform import Response
from tests.integrations.connectors.bound import Bound

SHOP, KEYS = "1000001", {"shop_key": "0" * 32, "secret_key": "1" * 32}


@dataclass(frozen=True)
class Asked:
    """One call as it came."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any


# (status, body as object or raw text); None: the connection is closed without an answer
Answer = tuple[int, Any] | None


@dataclass
class Sendo:
    """`on` scripts "METHOD path" (below /api/partner/); `asked` is every call in order."""

    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    routes: dict[str, Callable[[Asked], Answer]] = field(default_factory=dict)

    def on(self, call: str, *answers: Answer | Callable[[Asked], Answer]) -> None:
        """Give these answers one after the other, the last one for ever."""
        left = list(answers)

        def answer(asked: Asked) -> Answer:
            current = left.pop(0) if len(left) > 1 else left[0]
            return current(asked) if callable(current) else current

        self.routes[call] = answer

    def calls(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        path, _, query = target.partition("?")
        path = path.removeprefix("/api/partner/")
        parsed = json.loads(body) if body else None
        asked = Asked(method, path, dict(parse_qsl(query)), headers.get("authorization", ""), parsed)
        self.asked.append(asked)
        route = self.routes.get(f"{method} {path}")
        found = route(asked) if route else (599, {"unscripted": path})
        if found is None:
            return None
        content = found[1] if isinstance(found[1], str) else json.dumps(found[1])
        return found[0], {"Content-Type": "application/json"}, content.encode()


class Tokens:
    """A token source that counts its renewals."""

    def __init__(self) -> None:
        self.token = "token-1"
        self.renewals: list[str] = []

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        self.renewals.append(stale)
        self.token = f"token-{len(self.renewals) + 1}"
        return self.token


def good(result: Any = True) -> tuple[int, Any]:
    """An answer in the envelope."""
    return 200, {"result": result, "success": True, "error": None, "status_code": 200}


def bad(message: str, *details: str, code: int = 400, status: int = 200) -> tuple[int, Any]:
    """A refusal."""
    rows = [{"property_name": "x", "message": words, "value": None, "code": "INVALID"} for words in details]
    error = {"message": message, "details": None, "error_details": rows or None}
    return status, {"result": None, "success": False, "error": error, "status_code": code}


def listed(*rows: Any, following: str | None = "") -> tuple[int, Any]:
    """A page of a search."""
    return good({"data": list(rows), "next_token": following, "previous_token": ""})


def order(number: str = "1607511339", status: int = 2, **changes: Any) -> dict[str, Any]:
    """The least that makes an order."""
    header = {"order_number": number, "order_status": status, "order_date_time_stamp": 1607511339} | changes
    line = {"product_variant_id": "35858106_22750405", "quantity": 1, "price": 1000}
    return {"sales_order": header, "sku_details": [line]}


def product(number: int = 5, **changes: Any) -> dict[str, Any]:
    """The least that makes a product with two variants."""
    variants = [
        {"variant_attribute_hash": name, "variant_price": 1000.0, "variant_quantity": units}
        for name, units in (("1_1", 3), ("1_2", 4))
    ]
    return {"id": number, "status": 2, "price": 1000.0, "variants": variants, "is_config_variant": True} | changes


@pytest.fixture
def sendo(redis: Redis) -> Iterator[Sendo]:
    found = Sendo()
    server = Server(0, found.answer)
    server.start()
    found.base_url = server.url
    yield found
    server.stop()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def app(sendo: Sendo) -> AppAccess:
    return AppAccess("key", KEYS, base_url=sendo.base_url, settings={"limit_calls": "1000000"})


@pytest.fixture
def connect(app: AppAccess, tokens: Tokens) -> Callable[..., Bound]:
    """The shop's account; keywords are the connection's settings."""
    return lambda **settings: Bound(CONNECTOR, Access(app, SHOP, tokens, settings))


@pytest.fixture
def account(connect: Callable[..., Bound]) -> Bound:
    return connect()
