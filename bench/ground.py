"""The machine under a benchmark: its own PostgreSQL (commits are durable) and Redis, and Django set up on them."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import call_command

from erpsync.servers import DURABLE, Postgres, RedisServer
from erpsync.supervisor import Supervisor


@dataclass(frozen=True)
class Result:
    """One figure and its peer, per second; `is_whole` when every single thing arrived. `name`: its short name."""

    name: str
    title: str
    rate: float
    peer: str
    peer_rate: float
    count: int
    lost: int
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.rate / self.peer_rate

    @property
    def is_whole(self) -> bool:
        return self.lost == 0

    def __str__(self) -> str:
        return (
            f"{self.title}: {self.rate:,.0f}/s; {self.peer}: {self.peer_rate:,.0f}/s; ratio {self.ratio:.3f}; "
            f"lost {self.lost} of {self.count:,}{'; ' if self.note else ''}{self.note}"
        )


@contextmanager
def ground(*, max_connections: int = 100) -> Iterator[Supervisor]:
    """Servers in a temporary directory, ended and removed with the block. What else is started belongs to the supervisor."""
    directory = Path(tempfile.mkdtemp(prefix="erpsync-bench-"))
    supervisor = Supervisor(directory, {}, say=print)
    postgres = Postgres(directory, options={**DURABLE, "max_connections": str(max_connections)})
    try:
        for title, server in (("PostgreSQL", postgres), ("Redis", RedisServer(directory))):
            supervisor.servers[title] = server
            server.start()
        os.environ.update(_settings(supervisor))
        supervisor.environment = dict(os.environ)
        django.setup()
        call_command("migrate", verbosity=0)
        yield supervisor
    finally:
        supervisor.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _settings(supervisor: Supervisor) -> dict[str, str]:
    postgres, redis = supervisor.servers["PostgreSQL"], supervisor.servers["Redis"]
    assert isinstance(postgres, Postgres)
    assert isinstance(redis, RedisServer)
    return {
        "DJANGO_SETTINGS_MODULE": "erpsync.settings",
        "DEBUG": "0",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_KEYS": "bench:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": "http://127.0.0.1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "EVENTS_PRIVATE_NETWORKS": "127.0.0.0/8",
        "STATIC_ROOT": str(supervisor.directory / "static"),
    }
