from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from erpsync.servers import Postgres, RedisServer
from erpsync.worker import HUNGRY_SECONDS, HubWorker, make_worker
from tests.erpsync import children

Spawn = Callable[..., "subprocess.Popen[bytes]"]
WaitFor = Callable[[Callable[[], object]], None]

WORK = ("manage.py", "work", "orders", "pushes", "bulk")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").touch()
    return tmp_path / "notes"


@pytest.fixture
def jobs(redis_server: RedisServer) -> Queue:
    return Queue("orders", connection=Redis.from_url(redis_server.url))


@pytest.fixture
def working(own_environment: dict[str, str], spawn: Spawn, wait_for: WaitFor, jobs: Queue) -> subprocess.Popen[bytes]:
    worker = spawn(own_environment, *WORK)
    wait_for(lambda: HubWorker.all(connection=jobs.connection))
    return worker


def test_an_emptied_redis_costs_nothing_but_its_jobs(
    working: subprocess.Popen[bytes], jobs: Queue, notes: Path, wait_for: WaitFor
) -> None:
    jobs.connection.flushall()
    jobs.enqueue(children.note, str(notes), "after")
    wait_for(lambda: notes.read_text() == "after\n")
    assert working.poll() is None


def test_redis_emptied_in_mid_job(
    working: subprocess.Popen[bytes], jobs: Queue, notes: Path, wait_for: WaitFor
) -> None:
    jobs.enqueue(children.slow_note, str(notes), "first")
    wait_for(lambda: "first begins" in notes.read_text())
    jobs.connection.flushall()
    jobs.enqueue(children.note, str(notes), "second")
    wait_for(lambda: notes.read_text() == "first begins\nfirst ends\nsecond\n")
    assert working.poll() is None


def test_redis_restarted_while_idle_and_in_mid_job(
    working: subprocess.Popen[bytes], jobs: Queue, notes: Path, wait_for: WaitFor, redis_server: RedisServer
) -> None:
    redis_server.stop()
    redis_server.start()
    jobs.enqueue(children.slow_note, str(notes), "first")
    wait_for(lambda: "first begins" in notes.read_text())
    redis_server.stop()
    wait_for(lambda: "first ends" in notes.read_text())
    redis_server.start()
    jobs.connection.flushall()
    jobs.enqueue(children.note, str(notes), "second")
    wait_for(lambda: "second" in notes.read_text())
    assert working.poll() is None


def test_postgres_restarted_between_jobs(
    working: subprocess.Popen[bytes], jobs: Queue, notes: Path, wait_for: WaitFor, postgres: Postgres
) -> None:
    jobs.enqueue(children.note_with_database, str(notes), "first")
    wait_for(lambda: "first" in notes.read_text())
    postgres.stop()
    postgres.start()
    jobs.enqueue(children.note_with_database, str(notes), "second")
    wait_for(lambda: "second" in notes.read_text())
    assert jobs.failed_job_registry.count == 0


def test_term_ends_it_after_the_job_in_hand(
    working: subprocess.Popen[bytes], jobs: Queue, notes: Path, wait_for: WaitFor
) -> None:
    jobs.enqueue(children.slow_note, str(notes), "first")
    jobs.enqueue(children.note, str(notes), "second")
    wait_for(lambda: "first begins" in notes.read_text())
    working.send_signal(signal.SIGTERM)
    assert working.wait(10) == 0
    assert notes.read_text() == "first begins\nfirst ends\n"
    assert len(jobs) == 1


def test_it_ends_after_max_jobs(own_environment: dict[str, str], spawn: Spawn, jobs: Queue, notes: Path) -> None:
    for number in range(3):
        jobs.enqueue(children.note, str(notes), str(number))
    worker = spawn(own_environment, *WORK, "--max-jobs", "2")
    assert worker.wait(30) == 0
    assert notes.read_text() == "0\n1\n"


def test_a_queue_that_had_no_turn_for_long_has_the_next_one(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("erpsync.worker.time.monotonic", lambda: clock[0])
    worker = make_worker(["orders", "pushes", "bulk"])
    orders, pushes, bulk = worker.queues

    def after(seconds: float, taken: Queue) -> list[str]:
        clock[0] += seconds
        worker.reorder_queues(reference_queue=taken)
        return [queue.name for queue in worker._ordered_queues]

    assert after(0, orders) == ["orders", "pushes", "bulk"]
    assert after(HUNGRY_SECONDS - 1, pushes) == ["orders", "pushes", "bulk"]
    assert after(1, orders) == ["bulk", "orders", "pushes"]
    assert after(1, bulk) == ["orders", "pushes", "bulk"]
