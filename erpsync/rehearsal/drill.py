"""The crash drill: what is done to the hub while it works, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import redis
from django.db import connections

from erpsync.rehearsal.house import House, Say

Away = tuple[datetime, datetime]  # when the hub had no database


@dataclass(frozen=True, slots=True)
class Blow:
    """`at`: share of the day's orders that are placed when it falls."""

    at: float
    title: str
    strike: Callable[[House], Away | None]


def _kill(name: str) -> Callable[[House], None]:
    def strike(house: House) -> None:
        house.kill(name)

    return strike


def _empty_redis(house: House) -> None:
    with redis.Redis.from_url(house.redis.url, socket_timeout=5) as client:
        client.flushall()


def _stop_database(seconds: float) -> Callable[[House], Away]:
    def strike(house: House) -> Away:
        since = datetime.now(UTC)
        house.database.stop()
        house.watch(seconds)
        house.database.start()
        # this process lost its connections with all the others
        connections.close_all()
        return since, datetime.now(UTC)

    return strike


def blows(database_away_seconds: float = 10.0) -> tuple[Blow, ...]:
    """Each process killed with -9, Redis emptied, and PostgreSQL stopped for so long, spread over the day."""
    return (
        Blow(0.15, "kill -9 of a worker", _kill("worker-1")),
        Blow(0.30, "kill -9 of web", _kill("web")),
        Blow(0.45, "FLUSHALL on Redis", _empty_redis),
        Blow(0.60, "kill -9 of the scheduler", _kill("scheduler")),
        Blow(0.75, f"PostgreSQL stopped for {database_away_seconds:.0f} s", _stop_database(database_away_seconds)),
    )


@dataclass
class Drill:
    """The blows of one day, each dealt once and in order. `away`: when the hub was without a database."""

    left: Sequence[Blow]
    away: list[Away] = field(default_factory=list)

    def deal(self, house: House, share: float, say: Say) -> None:
        """Deal every blow that is due when this share of the day's orders is placed."""
        while self.left and share >= self.left[0].at:
            blow, self.left = self.left[0], self.left[1:]
            say(f"  drill: {blow.title}")
            away = blow.strike(house)
            if away is not None:
                self.away.append(away)
