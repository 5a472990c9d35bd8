"""Figures of processes by what they are: reported, added up, and forgotten with the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client
from redis import Redis

from erpsync.environment import BASE_DIR
from erpsync.metrics import hub, processes
from erpsync.metrics.processes import GONE_SECONDS, KEY, report, reports, start_reporting
from tests.erpsync.metrics.test_hub import PATH, scraped
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def fresh(redis: Redis) -> None:
    hub.forget()


def lives(redis: Redis, name: str, kind: str, *, ago: float = 0.0, **figures: Any) -> None:
    row = {"kind": kind, "at": redis.time()[0] - ago, "cpu": 0.5, "resident": 100, "files": 0.1} | figures
    redis.hset(KEY, name, json.dumps(row))


@pytest.mark.django_db
def test_figures_are_added_up_by_kind_and_those_of_the_ended_are_forgotten(client: Client, redis: Redis) -> None:
    lives(redis, "a:1", "work", cpu=0.25, files=0.5)
    lives(redis, "b:1", "work", resident=300)
    lives(redis, "a:2", "relay")
    lives(redis, "a:3", "relay", ago=GONE_SECONDS + 5, cpu=9)
    found = scraped(client.get(PATH).content.decode())
    assert {key: value for key, value in found.items() if key[0].startswith("erpsync_process")} == {
        ("erpsync_processes", "relay"): 1, ("erpsync_processes", "work"): 2,
        ("erpsync_process_cores", "relay"): 0.5, ("erpsync_process_cores", "work"): 0.75,
        ("erpsync_process_resident_bytes", "all", "relay"): 100, ("erpsync_process_resident_bytes", "largest", "relay"): 100,
        ("erpsync_process_resident_bytes", "all", "work"): 400, ("erpsync_process_resident_bytes", "largest", "work"): 300,
        ("erpsync_process_open_files_ratio", "relay"): 0.1, ("erpsync_process_open_files_ratio", "work"): 0.5,
    }  # fmt: skip
    assert set(redis.hkeys(KEY)) == {b"a:1", b"b:1", b"a:2"}


@pytest.mark.django_db
def test_the_reports_are_read_once_a_scrape(client: Client, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    lives(redis, "a:1", "work")
    read: list[Redis] = []
    monkeypatch.setattr(processes, "reports", lambda client: read.append(client) or reports(client))
    client.get(PATH)
    assert len(read) == 1
    lives(redis, "a:2", "work")
    hub.forget()
    assert scraped(client.get(PATH).content.decode())["erpsync_processes", "work"] == 2


def test_a_process_reports_what_the_system_says_of_it(redis: Redis) -> None:
    report(redis, "work", cpu=0.5)
    report(redis, "work", cpu=0.75)
    [mine] = reports(redis)
    assert (mine.kind, mine.cpu) == ("work", 0.75)
    assert 10_000_000 < mine.resident < 4_000_000_000
    assert 0 < mine.files < 1


def test_only_processes_that_live_on_report(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(processes, "Thread", lambda args, **_: begun.extend(args) or FakeThread())
    for kind in ("work", "migrate", "other", "web"):
        start_reporting(kind)
    assert begun == ["work", "web"]


class FakeThread:
    def start(self) -> None: ...


@pytest.mark.slow
def test_a_relay_is_seen(hub_environment: dict[str, str], redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys; sys.argv = ['manage.py', 'relay']; import erpsync.metrics.processes as p; p.REPORT_SECONDS = 0.1;"
        " from django.core.management import execute_from_command_line as run; run(sys.argv)"
    )
    environment = hub_environment | {"DEBUG": "1", "PATH": os.environ["PATH"]}
    relay = subprocess.Popen([sys.executable, "-c", program], cwd=BASE_DIR, env=environment)
    try:
        wait_until(lambda: [one.kind for one in reports(redis)] == ["relay"])
    finally:
        relay.terminate()
        relay.wait(20)
