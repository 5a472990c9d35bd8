"""Monthly partitions of tables that only grow, so that retention is a DROP and not a DELETE.

A partition holds a month of UTC. The uniqueness that a table promises is kept by each partition (PostgreSQL wants the partition key in a
unique index over all of them): `LEAF_INDEXES`. A default partition takes what no month takes; it stays empty as long as the schedule
makes months ahead, and `ensure_months` empties it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction

from core.db import database_time, execute, fetch

log = structlog.get_logger(__name__)

MONTHS_AHEAD = 2
# a partition comes and goes under a lock of the whole table: whoever waits for it makes all others wait
LOCK_SECONDS = 2

# table -> unique indexes of each of its partitions: name -> columns
LEAF_INDEXES: Mapping[str, Mapping[str, str]] = {
    "core_outboxevent": {"id": "id", "version": "entity, entity_id, version", "position": "position"},
}
COLUMNS: Mapping[str, str] = {"core_outboxevent": "time"}


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition and its end: the first moment that is not of it; None of the default one."""

    name: str
    end: datetime | None


def month_of(moment: datetime) -> datetime:
    """Return the beginning of a moment's month, in UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(month: datetime) -> datetime:
    """Return the beginning of the next month."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


_PARTITIONS = r"""
SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass ORDER BY 2 NULLS LAST, 1
"""


def partitions(table: str) -> Sequence[Partition]:
    """Return the partitions of a table, the oldest first, the default one last."""
    return [Partition(*row) for row in fetch(_PARTITIONS, table)]


def ensure_months(table: str, *, ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the partitions of the months from the last one's end to `ahead` months from now; return their names. May be repeated."""
    last = max((p.end for p in partitions(table) if p.end is not None), default=None)
    now = database_time()
    month, made = last or month_of(now), list[str]()
    upto = month_of(now)
    for _month in range(ahead):
        upto = month_after(upto)
    while month <= upto:
        made.append(_make(table, month))
        month = month_after(month)
    return made


@transaction.atomic
def _make(table: str, month: datetime) -> str:
    """Make one month, with what the default partition caught of it: it was late then."""
    name, column = f"{table}_{month:%Y_%m}", COLUMNS[table]
    start, end = month.isoformat(), month_after(month).isoformat()
    _begin()
    execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    caught = execute(
        f"WITH caught AS (DELETE FROM {table}_default WHERE {column} >= %s AND {column} < %s RETURNING *)"
        f" INSERT INTO {name} SELECT * FROM caught",
        start, end,
    )  # fmt: skip
    index_leaf(table, name)
    execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')")
    log.info("partition_made", partition=name, caught=caught)
    return name


def _begin() -> None:
    """Prepare a transaction that changes a table: as its owner, where the process signs in with less, and with a short wait."""
    if settings.DATABASE_OWNER:
        execute(f"SET LOCAL ROLE {connection.ops.quote_name(settings.DATABASE_OWNER)}")
    execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")


def index_leaf(table: str, name: str) -> None:
    """Give a partition the unique indexes that the table cannot have."""
    for index, columns in LEAF_INDEXES[table].items():
        execute(f"CREATE UNIQUE INDEX {name}_{index} ON {name} ({columns})")


def expired(table: str, *, days: int) -> Sequence[Partition]:
    """Return the partitions whose newest row may be no younger than so many days, the oldest first."""
    [(limit,)] = fetch("SELECT clock_timestamp() - make_interval(days => %s)", days)
    return [p for p in partitions(table) if p.end is not None and p.end <= limit]


def drop(partition: Partition) -> bool:
    """Drop a partition; return False where the table was too busy: the next night tries again."""
    try:
        with transaction.atomic():
            _begin()
            execute(f"DROP TABLE {partition.name}")
    except OperationalError as error:
        log.warning("partition_kept", partition=partition.name, error=str(error).strip())
        return False
    log.info("partition_dropped", partition=partition.name)
    return True
