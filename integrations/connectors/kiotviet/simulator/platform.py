"""The simulated KiotViet: one retailer whose branches are the world's warehouses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import audit, codes, facts, invoices, returns
from integrations.connectors.kiotviet.simulator.backend import Attempt, Backend
from integrations.connectors.kiotviet.simulator.book import Book, Line, ignore
from integrations.connectors.kiotviet.simulator.hooks import Hook
from integrations.connectors.kiotviet.simulator.imports import Import
from integrations.connectors.kiotviet.simulator.initial_state import Good, open_book, open_tokens
from integrations.connectors.kiotviet.simulator.request import Refusal
from integrations.connectors.kiotviet.simulator.stock import announce_stock
from integrations.connectors.kiotviet.simulator.tokens import Tokens
from integrations.connectors.kiotviet.simulator.wire import encode
from integrations.simulator.order import Order, Step
from integrations.simulator.replaced_variations import may_be_recoded
from integrations.simulator.simulated_platform import Delivery, Failure, PlatformContext, PointOfSale, Response

RETAILER, RETAILER_ID = "tiemnhaminh", 500_204_117
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_BROKEN = Refusal(facts.GENERAL_ERROR, "Hệ thống đang bận, vui lòng thử lại sau", status=500)
_TOO_MANY = Refusal(facts.GENERAL_ERROR, facts.TOO_MANY, status=429)


class WorldEnvironment:
    """The `Environment` of a platform in the simulated world."""

    def __init__(self, context: PlatformContext) -> None:
        self._ground = context

    def now(self) -> datetime:
        """The platform's clock, UTC."""
        return datetime.fromtimestamp(self._ground.now(), UTC)

    def logical_time(self) -> float:
        """Logical seconds."""
        return self._ground.logical_time()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action after so many logical seconds."""
        self._ground.later(seconds, action)

    def token_life(self, usual: float) -> float:
        """Return how long a token really works."""
        return self._ground.token_life(usual)

    def post(self, attempt: Attempt, done: Callable[[int | None], None]) -> None:
        """Send a webhook through the world."""
        self._ground.send(
            Delivery(attempt.delivery_id, attempt.url, attempt.headers, attempt.body, attempt.timeout, attempt.number),
            done,
        )


@dataclass
class SavedState:
    """State that a restart keeps. `imported`: by (channel, shop id), the order each imported number became."""

    book: Book
    tokens: Tokens
    hooks: dict[int, Hook]
    imported: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)


class KiotVietPlatform(PointOfSale):
    """One shop that keeps the stock of all branches and sells at their tills."""

    offset = 6
    read_batch = facts.PAGE_MAX
    backend: Backend

    def open(self) -> None:
        """Create the branches with the stock of the warehouses."""
        context = self.context
        goods = [
            Good(
                sku=good.sku,
                name=good.full_name,
                price=Decimal(good.price),
                cost=Decimal(good.cost),
                category=good.category,
                barcode=good.barcode,
                stock={warehouse: context.units(good.sku, warehouse) for warehouse in context.warehouses},
                components=good.components,
            )
            for good in context.goods.values()
        ]
        branches = {warehouse: warehouse for warehouse in context.warehouses}
        book = open_book(RETAILER, RETAILER_ID, branches, goods, WorldEnvironment(context).now())
        self._build(SavedState(book, open_tokens(book, f"{context.draws.seed}/{context.channel}"), {}))

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer a call of the Public API or of the token endpoint."""
        status, found = self.backend.answer(method, target, headers, body)
        return status, _JSON, found

    def refuse(self, failure: Failure, method: str, target: str) -> Response:
        """Return the response for an outage or too many calls, in KiotViet's one error envelope."""
        refusal = _TOO_MANY if failure == "rate_limited" else _BROKEN
        return refusal.status, _JSON, encode(refusal.body())

    def accounts(self) -> dict[str, Any]:
        """Return the one retailer, with a fresh token."""
        tokens, world = self.backend.tokens, self.backend.world
        token = tokens.issue(
            moment=world.logical_time(), platform_time=world.now().timestamp(), life=world.token_life(facts.TOKEN_LIFE)
        )
        branches = [{"id": branch.id, "name": branch.name} for branch in self.backend.book.branches.values()]
        return {
            "app": {
                "client_id": tokens.client_id,
                "client_secret": tokens.client_secret,
                "webhook_secret": self.context.draws.token(self.context.channel, "webhook secret"),
            },
            "shops": [{"retailer": RETAILER, "name": "Nhà Mình", "access_token": token, "branches": branches}],
        }

    def order_changed_elsewhere(self, order: Order, step: Step) -> None:
        """Follow the orders of shops that KiotViet imports by itself; now and then, a product gets another code meanwhile."""
        if step == "placed" and self.context.is_odd("codes", order.number):
            self._recode(order)
        if order.fulfilled_by == "platform":
            return
        followed = self._imports.get((order.channel, order.shop))
        if followed is not None:
            lines = [(line.sku, line.quantity, Decimal(line.price)) for line in order.lines]
            followed.follow(order.channel, order.shop, order.id, order.status, lines, self.backend.world.now())
            if order.id in followed.made:
                self.context.plant("imports", order.id)

    def _recode(self, order: Order) -> None:
        book, draws, number = self.backend.book, self.context.draws, order.number
        eligible = [p for p in book.products.values() if p.keeps_stock and may_be_recoded(draws, p.sku)]
        product = next((found for found in eligible if found.sku == order.lines[0].sku), None)
        others = [found for found in eligible if found is not product]
        if product is None or not others:
            return
        how = draws.pick(tuple(codes.WAYS), self.context.channel, "recode", number)
        other = draws.pick(others, self.context.channel, "recode with", number)
        self.context.plant("codes", number)
        codes.recode(book, how, product, other, number, self.backend.world.now())

    def imports(self, channel: str, shop: str) -> None:
        """Follow this shop from now on. ValueError for a channel that KiotViet does not know."""
        if channel not in facts.IMPORT_PREFIX or (channel, shop) in self._imports:
            raise ValueError(f"KiotViet cannot import {channel} shop {shop}, or does so already")
        self._follow((channel, shop), {})

    def sell(self, warehouse: str, lines: Mapping[str, int]) -> str:
        """Sell for cash and return the invoice's code."""
        book = self.backend.book
        rows = [self._line(sku, units) for sku, units in lines.items()]
        return invoices.sell(book, self._branch(warehouse), rows, self.backend.world.now()).code

    def take_back(self, document: str, lines: Mapping[str, int]) -> tuple[str, str]:
        """Take goods of an invoice back over the counter."""
        book = self.backend.book
        invoice = next((one for one in book.invoices.values() if one.code == document), None)
        if invoice is None or invoice.status not in facts.INVOICE_HOLDS_GOODS:
            raise ValueError(f"no invoice {document!r}")
        products = {sku: book.product_by_sku(sku) for sku in lines}
        quantities = {product.id: Decimal(lines[sku]) for sku, product in products.items() if product is not None}
        made = returns.take_back(book, invoice, quantities, self.backend.world.now())
        return made.code, book.branches[invoice.branch_id].warehouse

    def receive(self, warehouse: str, lines: Mapping[str, int]) -> None:
        """Put goods straight onto the shelf: the Public API shows no goods receipts."""
        book, branch = self.backend.book, self._branch(warehouse)
        for sku, units in lines.items():
            product = self._line(sku, units).product_id
            book.shelf(product, branch).on_hand += units
            announce_stock(book, product, branch)

    def audit(self, units: Mapping[str, Mapping[str, int]], orders: Iterable[Order]) -> dict[str, Any]:
        """Return every shelf that differs from the physical stock, and the open documents of each marketplace order."""
        book = self.backend.book
        return {
            "drift": audit.drift(book, {sku: dict(shelves) for sku, shelves in units.items()}),
            "hand_overs": audit.hand_overs(book, (order.id for order in orders)),
            "codes": codes.codes(book),
        }

    def save(self) -> SavedState:
        """Return the book, the tokens, the hooks and the imports."""
        backend = self.backend
        imported = {shop: followed.made for shop, followed in self._imports.items()}
        return SavedState(replace(backend.book, announce=ignore), backend.tokens, backend.hooks.registered, imported)

    def restore(self, saved: Any) -> None:
        """Continue with a saved book."""
        self._build(saved)
        self.backend.resume()

    def _build(self, state: SavedState) -> None:
        self.backend = Backend(state.book, state.tokens, WorldEnvironment(self.context))
        self.backend.hooks.registered = state.hooks
        self._imports: dict[tuple[str, str], Import] = {}
        for shop, made in state.imported.items():
            self._follow(shop, made)

    def _follow(self, shop: tuple[str, str], made: dict[str, int]) -> None:
        branch = self._branch(self.context.ships_from(*shop))
        self._imports[shop] = Import(self.backend.book, branch, {shop}, made)

    def _branch(self, warehouse: str) -> int:
        return next(b.id for b in self.backend.book.branches.values() if b.warehouse == warehouse)

    def _line(self, sku: str, units: int) -> Line:
        book = self.backend.book
        product = book.product_by_sku(sku)
        if product is None:
            raise KeyError(sku)
        return Line(
            book.next_id("line", 7_000_000), product.id, product.code, product.name, Decimal(units), product.price
        )


PLATFORM = KiotVietPlatform
