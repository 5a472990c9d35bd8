"""Effects: every service that writes orders, levels or mappings leads to them, and history leads to none."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.dispatch import Signal

from commissions.models import StatementLine
from commissions.services.statements import store_settlements
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from erpsync.environment import BASE_DIR
from integrations.ingest import effects
from integrations.models import InboxEvent
from inventory.models import Listing, Product, Shop, StockLevel, Warehouse
from inventory.services.listings import gone_listings, upsert_listings
from inventory.services.mapping import map_listings
from inventory.services.readings import post_movement, record_readings
from inventory.services.receipts import Receipt, post_receipt
from inventory.services.stock_effects import HOLD, LineEffect, post_effects
from inventory.signals import listings_mapped, stock_changed
from inventory.snapshots import ListingSnapshot, StockReading
from orders.models import Order
from orders.services.settled_amounts import store_settled_amounts
from orders.services.upsert import upsert_orders
from orders.signals import orders_changed, returns_changed
from orders.snapshots import LineSnapshot, OrderSnapshot, SettledAmountsSnapshot
from tests.integrations.toy import connected

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)
SERVICES = ("inventory", "orders", "commissions")
WRITES = re.compile(
    r"(INSERT INTO|UPDATE|DELETE FROM) (orders_order|orders_orderline|inventory_stocklevel|inventory_reservation)\b"
    r"|UPDATE inventory_listing\b[^;]*SET product_id"
)
# write a table of the above, and nothing that an effect depends on
SILENT = {
    "inventory.services.corrections.correct_stock": "refreshes what the listings should show itself",
    "inventory.services.joining.join_stock": "as `correct_stock`",
    "orders.services.products.rename_product": "part of joining two products, which refreshes",
    "orders.services.attention.flag_refused": "notes what people still have to look at; nothing follows from that",
    "inventory.services.levels.lock_levels": "creates levels without stock",
    "inventory.services.readings.lower_pos_units": "as `note_pos_documents`",
    "inventory.services.readings.note_pos_documents": "notes what the POS knows; the next reading changes the stock",
    "inventory.services.shelves.set_shelves": "notes where goods lie; no stock moves",
    "orders.services.costs.freeze_costs": "notes what the units cost that have left; reports read it",
    "orders.services.customers.identify": "moves orders to the customer that theirs turned out to be",
    "orders.services.customers.identify_buyers": "as `identify`",
    "orders.services.customers.store_customers": "as `identify`",
    "orders.services.erasure.rebuild_search": "takes a person out of what orders are found by",
    "orders.services.holding.hold": "notes what people hold back, and lets it fall out of its wave",
    "orders.services.holding.release": "as `hold`",
    "orders.services.incomplete.flag_incomplete": "notes that an order was told without lines; nothing follows from that",
    "orders.services.settled_amounts.adopt_settled_amounts": "part of `upsert_orders`, which sends",
    "orders.services.order_rows.insert_orders": "part of `upsert_orders`, which sends",
    "orders.services.order_rows.update_orders": "part of `upsert_orders`, which sends",
    "orders.services.order_rows.set_problems": "part of `upsert_orders`, which sends",
    "orders.services.lines.store_lines": "part of `upsert_orders`, which sends",
}

# services that reach their statements in another file only, by which `writers` cannot find them
WHOLES = {"orders.services.upsert.upsert_orders"}


class House:
    """A shop with one listed product in a warehouse of ours, and a POS with a branch."""

    def __init__(self) -> None:
        self.shop = connected().shop
        self.warehouse = Warehouse.objects.create(name="Kho")
        self.shop.sells_from.add(self.warehouse)
        self.product = Product.objects.create(sku="AO-01", name="Áo thun")
        self.listing = Listing.objects.create(shop=self.shop, item_id="1", title="Áo thun", product=self.product)
        self.level = StockLevel.objects.create(product=self.product, warehouse=self.warehouse)
        self.pos = Shop.objects.create(name="Quầy", channel="toy_pos", keeps_stock=True)
        Warehouse.objects.create(name="Quận 1", shop=self.pos, external_id="11")
        Listing.objects.create(shop=self.pos, item_id="101", title="Áo thun", product=self.product)

    def order(self, number: str, **differs: object) -> OrderSnapshot:
        fields = {
            "number": number, "status": "to_ship", "channel_status": "READY", "currency": "VND", "placed_at": NOON,
            "asked_at": NOON, "lines": (LineSnapshot("1", "1", "", 1),),
        }  # fmt: skip
        return OrderSnapshot(**(fields | differs))  # type: ignore[arg-type]


def store_order(house: House) -> None:
    upsert_orders(house.shop, [house.order("A")], source="webhook")


def map_a_listing(house: House) -> None:
    other = Product.objects.create(sku="X", name="Khác")
    map_listings([(house.listing.pk, other.pk, 1)])


def store_a_new_product(house: House) -> None:
    upsert_listings(house.pos, [ListingSnapshot("102", "", "AO-02", "Áo", "active", NOON)])


def lose_a_product_that_was_made_anew(house: House) -> None:
    Listing.objects.filter(item_id="101").update(sku="AO-01")
    upsert_listings(house.pos, [ListingSnapshot("103", "", "AO-01", "Áo", "active", NOON)])
    gone_listings(house.pos, ["101"])


def receive_goods(house: House) -> None:
    post_receipt(house.warehouse.pk, {house.product.pk: Decimal(1)}, Receipt(house.shop.pk, "A", "", None))


def post_a_line(house: House) -> frozenset[int]:
    effect = LineEffect(house.shop.pk, "A", "1", {house.product.pk: Decimal(1)}, HOLD)
    return post_effects([effect]).products


def read_stock(house: House) -> frozenset[int]:
    return record_readings(house.pos.pk, [StockReading("101", "11", Decimal(7), Decimal(0), NOON)]).products


def correct_stock(house: House) -> set[int]:
    return {post_movement(house.level.pk, Decimal(3), kind="correction", note="", actor_id=None)}


def settle_an_order(house: House) -> None:
    upsert_orders(house.shop, [house.order("A1")], source="webhook")
    store_settled_amounts(house.shop, [SettledAmountsSnapshot("A1", NOON, seller_discount=Decimal(5))])


# the services that send, and the signal
SENDS: dict[str, tuple[Callable[[House], None], Signal]] = {
    "orders.services.upsert.upsert_orders": (store_order, orders_changed),
    "orders.services.settled_amounts.store_settled_amounts": (settle_an_order, orders_changed),
    "inventory.services.mapping.map_listings": (map_a_listing, listings_mapped),
    # what `upsert_listings` and `gone_listings` write of a stock master's book
    "inventory.services.book.keep_book": (store_a_new_product, listings_mapped),
    "inventory.services.book.close_book": (lose_a_product_that_was_made_anew, listings_mapped),
    "inventory.services.receipts.post_receipt": (receive_goods, stock_changed),
}
# the services that return the products they touched, so that one `refresh_wanted` sends for all
RETURNS: dict[str, Callable[[House], set[int] | frozenset[int]]] = {
    "inventory.services.stock_effects.post_effects": post_a_line,
    "inventory.services.readings.record_readings": read_stock,
    "inventory.services.readings.post_movement": correct_stock,
}


def writers(source: str, module: str) -> set[str]:
    """Public functions of a module that reach a statement which writes orders, levels or mappings."""
    tree = ast.parse(source)
    names = {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    parts: dict[str, ast.AST] = {**names, **functions}

    def reaches(name: str, seen: frozenset[str] = frozenset()) -> bool:
        if name in seen or name not in parts:
            return False
        nodes = list(ast.walk(parts[name]))
        text = " ".join(
            " ".join(node.value.split())
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        called = {node.id for node in nodes if isinstance(node, ast.Name)}
        return bool(WRITES.search(text)) or any(reaches(other, seen | {name}) for other in called)

    return {f"{module}.{name}" for name in functions if not name.startswith("_") and reaches(name)}


def all_writers() -> Iterator[str]:
    for path in (p for app in SERVICES for p in sorted((BASE_DIR / app / "services").glob("*.py"))):
        yield from writers(path.read_text(), ".".join(path.relative_to(BASE_DIR).with_suffix("").parts))


def test_every_service_that_writes_orders_levels_or_mappings_is_known_here() -> None:
    assert set(all_writers()) | WHOLES == SENDS.keys() | RETURNS.keys() | SILENT.keys()


def test_a_new_writer_is_found() -> None:
    planted = '_SET = """\nUPDATE orders_order\nSET note = 1"""\ndef _run(): execute(_SET)\ndef annotate(): _run()\n'
    assert writers(planted, "orders.services.new") == {"orders.services.new.annotate"}


@pytest.mark.parametrize("name", sorted(SENDS))
def test_a_writer_sends_its_signal(name: str) -> None:
    act, signal = SENDS[name]
    house, sent = House(), list[object]()

    def heard(**told: object) -> None:
        sent.append(told)

    signal.connect(heard)
    try:
        act(house)
    finally:
        signal.disconnect(heard)
    assert sent


@pytest.mark.parametrize("name", sorted(RETURNS))
def test_a_writer_that_sends_nothing_returns_the_products_it_touched(name: str) -> None:
    house = House()
    assert RETURNS[name](house) == {house.product.pk}


@pytest.mark.parametrize("name", sorted(RETURNS))
def test_whoever_calls_such_a_writer_refreshes_what_listings_should_show(name: str) -> None:
    function = name.rsplit(".", 1)[1]
    tables = {BASE_DIR / "integrations/ingest/resources.py": "integrations/ingest/storing.py"}
    apps = ("inventory", "orders", "commissions", "integrations", "erpsync")
    for path in (p for app in apps for p in (BASE_DIR / app).rglob("*.py")):
        text = Path(BASE_DIR / tables.get(path, path)).read_text()
        if re.search(rf"(?<!def )\b{function}\(", path.read_text()):
            assert "refresh_wanted(" in text, path


def test_the_effects_are_the_only_receivers_of_the_signals() -> None:
    for signal in (orders_changed, returns_changed, stock_changed, listings_mapped):
        [(_, receiver, *_)] = signal.receivers
        assert receiver().__module__ == effects.__name__


# --- history ---


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The orders whose documents were wanted."""
    found: list[set[int]] = []
    monkeypatch.setattr(effects, "want_documents", found.append)
    return found


