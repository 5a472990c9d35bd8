"""The vector command: right answers, wrong entries, and no database in sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from erpsync.environment import BASE_DIR

VECTORS = sorted((BASE_DIR / "tests" / "vectors").glob("*.json"))


def checked(path: Path) -> str:
    out = StringIO()
    call_command("checkvectors", str(path), stdout=out)
    return out.getvalue()


def written(folder: Path, *changes: dict[str, Any] | None) -> Path:
    """A file of the first Shopee entry as often as there are changes; None takes a key away."""
    [entry, *_] = json.loads((BASE_DIR / "tests" / "vectors" / "shopee.json").read_text())
    path = folder / "shopee.json"
    entries = [{k: v for k, v in (entry | (change or {})).items() if v is not None} for change in changes]
    path.write_text(json.dumps(entries))
    return path


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_the_published_vectors_are_ok(path: Path) -> None:
    lines = checked(path).splitlines()
    assert len(lines) == len(json.loads(path.read_text()))
    assert {line.split()[0] for line in lines} == {"ok"}


def test_it_runs_as_a_process_without_database_and_redis() -> None:
    nowhere = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0", "DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "manage.py", "checkvectors", *map(str, VECTORS)],
        cwd=BASE_DIR, env={**os.environ, **nowhere, "DJANGO_SETTINGS_MODULE": "erpsync.settings"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_one_wrong_entry_is_shown_with_both_signatures_and_the_others_are_still_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, {"expected_sign": "0" * 64}, {}, {"secrets": {}}, {"secrets": "none"}, {"timestamp": "x"})
    with pytest.raises(CommandError, match=r"^4 not ok\.$"):
        call_command("checkvectors", str(path))
    said = capsys.readouterr().out
    assert [line.split("  ")[0] for line in said.splitlines() if "shopee" in line] == ["NOT OK", "ok"] + ["NOT OK"] * 3
    assert f"expected {'0' * 64}\n    computed " in said
    assert said.count("the entry lacks") == 1
    assert said.count("the entry cannot be read") == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("shopify.json", b"[]", "no channel is called 'shopify'"),
        ("shopee.json", b"{", "is no JSON"),
        ("shopee.json", b"\xff", "is no JSON"),
        ("shopee.json", b"{}", "a list of entries is needed"),
        ("shopee.json", b"[1]", "a list of entries is needed"),
        ("shopee.json", None, "No such file"),
    ],
)
def test_a_file_that_is_no_vector_file_is_told(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        call_command("checkvectors", str(path))
