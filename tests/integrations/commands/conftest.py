"""A marketplace shop whose orders go to a POS with one branch, and a channel that answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection as database
from django.db import transaction

from integrations.commands import asking, performing
from integrations.connectors.base import Access, AppAccess, Command, CommandOutcome, Connector
from integrations.models import AppRegistration, Authorisation, Connection
from inventory.models import Listing, Product, Shop, StockLevel, Warehouse
from orders.models import Fulfilment, Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot

PLACED = datetime(2026, 11, 11, tzinfo=UTC)


class NoTokens:
    def current(self) -> str:
        return ""

    def renewed(self, stale: str) -> str:
        return ""


class Toy(Connector):
    """Does what it is told, and remembers what it was asked to do."""

    channel = title = "toy"
    commands = frozenset({"ship", "cancel", "pos_order", "pos_invoice", "pos_void"})

    def __init__(self) -> None:
        super().__init__(Access(AppAccess("k", {}), "900", NoTokens()))
        self.performed: list[Command] = []
        self.looked_up: list[Command] = []
        self.on_perform: Callable[[Command], CommandOutcome] = lambda c: CommandOutcome(f"id-{c.reference}", "DH1")
        self.on_look_up: Callable[[Command], CommandOutcome | None] = lambda c: None

    def perform(self, command: Command) -> CommandOutcome:
        assert not database.in_atomic_block, "never call out inside a transaction"
        self.performed.append(command)
        return self.on_perform(command)

    def outcome_of(self, command: Command) -> CommandOutcome | None:
        self.looked_up.append(command)
        return self.on_look_up(command)


@dataclass
class House:
    pos: Connection
    market: Connection
    branch: Warehouse
    product: Product
    level: StockLevel
    toy: Toy = field(default_factory=Toy)

    def tell(self, status: str, number: str = "A1", pieces: int = 2, price: str = "150000") -> Order:
        """The marketplace tells of an order."""
        self.told = getattr(self, "told", 0) + 1
        line = LineSnapshot("1", "i1", "", pieces, sku="AO", paid_price=Decimal(price))
        version = datetime(2026, 11, 11, 0, 0, self.told, tzinfo=UTC)
        snapshot = OrderSnapshot(number, status, status, "VND", PLACED, version, (line,), version=version)
        with transaction.atomic():
            upsert_orders(self.market.shop, [snapshot], source="webhook")
        return Order.objects.get(number=number)

    def commands(self) -> list[tuple[str, str]]:
        return list(Fulfilment.objects.order_by("id").values_list("kind", "state"))

    def due_now(self) -> None:
        Fulfilment.objects.update(due_at="2000-01-01T00:00Z")


@pytest.fixture
def house(transactional_db: None, redis: object, monkeypatch: pytest.MonkeyPatch) -> House:
    app = AppRegistration.objects.create(channel="toy", name="Toy")

    def connect(name: str, *, keeps_stock: bool, pos: Connection | None = None) -> Connection:
        shop = Shop.objects.create(name=name, channel="toy", keeps_stock=keeps_stock)
        authorisation = Authorisation.objects.create(app=app)
        return Connection.objects.create(authorisation=authorisation, shop=shop, external_id=name, pos=pos)

    pos = connect("Quầy", keeps_stock=True)
    market = connect("Gian hàng", keeps_stock=False, pos=pos)
    branch = Warehouse.objects.create(name="Quận 1", shop=pos.shop, external_id="77")
    market.shop.sells_from.add(branch)
    product = Product.objects.create(sku="AO-01", name="Áo thun", price=Decimal(150_000))
    Listing.objects.create(shop=pos.shop, item_id="501", sku="AO-POS", title="Áo thun", product=product)
    Listing.objects.create(shop=market.shop, item_id="i1", title="Áo thun", product=product)
    level = StockLevel.objects.create(product=product, warehouse=branch, on_hand=10, read_at=PLACED)
    house = House(pos, market, branch, product, level)
    monkeypatch.setattr(performing, "connector_for", lambda connection, lane: house.toy)
    monkeypatch.setattr(asking, "connector_class", lambda channel: Toy)
    return house