def test_orders_of_today_want_their_documents(asked: list[set[int]]) -> None:
    store_order(House())
    assert asked == [{Order.objects.get().pk}]


@pytest.mark.parametrize("how", ["backfill", "stock_since"])
def test_history_is_silent_and_still_takes_its_money(asked: list[set[int]], how: str) -> None:
    house = House()
    line = StatementLineSnapshot("A:sale", "sale", "sale", Decimal(5), "VND", NOON, "A")
    store_settlements(house.shop, [SettlementSnapshot("A", (line,))])
    if how == "stock_since":
        house.shop.stock_since = NOON + timedelta(days=1)
    upsert_orders(house.shop, [house.order("A", status="completed")], source=how, history=how == "backfill")
    assert asked == []
    assert StatementLine.objects.get().order == Order.objects.get()
    assert InboxEvent.objects.count() == 0


def test_a_current_order_that_a_backfill_meets_first_is_to_be_read_again_as_one() -> None:
    house = House()
    house.shop.stock_since = NOON
    late, early = house.order("A"), house.order("B", placed_at=NOON - timedelta(days=1))
    stored = upsert_orders(house.shop, [late, early], source="backfill", history=True)
    assert [wanted[:2] for wanted in stored.wanted] == [("order", "A")]
    again = upsert_orders(house.shop, [house.order("A", asked_at=NOON + timedelta(1))], source="backfill", history=True)
    assert again.wanted == frozenset()
