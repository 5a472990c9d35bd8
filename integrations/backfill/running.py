"""Working off a run: one chunk after another, page by page, in the lane of bulk work."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from integrations import wake
from integrations.access import connector_for
from integrations.alone import alone
from integrations.backfill import planning
from integrations.backfill.beginning import find_beginning
from integrations.backfill.reading import Reading
from integrations.connectors.base import Connector
from integrations.models import BackfillRun
from integrations.wire.errors import ChannelError, NotAuthorised, TryLater
from inventory.sql import execute, fetch

log = structlog.get_logger(__name__)

LEASE_SECONDS = 60.0
# after so many refusals a chunk waits for a person; patience a channel asks for does not count
TRIES = 5
RETRY_AFTER = (5.0, 20.0, 60.0, 180.0)
RECONNECT_AFTER = 60.0
MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that is ours until its lease ends."""

    id: int
    since: datetime
    until: datetime
    tries: int
    lease: uuid.UUID


class _Stopped(Exception):
    """The run was paused or cancelled, or the lease was lost."""


class _TimeIsUp(Exception):
    """Others wait for this worker."""


def due_runs() -> list[int]:
    """Runs with something to do now, be it only to say that all is done."""
    return [row[0] for row in fetch(_DUE)]


_DUE = """
SELECT run.id FROM integrations_backfillrun run
JOIN integrations_connection connection ON connection.id = run.connection_id AND connection.is_active
WHERE run.state = 'searching' OR run.state = 'running' AND (EXISTS (
    SELECT FROM integrations_backfillchunk c WHERE c.run_id = run.id AND c.state = 'waiting'
        AND c.due_at <= clock_timestamp() AND (c.lease IS NULL OR c.lease_until < clock_timestamp()))
    OR NOT EXISTS (SELECT FROM integrations_backfillchunk c WHERE c.run_id = run.id AND c.state = 'waiting'))
ORDER BY run.id
"""


def work(run_id: int, *, budget_seconds: float = 5.0) -> None:
    """Read and store chunks until none is due or the time is up; rings again then. Any number of workers may share a run."""
    run = (
        BackfillRun.objects.select_related("connection__shop", "connection__authorisation__app")
        .filter(
            pk=run_id, state__in=(BackfillRun.State.SEARCHING, BackfillRun.State.RUNNING), connection__is_active=True
        )
        .first()
    )
    if run is None:
        return
    connector = connector_for(run.connection, lane="bulk")
    ends = time.monotonic() + budget_seconds
    try:
        if run.state == BackfillRun.State.SEARCHING and not _search(run, connector):
            return
        while chunk := _claim(run):
            _chunk(run, connector, chunk, ends)
            if time.monotonic() >= ends:
                wake.ring("backfill", [run_id])
                return
        # not with the last chunk: two workers that end theirs at one time do not see each other's end
        execute(_END_RUN, run_id)
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


def _search(run: BackfillRun, connector: Connector) -> bool:
    """Find where history begins and cut it; whether chunks are there now."""
    with alone(f"backfill:{run.pk}") as ours:
        if not ours:
            return False
        try:
            since = find_beginning(connector, run.kind, run.until)
        except ChannelError as error:
            BackfillRun.objects.filter(pk=run.pk).update(reason=error.reason[:500])
            return False
        with transaction.atomic():
            run.since = since
            planning.cut(run, connector.kinds[run.kind])
            BackfillRun.objects.filter(pk=run.pk).update(reason="")
    return True


_END_RUN = """
UPDATE integrations_backfillrun run SET finished_at = clock_timestamp(), state = CASE WHEN EXISTS (
    SELECT FROM integrations_backfillchunk c WHERE c.run_id = run.id AND c.state = 'failed') THEN 'failed' ELSE 'done' END
WHERE run.id = %s AND run.state = 'running' AND NOT EXISTS (
    SELECT FROM integrations_backfillchunk c WHERE c.run_id = run.id AND c.state = 'waiting')
"""

