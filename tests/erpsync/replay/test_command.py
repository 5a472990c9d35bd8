"""The command as people run it: a process that knows of no hub, with a database of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from erpsync.environment import BASE_DIR
from erpsync.replay.case import case_of
from erpsync.replay.replay import replay

HOLDS = BASE_DIR / "tests" / "cases" / "lazada-unit-cancelled-after-hand-over.json"


def wrong() -> dict[str, object]:
    found: dict[str, object] = json.loads(HOLDS.read_text())
    return found | {"want": {"on_hand": 9, "reserved": 7}}


@pytest.mark.django_db(transaction=True)
def test_a_wrong_want_differs() -> None:
    result = replay(case_of("wrong.json", wrong()))
    assert not result.held
    assert result.differences == [f"reserved: wanted 7, found {result.books['reserved']}"]


@pytest.mark.django_db(transaction=True)
def test_a_call_without_an_answer_is_noted() -> None:
    found = json.loads(HOLDS.read_text())
    del found["steps"][0]["answers"]["/orders/items/get"]
    result = replay(case_of("unanswered.json", found))
    assert "no answer in the case for GET /rest/orders/items/get" in result.notes


def run(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing set that a hub would need."""
    return subprocess.run(
        [sys.executable, "manage.py", "replay", *arguments], cwd=BASE_DIR, capture_output=True, text=True, timeout=300,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(directory)}, check=False,
    )  # fmt: skip


def test_the_command_prints_the_books_and_fails_where_they_differ() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "wrong.json").write_text(json.dumps(wrong()))
        report = directory / "report.json"
        done = run(str(HOLDS), str(directory / "wrong.json"), "--json", str(report), directory=directory)
        assert (done.returncode, done.stderr) == (1, "")
        assert "  on_hand              9\n" in done.stdout
        assert "  DIFFERS  reserved: wanted 7, found " in done.stdout
        first, second = json.loads(report.read_text())
        assert (first["case"], first["held"], first["books"]["on_hand"]) == (HOLDS.name, True, 9)
        assert (second["case"], second["held"], len(second["differences"])) == ("wrong.json", False, 1)
        assert [path.name for path in directory.iterdir() if path.is_dir()] == []


def test_a_malformed_file_is_refused_before_anything_starts() -> None:
    with tempfile.TemporaryDirectory() as name:
        bad = Path(name) / "bad.json"
        bad.write_text("[]")
        done = run(str(HOLDS), str(bad), directory=Path(name))
        assert (done.returncode, done.stdout) == (2, "")
        assert "bad.json: the file is to be an object" in done.stderr
