"""A shop's history: cut, read, killed, paused, retried; and the rows are those a webhook would have made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import transaction

from integrations import inbox
from integrations.accounts.connections import NotPossible, account_of
from integrations.contract.errors import Rejected, TryLater
from integrations.inbox.store import Incoming
from integrations.ingest.backfill import planning, running
from integrations.ingest.backfill.progress import problem_days, progress
from integrations.ingest.pipeline import process
from integrations.models import BackfillChunk, Connection, SyncRun
from orders.models import Order, OrderLine
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.ingest.backfill.toy_past import DAY, END, Past, Toy, fill, start

pytestmark = pytest.mark.django_db(transaction=True)


def test_history_is_read_in_full_batches_and_stored_once(connection: Connection, past: Past) -> None:
    fill(past, 10, each=7)
    run = start(connection)
    running.work(run.pk)
    assert set(Order.objects.values_list("number", flat=True)) == set(past.orders)
    now = progress(run.pk)
    assert (now.state, now.chunks, now.done, now.seen, now.stored, now.percent) == ("done", 10, 10, 70, 70, 100)
    assert past.lists == 10
    assert sorted(len(ids) for ids in past.reads) == sorted([3, 3, 1] * 10), (
        "full batches, though the pages have five and two"
    )


@pytest.mark.parametrize(("newest_first", "first"), [(True, "A018"), (False, "A000")])
def test_it_begins_where_it_is_told_to(connection: Connection, past: Past, newest_first: bool, first: str) -> None:
    fill(past, 10)
    running.work(start(connection, newest_first=newest_first).pk)
    assert past.reads[0][0] == first


def test_the_rows_are_those_of_a_webhook_field_by_field(connection: Connection, past: Past) -> None:
    fill(past, 3)

    def rows() -> list[dict[str, Any]]:
        left_out = {"id", "created_at", "asked_at", "order_id"}
        found = [*Order.objects.order_by("number").values(), *OrderLine.objects.order_by("order__number").values()]
        return [{name: value for name, value in row.items() if name not in left_out} for row in found]

    running.work(start(connection, days=3).pk)
    backfilled = rows()
    OrderLine.objects.all().delete()
    Order.objects.all().delete()
    inbox.add([Incoming(connection.authorisation.app_id, connection.pk, "order", n, "webhook") for n in past.orders])
    claimed = inbox.claim(connection.pk, limit=100, seconds=60)
    assert claimed
    process(account_of(connection), claimed)
    assert len(backfilled) == 12
    assert rows() == backfilled


def test_what_is_known_is_not_read_again(connection: Connection, past: Past) -> None:
    fill(past, 10)
    running.work(start(connection).pk)
    past.reads.clear()
    run = start(connection)
    running.work(run.pk)
    assert past.reads == []
    assert progress(run.pk).stored == 20


def test_a_killed_worker_costs_a_lease_and_nothing_else(connection: Connection, past: Past) -> None:
    fill(past, 4)
    run = start(connection, days=4)
    killed = running._claim(run)
    assert killed
    running.work(run.pk)
    assert progress(run.pk).done == 3
    BackfillChunk.objects.filter(pk=killed.id).update(lease_until=END - DAY * 999)
    assert running.due_runs() == [run.pk]
    running.work(run.pk)
    assert progress(run.pk).state == "done"
    assert Order.objects.count() == 8
    running._end(killed, "failed", reason="late")
    assert progress(run.pk).failed == 0, "who lost the lease says nothing any more"


def test_several_workers_share_a_run(connection: Connection, past: Past, threads: Callable[..., Future[Any]]) -> None:
    fill(past, 12, each=5)
    run = start(connection, days=12)
    for worker in [threads(running.work, run.pk) for _ in range(4)]:
        worker.result(60)
    assert progress(run.pk).state == "done"
    assert Order.objects.count() == 60
    assert sorted(number for batch in past.reads for number in batch) == sorted(past.orders)


def test_two_last_chunks_that_end_at_one_time_end_the_run(
    connection: Connection, past: Past, threads: Callable[..., Future[Any]]
) -> None:
    fill(past, 2)
    run = start(connection, days=2)
    theirs = running._claim(run)
    assert theirs
    ended, done = Event(), Event()

    def end_slowly() -> None:
        with transaction.atomic():
            running._end(theirs, "done")
            ended.set()
            assert done.wait(60)

    other = threads(end_slowly)
    assert ended.wait(60)
    running.work(run.pk)
    assert progress(run.pk).state == "running", "the other chunk's end is not told yet"
    done.set()
    other.result(60)
    assert running.due_runs() == [run.pk], "even if the other worker dies now"
    running.work(run.pk)
    assert progress(run.pk).state == "done"
    assert running.due_runs() == []


def test_a_run_paused_while_its_last_page_is_stored_ends_when_resumed(connection: Connection, past: Past) -> None:
    fill(past, 1)
    run = start(connection, days=1)
    last = running._claim(run)
    assert last
    assert planning.pause(run.pk)
    running._end(last, "done")
    assert planning.resume(run.pk)
    running.work(run.pk)
    assert progress(run.pk).state == "done"


def test_patience_costs_no_try_and_a_refusal_is_retried_alone(connection: Connection, past: Past) -> None:
    fill(past, 3)
    refused = END - DAY * 2

    def refuse(since: datetime) -> None:
        if since == refused:
            raise Rejected("no such day")
        if since == END - DAY:
            raise TryLater("busy", after=30.0)

    past.on_list = refuse
    run = start(connection, days=3)
    for _ in range(running.TRIES):
        running.work(run.pk)
        BackfillChunk.objects.update(due_at=END - DAY)
    past.on_list = lambda since: refuse(since) if since == refused else None
    running.work(run.pk)
    now = progress(run.pk)
    assert (now.state, now.done, now.failed, str(now.reason)) == ("failed", 2, 1, "no such day")
    assert [(day.since, str(day.reason)) for day in problem_days(run.pk)] == [(refused, "no such day")]
    past.on_list = lambda since: None
    assert planning.resume(run.pk)
    running.work(run.pk)
    assert (progress(run.pk).state, Order.objects.count()) == ("done", 6)


def test_one_poison_order_is_named_and_the_rest_stands(connection: Connection, past: Past) -> None:
    fill(past, 2, each=3)
    order = Toy.order
    poison = {"A001"}

    def told(self: Toy, number: str, asked_at: datetime) -> OrderSnapshot:
        found = order(self, number, asked_at)
        return found if number not in poison else OrderSnapshot(
            number, "completed", "DONE", "VND", found.placed_at, asked_at, found.lines, total=Decimal("Infinity")
        )  # fmt: skip

    Toy.order = told  # type: ignore[method-assign]
    try:
        run = start(connection, days=2)
        running.work(run.pk)
    finally:
        Toy.order = order  # type: ignore[method-assign]
    now = progress(run.pk)
    assert (now.state, now.stored, list(now.problems)) == ("done", 5, ["A001"])


def test_pause_resume_and_cancel(connection: Connection, past: Past) -> None:
    fill(past, 3)
    run = start(connection, days=3)
    past.on_read = lambda ids: planning.pause(run.pk) and None
    running.work(run.pk)
    assert (progress(run.pk).state, progress(run.pk).done) == ("paused", 0)
    running.work(run.pk)
    assert len(past.reads) == 1
    past.on_read = lambda ids: None
    assert planning.resume(run.pk)
    running.work(run.pk)
    assert progress(run.pk).state == "done"
    again = start(connection, days=3)
    assert planning.cancel(again.pk)
    running.work(again.pk)
    assert progress(again.pk).state == "cancelled"
    assert not planning.cancel(again.pk)


def test_a_chunk_that_takes_too_long_becomes_two(connection: Connection, past: Past) -> None:
    fill(past, 1, each=20)
    run = start(connection, days=1)
    running.work(run.pk, budget_seconds=0.0)
    assert progress(run.pk).chunks == 2
    for _ in range(20):
        running.work(run.pk, budget_seconds=0.0)
    running.work(run.pk)
    assert (progress(run.pk).state, Order.objects.count()) == ("done", 20)


def test_only_one_of_a_kind_and_only_what_the_channel_has(connection: Connection, past: Past) -> None:
    start(connection)
    with pytest.raises(NotPossible, match="end it first"):
        start(connection)
    with pytest.raises(NotPossible, match="no history of this kind: weather"):
        planning.start(connection, "weather", since=None)
    with pytest.raises(NotPossible, match="must lie before"):
        start(connection, days=0)


def test_several_reads_are_under_way_while_the_list_goes_on(connection: Connection, past: Past) -> None:
    fill(past, 1, each=24)
    together = Barrier(4)
    past.on_read = lambda ids: together.wait(10) and None
    run = start(connection, days=1)
    running.work(run.pk)
    assert (progress(run.pk).state, progress(run.pk).stored, len(past.reads)) == ("done", 24, 8)


def test_what_a_chunk_has_read_is_stored_when_the_channel_wants_to_be_left_alone(
    connection: Connection, past: Past
) -> None:
    """Else a channel that never takes a whole batch of ours in one go is asked for the same things for ever."""
    fill(past, 1, each=20)
    run = start(connection, days=1)
    calls = iter(range(1, 1000))

    def impatient(ids: Sequence[str]) -> None:
        if next(calls) % 3 == 0:
            raise TryLater("too fast", after=0.0)

    past.on_read = impatient
    for _ in range(10):
        running.work(run.pk)
    assert (progress(run.pk).state, Order.objects.count()) == ("done", 20)


def test_a_current_order_that_a_backfill_brought_up_to_date_is_asked_for_as_such(
    connection: Connection, past: Past
) -> None:
    """The sweep finds it known from then on: nobody else would want its documents and tell its event."""
    at = END + timedelta(hours=1)
    old = OrderSnapshot("NEW", "to_ship", "READY", "VND", at, at, (LineSnapshot("1", "1", "", 1),), version=at)
    with transaction.atomic():
        upsert_orders(connection.own_shop, [old], source="webhook")
    newer = Toy(past)
    past.orders["NEW"] = at + timedelta(hours=1)
    snapshot = replace(newer.order("NEW", END + DAY), placed_at=at, status="shipped")
    with transaction.atomic():
        found = upsert_orders(connection.own_shop, [snapshot], source="backfill", history=True)
    assert {(w.kind, w.external_id) for w in found.wanted} == {("order", "NEW")}


def test_each_chunk_leaves_a_row_in_the_log_of_sync_runs(connection: Connection, past: Past) -> None:
    fill(past, 1)
    run = start(connection, days=1)

    def busy(since: datetime) -> None:
        past.on_list = lambda since: None
        raise TryLater("busy", after=0.0)

    past.on_list = busy
    running.work(run.pk)
    rows = SyncRun.objects.order_by("id")
    assert [(r.kind, r.state, r.fetched, r.written, str(r.reason)) for r in rows] == [
        ("backfill", "failed", 0, 0, "busy"), ("backfill", "done", 2, 2, ""),
    ]  # fmt: skip
