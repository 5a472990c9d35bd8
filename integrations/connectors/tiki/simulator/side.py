"""Tiki's side of the world: the app, its sellers, and where each call goes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from integrations.connectors.tiki.simulator import auth, facts, routes, steps
from integrations.connectors.tiki.simulator.platform import Kept, Platform
from integrations.connectors.tiki.simulator.queues import Queues
from integrations.connectors.tiki.simulator.request import Call, read_body, read_query
from integrations.connectors.tiki.simulator.tokens import App, Tokens
from integrations.connectors.tiki.simulator.wire import Refusal
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.side import Answer, Ground, Side, Trouble

_SHOPS = ("Nhà Mình Chính Hãng", "Nhà Mình Giao Nhanh")
_SCOPES = frozenset("offline product order inventory".split())
_DEEDS = {
    steps.PICK: steps.picked,
    steps.READY: steps.ready,
    steps.DRIVE: steps.driving,
    steps.SEND_BACK: steps.sent_back,
    steps.BRING_BACK: steps.brought_back,
}


class TikiSide(Side):
    """The seller API with one public app and two Vietnamese sellers."""

    offset = 4
    read_batch = facts.PAGE_MAX
    write_batch = 1

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.platform: Platform
        self.quota = auth.Quota()

    def open(self) -> None:
        """Open two shops."""
        draws, channel = self.ground.draws, self.ground.channel
        app = App(
            client_id=str(1_000_000_000 + draws.number(channel, "client") % 9_000_000_000),
            client_secret=draws.token(channel, "secret", size=24),
            redirect_uri="https://hub.example.vn/ket-noi/tiki/",
            webhook_secret=draws.token(channel, "webhook secret", size=16),
        )
        token = partial(draws.token, channel)
        self._stand(Kept(app, Tokens(token), Queues(token)))
        for place, name in enumerate(_SHOPS):
            sid = draws.token(channel, "sid", place, size=20).upper()
            self.ground.open_shop(sid, name, partial(self._ids, sid), apart=True)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One call through the gateway, the token endpoint, or the seller's consent page."""
        path, _, query = target.partition("?")
        call = Call(method, path, self.platform.now, self.ground.moment(), read_query(query))
        try:
            if path == auth.PAGE:
                return auth.consent_page(self.platform, call, target, body)
            if path == auth.TOKEN and method == "POST":
                return auth.token_call(self.platform, call, headers, body)
            return self._served(call, headers, body)
        except Refusal as refusal:
            return refusal.answer()

    def refuse(self, trouble: Trouble, method: str, target: str) -> Answer:
        """Tiki's words for both troubles."""
        broken = Refusal(503, "Service is temporarily unavailable")
        return (auth.too_many() if trouble == "rate_limited" else broken).answer()

    def may_lose_answer(self, method: str, target: str) -> bool:
        """A code and a refresh token work once: their answers are never lost. Nor is the seller's consent."""
        return target.partition("?")[0] not in {auth.PAGE, auth.TOKEN}

    def accounts(self) -> dict[str, Any]:
        """The app, and a fresh code and pair of tokens for each seller."""
        app, tokens, moment = self.platform.app, self.platform.tokens, self.ground.moment()
        shops = []
        for sid, shop in self.ground.shops.items():
            life = self.ground.token_life(facts.ACCESS_LIFE)
            access, refresh = tokens.issue(sid, _SCOPES, moment=moment, life=life)
            code = tokens.new_code(sid, _SCOPES, app.redirect_uri, moment)
            shops.append(
                {
                    "shop_id": sid, "seller_id": self.platform.seller_id(sid), "name": shop.name, "code": code,
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

    def push_to(self, url: str, shop: str | None) -> None:
        """Where TikiNOW posts what happens to parcels, for all shops."""
        self.platform.kept.webhook_url = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Nine digits, the last six of them the number."""
        return f"{100 + self.ground.draws.number(self.ground.channel, 'order', number) % 800}{number:06d}"

    def moved(self, order: Sale, step: Step) -> None:
        """An order took a step: the record follows, and the events go out."""
        steps.moved(self.platform, order, step)

    def save(self) -> Kept:
        """All but the shops, which the world keeps."""
        return self.platform.kept

    def restore(self, saved: Any) -> None:
        """Go on, with delays where they were."""
        self._stand(saved)
        self.platform.resume()

    def _stand(self, kept: Kept) -> None:
        self.platform = Platform(self.ground, kept, _DEEDS)

    def _served(self, call: Call, headers: Mapping[str, str], body: bytes) -> Answer:
        route, call.parts, known = routes.find(call.method, call.path)
        if route is None:
            raise Refusal(405 if known else 404, "Method not allowed" if known else "Not found")
        auth.admit(self.platform, call, headers, route.scope)
        self.quota.spend(call.seller, self.ground.now())
        if call.method != "GET":
            call.body = read_body(body)
        return route.serve(self.platform, call)

    def _ids(self, sid: str, key: str, has_models: bool) -> tuple[str, str]:
        """A product id of nine digits, even: its master's is one less. Every option is a product of its own."""
        number = str(100_000_000 + self.ground.draws.number(self.ground.channel, "id", sid, key) % 400_000_000 * 2)
        return number, number


SIDE = TikiSide
