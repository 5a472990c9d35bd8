"""The search for the beginning of a history: by halving, by the channel's word, and tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.db import database_time
from integrations.contract.errors import TryLater
from integrations.ingest.backfill import planning, running
from integrations.ingest.backfill.beginning import find_beginning
from integrations.ingest.backfill.progress import progress
from integrations.models import BackfillRun, Connection
from orders.models import Order
from tests.integrations.ingest.backfill.toy_past import ACCESS, DAY, END, Past, Toy, fill

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("days", [3, 40, 200, 900, 3000])
def test_the_beginning_is_found_by_halving(past: Past, days: int) -> None:
    for day in range(0, days, 20):
        past.orders[f"A{day}"] = END - DAY * (days - day)
    found = find_beginning(Toy(past).reader, ACCESS, END)
    assert END - DAY * days - timedelta(days=15) <= found <= END - DAY * days
    assert past.lists < 120


def test_a_history_with_nothing_in_it_is_done(connection: Connection, past: Past) -> None:
    assert find_beginning(Toy(past).reader, ACCESS, END) is None
    run = planning.start(connection, "order", since=None, until=END)
    running.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.since, run.chunks.count(), run.finished_at is not None) == ("done", END, 0, True)
    assert running.due_runs() == []


def test_what_the_channel_says_it_began_with_is_believed_also_when_it_has_nothing(past: Past) -> None:
    for earliest, begins in ((END - DAY, END - DAY), (END, None), (END + DAY, None)):
        reader = replace(Toy(past).reader, earliest=lambda access, at=earliest: at)
        assert find_beginning(reader, ACCESS, END) == begins
    assert past.lists == 0


def due_again(run: BackfillRun) -> None:
    BackfillRun.objects.filter(pk=run.pk).update(due_at=END - DAY * 999)


def test_a_search_that_stumbles_is_tried_later_and_later_then_given_up_until_a_person_resumes_it(
    connection: Connection, past: Past
) -> None:
    def stumble(since: datetime) -> None:
        raise IndexError("list index out of range")

    past.on_list = stumble
    run = planning.start(connection, "order", since=None, until=END)
    pauses = []
    for tries in range(1, running.TRIES + 1):
        due_again(run)
        running.work(run.pk)
        running.work(run.pk)
        run.refresh_from_db()
        assert past.lists == tries, "asked once, and not again before it is due"
        assert "IndexError: list index out of range" in str(run.reason)
        assert running.due_runs() == []
        pauses.append(run.due_at - database_time())
    assert (run.state, run.finished_at is not None) == ("failed", True)
    assert pauses[:4] == sorted(pauses[:4])
    past.on_list = lambda since: None
    fill(past, 3)
    assert planning.resume(run.pk)
    running.work(run.pk)
    running.work(run.pk)
    assert (progress(run.pk).state, Order.objects.count()) == ("done", 6)


def test_a_search_that_is_asked_to_wait_uses_up_no_try(connection: Connection, past: Past) -> None:
    def busy(since: datetime) -> None:
        raise TryLater("busy", after=30)

    past.on_list = busy
    run = planning.start(connection, "order", since=None, until=END)
    running.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.tries, str(run.reason)) == ("searching", 0, "busy")
    assert run.due_at > database_time()


def test_a_run_without_a_first_day_finds_it(connection: Connection, past: Past) -> None:
    fill(past, 30)
    run = planning.start(connection, "order", since=None, until=END)
    assert run.state == "searching"
    running.work(run.pk)
    running.work(run.pk)
    assert (progress(run.pk).state, Order.objects.count()) == ("done", 60)
