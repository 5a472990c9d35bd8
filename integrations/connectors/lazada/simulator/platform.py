"""Simulated Lazada: the app, its shops, and the dispatch of calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from integrations.connectors.lazada.simulator import auth, delivery, facts, money, packages, steps
from integrations.connectors.lazada.simulator.backend import Backend, SavedState
from integrations.connectors.lazada.simulator.book import Book
from integrations.connectors.lazada.simulator.gate import TOKEN_CALLS, App, admit, too_many
from integrations.connectors.lazada.simulator.request import Call, Refusal, read_params
from integrations.connectors.lazada.simulator.routes import ROUTES
from integrations.connectors.lazada.simulator.tokens import Tokens
from integrations.connectors.lazada.simulator.wire import encode, refused
from integrations.simulator.marketplace import SimulatedMarketplace
from integrations.simulator.money_errors import CLASSES, MISSING_PAYOUT, SHORT_PAYOUT, MoneyError
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import Failure, Response

_JSON = {"Content-Type": "application/json;charset=utf-8"}
_SHOPS = ("Tiệm Nhà Mình LazMall", "Góc Bếp Nhà Mình")
_SCHEDULED_ACTIONS = {delivery.RETRY: delivery.try_again, steps.GO_ON: steps.go_on, steps.REPACK: steps.pack_anew}


class LazadaPlatform(SimulatedMarketplace[Backend]):
    """Lazada Vietnam with one app and two shops."""

    offset = 3
    fees = money.FEES
    # an order may be left out of its statement; what is transferred is a statement's
    money_errors = frozenset(CLASSES) - {SHORT_PAYOUT}
    statement_errors = frozenset({MISSING_PAYOUT, SHORT_PAYOUT})
    oddities = frozenset({"fulfilled", "replaced", "partial"})
    read_batch = facts.ORDERS_BATCH
    write_batch = 20
    steps = frozenset({"asked_cancel", "returning"})

    def open(self) -> None:
        """Open two shops whose sellers have agreed."""
        token, number = self.context.draws.token, self.context.draws.number
        channel = self.context.channel
        app = App(str(100_000 + number(channel, "app") % 900_000), token(channel, "secret", size=16))
        self.backend = self.backend_of(SavedState(app, Tokens(partial(token, channel)), Book()))
        for place, name in enumerate(_SHOPS):
            seller = str(200_000_000_000 + place * 1_000_000_000 + number(channel, "seller", place) % 1_000_000_000)
            self.context.open_shop(seller, name, partial(self._ids, seller))
            self.backend.tokens.agree(seller, moment=self.context.logical_time())

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call through the gateway, the page where a seller agrees, or a label. A refusal is status 200 too."""
        path, _, query = target.partition("?")
        delivery.warn_of_expiry(self.backend)
        api = path.removeprefix(facts.PREFIX)
        call = Call(method, api, self.backend.now, self.context.logical_time())
        try:
            if path == auth.CONSENT:
                call.params = read_params(query, headers, b"")
                return auth.consent_page(self.backend, call, target, body)
            if path.startswith(packages.DOCUMENTS):
                return packages.pdf(self.backend, path)
            call.params = read_params(query, headers, body)
            return 200, _JSON, encode(self._served(call, is_api=path.startswith(facts.PREFIX)))
        except Refusal as refusal:
            return 200, _JSON, encode(refused(refusal))

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return Lazada's response for too many calls (status 200) or an outage (a gateway's 5xx [nv])."""
        if failure == "rate_limited":
            return 200, _JSON, encode(refused(too_many()))
        return 503, _JSON, encode(refused(Refusal("ServiceTimeout", "Remote service timeout", kind="SYSTEM")))

    def may_lose_answer(self, method: str, target: str) -> bool:
        """Exempt token calls, as a code works once, and the seller's consent page."""
        path = target.partition("?")[0]
        return path != auth.CONSENT and not path.removeprefix(facts.PREFIX).startswith(TOKEN_CALLS)

    def accounts(self) -> dict[str, Any]:
        """Return the app, and a fresh code and pair of tokens for each shop."""
        app, tokens, moment = self.backend.app, self.backend.tokens, self.context.logical_time()
        shops = []
        for seller, shop in self.context.shops.items():
            access, refresh, _ = tokens.issue(seller, moment=moment, life=self.context.token_life(facts.ACCESS_LIFE))
            code = tokens.new_code(seller, moment=moment)
            shops.append(
                {"shop_id": seller, "name": shop.name, "code": code, "access_token": access, "refresh_token": refresh}
            )
        keys = {"app_key": app.key, "app_secret": app.secret, "callback_url": self.backend.state.callback_url}
        return {"app": keys, "shops": shops}

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        """Set the app's one callback address, for all shops."""
        self.backend.state.callback_url = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Return 15 digits; the ids of its units lie between it and the next order's."""
        tail = self.context.draws.number(self.context.channel, "order", number) % 100_000
        return str(200_000_000_000_000 + number * 100_000_000 + tail)

    def parcels(self, order: Sale) -> list[str]:
        """Return the packages that an order's units are in by now."""
        return sorted(self.backend.book.orders[order.shop, int(order.id)].packages)

    def order_changed(self, order: Sale, step: Step) -> None:
        """Update the platform's record and send its pushes."""
        steps.order_changed(self.backend, order, step)

    def fee_returned(self, order: Sale, error: MoneyError) -> None:
        """Give back what was charged twice."""
        money.give_back(self.backend, self.backend.book.orders[order.shop, int(order.id)], error)

    def statements(self, shop: Shop) -> Mapping[str, float]:
        """Return the statements of weeks that are over."""
        return money.statements(self.backend, shop.id)

    def backend_of(self, state: SavedState) -> Backend:
        """Return a backend on a new or a saved state."""
        return Backend(self.context, state, _SCHEDULED_ACTIONS)

    def _served(self, call: Call, *, is_api: bool) -> dict[str, Any]:
        route = ROUTES.get(call.path)
        if route is None or not is_api:
            raise Refusal("InvalidApiPath", "The specified API path is invalid", kind="ISV")
        if call.method not in route.methods.split():
            raise Refusal("UnsupportedHTTPMethod", "The request method is not supported by the API", kind="ISV")
        admit(self.backend.app, self.backend.tokens, call)
        self.backend.spend(call)
        return route.serve(self.backend, call)

    def _ids(self, seller: str, key: str, has_models: bool) -> tuple[str, str]:
        """Return ids like Lazada's: ten and eleven digits; a product without options has a SkuId all the same."""
        number = self.context.draws.number(self.context.channel, "id", seller, key)
        return str(1_000_000_000 + number % 8_999_999_999), str(10_000_000_000 + number % 89_999_999_999)


PLATFORM = LazadaPlatform
