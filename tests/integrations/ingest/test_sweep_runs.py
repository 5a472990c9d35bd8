"""The log of sweeps: what each read, wrote and called, and why it broke off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.contract.errors import TryLater
from integrations.contract.reads import Change, Page
from integrations.contract.reasons import NO_ANSWER
from integrations.models import Connection, SyncRun
from integrations.wire import call_counts
from tests.integrations.ingest.swept import Run, Toy, at, known, orders
from tests.integrations.ingest.swept import connection as connection  # noqa: PLC0414
from tests.integrations.ingest.swept import run as run  # noqa: PLC0414
from tests.integrations.toy import connected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def logged() -> list[tuple[str, str, int, int, int, float, str]]:
    rows = SyncRun.objects.order_by("id")
    return [(r.kind, r.state, r.fetched, r.written, r.calls, r.answer_seconds, str(r.reason)) for r in rows]


def test_a_sweep_leaves_a_row_of_what_it_read_wrote_and_called(connection: Connection, run: Run) -> None:
    known(connection, "SAME", at(5), at(9))

    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "order":
            for number, seconds in (("SAME", 0.25), ("NEW", 0.5)):
                call_counts.note(seconds)
                yield Page((Change(number, at(5)),))

    run(Toy(told))
    run(Toy(orders([])), timedelta(days=1))
    assert logged() == [("sweep", "done", 2, 1, 2, 0.75, ""), ("day_sweep", "done", 0, 0, 0, 0.0, "")]
    first = SyncRun.objects.earliest("id")
    assert first.connection == connection
    assert first.ended_at is not None
    assert first.seconds is not None
    assert first.ended_at - first.started_at >= timedelta(seconds=first.seconds) - timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("error", "code", "values"),
    [
        (TryLater(NO_ANSWER(channel="Toy", call="GET /a", kind="Timeout")), "no_answer_to_call",
         {"channel": "Toy", "call": "GET /a", "kind": "Timeout"}),
        (ValueError("no such column"), "not_read", {"error": "ValueError: no such column"}),
    ],
)  # fmt: skip
def test_a_sweep_that_breaks_off_keeps_what_it_had_read_and_its_reason(
    connection: Connection, run: Run, error: Exception, code: str, values: dict[str, str]
) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        call_counts.note(0.5)
        yield Page((Change("A"),))
        raise error

    with nullcontext() if isinstance(error, TryLater) else pytest.raises(ValueError, match="column"):
        run(Toy(told))
    [row] = SyncRun.objects.all()
    assert (row.state, row.fetched, row.written, row.calls, row.answer_seconds) == ("failed", 1, 1, 1, 0.5)
    assert (row.reason.code, dict(row.reason.values)) == (code, values)


def test_nothing_is_logged_while_a_channel_is_left_alone(connection: Connection, run: Run) -> None:
    Connection.objects.update(sweep_due_at=timezone.now() + timedelta(minutes=2))
    run(Toy(orders([])))
    assert logged() == []


def test_a_run_whose_process_was_killed_is_ended_by_the_next(connection: Connection, run: Run) -> None:
    other = connected(connection.authorisation.app, "901")
    ago = timezone.now() - timedelta(hours=3)
    SyncRun.objects.bulk_create([
        SyncRun(connection=connection, kind="sweep", started_at=ago),
        SyncRun(connection=connection, kind="numbers", started_at=ago),
        SyncRun(connection=other, kind="sweep", started_at=ago),
        SyncRun(connection=connection, kind="sweep"),
    ])  # fmt: skip
    run(Toy(orders([])))
    assert [state for _, state, *_ in logged()] == ["lost", "running", "running", "running", "done"]
