"""The outbox: an event is there exactly if its cause was committed, and its entity's versions have no gaps."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from decimal import Decimal
from threading import Event as Flag

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.db import fetch
from core.outbox import Event, OutboxEvent, emit, uuid7


def changed(entity_id: str = "1", step: int = 1, **differs: object) -> Event:
    return Event(**{
        "type": "thing.changed", "source": "/erpsync/test", "entity": "thing", "entity_id": entity_id, "data": {"step": step},
        **differs,
    })  # type: ignore[arg-type]  # fmt: skip


def stored() -> list[tuple[str, int, int]]:
    rows = OutboxEvent.objects.order_by("entity", "entity_id", "version")
    return [(e.subject, e.version, e.data["step"]) for e in rows]


@pytest.mark.django_db
def test_versions_count_the_events_of_each_entity_in_order() -> None:
    emit([changed("1", 1), changed("2", 1), changed("1", 2)])
    emit([changed("1", 3), changed("1", 4, entity="other")])
    assert stored() == [("other/1", 1, 4), ("thing/1", 1, 1), ("thing/1", 2, 2), ("thing/1", 3, 3), ("thing/2", 1, 1)]


@pytest.mark.django_db
def test_an_event_has_the_attributes_of_cloudevents() -> None:
    emit([changed(data={"amount": Decimal("129000.50"), "name": "Áo"}, shop_ids=(3, 4))])
    [event] = OutboxEvent.objects.all()
    assert (event.type, event.source, event.subject, event.shop_ids) == (
        "thing.changed",
        "/erpsync/test",
        "thing/1",
        [3, 4],
    )
    assert event.data == {"amount": "129000.50", "name": "Áo"}
    assert event.id.version == 7
    assert event.time is not None
    assert str(event) == "thing.changed thing/1 v1"


@pytest.mark.django_db
def test_many_events_are_one_statement_and_none_is_no_statement() -> None:
    for events, statements in (([changed(str(n)) for n in range(50)], 1), ([], 0)):
        with CaptureQueriesContext(connection) as queries:
            emit(events)
        assert len(queries) == statements


@pytest.mark.django_db(transaction=True)
def test_an_event_is_committed_with_its_cause_and_gone_with_its_rollback() -> None:
    with transaction.atomic():
        emit([changed(step=1)])
    with transaction.atomic():
        emit([changed(step=2)])
        transaction.set_rollback(True)
    with transaction.atomic():
        emit([changed(step=3)])
    assert stored() == [("thing/1", 1, 1), ("thing/1", 2, 3)]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_emitted() -> None:
    with pytest.raises(AssertionError, match="in the transaction of its cause"):
        emit([changed()])
    assert stored() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_entitys_lock_no_version_is_given_twice(threads: Callable[..., Future[None]]) -> None:
    emitted, go_on = Flag(), Flag()

    def slowly() -> None:
        with transaction.atomic():
            emit([changed(step=1)])
            emitted.set()
            assert go_on.wait(10)

    def meanwhile() -> None:
        with transaction.atomic():
            emit([changed(step=2)])

    first = threads(slowly)
    assert emitted.wait(10)
    second = threads(meanwhile)
    deadline = time.monotonic() + 10
    while not fetch("SELECT 1 FROM pg_locks WHERE NOT granted") and time.monotonic() < deadline:
        time.sleep(0.01)
    go_on.set()
    first.result(10)
    # the constraint of the first partition, or the unique index of a later month's
    with pytest.raises(IntegrityError, match=r"one_event_per_entity_version|core_outboxevent_\d{4}_\d{2}_version"):
        second.result(10)
    assert stored() == [("thing/1", 1, 1)]


def test_ids_sort_by_time_and_are_never_the_same() -> None:
    ids = [uuid7() for _ in range(500)]
    assert len(set(ids)) == 500
    assert [one.int >> 80 for one in ids] == sorted(one.int >> 80 for one in ids)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
