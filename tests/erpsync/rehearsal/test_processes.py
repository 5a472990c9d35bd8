"""Surroundings and processes: a rehearsal reaches nobody else's data and leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from erpsync.rehearsal import surroundings
from erpsync.rehearsal.surroundings import SIMULATOR_PORTS, entered
from tests.erpsync.test_run import descendants

Spawn = Callable[..., "subprocess.Popen[bytes]"]
OPEN = re.compile(r"^(\S+) (\S+) open$", re.MULTILINE)


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))


@pytest.mark.usefixtures("own_environment")
def test_whatever_hub_the_environment_named_is_out_of_reach() -> None:
    os.environ.update(DATABASE_URL="postgres://shop@production/erp", REDIS_URL="redis://production", DEBUG="1")
    os.environ.update(PUBLIC_URL="https://erp.example.vn", FIELD_KEYS="prod:AAAA", SECRET_KEY="production")
    surroundings.enter()
    place = entered()
    assert not place.directory.exists()
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "FIELD_KEYS", "SECRET_KEY"):
        assert "production" not in os.environ[name]
        assert "example" not in os.environ[name]
    assert os.environ["DEBUG"] == "0"
    assert os.environ["PUBLIC_URL"] == place.web
    assert os.environ["SIMULATOR_URL"] == place.simulator
    assert place.port not in range(place.simulator_port, place.simulator_port + SIMULATOR_PORTS)
    surroundings.enter()
    assert entered().directory != place.directory


@pytest.mark.usefixtures("own_environment")
def test_what_is_kept_makes_room_for_the_next() -> None:
    surroundings.enter()
    place = entered()
    place.directory.mkdir()
    (place.directory / "log").write_text("x")
    kept = place.set_aside()
    assert not place.directory.exists()
    assert (kept / "log").read_text() == "x"
    place.directory.mkdir()
    place.remove()
    assert not place.directory.exists()
    place.remove()
    (kept / "log").unlink()
    kept.rmdir()


@pytest.mark.slow
@pytest.mark.xdist_group("whole hub")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_processes_answer_and_end_with_their_parent(end: signal.Signals, spawn: Spawn, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    master = spawn(dict(os.environ), "-m", "tests.erpsync.children", "keep_processes", str(notes))
    deadline = time.monotonic() + 60
    while not (told := OPEN.search(notes.read_text() if notes.exists() else "")):
        assert master.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    directory, address = Path(told[1]), told[2]
    assert requests.get(f"{address}/readyz", timeout=5).json()["migrations"] == "ok"
    assert len(list(descendants(directory))) >= 7
    master.send_signal(end)
    master.wait(30)
    while list(descendants(directory)):
        assert time.monotonic() < deadline + 30, list(descendants(directory))
        time.sleep(0.1)
    if end == signal.SIGTERM:
        assert not directory.exists()
    shutil.rmtree(directory, ignore_errors=True)
