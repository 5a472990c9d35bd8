"""Simulated Sendo: one shop with its two keys, and the dispatch of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.sendo.simulator import facts, hooks, masks, orders, products
from integrations.connectors.sendo.simulator.backend import Backend
from integrations.connectors.sendo.simulator.book import Book
from integrations.connectors.sendo.simulator.request import Call, read, text
from integrations.connectors.sendo.simulator.wire import Refusal, encode, good, refused
from integrations.simulator.order import Order, Step
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import Failure, PlatformContext, Response, SimulatedPlatform

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_HTML = {"Content-Type": "text/html"}
_SHOP = "Nhà Mình trên Sendo"
_ROOT = "/api/partner/"
_ORDER = "salesorder/"

ROUTES: Mapping[tuple[str, str], Callable[[Backend, Call], object]] = {
    ("POST", "salesorder/search"): orders.search,
    ("GET", "salesorder/reason-collection"): orders.reasons,
    ("PUT", "salesorder"): orders.update,
    ("POST", "product/search"): products.search,
    ("GET", "product"): products.detail,
    ("POST", "product/update-by-field-mask"): masks.update,
    ("GET", "category/0"): products.categories,
}


class SendoPlatform(SimulatedPlatform):
    """The seller Open API with one Vietnamese shop: Sendo has no apps, each shop has keys of its own."""

    offset = 5
    oddities = frozenset({"replaced"})
    read_batch = facts.PAGE_MAX
    write_batch = 10
    steps = frozenset({"returning"})

    def __init__(self, context: PlatformContext) -> None:
        super().__init__(context)
        self.backend: Backend

    def open(self) -> None:
        """Open the shop."""
        draws, channel = self.context.draws, self.context.channel
        store_id = 1_000_000 + draws.number(channel, "store") % 900_000
        self.backend = Backend(
            self.context, Book(store_id, draws.token(channel, "shop key"), draws.token(channel, "secret key"))
        )
        self.context.open_shop(str(store_id), _SHOP, self._ids)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call."""
        try:
            call = read(
                method, target, body, headers.get("content-type", ""),
                now=self.context.now(), moment=self.context.logical_time(),
            )  # fmt: skip
            if (method, call.path) == ("POST", "/login"):
                return 200, _JSON, good(self._login(call))
            if not self.backend.is_live(_bearer(headers)):
                return 401, _JSON, encode({"exp": "token expired"})
            return 200, _JSON, good(self._served(call))
        except Refusal as refusal:
            return refusal.status, _JSON, refused(refusal)

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return the response of a gateway in front of it: neither is documented [nv]."""
        if failure == "rate_limited":
            return 429, _HTML, b"<html><body>429 Too Many Requests</body></html>"
        return 502, _HTML, b"<html><body>502 Bad Gateway</body></html>"

    def accounts(self) -> dict[str, Any]:
        """Return the shop's keys and its one live token; a new one only if that has expired."""
        book = self.backend.book
        token = book.token if self.backend.is_live(book.token) else self.backend.log_in()
        return {
            "app": {"shop_key": book.shop_key, "secret_key": book.secret_key, "callback_url": book.callback_url},
            "shops": [{"shop_id": str(book.store_id), "name": _SHOP, "access_token": token, "refresh_token": ""}],
        }

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        """Set the address of the page "Kết nối API", with every event ticked."""
        self.backend.book.callback_url = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Return ten digits, the last six of them the number."""
        return f"16{self.context.draws.number(self.context.channel, 'order', number) % 100:02d}{number:06d}"

    def order_changed(self, order: Order, step: Step) -> None:
        """Send the webhook of a step, if it has one."""
        hooks.order_changed(self.backend, order, step)

    def save(self) -> Book:
        """Return the book; the shop is the world's."""
        return self.backend.book

    def restore(self, saved: Any) -> None:
        """Continue with a saved book."""
        self.backend = Backend(self.context, saved)
        hooks.resume(self.backend)

    def _login(self, call: Call) -> dict[str, str]:
        body, book = call.fields(), self.backend.book
        if (text(body, "shop_key"), text(body, "secret_key")) != (book.shop_key, book.secret_key):
            raise Refusal("shop_key or secret_key is invalid")
        return self.backend.log_in_again()

    def _served(self, call: Call) -> object:
        path = call.path.removeprefix(_ROOT) if call.path.startswith(_ROOT) else ""
        route = ROUTES.get((call.method, path))
        if route is not None:
            return route(self.backend, call)
        if call.method == "GET" and path.startswith(_ORDER):
            return orders.detail(self.backend, call, path.removeprefix(_ORDER))
        raise Refusal("Not Found", code=404, status=404)

    def _ids(self, key: str, has_models: bool) -> tuple[str, str]:
        """Return a whole number for the product; a variant has no id but the hash of its attributes."""
        number = self.context.draws.number(self.context.channel, "id", key)
        variation = f"{products.ATTRIBUTE}_{10_000 + number % 900_000_000}" if has_models else ""
        return str(1_000_000_000 + number % 8_000_000_000), variation


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


PLATFORM = SendoPlatform
