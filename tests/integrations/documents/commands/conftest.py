"""A marketplace shop whose orders go to a POS with one branch, and a channel whose answers a test decides."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.models import AppRegistration, Authorisation, Command, Connection, Link
from inventory.models import Listing, Product, Shop, StockLevel, Warehouse
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import SELLER, LineSnapshot, OrderSnapshot
from tests.integrations.toy import install

PLACED = datetime(2026, 11, 11, tzinfo=UTC)


class Toy:
    """Writes what it is asked to, and remembers it."""

    def __init__(self, *kinds: str, channel: str = "toy", alone: Collection[str] = ()) -> None:
        self.performed: list[WriteRequest] = []
        self.looked_up: list[WriteRequest] = []
        self.on_perform: Callable[[WriteRequest], WriteOutcome] = lambda c: WriteOutcome(f"id-{c.reference}", "DH1")
        self.on_look_up: Callable[[WriteRequest], WriteOutcome | None] = lambda c: None
        self.connector = Connector(
            channel=channel,
            title=channel,
            roles=frozenset({Role.MARKETPLACE, Role.POS}),
            check=lambda access: Health(access.shop_id),
            writes={
                kind: Writer(perform=self.perform, outcome_of=self.outcome_of, alone=kind in alone) for kind in kinds
            },
        )

    def perform(self, access: Access, command: WriteRequest) -> WriteOutcome:
        assert not database.in_atomic_block, "never call out inside a transaction"
        self.performed.append(command)
        return self.on_perform(command)

    def outcome_of(self, access: Access, command: WriteRequest) -> WriteOutcome | None:
        self.looked_up.append(command)
        return self.on_look_up(command)


@dataclass
class House:
    pos: Connection
    market: Connection
    branch: Warehouse
    product: Product
    level: StockLevel
    toy: Toy
    versions: int = 0

    def receive(
        self, status: str, number: str = "A1", pieces: int = 2, price: str = "150000", by: str = SELLER
    ) -> Order:
        """Store an order as the marketplace has it now."""
        self.versions += 1
        line = LineSnapshot("1", "i1", "", pieces, sku="AO", paid_price=Decimal(price), fulfilled_by=by)
        version = PLACED + timedelta(seconds=self.versions)
        snapshot = OrderSnapshot(number, status, status, "VND", PLACED, version, (line,), version=version)
        with transaction.atomic():
            upsert_orders(self.market.shop, [snapshot], source="webhook")
        return Order.objects.get(number=number)

    def commands(self) -> list[tuple[str, str]]:
        return list(Command.objects.order_by("id").values_list("kind", "state"))

    def due_now(self) -> None:
        """Minutes pass: what waits is due, and a call that got no answer is over at the channel."""
        minutes_ago = timezone.now() - timedelta(minutes=10)
        Command.objects.filter(state__in=("wanted", "sent")).update(due_at=minutes_ago)
        Command.objects.filter(state="sent").update(sent_at=minutes_ago)


@pytest.fixture
def house(transactional_db: None, redis: object, monkeypatch: pytest.MonkeyPatch) -> House:
    app = AppRegistration.objects.create(channel="toy", name="Toy")

    def connect(name: str, *, keeps_stock: bool) -> Connection:
        shop = Shop.objects.create(name=name, channel="toy", keeps_stock=keeps_stock)
        authorisation = Authorisation.objects.create(app=app)
        return Connection.objects.create(authorisation=authorisation, shop=shop, external_id=name)

    pos = connect("Quầy", keeps_stock=True)
    market = connect("Gian hàng", keeps_stock=False)
    Link.objects.create(connection=market, role="pos", target=pos)
    branch = Warehouse.objects.create(name="Quận 1", shop=pos.shop, external_id="77")
    market.shop.sells_from.add(branch)
    product = Product.objects.create(sku="AO-01", name="Áo thun", price=Decimal(150_000))
    Listing.objects.create(shop=pos.shop, item_id="501", sku="AO-POS", title="Áo thun", product=product)
    Listing.objects.create(shop=market.shop, item_id="i1", title="Áo thun", product=product)
    level = StockLevel.objects.create(product=product, warehouse=branch, on_hand=10, read_at=PLACED)
    toy = Toy("ship", "cancel", "pos_order", "pos_invoice", "pos_void")
    install(monkeypatch, toy.connector)
    return House(pos, market, branch, product, level, toy)
