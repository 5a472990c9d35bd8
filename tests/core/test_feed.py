"""The feed position: dense, in commit order, with nothing skipped while writers come, wait and roll back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Event as Flag

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.db import execute, fetch
from core.feed import EPOCH_POSITIONS, EPOCH_VERSIONS, NUMBERING_LOCK, begin_epoch, feed_position, number_events
from core.outbox import Event, OutboxEvent, emit
from prove import feed


def happened(thing: str = "1") -> Event:
    return Event("thing.changed", "/erpsync/test", "thing", thing, {})


def placed() -> list[tuple[str, int, int | None]]:
    return list(OutboxEvent.objects.order_by("serial").values_list("entity_id", "version", "position"))


@pytest.mark.django_db
def test_positions_are_dense_and_go_on_after_the_rows_are_gone() -> None:
    emit([happened("1"), happened("2"), happened("1")])
    assert (feed_position(), number_events(limit=2), number_events(), number_events()) == (0, 2, 1, 0)
    assert placed() == [("1", 1, 1), ("2", 1, 2), ("1", 2, 3)]
    assert feed_position() == 3
    OutboxEvent.objects.all().delete()
    emit([happened("3")])
    number_events()
    assert placed() == [("3", 1, 4)]


@pytest.mark.django_db
def test_a_lost_counter_is_made_anew_from_the_rows() -> None:
    emit([happened(), happened()])
    number_events()
    execute("DELETE FROM core_feed")
    emit([happened()])
    number_events()
    assert [position for *_, position in placed()] == [1, 2, 3]


@pytest.mark.django_db
def test_what_follows_a_broken_event_of_the_same_thing_waits_until_a_person_leaves_it_out() -> None:
    emit([happened("1"), happened("1"), happened("1"), happened("2")])
    OutboxEvent.objects.filter(entity_id="1", version=2).update(flaw="$.order")
    number_events()
    assert placed() == [("1", 1, 1), ("1", 2, None), ("1", 3, None), ("2", 1, 2)]
    OutboxEvent.objects.filter(flaw="$.order").update(is_left_out=True)
    number_events()
    assert placed() == [("1", 1, 1), ("1", 2, None), ("1", 3, 3), ("2", 1, 2)]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_numbered_late_and_not_skipped(threads: Callable[..., Future[None]]) -> None:
    written, go_on = Flag(), Flag()

    def slowly() -> None:
        with transaction.atomic():
            emit([happened("slow")])
            written.set()
            assert go_on.wait(10)

    slow = threads(slowly)
    assert written.wait(10)
    with transaction.atomic():
        emit([happened("fast")])
    assert number_events() == 1
    go_on.set()
    slow.result(10)
    assert number_events() == 1
    assert placed() == [("slow", 1, 2), ("fast", 1, 1)]


@pytest.mark.django_db(transaction=True)
def test_while_one_process_numbers_another_does_not_wait(threads: Callable[..., Future[int]]) -> None:
    with transaction.atomic():
        emit([happened()])
    with transaction.atomic():
        fetch("SELECT pg_advisory_xact_lock(%s)", NUMBERING_LOCK)
        assert threads(number_events).result(10) == 0
    assert number_events() == 1


@pytest.mark.django_db
def test_with_nothing_to_number_one_question_is_asked() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert number_events() == 0
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_writers_that_roll_back_and_sessions_left_idle_skip_and_double_nothing() -> None:
    report = feed.fire(writers=24, seconds=2.5, pause=0.05)
    assert feed.holds(report), report
    assert report["committed"] > 200
    assert report["gaps"] == 0


@pytest.mark.django_db
def test_a_restored_database_gives_no_position_and_no_version_that_it_may_have_given_before() -> None:
    emit([happened("1"), happened("1"), happened("2")])
    number_events()
    for epoch in (1, 2):
        begin_epoch()
        assert feed_position() == 3 + epoch - 1 + epoch * EPOCH_POSITIONS
        emit([happened("1")])
        number_events()
        entity, version, position = placed()[-1]
        assert (entity, position) == ("1", 3 + epoch + epoch * EPOCH_POSITIONS)
        assert version >= epoch * EPOCH_VERSIONS + 2
    emit([happened("2")])
    assert placed()[-1][1] > 2 * EPOCH_VERSIONS
