"""Simulated TikTok Shop: the app, a seller with two shops on one consent, and the dispatch of calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from integrations.connectors.tiktok_shop.simulator import (
    auth,
    delivery,
    facts,
    money,
    packages,
    returns,
    routes,
    steps,
)
from integrations.connectors.tiktok_shop.simulator.backend import Backend, SavedState
from integrations.connectors.tiktok_shop.simulator.book import Book
from integrations.connectors.tiktok_shop.simulator.gate import App, admit, too_many
from integrations.connectors.tiktok_shop.simulator.push import Hooks
from integrations.connectors.tiktok_shop.simulator.request import Call, Refusal, read_body, read_query
from integrations.connectors.tiktok_shop.simulator.tokens import Tokens
from integrations.connectors.tiktok_shop.simulator.wire import good, refused
from integrations.simulator.marketplace import SimulatedMarketplace
from integrations.simulator.money_errors import CLASSES, MISSING_PAYOUT, SHORT_PAYOUT, MoneyError
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import Failure, Response

_SHOPS = ("Nhà Mình Official", "Nhà Mình Sống Xanh")
_SCHEDULED_ACTIONS = {
    delivery.RETRY: delivery.try_again,
    steps.RELEASE: steps.released,
    returns.ASK: returns.asked,
    returns.GO_ON: returns.went_on,
    money.CLOSE: money.closed,
    money.PAY: money.paid,
}


class TikTokShopPlatform(SimulatedMarketplace[Backend]):
    """Open API 202309 with one app and one Vietnamese seller."""

    offset = 2
    fees = money.FEES
    # An order may be left out of all statements, and a statement never be paid. A short payout cannot be seen: withdrawals name no
    # statement.
    money_errors = frozenset(CLASSES) - {SHORT_PAYOUT}
    statement_errors = frozenset({MISSING_PAYOUT})
    oddities = frozenset({"fulfilled", "replaced"})
    read_batch = facts.ORDER_BATCH
    write_batch = 1
    steps = frozenset({"asked_cancel"})

    def open(self) -> None:
        """Open two shops of one seller."""
        token, channel = self.context.draws.token, self.context.channel
        app = App(
            app_key=token(channel, "app key", size=7)[:13],
            app_secret=token(channel, "app secret", size=20),
            service_id="7" + self._digits("service", size=18),
        )
        state = SavedState(app, Tokens(partial(token, channel)), Book(), Hooks(app))
        for place, name in enumerate(_SHOPS):
            shop = f"7494{place}" + self._digits("shop", place, size=14)
            state.ciphers["ROW_" + token(channel, "cipher", shop, size=12)] = shop
            state.warehouses[shop] = "7390" + self._digits("warehouse", shop, size=14) + "1"
            self.context.open_shop(shop, name, partial(self._ids, shop))
        self.backend = self.backend_of(state)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call through the gateway, a token call, the seller's consent page, or a label."""
        path, _, query = target.partition("?")
        call = Call(method, path, self.backend.now, self.context.logical_time(), read_query(query), headers, body)
        try:
            if path in auth.PAGES:
                return auth.consent_page(self.backend, call, target)
            if path.startswith(packages.DOCUMENTS):
                return packages.document(self.backend, path)
            if path.startswith(auth.TOKENS):
                return good(self._tokens(call))
            return good(self._served(call))
        except Refusal as refusal:
            return refused(refusal)

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return TikTok Shop's response for an outage or too many calls."""
        broken = Refusal(36009003, "Internal error. Please try again later.", 500)
        return refused(too_many() if failure == "rate_limited" else broken)

    def may_lose_answer(self, method: str, target: str) -> bool:
        """Exempt token calls, as codes and perhaps refresh tokens work once, and the seller's consent page."""
        path = target.partition("?")[0]
        return not path.startswith(auth.TOKENS) and path not in auth.PAGES

    def accounts(self) -> dict[str, Any]:
        """Return the app, and for each shop a code and a pair of tokens, each valid for both shops."""
        state, moment = self.backend.state, self.context.logical_time()
        shops = []
        for cipher, shop in state.ciphers.items():
            life = self.context.token_life(facts.ACCESS_LIFE)
            access, refresh = state.tokens.issue(self.context.shops, moment, life)
            shops.append(
                {
                    "shop_id": shop,
                    "name": self.context.shops[shop].name,
                    "shop_cipher": cipher,
                    "code": state.tokens.new_code(self.context.shops, moment),
                    "access_token": access,
                    "refresh_token": refresh,
                }
            )
        app = state.app
        return {
            "app": {"app_key": app.app_key, "app_secret": app.app_secret, "service_id": app.service_id},
            "shops": shops,
        }

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        """Set the app's one address in Partner Center."""
        self.backend.state.hooks.address = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Return an order id like 576461413038785752: eighteen digits that grow with the number, the last four left for the pieces."""
        return f"5769{number:07d}" + self._digits("order", number, size=3) + "0000"

    def order_changed(self, order: Sale, step: Step) -> None:
        """Update the platform's record and send its webhooks."""
        steps.order_changed(self.backend, order, step)

    def fee_returned(self, order: Sale, error: MoneyError) -> None:
        """Give back what was charged twice."""
        money.give_back(self.backend, self.backend.book.orders[order.id], error)

    def statements(self, shop: Shop) -> Mapping[str, float]:
        """Return the closed statements."""
        return money.closed_statements(self.backend, shop.id)

    def backend_of(self, state: SavedState) -> Backend:
        """Return a backend on a new or a saved state."""
        return Backend(self.context, state, _SCHEDULED_ACTIONS)

    def _served(self, call: Call) -> dict[str, Any]:
        route, call.ids = routes.find(call)
        state = self.backend.state
        admit(state.app, state.tokens, state.ciphers, call, of_shop=route.of_shop)
        self.backend.quota.spend((call.shop, route.name), self.context.now(), self.context.quota_factor)
        call.body = {} if route.of_files else read_body(call)
        return route.serve(self.backend, call)

    def _tokens(self, call: Call) -> dict[str, Any]:
        serve = {"get": auth.get, "refresh": auth.refresh}.get(call.path.removeprefix(auth.TOKENS))
        if serve is None:
            raise Refusal(36009009, "Invalid path. The specified path does not match any available endpoint.", 404)
        if call.method != "GET":
            raise Refusal(36009010, "Invalid method. The HTTP method used is not supported by this endpoint.", 405)
        return serve(self.backend, call)

    def _ids(self, shop: str, key: str, has_models: bool) -> tuple[str, str]:
        """Return ids like TikTok Shop's: a product without options has a SKU of its own, too."""
        return "17295" + self._digits("product", shop, key, size=14), "17296" + self._digits("sku", shop, key, size=14)

    def _digits(self, *parts: object, size: int) -> str:
        return f"{self.context.draws.number(self.context.channel, *parts) % 10**size:0{size}d}"


PLATFORM = TikTokShopPlatform
