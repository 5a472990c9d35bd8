"""Whatever a channel writes is stored: texts of any length, and things that stand twice in one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commissions.models import StatementLine
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from integrations.ingest.resources import Circumstances, resources
from integrations.models import Connection
from inventory.models import Listing, ListingStock, Product, StockLevel, Warehouse
from inventory.services.shops import sync_branches
from inventory.snapshots import ChannelStock, ListingSnapshot, StockReading, WarehouseSnapshot
from orders.models import CustomerIdentity, Order, OrderLine, Parcel, Return, ReturnLine
from orders.snapshots import (
    CustomerSnapshot,
    LineSnapshot,
    OrderSnapshot,
    ParcelSnapshot,
    PosDocumentSnapshot,
    ReturnLineSnapshot,
    ReturnSnapshot,
)
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LINE = LineSnapshot("L1", "1", "2", 1, "AO-01", "Áo", "Đỏ", parcel="P1")
ORDER = OrderSnapshot(
    "A1", "to_ship", "READY", "VND", NOW, NOW, (LINE,), buyer_id="B1", parcels=(ParcelSnapshot("P1", "SPX1"),)
)
RETURN = ReturnSnapshot(
    "R1", "A1", "requested", "REQUESTED", NOW, (ReturnLineSnapshot("1", "2", 1, line_key="L1"),), tracking_number="T1"
)
LISTING = ListingSnapshot("1", "2", "AO-01", "Áo", "active", NOW, barcode="893", stock=(ChannelStock(5),))
SETTLEMENT = SettlementSnapshot(
    "S1",
    (StatementLineSnapshot("S1:fee", "commission", "Phí", Decimal(-1), "VND", NOW, "A1", "L1", "2026-W48"),),
)
CUSTOMER = CustomerSnapshot("C1", "Trần Thị B", NOW, code="KH1")
DOCUMENT = PosDocumentSnapshot("pos_order", "501", "DH1", NOW, reference="r1")
READING = StockReading("1", "W1", Decimal(5), Decimal(0), NOW)
SNAPSHOTS = (ORDER, RETURN, LISTING, SETTLEMENT, CUSTOMER, DOCUMENT, READING)
# what `wire/answers.storable` lets through
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
# our own words, of fixed lists: no text of a channel gets there
_OURS = {"status", "kind"}


@pytest.fixture
def connection() -> Connection:
    return connected()


def store(connection: Connection, *snapshots: Any) -> None:
    [resource] = {row for row in resources() if isinstance(snapshots[0], row.snapshot)}
    sources = {resource.event_id(snapshot): "sweep" for snapshot in snapshots}
    with transaction.atomic():
        resource.store(connection, snapshots, Circumstances(sources, [kind.name for kind in resource.kinds]))


def with_texts(thing: Any, text: Callable[[str], str]) -> Any:
    """Return a snapshot with another text in each of its fields that hold one, parts included."""
    changes: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, str) and field.name not in _OURS:
            changes[field.name] = text(field.name)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(with_texts(part, text) if is_dataclass(part) else part for part in value)
    return replace(thing, **changes)


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda snapshot: type(snapshot).__name__)
def test_texts_of_any_length_are_stored(connection: Connection, snapshot: Any) -> None:
    for length in (64, 101, 256, 700, 5000):
        store(connection, with_texts(snapshot, lambda name, length=length: (name + "Ấ" * length)[:length]))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(st.text(STORABLE, min_size=1, max_size=900), min_size=4, max_size=4))
@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda snapshot: type(snapshot).__name__)
def test_any_text_is_stored(connection: Connection, snapshot: Any, texts: list[str]) -> None:
    store(connection, with_texts(snapshot, lambda name: texts[len(name) % len(texts)]))


def test_ids_are_kept_whole_and_words_are_cut_with_a_flag(connection: Connection) -> None:
    tracking = ", ".join(f"SPXVN0512345678{n}" for n in range(6))
    store(
        connection,
        replace(
            ORDER, lines=(replace(LINE, sku="S" * 120, title="Á" * 600),), parcels=(ParcelSnapshot("P1", tracking),)
        ),
    )
    line = OrderLine.objects.get()
    assert (Parcel.objects.get().tracking_number, line.sku, line.title) == (tracking, "S" * 120, "Á" * 500)
    assert Order.objects.get().problems == ["text_cut", "unmapped_line"]
    store(connection, replace(LISTING, barcode="8" * 78))
    assert Listing.objects.get().barcode == "8" * 78


def test_two_long_ids_stay_two(connection: Connection) -> None:
    store(connection, replace(ORDER, lines=tuple(replace(LINE, key="K" * 300 + end) for end in "AB")))
    assert OrderLine.objects.count() == 2


# --- repeats ---


def test_what_stands_twice_in_an_answer_is_counted_once(connection: Connection) -> None:
    store(connection, *[replace(ORDER, lines=(LINE, LINE), parcels=ORDER.parcels * 2)] * 2)
    assert [(line.key, line.quantity) for line in OrderLine.objects.all()] == [("L1", 1)]
    assert Parcel.objects.count() == 1
    store(connection, *[replace(RETURN, lines=RETURN.lines * 2)] * 2)
    assert (Return.objects.count(), [line.quantity for line in ReturnLine.objects.all()]) == (1, [1])
    store(connection, *[replace(LISTING, stock=LISTING.stock * 2)] * 3)
    assert (Listing.objects.count(), ListingStock.objects.get().observed) == (1, 5)
    store(connection, *[replace(SETTLEMENT, lines=SETTLEMENT.lines * 2)] * 2)
    assert StatementLine.objects.get().amount == -1
    store(connection, CUSTOMER, CUSTOMER)
    assert CustomerIdentity.objects.filter(external_id="C1").count() == 1
    store(connection, DOCUMENT, DOCUMENT)


def test_lines_of_a_return_that_name_no_line_of_the_order_are_each_counted(connection: Connection) -> None:
    line = ReturnLineSnapshot("1", "2", 1)
    store(connection, replace(RETURN, lines=(line, line)))
    assert sum(line.quantity for line in ReturnLine.objects.all()) == 2


def test_the_book_of_a_pos_and_its_stock_are_counted_once(connection: Connection) -> None:
    shop = connection.own_shop
    shop.keeps_stock = True
    shop.save()
    sync_branches(shop, [WarehouseSnapshot("W1", "Kho"), WarehouseSnapshot("W1", "Kho")])
    store(connection, LISTING, LISTING)
    store(connection, READING, READING)
    assert (Warehouse.objects.count(), Product.objects.count()) == (1, 1)
    assert [int(level.on_hand) for level in StockLevel.objects.all()] == [5]
