"""TikTok Shop's side of the world: the app, a seller with two shops on one consent, and where each call goes."""

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
from integrations.connectors.tiktok_shop.simulator.gate import App, admit, too_many
from integrations.connectors.tiktok_shop.simulator.platform import Kept, Platform
from integrations.connectors.tiktok_shop.simulator.push import Hooks
from integrations.connectors.tiktok_shop.simulator.request import Call, Refusal, read_body, read_query
from integrations.connectors.tiktok_shop.simulator.tokens import Tokens
from integrations.connectors.tiktok_shop.simulator.wire import good, refused
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step
from integrations.simulator.shops import Shop
from integrations.simulator.side import Answer, Ground, Side, Trouble

_SHOPS = ("Nhà Mình Official", "Nhà Mình Sống Xanh")
_DEEDS = {
    delivery.RETRY: delivery.try_again,
    steps.RELEASE: steps.released,
    returns.ASK: returns.asked,
    returns.GO_ON: returns.went_on,
    money.CLOSE: money.closed,
    money.PAY: money.paid,
}


class TikTokShopSide(Side):
    """Open API 202309 with one app and one Vietnamese seller."""

    offset = 2
    read_batch = facts.ORDER_BATCH
    write_batch = 1
    steps = frozenset({"asked_cancel"})

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.platform: Platform

    def open(self) -> None:
        """Open two shops of one seller."""
        token, channel = self.ground.draws.token, self.ground.channel
        app = App(
            app_key=token(channel, "app key", size=7)[:13],
            app_secret=token(channel, "app secret", size=20),
            service_id="7" + self._digits("service", size=18),
        )
        kept = Kept(app, Tokens(partial(token, channel)), Hooks(app))
        for place, name in enumerate(_SHOPS):
            shop = f"7494{place}" + self._digits("shop", place, size=14)
            kept.ciphers["ROW_" + token(channel, "cipher", shop, size=12)] = shop
            kept.warehouses[shop] = "7390" + self._digits("warehouse", shop, size=14) + "1"
            self.ground.open_shop(shop, name, partial(self._ids, shop))
        self._stand(kept)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """A call through the gateway, a token call, the seller's consent page, or a label."""
        path, _, query = target.partition("?")
        call = Call(method, path, self.platform.now, self.ground.moment(), read_query(query), headers, body)
        try:
            if path in auth.PAGES:
                return auth.consent_page(self.platform, call, target)
            if path.startswith(packages.DOCUMENTS):
                return packages.document(self.platform, path)
            if path.startswith(auth.TOKENS):
                return good(self._tokens(call))
            return good(self._served(call))
        except Refusal as refusal:
            return refused(refusal)

    def refuse(self, trouble: Trouble, method: str, target: str) -> Answer:
        """TikTok Shop's words for both troubles."""
        broken = Refusal(36009003, "Internal error. Please try again later.", 500)
        return refused(too_many() if trouble == "rate_limited" else broken)

    def may_lose_answer(self, method: str, target: str) -> bool:
        """A code works once and a refresh token may: their answers are never lost. Nor is the seller's consent."""
        path = target.partition("?")[0]
        return not path.startswith(auth.TOKENS) and path not in auth.PAGES

    def accounts(self) -> dict[str, Any]:
        """The app, and for each shop a code and a pair of tokens; each of them is good for both shops."""
        kept, moment = self.platform.kept, self.ground.moment()
        shops = []
        for cipher, shop in kept.ciphers.items():
            life = self.ground.token_life(facts.ACCESS_LIFE)
            access, refresh = kept.tokens.issue(self.ground.shops, moment, life)
            shops.append(
                {
                    "shop_id": shop,
                    "name": self.ground.shops[shop].name,
                    "shop_cipher": cipher,
                    "code": kept.tokens.new_code(self.ground.shops, moment),
                    "access_token": access,
                    "refresh_token": refresh,
                }
            )
        app = kept.app
        return {
            "app": {"app_key": app.app_key, "app_secret": app.app_secret, "service_id": app.service_id},
            "shops": shops,
        }

    def push_to(self, url: str, shop: str | None) -> None:
        """Set the app's one address in Partner Center."""
        self.platform.kept.hooks.address = url

    def order_id(self, shop: Shop, number: int) -> str:
        """Like 576461413038785752: eighteen digits that grow with the number, the last four left for the pieces."""
        return f"5769{number:07d}" + self._digits("order", number, size=3) + "0000"

    def moved(self, order: Sale, step: Step) -> None:
        """An order took a step: the record follows, and the webhooks go out."""
        steps.moved(self.platform, order, step)

    def save(self) -> Kept:
        """All but the shops, which the world keeps."""
        return self.platform.kept

    def restore(self, saved: Any) -> None:
        """Go on, with retries and delays where they were."""
        self._stand(saved)
        self.platform.resume()

    def _stand(self, kept: Kept) -> None:
        self.platform = Platform(self.ground, kept, _DEEDS)

    def _served(self, call: Call) -> dict[str, Any]:
        route, call.ids = routes.find(call)
        kept = self.platform.kept
        admit(kept.app, kept.tokens, kept.ciphers, call, of_shop=route.of_shop)
        self.platform.quota.spend(call.shop, route.name, self.ground.now())
        call.body = read_body(call)
        return route.serve(self.platform, call)

    def _tokens(self, call: Call) -> dict[str, Any]:
        serve = {"get": auth.get, "refresh": auth.refresh}.get(call.path.removeprefix(auth.TOKENS))
        if serve is None:
            raise Refusal(36009009, "Invalid path. The specified path does not match any available endpoint.", 404)
        if call.method != "GET":
            raise Refusal(36009010, "Invalid method. The HTTP method used is not supported by this endpoint.", 405)
        return serve(self.platform, call)

    def _ids(self, shop: str, key: str, has_models: bool) -> tuple[str, str]:
        """Ids as TikTok Shop's: a product without options has a SKU of its own, too."""
        return "17295" + self._digits("product", shop, key, size=14), "17296" + self._digits("sku", shop, key, size=14)

    def _digits(self, *parts: object, size: int) -> str:
        return f"{self.ground.draws.number(self.ground.channel, *parts) % 10**size:0{size}d}"


SIDE = TikTokShopSide
