"""The servers every test may use, started once per run, and the fixtures that clean up behind a test.

Choosing how a test meets the database:
- `db` (or `@pytest.mark.django_db`): one transaction, rolled back. The fast default.
- `transactional_db` (or `django_db(transaction=True)`): real commits, tables emptied afterwards. Needed by all
  that has on-commit hooks, two connections, threads, another process or `SKIP LOCKED`. In threads use the `threads`
  fixture, which closes each thread's connection: an open one would block the clean-up.
- `hub_environment` with `transactional_db`: the environment for a child process that shall see this test's database.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import django_rq
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from redis import Redis

from erpsync.environment import BASE_DIR
from erpsync.management.commands.compile_catalogues import compile_catalogue
from tests.settings import POSTGRES, REDIS, SERVERS_DIR


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    for catalogue in BASE_DIR.glob("locale/*/LC_MESSAGES/*.po"):
        compile_catalogue(catalogue)
    if "ERPSYNC_TEST_OWN_POSTGRES" in os.environ:
        POSTGRES.start()
    if "ERPSYNC_TEST_OWN_REDIS" in os.environ:
        REDIS.start()
        with Redis.from_url(REDIS.url) as client:
            # one server, a database per worker: it would empty those of the others in mid test
            client.execute_command("ACL SETUSER", "default", "-flushall")


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    POSTGRES.stop()
    REDIS.stop()
    shutil.rmtree(SERVERS_DIR, ignore_errors=True)


@pytest.fixture
def redis() -> Iterator[Redis]:
    """The hub's Redis, empty before and after the test."""
    client = django_rq.get_connection("orders")
    client.flushdb()
    cache.clear()
    yield client
    client.flushdb()


@pytest.fixture
def hub_environment(transactional_db: None) -> dict[str, str]:
    """Environment variables for a child process (`manage.py ...`) on this test's own database and Redis."""
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    port = f":{database['PORT']}" if database["PORT"] else ""
    login = quote(database["USER"]) + (f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else "")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "ERPSYNC_TEST"))},
        "DJANGO_SETTINGS_MODULE": "erpsync.settings",
        "DATABASE_URL": f"postgres://{login}@{host}{port}/{database['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
    }


Start = Callable[..., "Future[Any]"]


@pytest.fixture
def threads(transactional_db: None) -> Iterator[Start]:
    """`threads(function, *args)` runs it in a thread of its own and returns its Future; its connections are closed."""

    def run(function: Callable[..., Any], *args: Any) -> Any:
        try:
            return function(*args)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=32) as pool:
        yield lambda function, *args: pool.submit(run, function, *args)
