from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from redis import Redis
from rq import Queue

from erpsync.admin.exports import making
from erpsync.schedule import ENTRIES, Entry, Leadership, LeadershipLost, beat, cron
from erpsync.servers import Postgres
from erpsync.subjects import requests

Spawn = Callable[..., "subprocess.Popen[bytes]"]
WaitFor = Callable[[Callable[[], object]], None]


def ticks(path: Path) -> list[int]:
    return [int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith("tick")]


def test_one_leads_and_the_second_takes_over(
    own_environment: dict[str, str], spawn: Spawn, wait_for: WaitFor, tmp_path: Path
) -> None:
    path = tmp_path / "ticks"
    path.touch()
    program = ("-m", "tests.erpsync.children", "lead", str(path))
    first = spawn(own_environment, *program)
    wait_for(lambda: ticks(path))
    second = spawn(own_environment, *program)
    wait_for(lambda: f"ready {second.pid}" in path.read_text())
    wait_for(lambda: len(ticks(path)) >= 4)
    assert set(ticks(path)) == {first.pid}
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    wait_for(lambda: second.pid in ticks(path))


def test_a_leader_whose_connection_is_gone_ends(
    own_environment: dict[str, str], spawn: Spawn, wait_for: WaitFor, tmp_path: Path, postgres: Postgres
) -> None:
    path = tmp_path / "ticks"
    path.touch()
    leader = spawn(own_environment, "-m", "tests.erpsync.children", "lead", str(path))
    wait_for(lambda: ticks(path))
    postgres.stop()
    wait_for(lambda: leader.poll() is not None)
    assert leader.returncode == 1


@pytest.mark.django_db
def test_the_lock_is_held_once(wait_for: WaitFor) -> None:
    first, second = Leadership(key=7), Leadership(key=7)
    try:
        assert first.take()
        assert not second.take()
        first.close()
        with pytest.raises(LeadershipLost):
            first.confirm()
        wait_for(second.take)  # the server notices the closed connection a moment later
    finally:
        second.close()


@pytest.mark.django_db
def test_entries_run_when_they_are_due(redis: Redis) -> None:
    start = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    entries = [
        Entry("tests.erpsync.children.note", "bulk", every=300),
        Entry("tests.erpsync.children.slow_note", "orders", cron="30 18 * * *"),
    ]
    queues = {name: Queue(name, connection=redis) for name in ("bulk", "orders")}
    counts = []
    with time_machine.travel(start, tick=False) as clock:
        scheduler = cron(entries)
        for minutes in (0, 1, 5, 30, 31):
            clock.move_to(start + timedelta(minutes=minutes))
            beat(scheduler, lambda: None)
            counts.append((len(queues["bulk"]), len(queues["orders"])))
    assert counts == [(1, 0), (1, 0), (2, 0), (3, 1), (3, 1)]


@pytest.mark.django_db
def test_a_failing_tick_and_an_absent_redis_do_not_end_the_leader(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = cron([Entry("tests.erpsync.children.note", "bulk", every=1)])
    scheduler.connection = Redis.from_url("unix:///nonexistent/redis.sock")

    def fail() -> None:
        raise ValueError("tick")

    beat(scheduler, fail)


def test_the_table_says_where_and_when() -> None:
    assert {(entry.job, entry.queue, entry.every or entry.cron) for entry in ENTRIES} == {
        ("integrations.jobs.renew_tokens", "orders", 60),
        ("integrations.jobs.reaccrue_left", "bulk", 60),
        ("integrations.jobs.arrange_by_rules", "orders", 60),
        ("integrations.jobs.sweep_all", "bulk", 300),
        ("integrations.jobs.sweep_day", "bulk", 21_600),
        ("integrations.jobs.check_all_numbers", "bulk", 300),
        ("integrations.jobs.settle_months", "bulk", 600),
        ("integrations.jobs.check_all_money", "bulk", 900),
        ("integrations.jobs.track_all", "bulk", 600),
        ("integrations.restoring.advance", "bulk", 15),
        ("erpsync.backup.take.take_scheduled_backup", "bulk", "0 18 * * *"),
        ("integrations.jobs.forget_statement_files", "bulk", 3600),
        ("integrations.jobs.nightly", "bulk", "30 18 * * *"),
        ("erpsync.alerts.jobs.run", "orders", 60),
        ("erpsync.subjects.requests.run_due", "bulk", 60),
        ("erpsync.admin.exports.making.run_due", "bulk", 60),
        ("erpsync.admin.sales.shipping.run_due", "orders", 60),
        ("erpsync.api.kit.writes.forget_old", "bulk", "10 18 * * *"),
        ("erpsync.signin.record.forget_old", "bulk", "15 18 * * *"),
        ("erpsync.signin.sessions.forget_ended", "bulk", "20 18 * * *"),
        ("erpsync.alerts.jobs.forget_old", "bulk", "25 18 * * *"),
    }


@pytest.mark.parametrize(
    ("wake", "job"),
    [
        (requests.wake, "erpsync.subjects.requests.run_due"),
        (making.wake, "erpsync.admin.exports.making.run_due"),
    ],
)
def test_a_scheduled_job_is_run_soon_with_its_queue_and_time_out(
    redis: Redis, wake: Callable[[], None], job: str
) -> None:
    wake()
    [queued] = Queue("bulk", connection=redis).jobs
    assert (queued.func_name, queued.timeout) == (job, 3600)
