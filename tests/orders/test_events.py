"""Business events of orders: what changed and the whole order, in the transaction that stored it, and none for history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.outbox import OutboxEvent
from inventory.models import Listing, Product, Shop, Warehouse
from orders.models import Order
from orders.services.events import emit_order_changes
from orders.services.receiving import Pieces, receive
from orders.services.returns import store_returns
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot, ReturnLineSnapshot, ReturnSnapshot
from tests.published import emitted

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
LINES = (LineSnapshot("1", "1", "", 1),)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="toy")


def store(shop: Shop, status: str, minute: int, *numbers: str, source: str = "webhook", **more: Any) -> None:
    at = NOON + timedelta(minutes=minute)
    fields: Mapping[str, Any] = {"lines": LINES, "version": at} | more
    snapshots = [OrderSnapshot(n, status, status.upper(), "VND", NOON, at, **fields) for n in numbers or ("A",)]
    upsert_orders(shop, snapshots, source=source)


def steps() -> list[tuple[str, str, str | None, str]]:
    """(number, what happened, status before, status) of the thin events."""
    thin = emitted("order.created", "order.changed", "order.shipped", "order.cancelled")
    return [(e.data["order"]["order_id"], e.type[6:], e.data["previous_status"], e.data["status"]) for e in thin]


def test_each_change_is_told_in_short_and_as_the_whole_order(shop: Shop) -> None:
    store(shop, "to_ship", 1, "A", "B")
    store(shop, "to_ship", 2)
    store(shop, "shipped", 3)
    store(shop, "to_ship", 4)
    store(shop, "cancelled", 5)
    assert steps() == [
        ("A", "created", None, "to_ship"), ("B", "created", None, "to_ship"), ("A", "shipped", "to_ship", "shipped"),
        ("A", "changed", "shipped", "to_ship"), ("A", "cancelled", "to_ship", "cancelled"),
    ]  # fmt: skip
    order = Order.objects.get(number="A")
    told = list(OutboxEvent.objects.filter(entity_id=str(order.pk)).order_by("version"))
    assert [(e.version, e.type, e.data["revision"]) for e in told[:4]] == [
        (1, "order.created", 1), (2, "order.normalized", 1), (3, "order.shipped", 2), (4, "order.normalized", 2),
    ]  # fmt: skip
    assert {(e.source, e.subject, tuple(e.shop_ids)) for e in told} == {
        ("/erpsync/orders", f"order/{order.pk}", (shop.pk,))
    }
    assert told[2].data["order"] == {
        "channel": "toy", "shop_id": str(shop.pk), "order_id": "A", "hub_order_id": str(order.pk),
    }  # fmt: skip
    assert told[2].data["changed"] == ["channel_status", "lines", "shipped_at", "status"]
    assert told[2].data["changed_at"] == "2026-11-11T05:03:00.000000Z"


def test_the_whole_order_has_lines_parcels_totals_and_the_buyer_apart(shop: Shop) -> None:
    product = Product.objects.create(sku="AO-01", name="Áo")
    Listing.objects.create(shop=shop, item_id="7", variation_id="8", title="Áo", product=product)
    lines = (
        LineSnapshot("x", "7", "8", 2, sku="ao", title="Áo", price=Decimal("129000.50"), paid_price=Decimal(100_000), parcel="P1"),
        LineSnapshot("y", "9", "", 0),
    )  # fmt: skip
    store(
        shop, "packed", 1, lines=lines, parcels=(ParcelSnapshot("P1", "SPX1", "SPX", "READY"),), total=Decimal(222_000),
        buyer_id="88", buyer_name="Ng***n A", recipient={"name": "Ng***n A", "phone": "****5678"}, note="gọi trước",
        cash_on_delivery=True, payment_method="COD",
    )  # fmt: skip
    [whole] = [e.data for e in emitted("order.normalized")]
    [line] = whole["lines"]
    assert (line["line_id"], line["sku"], line["channel_sku"], line["channel_item_id"], line["channel_model_id"]) == (
        "x", "AO-01", "ao", "7", "8",
    )  # fmt: skip
    assert (line["unit_price"], line["status"]) == ({"amount": "129000.5", "currency": "VND"}, "packed")
    assert whole["totals"] == {
        "goods": {"amount": "258001", "currency": "VND"},
        "buyer_paid": {"amount": "222000", "currency": "VND"},
    }
    assert whole["parcels"] == [
        {"parcel_id": "P1", "carrier": "SPX", "tracking_number": "SPX1", "status": "READY", "line_ids": ["x"]}
    ]
    assert whole["buyer"] == {"buyer_id": "88", "name": "Ng***n A"}
    assert whole["ship_to"] == {"name": "Ng***n A", "phone": "****5678", "address": None}
    assert (whole["cod"], whole["created_at"]) == (True, "2026-11-11T05:00:00.000000Z")
    thin = emitted("order.created")[0].data
    assert thin.keys() & {"buyer", "ship_to", "note"} == set()


def test_an_order_first_met_shipped_was_created_and_shipped(shop: Shop) -> None:
    store(shop, "shipped", 1)
    store(shop, "delivered", 2)
    assert [(kind, before) for _, kind, before, _ in steps()] == [
        ("created", None), ("shipped", None), ("changed", "shipped"),
    ]  # fmt: skip


def test_what_changed_but_the_status_is_told_too(shop: Shop) -> None:
    store(shop, "to_ship", 1)
    store(shop, "to_ship", 2, carrier="SPX")
    assert [(e.type, e.data["changed"]) for e in emitted("order.changed")] == [("order.changed", ["carrier"])]


def test_older_truth_and_a_repeat_emit_nothing(shop: Shop) -> None:
    store(shop, "shipped", 3)
    store(shop, "to_ship", 1)
    emit_order_changes(Order.objects.values_list("pk", flat=True))
    assert OutboxEvent.objects.count() == 3


def test_an_event_is_gone_with_the_rollback_of_its_cause(shop: Shop) -> None:
    store(shop, "to_ship", 1)
    with transaction.atomic():
        store(shop, "shipped", 2)
        transaction.set_rollback(True)
    store(shop, "packed", 3)
    assert [(kind, before, after) for _, kind, before, after in steps()] == [
        ("created", None, "to_ship"), ("changed", "to_ship", "packed"),
    ]  # fmt: skip


def test_what_a_backfill_stores_is_silent_until_something_happens(shop: Shop) -> None:
    store(shop, "to_ship", 1, source="backfill")
    store(shop, "to_ship", 2)
    assert emitted() == []
    store(shop, "shipped", 3)
    assert steps() == [("A", "shipped", "to_ship", "shipped")]
    store(shop, "delivered", 4, source="backfill")
    store(shop, "delivered", 5)
    assert len(steps()) == 1
    store(shop, "completed", 6)
    assert steps()[1:] == [("A", "changed", "shipped", "completed")]


@pytest.mark.parametrize(("since", "events"), [(NOON + timedelta(seconds=1), 0), (NOON, 2), (None, 2)])
def test_orders_placed_before_stock_is_counted_are_silent(shop: Shop, since: datetime | None, events: int) -> None:
    shop.stock_since = since
    shop.save()
    store(shop, "to_ship", 1)
    assert len(emitted()) == events


def test_an_unknown_status_is_called_so_and_an_order_that_breaks_the_schema_is_announced(shop: Shop) -> None:
    store(shop, "", 1)
    assert steps() == [("A", "created", None, "unknown")]
    upsert_orders(shop, [OrderSnapshot("B", "to_ship", "", "vnd", NOON, NOON, LINES)], source="webhook")
    [failed] = emitted("event.failed")
    whole = OutboxEvent.objects.get(type="order.normalized", data__order__order_id="B")
    assert failed.data == {
        "event_id": str(whole.pk), "type": "order.normalized", "entity": "order", "entity_id": whole.entity_id, "version": 2,
        "flaw": whole.flaw,
    }  # fmt: skip
    assert "$.lines[0].paid_price.currency" in whole.flaw


def test_an_order_is_announced_once_when_it_may_be_picked_and_its_lines_are_mapped(shop: Shop) -> None:
    listing = Listing.objects.create(shop=shop, item_id="1", variation_id="", title="Áo")
    line = LineSnapshot("1", "1", "", 2, title="Áo", price=Decimal("129000.50"))
    theirs = LineSnapshot("2", "9", "", 1, fulfilled_by="platform")
    buyer = {"buyer_id": "88", "buyer_name": "Ng***n A", "recipient": {"name": "Ng***n A", "phone": "****5678"}}
    for minute, status in enumerate(("unpaid", "to_ship")):
        store(shop, status, minute, lines=(line, theirs), total=Decimal(258_001), **buyer)
    assert emitted("new_order") == []
    listing.product = Product.objects.create(sku="AO-01", name="Áo")
    listing.save()
    store(shop, "to_ship", 2, lines=(line, theirs), total=Decimal(258_001), cash_on_delivery=True, **buyer)
    for minute, status in enumerate(("packed", "to_ship", "cancelled"), 3):
        store(shop, status, minute, lines=(line, theirs), total=Decimal(258_001), cash_on_delivery=True, **buyer)
    [event] = emitted("new_order")
    order = Order.objects.get()
    assert (event.subject, event.shop_ids) == (f"order/{order.pk}", [shop.pk])
    told = event.data
    assert (told["event"], told["order_number"], told["channel_order_id"]) == ("new_order", f"toy-{shop.pk}-A", "A")
    vnd = {"amount": "258001", "currency": "VND"}
    assert told["lines"] == [
        {"line_id": "1", "sku": "AO-01", "name": "Áo", "quantity": 2, "unit_price": {"amount": "129000.5", "currency": "VND"},
         "line_total": vnd}
    ]  # fmt: skip
    assert told["payment"] == {"method": None, "cod": True, "paid_at": None, "to_collect": vnd}
    assert told["customer"] == {"customer_id": "88", "name": "Ng***n A"}
    # the whole order is the last event each time: retention keeps an order's newest
    rows = list(OutboxEvent.objects.order_by("version"))
    assert [(row.type, row.data.get("ready_at")) for row in rows[4:8]] == [
        ("order.changed", None), ("new_order", told["ready_at"]), ("order.normalized", told["ready_at"]), ("order.changed", None),
    ]  # fmt: skip
    assert rows[-1].data["ready_at"] == told["ready_at"]


@pytest.mark.parametrize(
    ("status", "line"),
    [("packed", {}), ("to_ship", {"status": "cancelled"}), ("to_ship", {"fulfilled_by": "platform"})],
)
def test_an_order_of_which_nothing_may_be_picked_is_not_announced(shop: Shop, status: str, line: Any) -> None:
    product = Product.objects.create(sku="AO-01", name="Áo")
    Listing.objects.create(shop=shop, item_id="1", variation_id="", title="Áo", product=product)
    store(shop, status, 1, lines=(LineSnapshot("1", "1", "", 1, **line),))
    assert [row.type for row in emitted()] == ["order.created", "order.normalized"]


def test_any_number_of_orders_takes_two_statements(shop: Shop) -> None:
    store(shop, "to_ship", 1, *(f"N{n}" for n in range(30)))
    Order.objects.update(carrier="SPX")
    with CaptureQueriesContext(connection) as queries:
        emit_order_changes(Order.objects.values_list("pk", flat=True))
    assert len([q for q in queries if "core_outboxevent" in q["sql"]]) == 2
    assert OutboxEvent.objects.count() == 120


def back(status: str, minute: int) -> ReturnSnapshot:
    lines = (ReturnLineSnapshot("1", "", 1, sku="AO", refund=Decimal(9)),)
    at = NOON + timedelta(minutes=minute)
    return ReturnSnapshot("R1", "A", status, status.upper(), at, lines, refund=Decimal(9), note="số nhà 12")


def test_a_return_is_told_when_it_is_made_changes_and_is_received(shop: Shop) -> None:
    product = Product.objects.create(sku="AO", name="Áo")
    Listing.objects.create(shop=shop, item_id="1", title="Áo", product=product)
    store(shop, "delivered", 1)
    store_returns(shop, [back("requested", 2)], source="webhook")
    store_returns(shop, [back("requested", 3)], source="webhook")
    store_returns(shop, [back("approved", 4)], source="webhook")
    [line] = Order.objects.get().returns.get().lines.all()
    receive(
        line.ret_id,
        {line.pk: Pieces(damaged=line.quantity)},
        warehouse_id=Warehouse.objects.create(name="Kho").pk,
        put_back=False,
        actor_id=None,
    )
    told = emitted("return.created", "return.changed", "return.received")
    assert [(e.type, e.data["previous_status"], e.data["status"], e.data["lines"][0]["condition"]) for e in told] == [
        ("return.created", None, "requested", ""), ("return.changed", "requested", "approved", ""),
        ("return.received", "approved", "approved", "damaged"),
    ]  # fmt: skip
    assert "số nhà" not in str([e.data for e in told])


def test_a_return_of_a_backfill_is_silent(shop: Shop) -> None:
    store_returns(shop, [back("requested", 2)], source="backfill")
    assert emitted() == []
