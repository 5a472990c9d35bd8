"""Business events of orders: one per change of status, in the transaction that stored it, and none for history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from core.outbox import OutboxEvent
from inventory.models import Shop
from orders.models import Order
from orders.services.events import emit_status_changes
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="toy")


def store(shop: Shop, status: str, minute: int, *numbers: str, source: str = "webhook") -> None:
    at = NOON + timedelta(minutes=minute)
    lines = (LineSnapshot("1", "1", "", 1),)
    snapshots = [
        OrderSnapshot(n, status, status.upper(), "VND", NOON, at, lines, version=at) for n in numbers or ("A",)
    ]
    upsert_orders(shop, snapshots, source=source)


def emitted() -> list[tuple[str, int, str, str]]:
    rows = OutboxEvent.objects.order_by("entity_id", "version")
    return [(e.data["order"]["number"], e.version, e.data["previous_status"], e.data["status"]) for e in rows]


def test_each_change_of_status_is_one_event_with_the_next_version(shop: Shop) -> None:
    store(shop, "to_ship", 1, "A", "B")
    store(shop, "to_ship", 2)
    store(shop, "shipped", 3)
    store(shop, "to_ship", 4)
    assert emitted() == [("A", 1, "", "to_ship"), ("A", 2, "to_ship", "shipped"), ("A", 3, "shipped", "to_ship"),
                         ("B", 1, "", "to_ship")]  # fmt: skip
    event = OutboxEvent.objects.get(version=2)
    order = Order.objects.get(number="A")
    assert (event.type, event.source, event.subject) == ("order.status_changed", "/erpsync/orders", f"order/{order.pk}")
    assert (event.shop_ids, event.data["channel_status"]) == ([shop.pk], "SHIPPED")
    assert event.data["order"] == {"shop_id": shop.pk, "channel": "toy", "number": "A"}
    assert datetime.fromisoformat(event.data["changed_at"]) == NOON + timedelta(minutes=3)


def test_older_truth_and_a_repeat_emit_nothing(shop: Shop) -> None:
    store(shop, "shipped", 3)
    store(shop, "to_ship", 1)
    emit_status_changes(Order.objects.values_list("pk", flat=True))
    assert emitted() == [("A", 1, "", "shipped")]


def test_an_event_is_gone_with_the_rollback_of_its_cause(shop: Shop) -> None:
    store(shop, "to_ship", 1)
    with transaction.atomic():
        store(shop, "shipped", 2)
        transaction.set_rollback(True)
    store(shop, "packed", 3)
    assert emitted() == [("A", 1, "", "to_ship"), ("A", 2, "to_ship", "packed")]


def test_what_a_backfill_stores_is_silent_until_something_happens(shop: Shop) -> None:
    store(shop, "to_ship", 1, source="backfill")
    store(shop, "to_ship", 2)
    assert emitted() == []
    store(shop, "shipped", 3)
    assert emitted() == [("A", 1, "to_ship", "shipped")]
    store(shop, "delivered", 4, source="backfill")
    store(shop, "delivered", 5)
    store(shop, "completed", 6)
    assert emitted() == [("A", 1, "to_ship", "shipped"), ("A", 2, "delivered", "completed")]


@pytest.mark.parametrize(("since", "events"), [(NOON + timedelta(seconds=1), 0), (NOON, 1), (None, 1)])
def test_orders_placed_before_stock_is_counted_are_silent(shop: Shop, since: datetime | None, events: int) -> None:
    shop.stock_since = since
    shop.save()
    store(shop, "to_ship", 1)
    assert len(emitted()) == events


def test_an_unknown_status_is_emitted_as_such(shop: Shop) -> None:
    store(shop, "to_ship", 1)
    store(shop, "", 2)
    assert emitted()[-1] == ("A", 2, "to_ship", "")
