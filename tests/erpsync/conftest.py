"""Servers and programs of a single test, for what would disturb the others: restarts, kills, an emptied Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import erased
from erpsync.environment import BASE_DIR
from erpsync.servers import THROW_AWAY, Postgres, RedisServer

WaitFor = Callable[[Callable[[], object]], None]


@pytest.fixture
def spread_at_once(settings: Any) -> Iterator[None]:
    """The list of erased people is asked each time, and an erasure waits for nobody."""
    settings.ERASED_LIST_SECONDS = 0
    erased.forget_cache()
    yield
    erased.forget_cache()


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path, options=dict(THROW_AWAY))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_environment(postgres: Postgres, redis_server: RedisServer) -> dict[str, str]:
    """For a child on servers of its own."""
    return {
        "PATH": os.environ["PATH"],
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "erpsync.settings",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis_server.url,
    }


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`spawn(env, *python_arguments)` runs them from the project's directory; killed when the test ends."""
    children: list[subprocess.Popen[bytes]] = []

    def start(env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"child-{len(children)}.log").open("wb") as log:
            command = [sys.executable, *arguments]
            child = subprocess.Popen(command, env=env, cwd=BASE_DIR, stdout=log, stderr=log, start_new_session=True)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.wait(10)


@pytest.fixture
def wait_for() -> WaitFor:
    """`wait_for(condition)` returns when it holds and fails the test when it does not within 20 s."""

    def wait(condition: Callable[[], object], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait
