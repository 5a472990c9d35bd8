"""Storing orders late, twice and out of order: rules 2, 3 and 5 of the design, on the real database."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.db import fetch
from core.results import ReadRequest, Stored
from inventory.models import Listing, ListingStock, Product, Reservation, Shop, StockLevel, Warehouse
from inventory.services.readings import post_movement
from orders.models import Order, OrderLine, Parcel, StatusChange
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot
from tests.conftest import Start

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    warehouse = Warehouse.objects.create(name="Kho chính")
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    shop.sells_from.add(warehouse)
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    Listing.objects.create(shop=shop, item_id="1", title="Áo thun", product=product)
    level = StockLevel.objects.create(product=product, warehouse=warehouse)
    post_movement(level.id, Decimal(100), kind="opening", note="", actor_id=None)
    return shop


def snapshot(
    number: str,
    status: str,
    minute: int,
    quantity: int = 2,
    *,
    item: str = "1",
    asked: int | None = None,
    sku: str = "",
) -> OrderSnapshot:
    return OrderSnapshot(
        number=number,
        status=status,
        channel_status=status.upper() or "MYSTERY",
        currency="VND",
        placed_at=NOW,
        asked_at=NOW + timedelta(minutes=minute if asked is None else asked),
        version=NOW + timedelta(minutes=minute),
        lines=(LineSnapshot("1", item, "", quantity, sku=sku, price=Decimal(90000)),),
        parcels=(ParcelSnapshot("P1", "SPX1"),),
    )


def store(shop: Shop, *snapshots: OrderSnapshot) -> Stored:
    with transaction.atomic():
        return upsert_orders(shop, snapshots, source="webhook")


def stock() -> tuple[int, int]:
    level = StockLevel.objects.get()
    return int(level.on_hand), int(level.reserved)


def test_every_order_of_the_same_truths_ends_alike(shop: Shop) -> None:
    truths = [("to_ship", 1), ("packed", 2), ("shipped", 3)]
    for turn, order in enumerate(permutations(truths)):
        for status, minute in order * 2:
            store(shop, snapshot(f"A{turn}", status, minute))
    assert set(Order.objects.values_list("status", flat=True)) == {"shipped"}
    assert stock() == (100 - 2 * 6, 0)


def test_older_truth_is_refused_and_equal_truth_goes_by_when_we_asked(shop: Shop) -> None:
    store(shop, snapshot("A", "packed", 5))
    assert store(shop, snapshot("A", "to_ship", 4, asked=9)).stale == {"A"}
    assert store(shop, snapshot("A", "cancelled", 5, asked=6)).stale == frozenset()
    assert Order.objects.get().status == "cancelled"
    assert stock() == (100, 0)


def test_history_parcels_and_wanted_follow(shop: Shop) -> None:
    store(shop, snapshot("A", "to_ship", 1))
    store(shop, snapshot("A", "to_ship", 2))
    store(shop, snapshot("A", "shipped", 3))
    assert list(StatusChange.objects.values_list("before", "after")) == [("", "to_ship"), ("to_ship", "shipped")]
    assert Order.objects.get().parcels.get().tracking_number == "SPX1"
    assert ListingStock.objects.get().wanted == 98


def test_a_line_that_is_gone_lets_go(shop: Shop) -> None:
    store(shop, snapshot("A", "to_ship", 1))
    other = LineSnapshot("2", "1", "", 1)
    store(shop, replace(snapshot("A", "to_ship", 2), lines=(other,)))
    assert list(OrderLine.objects.values_list("key", "quantity")) == [("1", 0), ("2", 1)]
    assert stock() == (100, 1)


@pytest.mark.parametrize("status", ["to_ship", "packed", "shipped", ""])
def test_a_live_order_that_is_told_without_lines_stays_as_it_is(shop: Shop, status: str) -> None:
    store(shop, snapshot("A", "to_ship", 1))
    stored = store(shop, replace(snapshot("A", status, 2), lines=()))
    assert (stored.incomplete, stored.stale) == ({"A"}, frozenset())
    order = Order.objects.get()
    assert (order.status, order.has_problem, order.problems) == ("to_ship", True, ["no_lines"])
    assert (OrderLine.objects.get().quantity, stock()) == (2, (100, 2))
    # the whole answer that follows is taken, though it may be of the same time
    store(shop, snapshot("A", "to_ship", 2))
    assert (Order.objects.get().problems, stock()) == ([], (100, 2))


@pytest.mark.parametrize("status", ["to_ship", "completed", "cancelled"])
def test_an_order_that_was_never_told_with_lines_is_stored_and_asked_for_again(shop: Shop, status: str) -> None:
    bare = replace(snapshot("A", status, 1), lines=())
    stored = store(shop, bare)
    assert (stored.hollow, stored.incomplete, stored.stale) == ({"A"}, frozenset(), frozenset())
    assert Order.objects.get().status == status
    # the whole answer that follows may be of the same time
    assert not store(shop, snapshot("A", status, 1, asked=2)).hollow
    assert OrderLine.objects.get().quantity == 2


def test_a_cancellation_without_lines_lets_all_go(shop: Shop) -> None:
    store(shop, snapshot("A", "to_ship", 1))
    stored = store(shop, replace(snapshot("A", "cancelled", 2), lines=()))
    assert not stored.incomplete | stored.hollow
    assert list(OrderLine.objects.values_list("quantity", "status")) == [(2, "cancelled")]
    assert stock() == (100, 0)


def test_history_without_lines_is_asked_for_again(shop: Shop) -> None:
    store(shop, snapshot("A", "to_ship", 1))
    with transaction.atomic():
        stored = upsert_orders(shop, [replace(snapshot("A", "packed", 2), lines=())], source="backfill", history=True)
    assert stored.wanted == {ReadRequest("order", "A", "A")}


def test_parcels_that_are_no_longer_named_are_replaced(shop: Shop) -> None:
    def current() -> list[str]:
        return list(Parcel.objects.filter(replaced_at=None).values_list("number", flat=True))

    store(shop, snapshot("A", "packed", 1), snapshot("B", "packed", 1))
    store(shop, replace(snapshot("A", "packed", 2), parcels=()))
    assert current() == ["P1", "P1"]
    store(shop, replace(snapshot("A", "packed", 3), parcels=(ParcelSnapshot("P2"), ParcelSnapshot("P3"))))
    assert current() == ["P1", "P2", "P3"]
    assert Parcel.objects.get(order__number="A", number="P1").tracking_number == "SPX1"
    store(shop, snapshot("A", "packed", 4))
    assert current() == ["P1", "P1"]


def test_an_unknown_status_is_kept_flagged_and_holds(shop: Shop) -> None:
    store(shop, snapshot("A", "", 1))
    order = Order.objects.get()
    assert (order.status, order.channel_status, order.problems) == ("", "MYSTERY", ["unknown_status"])
    assert stock() == (100, 2)


def test_an_unmapped_line_is_held_softly_and_flagged(shop: Shop) -> None:
    store(shop, snapshot("A", "to_ship", 1, item="77", sku="AO-01"), snapshot("B", "to_ship", 1, item="78"))
    assert {o.number: o.problems for o in Order.objects.all()} == {"A": ["unmapped_line"], "B": ["unmapped_line"]}
    assert list(Reservation.objects.values_list("order_number", "quantity", "is_soft")) == [("A", 2, True)]


@pytest.mark.parametrize(
    ("status", "placed", "quantity", "problems"),
    [
        ("completed", 0, 2, ["unmapped_line"]),
        ("completed", -1, 2, []),
        ("to_ship", -1, 2, ["unmapped_line"]),
        ("cancelled", 0, 2, []),
        ("to_ship", 0, 0, []),
    ],
)
def test_an_unmapped_line_is_a_problem_while_a_product_would_move_stock(
    shop: Shop, status: str, placed: int, quantity: int, problems: list[str]
) -> None:
    """Called off, or shipped before stock was counted: nobody has to map it, and the list of problems gets empty."""
    shop.stock_since = NOW
    told = replace(snapshot("A", status, 2, quantity, item="77"), placed_at=NOW + timedelta(days=placed))
    store(shop, told)
    assert (Order.objects.get().problems, Order.objects.get().has_problem) == (problems, bool(problems))
    before = replace(snapshot("B", "to_ship", 1, item="77"), placed_at=NOW + timedelta(days=placed))
    store(shop, before)
    store(shop, replace(told, number="B"))
    assert Order.objects.get(number="B").problems == problems


def test_a_line_keeps_the_product_it_was_first_mapped_to(shop: Shop) -> None:
    store(shop, snapshot("A", "to_ship", 1))
    Listing.objects.update(product=Product.objects.create(sku="X", name="Khác"))
    store(shop, snapshot("A", "shipped", 2))
    assert OrderLine.objects.get().product.sku == "AO-01"
    assert StockLevel.objects.get(product__sku="AO-01").on_hand == 98


def test_the_number_of_queries_does_not_depend_on_the_number_of_orders(shop: Shop) -> None:
    counts = []
    # the first sale of a listing makes the row of what it shows
    store(shop, snapshot("first", "to_ship", 1, 1))
    for size in (1, 300):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            store(shop, *(snapshot(f"{size}-{n}", "to_ship", 1, 1) for n in range(size)))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_a_new_order_that_another_transaction_stores_first_is_updated(shop: Shop, threads: Start) -> None:
    def insert_waits() -> bool:
        return bool(fetch("SELECT FROM pg_locks WHERE NOT granted"))

    with transaction.atomic():
        upsert_orders(shop, [snapshot("A", "to_ship", 1)], source="webhook")
        newer = threads(store, shop, snapshot("A", "packed", 2), snapshot("B", "to_ship", 1))
        older = threads(store, shop, snapshot("A", "unpaid", 0))
        deadline = time.monotonic() + 20
        while not insert_waits() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert (newer.result(20).stale, older.result(20).stale) == (frozenset(), frozenset("A"))
    assert dict(Order.objects.values_list("number", "status")) == {"A": "packed", "B": "to_ship"}
    assert OrderLine.objects.count() == 2
    assert list(StatusChange.objects.filter(order__number="A").values_list("before", "after")) == [
        ("", "to_ship"), ("to_ship", "packed"),
    ]  # fmt: skip
    assert stock() == (100, 4)
