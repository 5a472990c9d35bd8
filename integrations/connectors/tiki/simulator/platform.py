"""Simulated Tiki: the app, its sellers, and the dispatch of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from integrations.connectors.tiki.simulator import auth, facts, money, routes, steps
from integrations.connectors.tiki.simulator.backend import Backend, SavedState
from integrations.connectors.tiki.simulator.book import Book, Order
from integrations.connectors.tiki.simulator.queues import Queues
from integrations.connectors.tiki.simulator.request import Call, read_body, read_query
from integrations.connectors.tiki.simulator.tokens import App, Tokens
from integrations.connectors.tiki.simulator.wire import Refusal, too_many
from integrations.simulator.marketplace import SimulatedMarketplace
from integrations.simulator.money_errors import HALF_PERCENT, WRONG_RATE
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.simulated_platform import Failure, Response

_SHOPS = ("Nhà Mình Chính Hãng", "Nhà Mình Giao Nhanh")
_SCOPES = frozenset("offline product order inventory".split())


def _on_order(action: Callable[[Backend, Order], None]) -> Callable[[Backend, str, int], None]:
    """Return a scheduled action whose subject is an order's code."""
    return lambda backend, code, _number: action(backend, backend.book.orders[code])


_SCHEDULED_ACTIONS = {
    steps.PICK: _on_order(steps.picked),
    steps.READY: _on_order(steps.ready),
    steps.DRIVE: _on_order(steps.driving),
    steps.SEND_BACK: _on_order(steps.sent_back),
    steps.BRING_BACK: _on_order(steps.brought_back),
}


class TikiPlatform(SimulatedMarketplace[Backend]):
    """The seller API with one public app and two Vietnamese sellers."""

    offset = 4
    fees = money.FEES
    # an order tells its fees as they are now, and there are no payouts: what was given back, or is missing, is not to be seen
    money_errors = frozenset({WRONG_RATE, HALF_PERCENT})
    oddities = frozenset({"fulfilled"})
    read_batch = facts.PAGE_MAX
    write_batch = 1

    def open(self) -> None:
        """Open two shops."""
        draws, channel = self.context.draws, self.context.channel
        app = App(
            client_id=str(1_000_000_000 + draws.number(channel, "client") % 9_000_000_000),
            client_secret=draws.token(channel, "secret", size=24),
            redirect_uri="https://hub.example.vn/ket-noi/tiki/",
            webhook_secret=draws.token(channel, "webhook secret", size=16),
        )
        token = partial(draws.token, channel)
        self.backend = self.backend_of(SavedState(app, Tokens(token), Book(), Queues(token)))
        for place, name in enumerate(_SHOPS):
            sid = draws.token(channel, "sid", place, size=20).upper()
            self.context.open_shop(sid, name, partial(self._ids, sid), apart=True)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call through the gateway, the token endpoint, or the seller's consent page."""
        path, _, query = target.partition("?")
        call = Call(method, path, self.backend.now, self.context.logical_time(), read_query(query))
        try:
            if path == auth.PAGE:
                return auth.consent_page(self.backend, call, target, body)
            if path == auth.TOKEN and method == "POST":
                return auth.token_call(self.backend, call, headers, body)
            return self._served(call, headers, body)
        except Refusal as refusal:
            return refusal.answer()

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return Tiki's response for an outage or too many calls."""
        broken = Refusal(503, "Service is temporarily unavailable")
        return (too_many() if failure == "rate_limited" else broken).answer()

    def may_lose_answer(self, method: str, target: str) -> bool:
        """Exempt token calls, as codes and refresh tokens work once, and the seller's consent page."""
        return target.partition("?")[0] not in {auth.PAGE, auth.TOKEN}

    def accounts(self) -> dict[str, Any]:
        """Return the app, and a fresh code and pair of tokens for each seller."""
        app, tokens, moment = self.backend.app, self.backend.tokens, self.context.logical_time()
        shops = []
        for sid, shop in self.context.shops.items():
            life = self.context.token_life(facts.ACCESS_LIFE)
            access, refresh = tokens.issue(sid, _SCOPES, moment=moment, life=life)
            code = tokens.new_code(sid, _SCOPES, app.redirect_uri, moment)
            shops.append(
                {
                    "shop_id": sid, "seller_id": self.backend.seller_id(sid), "name": shop.name, "code": code,
                    "access_token": access, "refresh_token": refresh,
                }
            )  # fmt: skip
        return {
            "app": {
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "redirect_uri": app.redirect_uri,
                "webhook_secret": app.webhook_secret,
            },
            "shops": shops,
        }

    def set_webhook_url(self, url: str, shop: str | None) -> None:
        """Set the address of TikiNOW's parcel webhooks, for all shops."""
        self.backend.state.webhook_url = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Return nine digits, the last six of them the number."""
        return f"{100 + self.context.draws.number(self.context.channel, 'order', number) % 800}{number:06d}"

    def order_changed(self, order: Sale, step: Step) -> None:
        """Update the platform's record and emit its events."""
        steps.order_changed(self.backend, order, step)

    def backend_of(self, state: SavedState) -> Backend:
        """Return a backend on a new or a saved state."""
        return Backend(self.context, state, _SCHEDULED_ACTIONS)

    def _served(self, call: Call, headers: Mapping[str, str], body: bytes) -> Response:
        route, call.parts, known = routes.find(call.method, call.path)
        if route is None:
            raise Refusal(405 if known else 404, "Method not allowed" if known else "Not found")
        auth.admit(self.backend, call, headers, route.scope)
        self.backend.quota.spend(call.seller, self.context.now(), self.context.quota_factor)
        if call.method != "GET":
            call.body = read_body(body)
        return route.serve(self.backend, call)

    def _ids(self, sid: str, key: str, has_models: bool) -> tuple[str, str]:
        """Return a product id of nine digits, even: its master's is one less. Every option is a product of its own."""
        number = str(100_000_000 + self.context.draws.number(self.context.channel, "id", sid, key) % 400_000_000 * 2)
        return number, number


PLATFORM = TikiPlatform
