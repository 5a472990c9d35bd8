"""`make run` from nothing, stopped and begun again, as one story: the steps depend on each other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings

from erpsync.environment import BASE_DIR
from erpsync.rehearsal.surroundings import free_ports
from erpsync.run import WORK

READY = re.compile(r"Ready: (\S+)/admin/ +login (\S+) +password (\S+)")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    port, receiver, base = free_ports()
    names = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    return {
        **names,
        "RUN_DIR": str(tmp_path / "run"),
        "PORT": str(port),
        "RECEIVER_PORT": str(receiver),
        "SIMULATOR_PORT": str(base),
    }


def start(environment: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "erpsync", "run"]
    with output.open("wb") as file:
        return subprocess.Popen(
            command, env=environment, cwd=BASE_DIR, stdout=file, stderr=file, start_new_session=True
        )


def ready(hub: subprocess.Popen[bytes], output: Path) -> tuple[str, str, str]:
    deadline = time.monotonic() + 120
    while not (found := READY.search(output.read_text())):
        assert hub.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)
    return found[1], found[2], found[3]


def descendants(run_dir: Path) -> Iterator[str]:
    """Command lines of every process that was told of this run's directory."""
    needle = os.fsencode(run_dir)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (process / "environ").read_bytes() or needle in (process / "cmdline").read_bytes():
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue


def log_in(address: str, user: str, password: str) -> str:
    with requests.Session() as session:
        page = session.get(f"{address}/admin/login/", timeout=10)
        form = {"username": user, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
        answer = session.post(f"{page.url}?next=/admin/", data=form, headers={"Referer": page.url}, timeout=20)
        assert answer.status_code == 200
        return answer.url


def test_every_queue_is_served_one_worker_looks_for_stock_first_and_one_never_reads_history() -> None:
    assert {queue for words in WORK for queue in words[1:]} == set(settings.QUEUES)
    assert [words[1:3] for words in WORK] == [("cuts", "orders"), ("cuts", "pushes")]
    assert any("bulk" not in words for words in WORK)


@pytest.mark.slow
@pytest.mark.xdist_group("whole hub")
def test_run_stop_and_run_again(environment: dict[str, str], tmp_path: Path) -> None:
    run_dir, output = Path(environment["RUN_DIR"]), tmp_path / "output"
    hub = start(environment, output)
    try:
        address, user, password = ready(hub, output)
        assert address == f"http://127.0.0.1:{environment['PORT']}"
        assert requests.get(f"{address}/readyz", timeout=10).json()["migrations"] == "ok"
        assert log_in(address, user, password) == f"{address}/admin/"
        assert len(list(descendants(run_dir))) >= 7

        refused = subprocess.run(
            [sys.executable, "-m", "erpsync", "run"],
            env=environment,
            cwd=BASE_DIR,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert refused.returncode == 1
        assert refused.stderr == f"erpsync: already running here (process {hub.pid}); stop that one first\n"

        hub.send_signal(signal.SIGINT)
        assert hub.wait(30) == 0
        assert list(descendants(run_dir)) == []

        hub = start(environment, output)
        assert ready(hub, output) == (address, user, password)
        assert log_in(address, user, password) == f"{address}/admin/"
        hub.kill()
        hub.wait(10)
        deadline = time.monotonic() + 20
        while list(descendants(run_dir)):
            assert time.monotonic() < deadline, list(descendants(run_dir))
            time.sleep(0.1)
    finally:
        hub.kill()
        hub.wait(10)
