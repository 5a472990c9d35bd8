"""Partitions of the outbox: the table of before becomes one as it stands, months are made ahead, and what was caught is put right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.db import execute, fetch
from core.migrations import _outbox_partitions as migration
from core.outbox import Event, OutboxEvent, emit
from core.partitions import ensure_months, expired, month_after, month_of, partitions

pytestmark = pytest.mark.django_db
TABLE = "core_outboxevent"

EDITOR = SimpleNamespace(connection=connection)


def changed(entity_id: str = "1") -> Event:
    return Event("thing.changed", "/erpsync/test", "thing", entity_id, {"a": 1})


def rows() -> list[tuple[object, ...]]:
    return fetch("SELECT e::text FROM core_outboxevent e ORDER BY serial")


def test_a_filled_table_is_converted_there_and_back_without_a_loss() -> None:
    migration.in_one_table(None, EDITOR)
    assert partitions(TABLE) == []
    emit([changed("1"), changed("2"), changed("1")])
    execute("UPDATE core_outboxevent SET time = '2024-02-29 12:00+00' WHERE entity_id = '2'")
    before = rows()
    migration.partition(None, EDITOR)
    assert rows() == before
    assert fetch("SELECT count(*) FROM core_outboxevent_before") == [(3,)]
    emit([changed("1"), changed("2")])
    assert [e.version for e in OutboxEvent.objects.order_by("serial")] == [1, 1, 2, 3, 2]
    migration.in_one_table(None, EDITOR)
    assert rows()[:3] == before
    migration.partition(None, EDITOR)
    assert len(rows()) == 5


def test_months_are_made_ahead_once() -> None:
    migration.in_one_table(None, EDITOR)
    migration.partition(None, EDITOR)
    ends = [p.end for p in partitions(TABLE)]
    month = month_after(month_of(timezone.now()))
    assert ends == [month, month_after(month), month_after(month_after(month)), None]
    assert ensure_months(TABLE) == []
    assert len(ensure_months(TABLE, ahead=4)) == 2


def test_what_came_before_its_month_was_made_is_caught_and_put_there() -> None:
    emit([changed()])
    late = timezone.now() + timedelta(days=100)
    execute("UPDATE core_outboxevent SET time = %s", late)
    assert fetch("SELECT count(*) FROM core_outboxevent_default") == [(1,)]
    name = ensure_months(TABLE, ahead=4)[-1 if month_of(late) == _months(4) else 0]
    assert fetch(f"SELECT count(*) FROM {name}") == [(1,)]
    assert fetch("SELECT count(*) FROM core_outboxevent_default") == [(0,)]
    assert OutboxEvent.objects.get().time == late


def _months(ahead: int) -> datetime:
    month = month_of(timezone.now())
    for _ in range(ahead):
        month = month_after(month)
    return month


def test_a_partition_refuses_a_version_a_position_and_an_id_twice() -> None:
    emit([changed("1"), changed("2")])
    first, second = OutboxEvent.objects.order_by("serial")
    OutboxEvent.objects.filter(pk=first.pk).update(position=7)
    for twice in ({"entity_id": "1"}, {"position": 7}, {"id": first.pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OutboxEvent.objects.filter(pk=second.pk).update(**twice)


def test_a_month_ends_where_the_next_begins() -> None:
    assert month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == datetime(2026, 11, 1, tzinfo=UTC)
    assert month_after(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert expired(TABLE, days=31) == []
