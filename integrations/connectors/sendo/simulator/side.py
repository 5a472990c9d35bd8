"""Sendo's side of the world: one shop with its two keys, and where each call goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.sendo.simulator import facts, hooks, masks, orders, products
from integrations.connectors.sendo.simulator.book import Book, Platform
from integrations.connectors.sendo.simulator.request import Call, read, text
from integrations.connectors.sendo.simulator.wire import Refusal, encode, good, refused
from integrations.simulator.order import Order, Step
from integrations.simulator.shops import Shop
from integrations.simulator.side import Answer, Ground, Side, Trouble

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_HTML = {"Content-Type": "text/html"}
_SHOP = "Nhà Mình trên Sendo"
_ROOT = "/api/partner/"
_ORDER = "salesorder/"

ROUTES: Mapping[tuple[str, str], Callable[[Platform, Call], object]] = {
    ("POST", "salesorder/search"): orders.search,
    ("GET", "salesorder/reason-collection"): orders.reasons,
    ("PUT", "salesorder"): orders.update,
    ("POST", "product/search"): products.search,
    ("GET", "product"): products.detail,
    ("POST", "product/update-by-field-mask"): masks.update,
    ("GET", "category/0"): products.categories,
}


class SendoSide(Side):
    """The seller Open API with one Vietnamese shop: Sendo has no apps, each shop has keys of its own."""

    offset = 5
    read_batch = facts.PAGE_MAX
    write_batch = 10
    steps = frozenset({"returning"})

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.platform: Platform

    def open(self) -> None:
        """Open the shop."""
        draws, channel = self.ground.draws, self.ground.channel
        store_id = 1_000_000 + draws.number(channel, "store") % 900_000
        self.platform = Platform(
            self.ground, Book(store_id, draws.token(channel, "shop key"), draws.token(channel, "secret key"))
        )
        self.ground.open_shop(str(store_id), _SHOP, self._ids)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One call."""
        try:
            call = read(
                method, target, body, headers.get("content-type", ""),
                now=self.ground.now(), moment=self.ground.moment(),
            )  # fmt: skip
            if (method, call.path) == ("POST", "/login"):
                return 200, _JSON, good(self._login(call))
            if not self.platform.is_live(_bearer(headers)):
                return 401, _JSON, encode({"exp": "token expired"})
            return 200, _JSON, good(self._served(call))
        except Refusal as refusal:
            return refusal.status, _JSON, refused(refusal)

    def refuse(self, trouble: Trouble, method: str, target: str) -> Answer:
        """In the words of the gateway before it: neither is documented [nv]."""
        if trouble == "rate_limited":
            return 429, _HTML, b"<html><body>429 Too Many Requests</body></html>"
        return 502, _HTML, b"<html><body>502 Bad Gateway</body></html>"

    def accounts(self) -> dict[str, Any]:
        """The shop's keys and its one live token; a new one only if that is dead."""
        book = self.platform.book
        token = book.token if self.platform.is_live(book.token) else self.platform.log_in()
        return {
            "app": {"shop_key": book.shop_key, "secret_key": book.secret_key, "callback_url": book.callback_url},
            "shops": [{"shop_id": str(book.store_id), "name": _SHOP, "access_token": token, "refresh_token": ""}],
        }

    def push_to(self, url: str, shop: str | None) -> None:
        """The address of the page "Kết nối API", with every event ticked."""
        self.platform.book.callback_url = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Ten digits, the last six of them the number."""
        return f"16{self.ground.draws.number(self.ground.channel, 'order', number) % 100:02d}{number:06d}"

    def moved(self, order: Order, step: Step) -> None:
        """An order took a step."""
        hooks.moved(self.platform, order, step)

    def save(self) -> Book:
        """All but the shop, which the world keeps."""
        return self.platform.book

    def restore(self, saved: Any) -> None:
        """Go on with a saved book."""
        self.platform = Platform(self.ground, saved)
        hooks.resume(self.platform)

    def _login(self, call: Call) -> dict[str, str]:
        body, book = call.fields(), self.platform.book
        if (text(body, "shop_key"), text(body, "secret_key")) != (book.shop_key, book.secret_key):
            raise Refusal("shop_key or secret_key is invalid")
        return self.platform.log_in_again()

    def _served(self, call: Call) -> object:
        path = call.path.removeprefix(_ROOT) if call.path.startswith(_ROOT) else ""
        route = ROUTES.get((call.method, path))
        if route is not None:
            return route(self.platform, call)
        if call.method == "GET" and path.startswith(_ORDER):
            return orders.detail(self.platform, call, path.removeprefix(_ORDER))
        raise Refusal("Not Found", code=404, status=404)

    def _ids(self, key: str, has_models: bool) -> tuple[str, str]:
        """A whole number for the product; a variant has no id but the hash of its attributes."""
        number = self.ground.draws.number(self.ground.channel, "id", key)
        variation = f"{products.ATTRIBUTE}_{10_000 + number % 900_000_000}" if has_models else ""
        return str(1_000_000_000 + number % 8_000_000_000), variation


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


SIDE = SendoSide
