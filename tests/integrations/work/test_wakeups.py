"""Wake-up calls: one at a time, none needed for anything but speed."""

from __future__ import annotations

import django_rq
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from redis import Redis
from redis.exceptions import ConnectionError as RedisGone
from structlog.testing import capture_logs

from integrations import inbox
from integrations.inbox import due
from integrations.inbox.store import Incoming
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from integrations.work import wakeups
from inventory.models import Shop


def jobs(queue: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(job.func_name, job.args) for job in django_rq.get_queue(queue).jobs]


def test_a_second_wakeup_does_nothing_until_the_job_has_cleared_the_flag(redis: Redis) -> None:
    wakeups.enqueue_once("drain", [7])
    wakeups.enqueue_once("drain", [7, 8, 8])
    assert jobs("orders") == [("integrations.jobs.drain", (7,)), ("integrations.jobs.drain", (8,))]
    wakeups.mark_started("drain", 7)
    wakeups.enqueue_once("drain", [7])
    assert [args for _, args in jobs("orders")] == [(7,), (8,), (7,)]


def test_a_job_waits_in_its_own_queue_and_does_not_outlive_its_use(redis: Redis) -> None:
    for job in wakeups.QUEUES:
        wakeups.enqueue_once(job, [1])
    assert {job: queue for queue in ("cuts", "orders", "pushes", "bulk") for job, _ in jobs(queue)} == {
        f"integrations.jobs.{job}": queue for job, queue in wakeups.QUEUES.items()
    }
    [job] = (job for job in django_rq.get_queue("bulk").jobs if job.func_name == "integrations.jobs.sweep")
    assert (job.ttl, job.failure_ttl, job.timeout) == (60, 600, 180)
    assert 0 < redis.ttl("erpsync:rung:sweep:1") <= wakeups.FLAG_SECONDS


def test_a_flushed_redis_can_be_rung_at_once(redis: Redis) -> None:
    wakeups.enqueue_once("drain", [7])
    redis.flushdb()
    wakeups.enqueue_once("drain", [7])
    assert len(jobs("orders")) == 1


def test_redis_away_is_logged_once_and_not_waited_for(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    tried: list[str] = []

    def gone(job: str, keys: list[int]) -> None:
        tried.append(job)
        raise RedisGone("connection refused")

    monkeypatch.setattr(wakeups, "_away_until", 0.0)
    monkeypatch.setattr(wakeups, "_enqueue", gone)
    with capture_logs() as logs:
        wakeups.enqueue_once("drain", [1])
        wakeups.enqueue_once("drain", [1])
        monkeypatch.setattr(wakeups, "_away_until", 0.001)  # the wait is over, it is still away
        wakeups.enqueue_once("drain", [1])
    assert tried == ["drain", "drain"]
    assert [entry["event"] for entry in logs] == ["wakeup_failed"]
    monkeypatch.undo()
    monkeypatch.setattr(wakeups, "_away_until", 0.001)
    wakeups.enqueue_once("drain", [1])
    assert len(jobs("orders")) == 1
    assert wakeups._away_until == 0.0


@pytest.mark.django_db(transaction=True)
def test_due_is_what_could_be_worked_on_now(redis: Redis) -> None:
    app = AppRegistration.objects.create(channel="toy", name="Toy")
    names = ("due", "later", "held", "expired", "quiet", "switched off")
    known = {
        name: Connection.objects.create(
            authorisation=Authorisation.objects.create(app=app),
            shop=Shop.objects.create(name=name, channel="toy"), external_id=name, is_active=name != "switched off",
        )
        for name in names
    }  # fmt: skip
    inbox.add([Incoming(app.id, known[name].id, "order", "A", "webhook") for name in names if name != "quiet"])
    inbox.add([Incoming(app.id, None, "message", "A", "webhook")])
    InboxEvent.objects.filter(connection=known["later"]).update(due_at="2999-01-01T00:00Z")
    inbox.claim(known["held"].id, limit=1, seconds=60)
    inbox.claim(known["expired"].id, limit=1, seconds=-1)
    with CaptureQueriesContext(database) as queries:
        assert [work.key for work in due.due() if work.job == "drain"] == sorted([known["due"].id, known["expired"].id])
    assert len(queries) == 1
    due.enqueue_due()
    assert [(name.rpartition(".")[2], key) for name, (key,) in jobs("orders")] == [
        ("drain", known["due"].id),
        ("drain", known["expired"].id),
        ("drain_app", app.id),
    ]
