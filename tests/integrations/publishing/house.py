"""A marketplace with real shelves, and a shop in it whose numbers are pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone

from core.db import execute
from integrations.contract.access import Access
from integrations.contract.connector import Connector
from integrations.contract.errors import TryLater
from integrations.contract.publisher import PricePush, Publisher, PushOutcome, StockPush
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.publishing.rounds import publish
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.services.readings import post_movement
from inventory.services.wanted import refresh_wanted
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.toy import toy_connector

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)


class Market:
    """A marketplace with real shelves: a sale takes from them, a push overwrites them."""

    # one call after another: tests assert their order
    facts: ClassVar[dict[str, Any]] = {"items_per_call": 2, "rows_per_call": 3, "calls_at_once": 1}

    def __init__(self) -> None:
        self.shelves: dict[tuple[str, str], int] = {}
        self.sales: dict[str, OrderSnapshot] = {}
        self.calls: list[list[StockPush]] = []
        self.prices: list[list[PricePush]] = []
        self.lists = 0
        # what happens to the next calls, one each: raised before or after the numbers are taken, or given as outcomes
        self.before: list[Exception | None] = []
        self.after: list[Exception | None] = []
        self.judge: Callable[[StockPush], PushOutcome] = lambda p: PushOutcome(p.item_id, p.variation_id)
        self.list_fails: Exception | None = None

    def sell(self, number: str, item: str, pieces: int = 1) -> None:
        self.shelves[item, ""] -= pieces
        line = LineSnapshot("1", item, "", pieces)
        self.sales[number] = OrderSnapshot(number, "to_ship", "READY", "VND", timezone.now(), timezone.now(), (line,))

    def connector(self) -> Connector:
        publisher = Publisher(
            stock=lambda access, pushes: self.push_stock(pushes),
            price=lambda access, pushes: self.push_price(pushes),
            **self.facts,
        )
        reader = Reader(read=self.read, changed=self.changed, batch=50)
        return replace(toy_connector(), reads={"order": reader}, publisher=publisher)

    def changed(self, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        self.lists += 1
        if self.list_fails:
            raise self.list_fails
        yield Page(tuple(Change(number) for number in self.sales))

    def read(self, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        return Answer(tuple(replace(self.sales[number], asked_at=asked_at) for number in ids))

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        self.calls.append(list(pushes))
        if self.before and (error := self.before.pop(0)):
            raise error
        outcomes = [self.judge(push) for push in pushes]
        for push, outcome in zip(pushes, outcomes, strict=True):
            if outcome.accepted:
                self.shelves[push.item_id, push.variation_id] = push.quantity
        if self.after and (error := self.after.pop(0)):
            raise error
        return outcomes

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        self.prices.append(list(pushes))
        return [
            PushOutcome(p.item_id, p.variation_id, accepted=p.price < 1000, reason="" if p.price < 1000 else "too dear")
            for p in pushes
        ]


class Totals(Market):
    facts = {**Market.facts, "stock_basis": "total", "min_stock": 1}


class House:
    """A shop on one warehouse, with a listing per entry of `stock`: units on hand."""

    def __init__(self, market: Market, stock: Sequence[int] = (10,)) -> None:
        self.market = market
        app = AppRegistration.objects.create(channel="toy", name="Toy")
        self.shop = Shop.objects.create(name="Gian hàng", channel="toy")
        self.connection = Connection.objects.create(
            authorisation=Authorisation.objects.create(app=app, access_token="t"), shop=self.shop, external_id="900"
        )
        self.warehouse = Warehouse.objects.create(name="Kho")
        self.shop.sells_from.add(self.warehouse)
        self.levels = [self.add(str(number + 1), units) for number, units in enumerate(stock)]
        refresh_wanted(Product.objects.values_list("id", flat=True))

    def add(self, item: str, units: int) -> StockLevel:
        product = Product.objects.create(sku=f"SP-{item}", name="Áo thun")
        Listing.objects.create(shop=self.shop, item_id=item, title="Áo thun", product=product, status="active")
        level = StockLevel.objects.create(product=product, warehouse=self.warehouse)
        post_movement(level.id, Decimal(units), kind="opening", note="", actor_id=None)
        self.market.shelves[item, ""] = 0
        return level

    def receive(self, units: int, at: int = 0) -> None:
        level = self.levels[at]
        with transaction.atomic():
            post_movement(level.id, Decimal(units), kind="correction", note="", actor_id=None)
            refresh_wanted([level.product_id])

    def learn(self, number: str) -> None:
        with transaction.atomic():
            upsert_orders(self.shop, [replace(self.market.sales[number], asked_at=timezone.now())], source="webhook")

    def row(self, item: str = "1") -> ListingStock:
        return ListingStock.objects.get(listing__item_id=item)

    def publish(self) -> None:
        """A round that waits for nobody: patience of the channel and age of the last read are over."""
        Connection.objects.update(push_due_at=None, last_read_at=NOON)
        publish(self.connection.pk, 10)

    def older(self, seconds: int) -> None:
        execute(
            "UPDATE inventory_listingstock SET push_started_at = push_started_at - %s, pushed_at = pushed_at - %s,"
            " unsettled_until = unsettled_until - %s, blocked_until = blocked_until - %s",
            *[timedelta(seconds=seconds)] * 4,
        )


Open = Callable[..., House]


def pushed(market: Market) -> list[list[tuple[str, int]]]:
    return [[(push.item_id, push.quantity) for push in call] for call in market.calls]


def lost(times: int) -> list[Exception]:
    return [TryLater("no answer", after=30, maybe_done=True) for _ in range(times)]
