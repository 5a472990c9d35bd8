"""Tunables: read from the environment once, refused by name, listed whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from core import tunables
from core.tunables import TUNABLES
from erpsync.environment import BASE_DIR
from erpsync.management.commands.settings_reference import PAGE, page


def reference(**variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "settings_reference"],
        env=clean | variables, cwd=BASE_DIR, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_variable_of_the_environment_counts_and_the_reference_names_its_default() -> None:
    done = reference(INBOX_LEASE_SECONDS="7.5", WORKER_JOBS="50")
    assert "INBOX_LEASE_SECONDS = 7.5 seconds (default 60)\n" in done.stdout
    assert "WORKER_JOBS = 50 jobs (default 2,000)\n" in done.stdout
    assert "PUSH_SECONDS = 1 seconds\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "asked"),
    [
        ("INBOX_LEASE_SECONDS", "3", "a number of seconds, at least 5"),
        ("INBOX_LEASE_SECONDS", "nan", "a number of seconds, at least 5"),
        ("INBOX_LEASE_SECONDS", "1m", "a number of seconds, at least 5"),
        ("WORKER_JOBS", "2.5", "a whole number of jobs, at least 1"),
        ("RAW_DAYS", "0", "a whole number of days, at least 1"),
    ],
)
def test_a_value_that_cannot_be_meant_ends_the_process_with_one_line(name: str, text: str, asked: str) -> None:
    done = reference(**{name: text})
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"erpsync: {name} must be {asked}. It sets: ")


def test_each_is_named_as_its_variable_and_is_used() -> None:
    code = "\n".join(
        path.read_text()
        for room in ("core", "orders", "inventory", "commissions", "integrations", "erpsync")
        for path in (BASE_DIR / room).rglob("*.py")
        if path.name != "tunables.py"
    )
    used = set(re.findall(r"\btunables\.([A-Z_]+)", code))
    assert used == {one.name for one in TUNABLES}
    assert {one.name: one.value for one in TUNABLES} == {name: getattr(tunables, name) for name in used}


def test_the_page_of_the_docs_is_what_the_command_writes() -> None:
    assert PAGE.read_text() == page(TUNABLES)
