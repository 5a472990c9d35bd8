"""The command, as a process in an empty environment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from integrations.simulator.discovery import find_platforms
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
ENTRIES = [("manage.py", "simulate"), ("-m", "integrations.simulator")]


def begun(words: Sequence[str], *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, *words, *options]
    return subprocess.Popen(command, cwd=ROOT, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def free_base() -> int:
    """The first of a row of ten ports that are free now; processes that test side by side look in different places."""
    for number in range(900):
        base = 21_000 + (os.getpid() * 7 + number) % 900 * 10
        try:
            for port in range(base, base + 10):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise AssertionError("no free ports")


@pytest.mark.parametrize(("words", "number"), [(ENTRIES[0], signal.SIGINT), (ENTRIES[1], signal.SIGTERM)])
def test_it_runs_in_an_empty_environment_and_ends_at_once(
    words: tuple[str, str], number: signal.Signals, tmp_path: Path
) -> None:
    base = free_base()
    state = tmp_path / "w.state"
    options = ("--base-port", str(base), "--trickle", "0.05", "--products", "40", "--state", str(state))
    process = begun(words, *options)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"simulated shops: control http://127.0.0.1:{base} ")
        accounts = requests.get(f"http://127.0.0.1:{base}/accounts", timeout=5).json()
        platforms = find_platforms()
        assert {channel: found["base_url"] for channel, found in accounts.items()} == {
            channel: f"http://127.0.0.1:{base + kind.offset}" for channel, kind in platforms.items()
        }
        wait_until(lambda: requests.get(f"http://127.0.0.1:{base}/progress", timeout=5).json()["orders"] > 2)
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - began < 2
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert state.stat().st_size > 1000
    finally:
        process.kill()
        process.communicate()


def test_only_the_platforms_that_are_asked_for_are_there() -> None:
    base, chosen = free_base(), sorted(find_platforms())[0]
    process = begun(ENTRIES[0], "--base-port", str(base), "--channels", chosen, "--products", "40")
    try:
        assert process.stdout is not None
        assert process.stdout.readline().split()[4:6] == [
            chosen,
            f"http://127.0.0.1:{base + find_platforms()[chosen].offset}",
        ]
        assert list(requests.get(f"http://127.0.0.1:{base}/accounts", timeout=5).json()) == [chosen]
    finally:
        process.kill()
        process.communicate()
    process = begun(ENTRIES[0], "--channels", f"{chosen},zalo")
    assert "no platform zalo; there are" in process.communicate(timeout=10)[1]
    assert process.returncode == 2


@pytest.mark.parametrize("trouble", ["a taken port", "a spoilt file", "too many products"])
def test_trouble_is_one_line(trouble: str, tmp_path: Path) -> None:
    (tmp_path / "w.state").write_bytes(b"spoilt")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        options = {
            "a taken port": ("--base-port", str(taken.getsockname()[1])),
            "a spoilt file": ("--base-port", str(free_base()), "--state", str(tmp_path / "w.state")),
            "too many products": ("--base-port", str(free_base()), "--products", "9999"),
        }[trouble]
        process = begun(ENTRIES[0], *options)
        _, error = process.communicate(timeout=10)
    assert process.returncode == 1
    assert error.startswith("simulate: ")
    assert error.count("\n") == 1
