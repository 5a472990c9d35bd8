"""The simulated TikTok Shop on a world that stands still, served over real HTTP; webhooks are posted to a real receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from integrations.connectors.tiktok_shop.simulator.platform import PLATFORM, TikTokShopPlatform
from integrations.simulator.order import Order
from integrations.simulator.serving import Server
from integrations.simulator.shops import Item, Shop
from tests.integrations.connectors.shopee.simulator.still_world import StillContext


class MachineGround(StillContext):
    """`StillContext` whose platform clock is the machine's, for callers that cannot shift theirs."""

    def now(self) -> float:
        return time.time() + self.skew


@dataclass
class Client:
    """Client of an app, over HTTP, with signing independent of the platform's own code."""

    base: str
    context: StillContext
    app: Mapping[str, str]
    shop_id: str
    cipher: str
    code: str
    access_token: str
    refresh_token: str

    def sign(self, path: str, query: Mapping[str, str], body: bytes) -> str:
        parts = "".join(f"{name}{query[name]}" for name in sorted(query))
        secret = self.app["app_secret"]
        text = secret.encode() + f"{path}{parts}".encode() + body + secret.encode()
        return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **query: Any
    ) -> tuple[int, Any]:
        """(status, parsed body). `query` overrides the common parameters; None leaves one out."""
        common = {"app_key": self.app["app_key"], "timestamp": int(self.context.now()), "shop_cipher": self.cipher}
        merged = {name: str(value) for name, value in (common | query).items() if value is not None}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        merged.setdefault("sign", self.sign(path, merged, b"" if method == "GET" else raw))
        headers = {"x-tts-access-token": self.access_token if token is None else token}
        if raw:
            headers["Content-Type"] = "application/json"
        response = requests.request(
            method, f"{self.base}{path}?{urlencode(merged)}", data=raw, headers=headers, timeout=5
        )
        return response.status_code, response.json()

    def good(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The `data` of a call that succeeds."""
        status, answer = self.call(method, path, body, **query)
        assert (status, answer["code"], answer["message"]) == (200, 0, "Success"), answer
        return answer["data"]

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, int]:
        """(status, code) of a call that fails."""
        status, answer = self.call(method, path, body, **query)
        assert answer["code"] != 0
        assert answer["message"]
        assert answer["data"] is None
        return status, answer["code"]


@dataclass
class Market:
    """Platform, world, hub and clients."""

    context: StillContext
    base: str
    hub_url: str
    client: Client
    other: Client
    received: list[tuple[str, bytes]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)

    @property
    def platform(self) -> TikTokShopPlatform:
        found: Any = self.context.platform
        assert isinstance(found, TikTokShopPlatform)
        return found

    @property
    def shop(self) -> Shop:
        return self.context.shops[self.client.shop_id]

    def item(self, fits: Callable[[Item], bool] = lambda item: True) -> Item:
        return next(item for item in self.shop.items.values() if fits(item))

    def buy(self, *, cod: bool = True, quantity: int = 1, released: bool = True) -> Order:
        """An order of some pieces of a product."""
        item = self.item(lambda item: item.variations[0].stock > quantity)
        order = self.context.place(self.shop, {(item.id, item.variations[0].id): quantity}, cod=cod)
        if released:
            self.context.pass_time(5)
        return order

    def deliver(self) -> list[Any]:
        """Post the outbox, pass the responses back, and return (type, data) of what arrived."""
        while self.context.outbox:
            delivery, done = self.context.outbox.pop(0)
            response = requests.post(delivery.url, data=delivery.body, headers=dict(delivery.headers), timeout=5)
            if done:
                done(response.status_code)
        found = [(body["type"], body["data"]) for _, raw in self.received for body in [json.loads(raw)]]
        self.received.clear()
        return found


@contextmanager
def market(kind: type[StillContext] = StillContext) -> Iterator[Market]:
    """A fresh platform: one seller, two shops, one consent."""
    context = kind(channel="tiktok_shop")
    context.platform = PLATFORM(context)  # type: ignore[assignment]
    received: list[tuple[str, bytes]] = []
    replies: list[int] = []

    def take(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        received.append((headers.get("authorization", ""), body))
        return replies.pop(0) if replies else 200, {}, b""

    def answer(*call: Any) -> tuple[int, Mapping[str, str], bytes]:
        return context.platform.answer(*call)

    server, hub = Server(0, answer), Server(0, take)
    server.start()
    hub.start()
    context.base_url = server.url
    context.platform.open()
    told = context.platform.accounts()
    clients = [
        Client(
            server.url, context, told["app"], shop["shop_id"], shop["shop_cipher"], shop["code"], shop["access_token"],
            shop["refresh_token"],
        )
        for shop in told["shops"]
    ]  # fmt: skip
    yield Market(context, server.url, f"{hub.url}/webhooks/tiktok_shop/k1/", *clients, received, replies)
    server.stop()
    hub.stop()
