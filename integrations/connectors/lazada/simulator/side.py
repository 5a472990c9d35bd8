"""Lazada's side of the world: the app, its shops, and where each call goes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from integrations.connectors.lazada.simulator import auth, delivery, facts, steps
from integrations.connectors.lazada.simulator.gate import TOKEN_CALLS, App, admit, too_many
from integrations.connectors.lazada.simulator.platform import Kept, Platform
from integrations.connectors.lazada.simulator.request import Call, Refusal, read_params
from integrations.connectors.lazada.simulator.routes import ROUTES
from integrations.connectors.lazada.simulator.tokens import Tokens
from integrations.connectors.lazada.simulator.wire import encode, refused
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.side import Answer, Ground, Side, Trouble

_JSON = {"Content-Type": "application/json;charset=utf-8"}
_SHOPS = ("Tiệm Nhà Mình LazMall", "Góc Bếp Nhà Mình")
_DEEDS = {delivery.RETRY: delivery.try_again, steps.GO_ON: steps.go_on}


class LazadaSide(Side):
    """Lazada Vietnam with one app and two shops."""

    offset = 3
    read_batch = facts.ORDERS_BATCH
    write_batch = 20
    steps = frozenset({"asked_cancel", "returning"})

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.platform: Platform

    def open(self) -> None:
        """Open two shops whose sellers have agreed."""
        token, number = self.ground.draws.token, self.ground.draws.number
        channel = self.ground.channel
        app = App(str(100_000 + number(channel, "app") % 900_000), token(channel, "secret", size=16))
        self._stand(Kept(app, Tokens(partial(token, channel))))
        for place, name in enumerate(_SHOPS):
            seller = str(200_000_000_000 + place * 1_000_000_000 + number(channel, "seller", place) % 1_000_000_000)
            self.ground.open_shop(seller, name, partial(self._ids, seller))
            self.platform.tokens.agree(seller, moment=self.ground.moment())

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One call through the gateway, or the page where a seller agrees. A refusal is status 200 too."""
        path, _, query = target.partition("?")
        delivery.warn_of_expiry(self.platform)
        api = path.removeprefix(facts.PREFIX)
        call = Call(method, api, self.platform.now, self.ground.moment())
        try:
            if path == auth.CONSENT:
                call.params = read_params(query, headers, b"")
                return auth.consent_page(self.platform, call, target, body)
            call.params = read_params(query, headers, body)
            return 200, _JSON, encode(self._served(call, is_api=path.startswith(facts.PREFIX)))
        except Refusal as refusal:
            return 200, _JSON, encode(refused(refusal))

    def refuse(self, trouble: Trouble, method: str, target: str) -> Answer:
        """Lazada's words for both troubles: status 200 when it is too often, a gateway's 5xx when it is broken [nv]."""
        if trouble == "rate_limited":
            return 200, _JSON, encode(refused(too_many()))
        return 503, _JSON, encode(refused(Refusal("ServiceTimeout", "Remote service timeout", kind="SYSTEM")))

    def may_lose_answer(self, method: str, target: str) -> bool:
        """A code works once: its answer is never lost. Nor is the seller's consent."""
        path = target.partition("?")[0]
        return path != auth.CONSENT and not path.removeprefix(facts.PREFIX).startswith(TOKEN_CALLS)

    def accounts(self) -> dict[str, Any]:
        """The app, and a fresh code and pair of tokens for each shop."""
        app, tokens, moment = self.platform.app, self.platform.tokens, self.ground.moment()
        shops = []
        for seller, shop in self.ground.shops.items():
            access, refresh, _ = tokens.issue(seller, moment=moment, life=self.ground.token_life(facts.ACCESS_LIFE))
            code = tokens.new_code(seller, moment=moment)
            shops.append(
                {"shop_id": seller, "name": shop.name, "code": code, "access_token": access, "refresh_token": refresh}
            )
        keys = {"app_key": app.key, "app_secret": app.secret, "callback_url": self.platform.kept.callback_url}
        return {"app": keys, "shops": shops}

    def push_to(self, url: str, shop: str | None) -> None:
        """Set the app's one callback address, for all shops."""
        self.platform.kept.callback_url = url

    def order_id(self, shop: Shop, number: int) -> str:
        """15 digits; the ids of its units lie between it and the next one's."""
        tail = self.ground.draws.number(self.ground.channel, "order", number) % 100_000
        return str(200_000_000_000_000 + number * 100_000_000 + tail)

    def moved(self, order: Sale, step: Step) -> None:
        """An order took a step: the record follows, and the pushes go out."""
        steps.moved(self.platform, order, step)

    def save(self) -> Kept:
        """All but the shops, which the world keeps."""
        return self.platform.kept

    def restore(self, saved: Any) -> None:
        """Go on, with retries and journeys where they were."""
        self._stand(saved)
        self.platform.resume()

    def _stand(self, kept: Kept) -> None:
        self.platform = Platform(self.ground, kept, _DEEDS)

    def _served(self, call: Call, *, is_api: bool) -> dict[str, Any]:
        route = ROUTES.get(call.path)
        if route is None or not is_api:
            raise Refusal("InvalidApiPath", "The specified API path is invalid", kind="ISV")
        if call.method not in route.methods.split():
            raise Refusal("UnsupportedHTTPMethod", "The request method is not supported by the API", kind="ISV")
        admit(self.platform.app, self.platform.tokens, call)
        self.platform.quota.spend(call.seller, call.path, self.ground.now())
        return route.serve(self.platform, call)

    def _ids(self, seller: str, key: str, has_models: bool) -> tuple[str, str]:
        """Ids as Lazada's: ten and eleven digits; a product without options has a SkuId all the same."""
        number = self.ground.draws.number(self.ground.channel, "id", seller, key)
        return str(1_000_000_000 + number % 8_999_999_999), str(10_000_000_000 + number % 89_999_999_999)


SIDE = LazadaSide
