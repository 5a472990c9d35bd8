"""Liveness and readiness endpoints for an orchestrator."""

from __future__ import annotations

from collections.abc import Callable

import django_rq
import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def alive(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process answers at all; touches nothing else."""
    return JsonResponse({"status": "up"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 `{"database": "ok", "redis": "ok", "migrations": "ok"}`, or 503 with the word that is wrong instead."""
    state = {name: probe() for name, probe in PROBES.items()}
    return JsonResponse(state, status=200 if set(state.values()) == {"ok"} else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("not ready", part="database", error=str(error))
        return "down"
    return "ok"


def _redis() -> str:
    try:
        django_rq.get_connection("orders").ping()
    except RedisError as error:
        log.warning("not ready", part="redis", error=str(error))
        return "down"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown"
    return "pending" if pending else "ok"


PROBES: dict[str, Callable[[], str]] = {"database": _database, "redis": _redis, "migrations": _migrations}
