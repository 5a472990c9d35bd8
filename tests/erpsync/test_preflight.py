from __future__ import annotations

import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from erpsync import preflight
from erpsync.preflight import CannotRun, check_disk, check_port, only_one

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "RUN_DIR", tmp_path)
    monkeypatch.setattr(preflight, "PORT_GRACE_SECONDS", 0.2)


def test_a_taken_port_is_one_line_that_says_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            CannotRun, match=rf"^port {port} is taken by another program: stop it, or .*PORT=\d+"
        ) as raised:
            check_port(port)
    assert "\n" not in str(raised.value)
    check_port(port)


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 10**12, 3 * 1024**2))
    with pytest.raises(CannotRun, match=r"^the disk is nearly full: 3 MB free at .*, 500 MB needed$"):
        check_disk()


def test_two_at_once_are_refused_and_one_after_the_other_is_not() -> None:
    with only_one(), pytest.raises(CannotRun, match=r"^already running here \(process \d+\)"), only_one():
        pass
    with only_one():
        pass
