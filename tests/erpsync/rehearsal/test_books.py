"""The books are read from the hub's own tables, and broken invariants are found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from erpsync.rehearsal.books import read_books
from erpsync.rehearsal.shapes import Order as Told
from integrations import inbox
from integrations.inbox.store import Incoming, Outcome
from integrations.models import AppRegistration, Authorisation, Command, Connection, InboxEvent
from inventory.models import Listing, ListingStock, Product, Reservation, Shop, StockLevel, StockMovement, Warehouse
from orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)
LATER = datetime(2099, 1, 1, tzinfo=UTC)


class Hub:
    """A POS with one branch, a marketplace shop with one order of two shirts, and a shirt on the shelf."""

    def __init__(self) -> None:
        self.pos = Shop.objects.create(name="Cửa hàng", channel="kiotviet", keeps_stock=True)
        self.shop = Shop.objects.create(name="Gian hàng", channel="shopee")
        apps = [AppRegistration.objects.create(channel=shop.channel, name="x") for shop in (self.pos, self.shop)]
        self.connections = [
            Connection.objects.create(
                authorisation=Authorisation.objects.create(app=app), shop=shop, external_id=number
            )
            for app, shop, number in zip(apps, (self.pos, self.shop), ("retailer", "900"), strict=True)
        ]
        self.app = apps[1]
        self.branch = Warehouse.objects.create(name="Kho chính", shop=self.pos, external_id="1")
        self.product = Product.objects.create(sku="AO-01", name="Áo thun")
        self.listing = Listing.objects.create(shop=self.shop, item_id="1", title="Áo", product=self.product)
        self.level = StockLevel.objects.create(product=self.product, warehouse=self.branch, on_hand=7)
        StockMovement.objects.create(level=self.level, quantity=7, kind="opening")
        self.order = Order.objects.create(
            shop=self.shop, number="A1", status="to_ship", channel_status="READY_TO_SHIP", placed_at=NOON, asked_at=NOON
        )
        self.line = OrderLine.objects.create(
            order=self.order, key="1", item_id="1", quantity=2, listing=self.listing, product=self.product
        )

    @property
    def connection(self) -> Connection:
        return self.connections[1]

    def say(self, *numbers: str) -> None:
        inbox.add([Incoming(self.app.pk, self.connection.pk, "order", number, "webhook") for number in numbers])

    def work_off(self, limit: int) -> None:
        claimed = inbox.claim(self.connection.pk, limit=limit, seconds=60)
        assert claimed
        inbox.finish([Outcome(event.id, "processed") for event in claimed.events])

    def fulfil(self, reference: str, kind: str, state: str) -> None:
        Command.objects.create(
            order=self.order, kind=kind, target=self.connections[0], reference=reference, state=state
        )


@pytest.fixture
def hub() -> Hub:
    return Hub()


def test_orders_and_stock_as_the_hub_tells_them(hub: Hub) -> None:
    books = read_books(LATER)
    assert books.orders == {
        ("shopee", "900", "A1"): Told("to_ship", {"AO-01": Decimal(2)}, Order.objects.get().created_at)
    }
    assert books.stock == {("AO-01", "Kho chính"): Decimal(7)}
    assert (books.doubled, books.unsound) == ((), ())
    assert set(books.waiting.values()) == {0}


def test_an_order_with_an_unmapped_line_has_no_known_lines_and_one_of_quantity_zero_no_line(hub: Hub) -> None:
    zero = OrderLine.objects.create(order=hub.order, key="2", item_id="9", quantity=0)
    assert read_books(LATER).orders["shopee", "900", "A1"].lines == {"AO-01": Decimal(2)}
    OrderLine.objects.filter(pk=zero.pk).update(quantity=1)
    assert read_books(LATER).orders["shopee", "900", "A1"].lines is None


def test_events_are_counted_as_often_as_they_were_said(hub: Hub) -> None:
    hub.say("A1")
    hub.say("A1", "A1")
    hub.say("B2")
    hub.work_off(1)
    books = read_books(LATER)
    assert books.events == {
        "processed": 1, "duplicate": 2, "ignored": 0, "pending": 1, "dead_letter": 0, "received": 4,
    }  # fmt: skip
    assert books.waiting["events"] == 1
    done = InboxEvent.objects.get(state="processed")
    assert done.finished_at is not None
    assert books.order_waits == [(done.finished_at - done.received_at).total_seconds()]
    assert read_books(done.received_at - timedelta(seconds=1)).order_waits == []
    hub.order.delete()
    assert read_books(LATER).order_waits == [], "what no buyer placed is no order"


def test_a_reading_that_waits_for_the_next_sweep_is_nothing_to_wait_for(hub: Hub) -> None:
    hub.say("A1")
    InboxEvent.objects.update(due_at=datetime.now(UTC) + timedelta(minutes=5))
    books = read_books(LATER)
    assert (books.waiting["events"], books.events["pending"]) == (0, 1)


def test_unfinished_numbers_and_commands_are_work_left(hub: Hub) -> None:
    shown = ListingStock.objects.create(listing=hub.listing, wanted=5, expected=7, published=7)
    hub.fulfil("r1", "pos_order", "sent")
    hub.fulfil("r2", "pos_invoice", "refused")
    hub.fulfil("r3", "crm_order", "refused")
    waiting = read_books(LATER).waiting
    assert waiting["stock numbers to push"] == 1
    assert read_books(LATER).shown == {("shopee", "900", "1", ""): 7}
    assert waiting["commands without an outcome"] == 1
    assert waiting["documents the POS refused"] == 1
    assert waiting["writes the customer book refused"] == 1
    ListingStock.objects.filter(pk=shown.pk).update(promotion_reserved=6)
    assert read_books(LATER).waiting["stock numbers to push"] == 0, (
        "a campaign holds more than there is: no push can help"
    )


def test_books_that_do_not_add_up_are_found(hub: Hub) -> None:
    Reservation.objects.create(shop=hub.shop, order_number="A1", line_key="1", level=hub.level, quantity=2)
    StockLevel.objects.update(on_hand=6, reserved=3)
    Order.objects.update(status="cancelled")
    assert read_books(LATER).unsound == (
        "on hand is not the sum of movements (AO-01: 6, 7)",
        "reserved is not the sum of reservations (AO-01: 3, 2)",
        "units are held for an order that is over (A1: cancelled, 2)",
    )


def test_documents_and_deductions_that_happened_twice_are_found(hub: Hub) -> None:
    hub.fulfil("r1", "pos_order", "done")
    for _ in range(2):
        StockMovement.objects.create(
            level=hub.level, quantity=-2, kind="sale", shop=hub.shop, order_number="A1", line_key="1"
        )
    assert read_books(LATER).doubled == ("deduction of A1 2 times",)
    hub.fulfil("r2", "pos_order", "done")
    assert read_books(LATER).doubled == ("deduction of A1 2 times", "pos_order of A1 2 times")


def test_an_order_taken_back_and_written_again_is_not_doubled(hub: Hub) -> None:
    for reference, kind in (("r1", "pos_order"), ("r2", "pos_void"), ("r3", "pos_order")):
        hub.fulfil(reference, kind, "done")
    assert read_books(LATER).doubled == ()
