"""Business events of stock, listings, prices, drift, money, dead letters and connections, each beside its published schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from commissions.services.statements import store_settlements
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from core.feed import number_events
from core.outbox import BrokenEvent, Event, OutboxEvent, check_again, emit, leave_out
from core.reasons import Reason
from integrations.accounts.events import emit_states
from integrations.events.published import DIRECTORY, schemas
from integrations.inbox import leases
from integrations.inbox.store import Incoming, Later, Outcome, add
from integrations.models import Authorisation, Connection, InboxEvent
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.services import drift
from inventory.services.listings import upsert_listings
from inventory.services.mapping import map_listings
from inventory.services.prices import DuePrice, settle_prices
from inventory.services.readings import post_movement
from inventory.services.stock_events import announce_stock
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ListingSnapshot
from tests.integrations.toy import connected
from tests.published import emitted, types_and_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)


@pytest.fixture
def connection() -> Connection:
    return connected()


@pytest.fixture
def shop(connection: Connection) -> Shop:
    assert connection.shop is not None
    return connection.shop


@pytest.fixture
def listing(shop: Shop) -> Listing:
    product = Product.objects.create(sku="AO-01", name="Áo")
    StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"))
    return Listing.objects.create(shop=shop, item_id="1", title="Áo", product=product, price=Decimal(100))


def test_the_published_files_are_those_of_the_code() -> None:
    written = {path.name: path.read_text() for path in DIRECTORY.glob("*.schema.json")}
    assert written == dict(schemas()), "run: manage.py publish_schemas"


def move(listing: Listing, units: int) -> None:
    level = StockLevel.objects.get(product=listing.product)
    refresh_wanted({post_movement(level.pk, Decimal(units), kind="correction", note="", actor_id=None)})


def an_hour_passes() -> None:
    OutboxEvent.objects.update(time=datetime.now(UTC) - timedelta(hours=1))


def test_stock_is_told_at_most_once_a_second_and_only_when_it_differs(listing: Listing) -> None:
    move(listing, 3)
    move(listing, 4)
    assert (announce_stock(), announce_stock()) == (1, 0)
    move(listing, 2)
    assert announce_stock() == 0
    an_hour_passes()
    assert announce_stock() == 1
    an_hour_passes()
    refresh_wanted({listing.product_id})  # type: ignore[arg-type]
    assert announce_stock() == 1
    [first, second] = emitted()
    assert (first.type, first.subject, first.shop_ids) == (
        "stock.changed", f"stock/{listing.product_id}", [listing.shop_id],
    )  # fmt: skip
    told = [(e.data["previous"], e.data["available"], e.data["on_hand"], e.data["cause"]) for e in (first, second)]
    assert told == [(None, 7, 7, "other"), (7, 9, 9, "manual")]
    assert second.data["levels"][0]["warehouse"] == "Kho"


def test_a_mapping_is_told_with_its_product_and_its_end(listing: Listing) -> None:
    other = Product.objects.create(sku="AO-02", name="Áo")
    map_listings([(listing.pk, other.pk, 2)])
    map_listings([(listing.pk, other.pk, 2)])
    map_listings([(listing.pk, None, 1)])
    told = types_and_data("listing.mapped")
    assert [data["product"] for _, data in told] == [{"product_id": str(other.pk), "sku": "AO-02"}, None]
    assert (told[0][1]["units"], told[0][1]["listing"]["item_id"]) == (2, "1")


def test_a_price_is_told_when_the_channel_shows_another(listing: Listing) -> None:
    due = DuePrice(listing.pk, "1", "", "", Decimal(120))
    settle_prices([due], [])
    settle_prices([due], [])
    for price in (120, 90):
        upsert_listings(listing.shop, [
            ListingSnapshot("1", "", "", "Áo", "active", NOON + timedelta(minutes=price), price=Decimal(price))
        ])  # fmt: skip
    assert [(d["previous"]["amount"], d["price"]["amount"]) for _, d in types_and_data("price.changed")] == [
        ("100", "120")
    ]
    upsert_listings(listing.shop, [
        ListingSnapshot("1", "", "", "Áo", "active", NOON + timedelta(days=1), price=Decimal(90))
    ])  # fmt: skip
    assert [d["price"]["amount"] for _, d in types_and_data("price.changed")] == ["120", "90"]


def test_a_drift_is_told_once(listing: Listing) -> None:
    stock = ListingStock.objects.create(listing=listing, wanted=5, expected=5, observed=5)
    for shown in (9, 8):
        drift.record(listing.shop_id, [drift.Difference(stock.pk, listing.pk, shown, 0)], asked_at=NOON)
        ListingStock.objects.update(expected=5, observed_at=None)
    [(_, told)] = types_and_data("drift.found")
    assert (told["expected"], told["observed"], told["cause"], told["decision"]) == (5, 9, "unknown", "put_right")


def line(number: int, **more: object) -> StatementLineSnapshot:
    return StatementLineSnapshot(
        external_id=f"L{number}", order_number="A", kind="commission", fee="Phí", amount=Decimal("-12.5"), currency="VND",
        asked_at=NOON, **more,
    )  # type: ignore[arg-type]  # fmt: skip


def test_a_statement_line_is_told_once_and_not_of_history(shop: Shop) -> None:
    store_settlements(shop, [SettlementSnapshot("S", (line(1),))])
    store_settlements(shop, [SettlementSnapshot("S", (line(1), line(2)))])
    store_settlements(shop, [SettlementSnapshot("S", (line(3),))], history=True)
    told = [data for _, data in types_and_data()]
    assert [(d["external_id"], d["amount"]) for d in told] == [
        ("L1", {"amount": "-12.5", "currency": "VND"}), ("L2", {"amount": "-12.5", "currency": "VND"}),
    ]  # fmt: skip


def test_a_dead_letter_is_told_by_its_code_however_it_died(connection: Connection) -> None:
    app = connection.authorisation.app_id
    add([Incoming(app, connection.pk, "order", number, "webhook") for number in "ABC"])
    claimed = leases.claim(connection.pk, limit=10, seconds=30)
    assert claimed is not None
    first, second, third = (event.id for event in claimed.events)
    leases.finish([Outcome(first, "dead", "unreadable", Reason()), Outcome(second, "processed")])
    InboxEvent.objects.filter(pk=third).update(tries=len(leases.RETRY_AFTER))
    leases.put_back([Later(third, 0.0, True, "KeyError", Reason())])
    told = types_and_data("dead_letter.added")
    assert [(d["external_id"], d["code"], d["attempts"], d["shop_id"]) for _, d in told] == [
        ("A", "unreadable", 1, str(connection.shop_id)), ("C", "KeyError", 5, str(connection.shop_id)),
    ]  # fmt: skip


def test_a_connection_goes_red_and_green_once_each(connection: Connection) -> None:
    consent = connection.authorisation
    for state in ("ok", "red", "red", "expiring", "ok"):
        Authorisation.objects.update(state=state)
        emit_states(consent.pk)
    told = types_and_data()
    assert [(kind, data["previous_state"]) for kind, data in told] == [
        ("connection.red", "green"), ("connection.green", "red"),
    ]  # fmt: skip


def test_a_broken_event_is_announced_and_goes_out_once_it_is_sound() -> None:
    sound = {
        "listing": {"channel": "toy", "shop_id": "1", "listing_id": "1", "item_id": "1", "variation_id": ""},
        "product": None, "units": 1, "changed_at": NOON,
    }  # fmt: skip
    with transaction.atomic():
        emit(
            [
                Event("listing.mapped", "/x", "listing", "1", sound | {"units": 0}),
                Event("listing.mapped", "/x", "listing", "1", sound),
            ]
        )
    [broken, waiting, failed] = OutboxEvent.objects.order_by("serial")
    assert (broken.flaw, waiting.flaw, failed.type) == ("Expected `int` >= 1 - at `$.units`", "", "event.failed")
    assert number_events() == 1
    assert check_again([broken.pk]) == 0
    OutboxEvent.objects.filter(pk=broken.pk).update(data=sound | {"changed_at": NOON.isoformat()})
    assert (check_again([broken.pk]), number_events()) == (1, 2)
    assert leave_out([broken.pk, uuid4()]) == 0


@pytest.mark.django_db
def test_an_event_that_was_left_out_stays_so_when_the_later_ones_have_gone() -> None:
    sound = {
        "listing": {"channel": "toy", "shop_id": "1", "listing_id": "1", "item_id": "1", "variation_id": ""},
        "product": None, "units": 1, "changed_at": NOON,
    }  # fmt: skip
    with transaction.atomic():
        emit([Event("listing.mapped", "/x", "listing", "1", sound | {"units": n}) for n in (0, 1)])
    [broken] = BrokenEvent.objects.all()
    assert leave_out([broken.pk]) == 1
    # the announcement, and the later one
    assert number_events() == 2
    OutboxEvent.objects.filter(pk=broken.pk).update(data=sound | {"changed_at": NOON.isoformat()})
    assert (check_again([broken.pk]), number_events()) == (0, 0)
