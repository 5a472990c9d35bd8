"""Everything that writes at once, on a real PostgreSQL, without one deadlock: the hub has one lock order (ingest/locks.py)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random, random

import pytest
from django.db import transaction

from commissions.models import CommissionRule
from commissions.services.activation import activate, reaccrue
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from core.db import database_time, fetch
from integrations import inbox
from integrations.accounts.connections import account_of
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.refusals import close, reopen
from integrations.documents.commands.request import retry
from integrations.documents.joining import join
from integrations.inbox.refetch import refetch
from integrations.inbox.store import Later
from integrations.ingest.resources import Circumstances
from integrations.ingest.storing import store_answer
from integrations.models import Connection, InboxEvent
from inventory.models import BundleComponent, Listing, Product, StockLevel, Warehouse
from inventory.services.mapping import map_listings
from inventory.services.pushes import (
    PushRefusal,
    due_pushes,
    pushes_accepted,
    pushes_refused,
    pushes_unknown,
    start_pushes,
)
from inventory.services.readings import post_movement
from inventory.services.shops import refresh_shop
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ChannelStock, ListingSnapshot, StockReading
from orders.models import Return
from orders.services import receiving
from orders.snapshots import (
    CustomerSnapshot,
    LineSnapshot,
    OrderSnapshot,
    PosDocumentSnapshot,
    ReturnLineSnapshot,
    ReturnSnapshot,
)
from tests.commissions.ledger import percent, rule
from tests.integrations.documents.commands.conftest import House, house  # noqa: F401  (a fixture)
from tests.integrations.toy import connected

pytestmark = pytest.mark.slow

Threads = Callable[..., Future[int]]
PLACED = datetime(2026, 11, 11, tzinfo=UTC)
ROUNDS = 25
ITEMS = 8
ORDERS = 12
REFUSED = 0.3
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def _sometimes_refused(command: WriteRequest) -> WriteOutcome:
    if random() < REFUSED:
        raise Rejected("not today")
    return WriteOutcome(f"id-{command.reference}", "DH1")


class Hub:
    """Two markets that list the same products, stock here and at a POS, and one kind of writer per method; each is one turn."""

    def __init__(self, house: House) -> None:  # noqa: F811
        self.pos = house.pos
        house.toy.on_perform = _sometimes_refused
        app = house.market.authorisation.app
        self.channel = app.channel
        rule(channel=self.channel, charged_when=["handed_over"])
        self.markets = [house.market, connected(app, "901")]
        self.warehouse = Warehouse.objects.create(name="Kho")
        self.products = [Product.objects.create(sku=f"P{n}", name=f"Hàng {n}") for n in range(ITEMS)]
        combo = Product.objects.create(sku="COMBO", name="Bộ", is_bundle=True)
        for part in self.products[:2]:
            BundleComponent.objects.create(bundle=combo, product=part, units=1)
        self.levels = []
        for product in self.products:
            self.levels.append(StockLevel.objects.create(product=product, warehouse=self.warehouse))
            Listing.objects.create(shop=self.pos.shop, item_id=product.sku, title="x", product=product)
        for level in self.levels:
            post_movement(level.pk, Decimal(500), kind="opening", note="", actor_id=None)
        for market in self.markets:
            market.shop.sells_from.add(self.warehouse, house.branch)
            for n, product in enumerate([*self.products, combo]):
                Listing.objects.create(shop=market.shop, item_id=f"L{n}", title="x", product=product)
            refresh_shop(market.shop)

    def store(self, connection: Connection, kind: str, *snapshots: object) -> None:
        keys = {str(getattr(s, "number", "") or getattr(s, "item_id", "") or getattr(s, "external_id", "") or getattr(s, "code", ""))
                for s in snapshots}  # fmt: skip
        account = account_of(connection)
        with transaction.atomic():
            store_answer(account, Answer(tuple(snapshots)), keys, Circumstances(dict.fromkeys(keys, "webhook"), {kind}))

    def order(self, dice: Random, number: int) -> OrderSnapshot:
        status = dice.choice(["unpaid", "to_ship", "to_ship", "shipped", "cancelled"])
        lines = tuple(
            LineSnapshot(item, item, "", 1, price=Decimal(9_000)) for item in sorted(dice.sample(self.items, 3))
        )
        phone = dice.choice(["", f"09000000{number % 5:02}"])
        now = datetime.now(UTC)
        return OrderSnapshot(
            f"A{number}", status, status, "VND", PLACED, now, lines, version=now, buyer_id=f"b{number % 4}",
            recipient={"name": "Bích", "phone": phone},
        )  # fmt: skip

    @property
    def items(self) -> list[str]:
        return [f"L{n}" for n in range(ITEMS + 1)]

    def orders_and_returns(self, dice: Random) -> None:
        numbers = dice.sample(range(ORDERS), 4)
        orders = [self.order(dice, number) for number in numbers]
        coming = [
            ReturnSnapshot(
                f"R{n}", f"A{n}", "in_transit", "x", datetime.now(UTC),
                tuple(ReturnLineSnapshot(line.item_id, "", 1) for line in orders[at].lines[:1]), goods_come_back=True,
            )
            for at, n in enumerate(numbers)
        ]  # fmt: skip
        self.store(dice.choice(self.markets), "order", *orders, *coming[: dice.randrange(5)])

    def read_back(self, dice: Random) -> None:
        items = dice.sample(self.items, 5)
        found = [
            ListingSnapshot(i, "", i, "x", "active", datetime.now(UTC), stock=(ChannelStock(dice.randrange(9)),))
            for i in items
        ]
        self.store(dice.choice(self.markets), "listing", *found)

    def pos_readings(self, dice: Random) -> None:
        found = [
            StockReading(p.sku, "77", Decimal(dice.randrange(50)), Decimal(0), database_time())
            for p in dice.sample(self.products, 5)
        ]
        self.store(self.pos, "stock", *found)

    def pos_documents(self, dice: Random) -> None:
        references = [row[0] for row in fetch("SELECT reference FROM integrations_command WHERE kind LIKE 'pos%%'")]
        made = [
            PosDocumentSnapshot(kind="pos_order", external_id=r, code=r, asked_at=database_time(), reference=r, is_void=dice.random() < 0.5)
            for r in dice.sample(references, min(3, len(references)))
        ]  # fmt: skip
        self.store(
            self.pos,
            "document",
            *made,
            CustomerSnapshot(f"c{dice.randrange(3)}", "x", datetime.now(UTC), phone="0900000001"),
        )

    def documents_written(self, dice: Random) -> None:
        perform_due(self.pos.pk, budget_seconds=0.3)

    def refusals(self, dice: Random) -> None:
        """Try refused commands again, close them and open them again, as people do."""
        refused = [row[0] for row in fetch("SELECT id FROM integrations_command WHERE state = 'refused'")]
        chosen = dice.sample(refused, min(3, len(refused)))
        dice.choice((retry, reopen, lambda ids: close(ids, note="x", actor_id=None)))(chosen)

    def joins(self, dice: Random) -> None:
        """A twin of a product, sold and in stock, becomes a part of it."""
        twin = Product.objects.create(sku="TWIN", name="Hàng trùng")
        market = dice.choice(self.markets).own_shop
        Listing.objects.create(shop=market, item_id=f"T{twin.pk}", title="x", product=twin)
        level = StockLevel.objects.create(product=twin, warehouse=self.warehouse)
        post_movement(level.pk, Decimal(3), kind="opening", note="", actor_id=None)
        join(dice.choice(self.products).pk, twin.pk, actor_id=None)

    def corrections(self, dice: Random) -> None:
        with transaction.atomic():
            level = dice.choice(self.levels)
            refresh_wanted([post_movement(level.pk, Decimal(1), kind="correction", note="", actor_id=None)])

    def new_policy(self, dice: Random) -> None:
        with transaction.atomic():
            refresh_shop(dice.choice(self.markets).own_shop)

    def mapping(self, dice: Random) -> None:
        shop = dice.choice(self.markets).own_shop
        chosen = dice.sample(list(Listing.objects.filter(shop=shop).values_list("pk", flat=True)), 4)
        map_listings([(pk, dice.choice([None, *(p.pk for p in self.products)]), 1) for pk in chosen])

    def receipts(self, dice: Random) -> None:
        waiting = list(Return.objects.filter(received_at=None, goods_come_back=True).values_list("pk", flat=True))
        for pk in dice.sample(waiting, min(2, len(waiting))):
            lines = fetch("SELECT id, quantity FROM orders_returnline WHERE ret_id = %s", pk)
            pieces = {line: receiving.Pieces(sellable=quantity) for line, quantity in lines}
            try:
                receiving.receive(pk, pieces, warehouse_id=self.warehouse.pk, put_back=True, actor_id=None)
            except receiving.NotReceivable:
                continue

    def pushes(self, dice: Random) -> None:
        stale = timedelta(seconds=90)
        shop = dice.choice(self.markets).own_shop
        due = due_pushes(shop.pk, limit=10, scarce_below=3, stale_after=stale)
        sent = start_pushes([(d.stock_id, d.number) for d in due], stale_after=stale)
        dice.shuffle(sent)
        third = len(sent) // 3
        pushes_accepted(sent[third:])
        pushes_refused([PushRefusal(push, "x", "x") for push in sent[: third // 2]])
        pushes_unknown(sent[third // 2 : third], settles_after=timedelta(0))

    def settlements(self, dice: Random) -> None:
        lines = tuple(
            StatementLineSnapshot(
                external_id=f"s{n}", order_number=f"A{n}", kind="commission", fee="x", amount=Decimal(n), currency="VND",
                happened_at=PLACED, asked_at=datetime.now(UTC),
            )
            for n in dice.sample(range(ORDERS), 6)
        )  # fmt: skip
        self.store(dice.choice(self.markets), "settlement", SettlementSnapshot("S", lines))

    def rules(self, dice: Random) -> None:
        """Activate a next version and accrue the orders since its start again."""
        version = CommissionRule.objects.count() + 1
        starts = date(2026, 1, 1) + timedelta(days=version)
        made = rule(
            version=version, channel=self.channel, state="draft", starts=starts, formula_json=percent(str(version))
        )
        activate(made.pk, actor_id=None)
        reaccrue(budget_seconds=0.2)

    def dead_letters(self, dice: Random) -> None:
        market = dice.choice(self.markets)
        refetch(market, "order", [f"A{n}" for n in dice.sample(range(ORDERS), 5)], InboxEvent.Source.PERSON)
        claimed = inbox.claim(market.pk, limit=5, seconds=60)
        if claimed:
            with transaction.atomic():
                mine = sorted(inbox.keep_mine(claimed.lease, [event.id for event in claimed.events]))
                inbox.put_back([Later(event_id, 0.0, False) for event_id in mine])


WRITERS = (
    Hub.orders_and_returns, Hub.orders_and_returns, Hub.read_back, Hub.pos_readings, Hub.pos_documents, Hub.documents_written,
    Hub.corrections, Hub.new_policy, Hub.mapping, Hub.receipts, Hub.pushes, Hub.settlements, Hub.dead_letters, Hub.rules,
    Hub.refusals, Hub.joins,
)  # fmt: skip


def test_all_writers_at_once_never_wait_for_each_other_in_a_circle(house: House, threads: Threads) -> None:  # noqa: F811
    hub = Hub(house)

    def turns(writer: Callable[[Hub, Random], None], seed: int) -> int:
        dice = Random(seed)
        for _ in range(ROUNDS):
            writer(hub, dice)
        fetch("SELECT pg_stat_force_next_flush()")
        return ROUNDS

    for seed in range(6):
        hub.pos_readings(Random(seed))
        hub.orders_and_returns(Random(seed))
    fetch("SELECT pg_stat_force_next_flush()")
    [(before,)] = fetch(DEADLOCKS)
    running = [threads(turns, writer, seed) for seed, writer in enumerate(WRITERS)]
    assert sum(one.result(300) for one in running) == ROUNDS * len(WRITERS)
    fetch("SELECT pg_stat_clear_snapshot()")
    [(after,)] = fetch(DEADLOCKS)
    assert after == before
    # nothing was done on nothing; what only some days bring is not asked for
    counted = dict(fetch("SELECT kind, count(*) FROM inventory_stockmovement GROUP BY kind"))
    assert {"receipt", "correction", "sale"} <= counted.keys()
    assert fetch("SELECT FROM integrations_command WHERE state = 'done'")
    assert fetch("SELECT FROM inventory_listingstock WHERE published IS NOT NULL")
    assert fetch("SELECT FROM commissions_statementline WHERE order_id IS NOT NULL")
    assert fetch("SELECT FROM commissions_commissionentry")
    assert fetch("SELECT FROM commissions_feematch WHERE settled <> 0")
