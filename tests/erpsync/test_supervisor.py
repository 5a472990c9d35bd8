from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from erpsync.supervisor import Program, Supervisor

Spawn = Callable[..., "subprocess.Popen[bytes]"]
WaitFor = Callable[[Callable[[], object]], None]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def noted(path: Path, word: str) -> list[int]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [int(line.split()[1]) for line in lines if line.startswith(f"{word} ")]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def supervisor(tmp_path: Path, notes: Path) -> Supervisor:
    def say(line: str) -> None:
        with notes.open("a") as file:
            file.write(f"said {line}\n")

    return Supervisor(tmp_path, dict(os.environ), say=say)


def children(word: str, notes: Path) -> list[str]:
    return [sys.executable, "-m", "tests.erpsync.children", word, str(notes)]


def test_stop_leaves_neither_child_nor_grandchild(supervisor: Supervisor, notes: Path, wait_for: WaitFor) -> None:
    supervisor.start(Program("family", children("family", notes)))
    wait_for(lambda: noted(notes, "child") and noted(notes, "grandchild"))
    pids = noted(notes, "child") + noted(notes, "grandchild")
    assert all(map(alive, pids))
    supervisor.stop()
    wait_for(lambda: not any(map(alive, pids)))


def test_a_child_that_dies_is_started_again_without_its_orphans(
    supervisor: Supervisor, notes: Path, wait_for: WaitFor
) -> None:
    supervisor.start(Program("family", children("family", notes)))
    wait_for(lambda: noted(notes, "child") and noted(notes, "grandchild"))
    [first], [orphan] = noted(notes, "child"), noted(notes, "grandchild")
    os.kill(first, signal.SIGKILL)
    supervisor.watch(until=lambda: len(noted(notes, "child")) == 2)
    wait_for(lambda: not alive(orphan))
    assert "said family ended with status -9, starting it again in 0.5 s" in notes.read_text()
    supervisor.stop()


def test_a_child_that_ends_by_itself_is_recycled_without_a_word(
    supervisor: Supervisor, notes: Path, wait_for: WaitFor
) -> None:
    command = [sys.executable, "-c", f"open({str(notes)!r}, 'a').write('child 1\\n')"]
    supervisor.start(Program("short", command))
    supervisor.watch(until=lambda: len(noted(notes, "child")) >= 3)
    supervisor.stop()
    assert "said" not in notes.read_text()


def test_a_child_that_cannot_start_is_tried_ever_more_slowly(supervisor: Supervisor, notes: Path) -> None:
    supervisor.start(Program("broken", [sys.executable, "-c", "raise SystemExit(3)"]))
    supervisor.watch(until=lambda: supervisor.children["broken"].failures == 3)
    supervisor.stop()
    pauses = [line.split(" again in ")[1].split()[0] for line in notes.read_text().splitlines()]
    assert pauses == ["0.5", "1.0", "2.0"]


def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path: Path, notes: Path, spawn: Spawn, wait_for: WaitFor) -> None:
    supervising = spawn(dict(os.environ), "-m", "tests.erpsync.children", "supervise", str(tmp_path), str(notes))
    wait_for(lambda: noted(notes, "child"))
    [pid] = noted(notes, "child")
    assert alive(pid)
    supervising.kill()
    supervising.wait(10)
    wait_for(lambda: not alive(pid))


def test_a_server_that_dies_is_started_again(supervisor: Supervisor) -> None:
    class Fake:
        process: subprocess.Popen[bytes] | None = None
        starts = 0

        def start(self) -> None:
            self.starts += 1
            self.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

        def stop(self) -> None:
            assert self.process is not None
            self.process.kill()
            self.process.wait(10)

    server = Fake()
    server.start()
    supervisor.servers["PostgreSQL"] = server
    assert server.process is not None
    server.process.kill()
    supervisor.watch(until=lambda: server.starts == 2)
    assert server.process.poll() is None
    supervisor.stop()
    assert server.process.poll() is not None


def test_a_full_log_is_moved_aside_and_written_on(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erpsync.supervisor.MAX_LOG_BYTES", 1000)
    monkeypatch.setattr("erpsync.supervisor.LOGS_LOOKED_AT_SECONDS", 0.0)
    script = "import time\nfor n in range(10**6): print(n, 'x' * 90, flush=True); time.sleep(0.01)"
    supervisor.start(Program("talking", [sys.executable, "-c", script]))
    log = supervisor.logs / "talking.log"
    moved = log.with_suffix(".log.1")
    supervisor.watch(until=lambda: moved.exists() and log.stat().st_size > 0)
    first = log.read_text().split()[0]
    supervisor.stop()
    assert int(first) > 0
    assert "\0" not in log.read_text()