_CLAIM = """
UPDATE integrations_backfillchunk c SET lease = %s, lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE c.id = (
    SELECT w.id FROM integrations_backfillchunk w JOIN integrations_backfillrun run ON run.id = w.run_id
    WHERE w.run_id = %s AND run.state = 'running' AND w.state = 'waiting' AND w.due_at <= clock_timestamp()
      AND (w.lease IS NULL OR w.lease_until < clock_timestamp())
    ORDER BY CASE WHEN run.newest_first THEN -extract(epoch FROM w.since) ELSE extract(epoch FROM w.since) END
    LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
RETURNING c.id, c.since, c.until, c.tries
"""


def _claim(run: BackfillRun) -> Chunk | None:
    lease = uuid.uuid4()
    rows = fetch(_CLAIM, lease, LEASE_SECONDS, run.pk)
    if not rows:
        return None
    [(chunk_id, since, until, tries)] = rows
    return Chunk(chunk_id, since, until, tries, lease)


def _chunk(run: BackfillRun, connector: Connector, chunk: Chunk, ends: float) -> None:
    reading = Reading(run, connector, chunk.since, chunk.until)
    try:
        for _ in reading.pages():
            _go_on(chunk, reading)
            if time.monotonic() >= ends:
                raise _TimeIsUp
    except _Stopped:
        _end(chunk, "waiting")
    except _TimeIsUp:
        with transaction.atomic():
            _end(chunk, "waiting")
            planning.split(chunk.id)
    except (TryLater, NotAuthorised) as error:
        _end(chunk, "waiting", after=getattr(error, "after", RECONNECT_AFTER), reason=error.reason)
    except ChannelError as error:
        _failed(chunk, error.reason)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, KeyError, TypeError) as error:
        log.exception("chunk_failed", chunk=chunk.id)
        _failed(chunk, f"could not be read: {type(error).__name__}: {error}")
    else:
        _end(chunk, "done", reading=reading)


_GO_ON = """
UPDATE integrations_backfillchunk c SET lease_until = clock_timestamp() + make_interval(secs => %s), seen = %s, stored = %s
FROM integrations_backfillrun run WHERE c.id = %s AND c.lease = %s AND run.id = c.run_id AND run.state = 'running'
"""


def _go_on(chunk: Chunk, reading: Reading) -> None:
    """Progress is shown, the lease renewed; stops where nobody wants more of it."""
    if not execute(_GO_ON, LEASE_SECONDS, len(reading.seen), reading.stored, chunk.id, chunk.lease):
        raise _Stopped


def _failed(chunk: Chunk, reason: str) -> None:
    if chunk.tries + 1 >= TRIES:
        _end(chunk, "failed", reason=reason)
    else:
        _end(chunk, "waiting", after=RETRY_AFTER[chunk.tries], reason=reason, tries=chunk.tries + 1)


_END = """
UPDATE integrations_backfillchunk SET state = %s, reason = %s, due_at = clock_timestamp() + make_interval(secs => %s),
    seen = coalesce(%s, seen), stored = coalesce(%s, stored), problems = %s, tries = coalesce(%s, tries), lease = NULL,
    lease_until = NULL, finished_at = CASE WHEN %s = 'waiting' THEN NULL ELSE clock_timestamp() END
WHERE id = %s AND lease = %s
"""


def _end(
    chunk: Chunk, state: str, *, after: float = 0.0, reason: str = "", reading: Reading | None = None,
    tries: int | None = None,
) -> None:  # fmt: skip
    """Only while the chunk is still ours."""
    seen, stored, problems = (len(reading.seen), reading.stored, reading.problems) if reading else (None, None, {})
    kept = dict(sorted(problems.items())[:MOST_PROBLEMS])
    execute(_END, state, reason[:500], after, seen, stored, json.dumps(kept), tries, state, chunk.id, chunk.lease)
