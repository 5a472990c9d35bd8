"""Simulated Shopee: the app, its shops, and the dispatch of calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from integrations.connectors.shopee.simulator import auth, consent, delivery, facts, logistics, money, steps
from integrations.connectors.shopee.simulator.backend import Backend, SavedState
from integrations.connectors.shopee.simulator.book import Book
from integrations.connectors.shopee.simulator.gate import App, admit, too_many
from integrations.connectors.shopee.simulator.push import Pushes
from integrations.connectors.shopee.simulator.request import Call, Refusal, read_body, read_query
from integrations.connectors.shopee.simulator.routes import ROUTES
from integrations.connectors.shopee.simulator.tokens import Tokens
from integrations.connectors.shopee.simulator.wire import encode, refused
from integrations.simulator.marketplace import SimulatedMarketplace
from integrations.simulator.money_errors import CLASSES
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import Failure, Response

_JSON = {"Content-Type": "application/json"}
_PDF = {"Content-Type": "application/pdf"}
_SHOPS = ("Tiệm Nhà Mình", "Nhà Mình Outlet")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTUVWXY"
_SCHEDULED_ACTIONS = {
    delivery.RETRY: delivery.try_again,
    steps.PROCESS: steps.processed,
    steps.TRACK: steps.tracked,
    steps.SETTLE_RETURN: steps.settle_return,
    logistics.PRINT: logistics.printed,
}


class ShopeePlatform(SimulatedMarketplace[Backend]):
    """Open Platform v2 with one partner app and two Vietnamese shops."""

    offset = 1
    oddities = frozenset({"fulfilled", "replaced"})
    read_batch = facts.BATCH_MAX
    fees = money.FEES
    money_errors = frozenset(CLASSES)
    steps = frozenset({"asked_cancel", "pickup_failed", "returning"})

    def open(self) -> None:
        """Open two shops, both linked to the app."""
        token, number = self.context.draws.token, self.context.draws.number
        channel = self.context.channel
        app = App(
            partner_id=2_000_000 + number(channel, "partner") % 900_000,
            partner_key=token(channel, "partner key", size=32),
            push_partner_key=token(channel, "push key", size=32),
            main_account_id=3_000_000 + number(channel, "account") % 900_000,
        )
        self.backend = self.backend_of(SavedState(app, Tokens(partial(token, channel)), Book(), Pushes(app)))
        for place, name in enumerate(_SHOPS):
            shop_id = str(900_000_000 + place * 1_000_000 + number(channel, "shop", place) % 1_000_000)
            self.context.open_shop(shop_id, name, partial(self._ids, shop_id))
        self.backend.tokens.link(self.backend.shops, moment=self.context.logical_time(), now=self.backend.now)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call through the gateway, or the seller's consent page."""
        path, _, query = target.partition("?")
        auth.warn_of_expiry(self.backend)
        call = Call(method, path, self.backend.now, self.context.logical_time(), read_query(query))
        if path in consent.PATHS:
            return auth.consent_page(self.backend, call, target, body)
        try:
            found = self._served(call, body)
            return (200, _PDF, found) if isinstance(found, bytes) else (200, _JSON, encode(found))
        except Refusal as refusal:
            return refusal.status, _JSON, encode(refused(refusal))

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return Shopee's response for an outage or too many calls."""
        broken = Refusal("error_server", "Something wrong. Please try later.")
        refusal = too_many() if failure == "rate_limited" else broken
        return refusal.status, _JSON, encode(refused(refusal))

    def may_lose_answer(self, method: str, target: str) -> bool:
        """Exempt token calls, as codes and refresh tokens work once, and the seller's consent page."""
        path = target.partition("?")[0]
        return not path.startswith("/api/v2/auth/") and path not in consent.PATHS

    def accounts(self) -> dict[str, Any]:
        """Return the app, and a fresh code and pair of tokens for each shop."""
        app, tokens, moment = self.backend.app, self.backend.tokens, self.context.logical_time()
        shops = []
        for shop, name in self.backend.shops.items():
            life = self.context.token_life(facts.ACCESS_LIFE)
            access, refresh = tokens.issue((shop,), moment=moment, life=life)
            code = tokens.new_code((shop,), moment=moment)
            shops.append(
                {"shop_id": shop, "name": name, "code": code, "access_token": access, "refresh_token": refresh}
            )
        return {
            "app": {
                "partner_id": app.partner_id,
                "partner_key": app.partner_key,
                "push_partner_key": app.push_partner_key,
                "callback_url": self.backend.pushes.callback_url,
            },
            "shops": shops,
        }

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        """Set the app's one callback address, for all shops. The probe is sent; unlike in the console, its failure is forgiven."""
        self.backend.pushes.reset(url)
        if url:
            delivery.probe(self.backend)

    def order_id(self, shop: Shop, number: int) -> str:
        """Return an order number like 251009ABCDEFGH: six digits, eight letters and digits, the last four of them the number."""
        rest, tail = number, ""
        for _ in range(4):
            rest, place = divmod(rest, len(_ALPHABET))
            tail = _ALPHABET[place] + tail
        draw = self.context.draws.number(self.context.channel, "order", number)
        head = "".join(_ALPHABET[draw >> 5 * place & 31] for place in range(4))
        return f"{facts.ORDER_DAY}{head}{tail}"

    def order_changed(self, order: Sale, step: Step) -> None:
        """Update the platform's record and send its pushes."""
        steps.order_changed(self.backend, order, step)

    def backend_of(self, state: SavedState) -> Backend:
        """Return a backend on a new or a saved state."""
        return Backend(self.context, state, _SCHEDULED_ACTIONS)

    def _served(self, call: Call, body: bytes) -> dict[str, Any] | bytes:
        route = ROUTES.get(call.path.removeprefix(facts.PREFIX))
        if route is None or call.method not in route.methods.split() or not call.path.startswith(facts.PREFIX):
            raise Refusal("error_not_found", "Wrong parameters, detail: the request path is incorrect.")
        admit(self.backend.app, self.backend.tokens, frozenset(self.backend.shops), call)
        self.backend.quota.spend(call.shop, self.context.now(), self.context.quota_factor)
        if call.method == "POST":
            call.body = read_body(body)
        return route.serve(self.backend, call)

    def _ids(self, shop_id: str, key: str, has_models: bool) -> tuple[str, str]:
        """Return ids like Shopee's: whole numbers past 32 bits; "0" for the variation of an item without models."""
        number = self.context.draws.number(self.context.channel, "id", shop_id, key)
        model = str(200_000_000_000 + number % 90_000_000_000) if has_models else "0"
        return str(20_000_000_000 + number % 9_000_000_000), model


PLATFORM = ShopeePlatform
