"""Retention drops months of events that nobody needs; versions, comparisons and feed positions go on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from core import partitions
from core.db import execute, fetch
from core.feed import feed_position, number_events
from core.outbox import Event, LastEvent, OutboxEvent, emit
from integrations.events.feed import is_complete_after
from integrations.events.retention import TABLE, drop_old_events
from integrations.models import EventDelivery, EventSink
from orders.models import Order
from orders.services.upsert import upsert_orders
from tests.integrations.toy import connected, order

pytestmark = pytest.mark.django_db
OLD, OLDER = datetime(2026, 2, 15, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def months() -> None:
    """A table that was partitioned in January 2026, with every month since."""
    execute("DROP TABLE core_outboxevent_before")
    # those that the database was made with: a run that crosses a month's end has that of today among them
    first = min(p.end for p in partitions.partitions(TABLE) if p.end is not None)
    month = partitions.month_of(OLDER)
    while partitions.month_after(month) < first:
        partitions._make(TABLE, month)
        month = partitions.month_after(month)


def thing(entity_id: str) -> Event:
    return Event("thing.changed", "/erpsync/test", "thing", entity_id, {"a": 1})


def age(at: datetime) -> None:
    """Number what is there, and let it be of another time."""
    number_events()
    execute("UPDATE core_outboxevent SET time = %s WHERE time > '2026-03-01'", at)


def test_months_that_nobody_needs_are_dropped_and_versions_go_on() -> None:
    emit([thing("1"), thing("1"), thing("2")])
    age(OLDER)
    emit([thing("2")])
    age(OLD)
    emit([thing("3")])
    number_events()
    assert drop_old_events(days=31)[:2] == ["core_outboxevent_2026_01", "core_outboxevent_2026_02"]
    assert list(LastEvent.objects.order_by("entity_id").values_list("entity_id", "version")) == [("1", 2), ("2", 2)]
    assert feed_position() == 5
    assert [is_complete_after(at, days=30) for at in (0, 3, 4, 5, 6)] == [False, False, True, True, False]
    emit([thing("1"), thing("2"), thing("3"), thing("4")])
    newest = OutboxEvent.objects.order_by("serial").values_list("entity_id", "version")
    assert list(newest) == [("3", 1), ("1", 3), ("2", 3), ("3", 2), ("4", 1)]
    assert drop_old_events(days=31) == []


@pytest.mark.parametrize("need", ["number", "sink", "delivery"])
def test_a_month_that_somebody_needs_stays(need: str) -> None:
    emit([thing("1")])
    age(OLDER)
    event = OutboxEvent.objects.get()
    sink = EventSink.objects.create(kind="webhook", name="s", cursor=0 if need == "sink" else 9)
    if need == "number":
        execute("UPDATE core_outboxevent SET position = NULL")
    if need == "delivery":
        EventDelivery.objects.create(
            sink=sink, event_id=event.pk, type=event.type, entity="thing", entity_id="1", position=1
        )
    assert drop_old_events(days=31) == []
    sink.delete()
    execute("UPDATE core_outboxevent SET position = 1")
    assert "core_outboxevent_2026_01" in drop_old_events(days=31)


def test_an_order_is_compared_with_its_last_event_though_that_was_dropped() -> None:
    shop = connected().own_shop
    now = timezone.now()
    upsert_orders(shop, [order("A", now)], source="webhook")
    sold = Order.objects.get()
    age(OLDER)
    drop_old_events(days=31)
    assert OutboxEvent.objects.count() == 0
    upsert_orders(shop, [order("A", timezone.now())], source="webhook")
    assert OutboxEvent.objects.count() == 0
    upsert_orders(shop, [order("A", timezone.now(), status="packed")], source="webhook")
    told = OutboxEvent.objects.filter(entity_id=str(sold.pk)).order_by("version")
    assert [(e.type, e.version, e.data["revision"]) for e in told] == [
        ("order.changed", 3, 2), ("order.normalized", 4, 2)
    ]  # fmt: skip
    assert told[0].data["previous_status"] == "to_ship"
    assert fetch("SELECT count(*) FROM core_lastevent") == [(1,)]
