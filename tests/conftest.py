"""The servers every test may use, started once per run, and the fixtures that clean up behind a test.

Choosing how a test meets the database:
- `db` (or `@pytest.mark.django_db`): one transaction, rolled back. The fast default.
- `transactional_db` (or `django_db(transaction=True)`): real commits, tables emptied afterwards. Needed by all
  that has on-commit hooks, two connections, threads, another process or `SKIP LOCKED`. In threads use the `threads`
  fixture, which closes each thread's connection: an open one would block the clean-up.
- `hub_environment` with `transactional_db`: the environment for a child process that shall see this test's database.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from math import inf
from typing import Any
from urllib.parse import quote

import django_rq
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from redis import Redis

from core import erased
from erpsync.environment import BASE_DIR
from erpsync.management.commands.compile_catalogues import compile_catalogue
from integrations.wire import concurrency
from tests.settings import POSTGRES, REDIS, SERVERS_DIR

# Cycles are looked for when this many objects are new, not 700: with all modules loaded each search is long, and finds little.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what was imported and collected out of the cycle collector's searches: of tests/inventory they took 3 s of 17."""
    gc.collect()
    gc.freeze()


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


# what migrations fill, and nothing else writes
_FILLED_BY_MIGRATIONS = ("django_migrations", "django_content_type", "auth_permission")
_EMPTY = f"""
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- neither foreign keys nor triggers stand in the way
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> ALL('{{{",".join(_FILLED_BY_MIGRATIONS)}}}')
    LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
END $$
"""


def _empty_tables(self: TransactionTestCase) -> None:
    """Delete all rows after a test with real commits, instead of Django's TRUNCATE of all tables and its signals: 5 ms, not 150."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
    # one that a rolled back test created is remembered and not there
    apps.get_model("contenttypes", "ContentType").objects.clear_cache()


TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def as_at_first() -> None:
    """Undo what a test before left in its process: the language of its last page, whether somebody is erased, what channels bear.

    How many queries a test makes must not hang on when the list of erased persons was asked for.
    """
    translation.activate(settings.LANGUAGE_CODE)
    erased._cache.empty_until = inf
    concurrency._seen.clear()


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
