"""KiotViet's place in the world: one retailer whose branches are the world's warehouses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import audit, facts, invoices
from integrations.connectors.kiotviet.simulator.book import Book, Line, unheard
from integrations.connectors.kiotviet.simulator.hooks import Hook
from integrations.connectors.kiotviet.simulator.imports import Import
from integrations.connectors.kiotviet.simulator.opening import Good, open_book, open_tokens
from integrations.connectors.kiotviet.simulator.platform import Attempt, Platform
from integrations.connectors.kiotviet.simulator.request import Refusal
from integrations.connectors.kiotviet.simulator.stock import tell
from integrations.connectors.kiotviet.simulator.tokens import Tokens
from integrations.connectors.kiotviet.simulator.wire import encode
from integrations.simulator.order import Order, Step
from integrations.simulator.side import Answer, Delivery, Ground, PointOfSale, Trouble

RETAILER, RETAILER_ID = "tiemnhaminh", 500_204_117
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_BROKEN = Refusal(facts.GENERAL_ERROR, "Hệ thống đang bận, vui lòng thử lại sau", status=500)
_TOO_MANY = Refusal(facts.GENERAL_ERROR, facts.TOO_MANY, status=429)


class Standing:
    """The platform's `Surroundings`, on the world's ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def now(self) -> datetime:
        """The platform's clock, UTC."""
        return datetime.fromtimestamp(self._ground.now(), UTC)

    def moment(self) -> float:
        """Logical seconds."""
        return self._ground.moment()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """After so many logical seconds."""
        self._ground.later(seconds, action)

    def token_life(self, usual: float) -> float:
        """How long a token really works."""
        return self._ground.token_life(usual)

    def post(self, attempt: Attempt, done: Callable[[int | None], None]) -> None:
        """Give a webhook to the world's carriers."""
        self._ground.send(
            Delivery(attempt.delivery_id, attempt.url, attempt.headers, attempt.body, attempt.timeout, attempt.number),
            done,
        )


@dataclass
class Kept:
    """What a restart keeps. `imported`: by (channel, shop id), the order each imported number became."""

    book: Book
    tokens: Tokens
    hooks: dict[int, Hook]
    imported: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)


class KiotVietSide(PointOfSale):
    """One shop that keeps the stock of all branches and sells at their tills."""

    offset = 6
    read_batch = facts.PAGE_MAX
    platform: Platform

    def open(self) -> None:
        """Stock the branches with what the warehouses hold."""
        ground = self.ground
        goods = [
            Good(
                sku=good.sku,
                name=good.full_name,
                price=Decimal(good.price),
                cost=Decimal(good.cost),
                category=good.category,
                barcode=good.barcode,
                stock={warehouse: ground.units(good.sku, warehouse) for warehouse in ground.warehouses},
                components=good.components,
            )
            for good in ground.goods.values()
        ]
        branches = {warehouse: warehouse for warehouse in ground.warehouses}
        book = open_book(RETAILER, RETAILER_ID, branches, goods, Standing(ground).now())
        self._stand(Kept(book, open_tokens(book, f"{ground.draws.seed}/{ground.channel}"), {}))

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """A call of the Public API or of the token endpoint."""
        status, found = self.platform.answer(method, target, headers, body)
        return status, _JSON, found

    def refuse(self, trouble: Trouble, method: str, target: str) -> Answer:
        """Both in KiotViet's one error envelope."""
        refusal = _TOO_MANY if trouble == "rate_limited" else _BROKEN
        return refusal.status, _JSON, encode(refusal.body())

    def accounts(self) -> dict[str, Any]:
        """One retailer, with a token that was just issued."""
        tokens, world = self.platform.tokens, self.platform.world
        token = tokens.issue(
            moment=world.moment(), wire_time=world.now().timestamp(), life=world.token_life(facts.TOKEN_LIFE)
        )
        branches = [{"id": branch.id, "name": branch.name} for branch in self.platform.book.branches.values()]
        return {
            "app": {
                "client_id": tokens.client_id,
                "client_secret": tokens.client_secret,
                "webhook_secret": self.ground.draws.token(self.ground.channel, "webhook secret"),
            },
            "shops": [{"retailer": RETAILER, "name": "Nhà Mình", "access_token": token, "branches": branches}],
        }

    def elsewhere(self, order: Order, step: Step) -> None:
        """Shops that KiotViet imports by itself are followed step by step."""
        followed = self._imports.get((order.channel, order.shop))
        if followed is not None:
            lines = [(line.sku, line.quantity, Decimal(line.price)) for line in order.lines]
            followed.follow(order.channel, order.shop, order.id, order.status, lines, self.platform.world.now())

    def imports(self, channel: str, shop: str) -> None:
        """Follow this shop from now on. ValueError for a channel that KiotViet does not know."""
        if channel not in facts.IMPORT_PREFIX or (channel, shop) in self._imports:
            raise ValueError(f"KiotViet cannot import {channel} shop {shop}, or does so already")
        self._follow((channel, shop), {})

    def sell(self, warehouse: str, lines: Mapping[str, int]) -> str:
        """An invoice paid in cash; its code."""
        book = self.platform.book
        rows = [self._line(sku, units) for sku, units in lines.items()]
        return invoices.sell(book, self._branch(warehouse), rows, self.platform.world.now()).code

    def receive(self, warehouse: str, lines: Mapping[str, int]) -> None:
        """Straight onto the shelf: the Public API shows no goods receipts."""
        book, branch = self.platform.book, self._branch(warehouse)
        for sku, units in lines.items():
            product = self._line(sku, units).product_id
            book.shelf(product, branch).on_hand += units
            tell(book, product, branch)

    def audit(self, units: Mapping[str, Mapping[str, int]], orders: Iterable[Order]) -> dict[str, Any]:
        """Every shelf that is not as it physically is, and the living documents of each marketplace order."""
        book = self.platform.book
        return {
            "drift": audit.drift(book, {sku: dict(shelves) for sku, shelves in units.items()}),
            "hand_overs": audit.hand_overs(book, (order.id for order in orders)),
        }

    def save(self) -> Kept:
        """The book and who listens to it."""
        platform = self.platform
        imported = {shop: followed.made for shop, followed in self._imports.items()}
        return Kept(replace(platform.book, announce=unheard), platform.tokens, platform.hooks.registered, imported)

    def restore(self, saved: Any) -> None:
        """Go on with a saved book."""
        self._stand(saved)
        self.platform.resume()

    def _stand(self, kept: Kept) -> None:
        self.platform = Platform(kept.book, kept.tokens, Standing(self.ground))
        self.platform.hooks.registered = kept.hooks
        self._imports: dict[tuple[str, str], Import] = {}
        for shop, made in kept.imported.items():
            self._follow(shop, made)

    def _follow(self, shop: tuple[str, str], made: dict[str, int]) -> None:
        branch = self._branch(self.ground.ships_from(*shop))
        self._imports[shop] = Import(self.platform.book, branch, {shop}, made)

    def _branch(self, warehouse: str) -> int:
        return next(b.id for b in self.platform.book.branches.values() if b.warehouse == warehouse)

    def _line(self, sku: str, units: int) -> Line:
        book = self.platform.book
        product = book.product_by_code(sku)
        if product is None:
            raise KeyError(sku)
        return Line(
            book.next_id("line", 7_000_000), product.id, product.code, product.name, Decimal(units), product.price
        )


SIDE = KiotVietSide
