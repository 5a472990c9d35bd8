"""Environment of `make run` and `make sandbox`: a sandbox takes nothing of the live hub's `.env`."""

from __future__ import annotations

import os
from pathlib import Path

import environ
import pytest

from erpsync import run_environment

LIVE = "DATABASE_URL='postgres://live@db/live'\nSECRET_KEY='of the live hub'\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose `.env` names a live hub, and a process that knows nothing of any."""
    (tmp_path / ".env").write_text(LIVE)
    monkeypatch.setattr(run_environment, "BASE_DIR", tmp_path)
    monkeypatch.setattr(run_environment, "RUN_DIR", tmp_path / ".run")
    monkeypatch.setattr(run_environment, "SHARED", tmp_path / ".run" / "env")
    variables = {"PATH": os.environ["PATH"]}
    monkeypatch.setattr(os, "environ", variables)
    monkeypatch.setattr(environ.Env, "ENVIRON", variables)
    return tmp_path


def test_a_hub_takes_the_servers_and_keys_of_its_env_file(checkout: Path) -> None:
    found = run_environment.prepare(8000, 8001, 9100)
    assert (found["SANDBOX"], found["DATABASE_URL"]) == ("0", "postgres://live@db/live")
    assert found["SECRET_KEY"] == "of the live hub"


def test_a_sandbox_has_keys_of_its_own_and_says_so_to_a_second_shell(checkout: Path) -> None:
    os.environ["SANDBOX"] = "1"
    found = run_environment.prepare(8100, 8101, 9200)
    assert "DATABASE_URL" not in found
    assert len(found["SECRET_KEY"]) > 40
    servers = {"DATABASE_URL": "postgres://postgres@sandbox/erpsync", "REDIS_URL": "redis://sandbox/0"}
    run_environment.share(found | servers)
    shared = (checkout / ".run" / "env").read_text()
    assert "SANDBOX='1'" in shared
    assert "postgres@sandbox" in shared
    assert "live" not in shared
