"""Liveness and readiness endpoints for an orchestrator, which asks for them by an address of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import django_rq
import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from core.encryption import SecretUnreadable
from core.stored_secrets import open_one_of_each_key
from erpsync.metrics import views as metrics

log = structlog.get_logger(__name__)


def before_the_host_check(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, first of all: whoever watches a container asks for 127.0.0.1 or a pod's address, never for ALLOWED_HOSTS."""

    def answer(request: HttpRequest) -> HttpResponse:
        view = ENDPOINTS.get(request.path_info)
        return view(request) if view is not None else get_response(request)

    return answer


def alive(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process answers at all; touches nothing else."""
    return JsonResponse({"status": "up"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 `{"database": "ok", "redis": "ok", "migrations": "ok", "secrets": "ok"}`, or 503 with the word that is wrong
    instead."""
    state = parts()
    return JsonResponse(state, status=200 if is_ready(state) else 503)


def parts() -> dict[str, str]:
    """Return the word for each part that work needs."""
    return {name: probe() for name, probe in PROBES.items()}


def is_ready(state: Mapping[str, str]) -> bool:
    """Return whether every part is in order."""
    return set(state.values()) == {"ok"}


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


def _secrets() -> str:
    """Open one stored secret of each key: with a key missing in FIELD_KEYS, no webhook can be checked and no channel asked."""
    try:
        open_one_of_each_key()
    except SecretUnreadable as error:
        log.warning("not ready", part="secrets", error=str(error))
        return "unreadable"
    except DatabaseError:
        return "unknown"
    return "ok"


PROBES: dict[str, Callable[[], str]] = {
    "database": _database, "redis": _redis, "migrations": _migrations, "secrets": _secrets,
}  # fmt: skip
ENDPOINTS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": alive, "/readyz": ready, "/metrics/hub": metrics.hub,
}  # fmt: skip
