"""Running a backfill: one chunk after another, page by page, in the lane of bulk work."""

from __future__ import annotations

import time
import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from core import tracing, tunables
from core.db import database_time, encode, execute, fetch
from core.reasons import Cause, as_reason, stored
from integrations.accounts.connections import Account, account_of
from integrations.contract.errors import UNEXPECTED_ERRORS, ChannelError, NotAuthorised, TryLater
from integrations.contract.reasons import NOT_READ
from integrations.ingest.backfill import planning
from integrations.ingest.backfill.beginning import find_beginning
from integrations.ingest.backfill.reading import Reading
from integrations.models import BackfillRun, SyncRun
from integrations.work import wakeups
from integrations.work.locks import advisory_lock
from integrations.work.sync_runs import recorded

log = structlog.get_logger(__name__)

# history of this kind may hold what its shop was paid too little: people look for that next
MONEY_KINDS = ("settlement", "payout")
LEASE_SECONDS = tunables.BACKFILL_LEASE_SECONDS
# after so many refusals a chunk waits for a person; a wait that the channel asked for does not count
TRIES = tunables.BACKFILL_TRIES
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
    """The budget is used up: other jobs wait for this worker."""


def due_runs() -> list[int]:
    """Return runs with something to do now, be it only to end them."""
    return [row[0] for row in fetch(_DUE)]


_DUE = """
SELECT run.id FROM integrations_backfillrun run
JOIN integrations_connection connection ON connection.id = run.connection_id AND connection.is_active
WHERE run.state = 'searching' AND run.due_at <= clock_timestamp() OR run.state = 'running' AND (EXISTS (
    SELECT FROM integrations_backfillchunk c WHERE c.run_id = run.id AND c.state = 'waiting'
        AND c.due_at <= clock_timestamp() AND (c.lease IS NULL OR c.lease_until < clock_timestamp()))
    OR NOT EXISTS (SELECT FROM integrations_backfillchunk c WHERE c.run_id = run.id AND c.state = 'waiting'))
ORDER BY run.id
"""


def work(run_id: int, *, budget_seconds: float = 5.0) -> None:
    """Read and store chunks until none is due or the time is up; enqueues itself again then. Any number of workers may share a run."""
    run = (
        BackfillRun.objects.select_related("connection__shop", "connection__authorisation__app")
        .filter(
            pk=run_id, state__in=(BackfillRun.State.SEARCHING, BackfillRun.State.RUNNING), connection__is_active=True
        )
        .first()
    )
    if run is None:
        return
    account = account_of(run.connection, lane="bulk")
    ends = time.monotonic() + budget_seconds
    try:
        if run.state == BackfillRun.State.SEARCHING and not (run.due_at <= database_time() and _search(run, account)):
            return
        while chunk := _claim(run):
            _chunk(run, account, chunk, ends)
            if time.monotonic() >= ends:
                wakeups.enqueue_once("backfill", [run_id])
                return
        # not with the last chunk: two workers that end theirs at the same time do not see each other's end
        if execute(_END_RUN, run_id) and run.kind in MONEY_KINDS and run.connection.shop_id is not None:
            wakeups.enqueue_once("check_money", [run.connection.shop_id])
    except (OperationalError, InterfaceError) as error:
        log.warning("database_away", error=str(error))


def _linked(name: str, run: BackfillRun) -> AbstractContextManager[tracing.Note]:
    """Begin a trace for a part of a run, linked to the request's: a run of years has thousands of chunks."""
    return tracing.linked(name, "consumer", [run.traceparent], kind=run.kind, connection=run.connection_id)


def _search(run: BackfillRun, account: Account) -> bool:
    """Find where history begins and cut it into chunks; returns whether there are chunks now."""
    with advisory_lock(f"backfill:{run.pk}") as ours:
        if not ours:
            return False
        try:
            with _linked("search history", run):
                since = find_beginning(account.connector.reads[run.kind], account.access, run.until)
        except (TryLater, NotAuthorised) as error:
            _search_later(run, error.reason, after=getattr(error, "after", RECONNECT_AFTER), tries=run.tries)
            return False
        except ChannelError as error:
            _search_failed(run, error.reason)
            return False
        except UNEXPECTED_ERRORS as error:
            log.exception("search_failed", run=run.pk)
            _search_failed(run, NOT_READ(error=f"{type(error).__name__}: {error}"))
            return False
        with transaction.atomic():
            planning.begin(run, account.connector.reads[run.kind], since)
    return since is not None


def _search_failed(run: BackfillRun, reason: Cause) -> None:
    tries = run.tries + 1
    if tries >= TRIES:
        planning.give_up(run.pk, reason)
    else:
        _search_later(run, reason, after=RETRY_AFTER[run.tries], tries=tries)


_LATER = """
UPDATE integrations_backfillrun SET reason = %(reason)s::jsonb, tries = %(tries)s,
    due_at = clock_timestamp() + make_interval(secs => %(after)s)
WHERE id = %(run)s AND state = 'searching'
"""


def _search_later(run: BackfillRun, reason: Cause, *, after: float, tries: int) -> None:
    execute(_LATER, run=run.pk, reason=stored(reason), after=after, tries=tries)


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
    LIMIT 1 FOR NO KEY UPDATE OF w SKIP LOCKED)
RETURNING c.id, c.since, c.until, c.tries
"""


def _claim(run: BackfillRun) -> Chunk | None:
    lease = uuid.uuid4()
    rows = fetch(_CLAIM, lease, LEASE_SECONDS, run.pk)
    if not rows:
        return None
    [(chunk_id, since, until, tries)] = rows
    return Chunk(chunk_id, since, until, tries, lease)


def _chunk(run: BackfillRun, account: Account, chunk: Chunk, ends: float) -> None:
    reading = Reading(run, account, chunk.since, chunk.until)
    with _linked("backfill", run), recorded(run.connection_id, SyncRun.Kind.BACKFILL) as sync:
        sync.reason = as_reason(_read_chunk(chunk, reading, ends))
        sync.add(fetched=len(reading.seen), written=reading.stored)


def _read_chunk(chunk: Chunk, reading: Reading, ends: float) -> Cause:
    """Read and store a chunk, and end it or put it back; returns why it broke off, "" when it did not."""
    try:
        for _ in reading.pages():
            _go_on(chunk, reading)
            if time.monotonic() >= ends:
                reading.finish()
                raise _TimeIsUp
    except _Stopped:
        _end(chunk, "waiting")
    except _TimeIsUp:
        with transaction.atomic():
            _end(chunk, "waiting")
            planning.split(chunk.id)
    except (TryLater, NotAuthorised) as error:
        reading.finish_early()
        _end(chunk, "waiting", after=getattr(error, "after", RECONNECT_AFTER), reason=error.reason)
        return error.reason
    except ChannelError as error:
        reading.finish_early()
        _failed(chunk, error.reason)
        return error.reason
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, *UNEXPECTED_ERRORS) as error:
        log.exception("chunk_failed", chunk=chunk.id)
        reason = NOT_READ(error=f"{type(error).__name__}: {error}")
        _failed(chunk, reason)
        return reason
    else:
        _end(chunk, "done", reading=reading)
    return ""


_GO_ON = """
UPDATE integrations_backfillchunk c SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s),
    seen = %(seen)s, stored = %(stored)s
FROM integrations_backfillrun run
WHERE c.id = %(chunk)s AND c.lease = %(lease)s AND run.id = c.run_id AND run.state = 'running'
"""


def _go_on(chunk: Chunk, reading: Reading) -> None:
    """Write progress and renew the lease; raises when the run was paused or cancelled, or the lease lost."""
    params = {
        "seconds": LEASE_SECONDS, "seen": len(reading.seen), "stored": reading.stored, "chunk": chunk.id, "lease": chunk.lease,
    }  # fmt: skip
    if not execute(_GO_ON, **params):
        raise _Stopped


def _failed(chunk: Chunk, reason: Cause) -> None:
    if chunk.tries + 1 >= TRIES:
        _end(chunk, "failed", reason=reason)
    else:
        _end(chunk, "waiting", after=RETRY_AFTER[chunk.tries], reason=reason, tries=chunk.tries + 1)


_END = """
UPDATE integrations_backfillchunk SET state = %(state)s, reason = %(reason)s::jsonb,
    due_at = clock_timestamp() + make_interval(secs => %(after)s), seen = coalesce(%(seen)s, seen),
    stored = coalesce(%(stored)s, stored), problems = %(problems)s, tries = coalesce(%(tries)s, tries),
    lease = NULL, lease_until = NULL,
    finished_at = CASE WHEN %(state)s = 'waiting' THEN NULL ELSE clock_timestamp() END
WHERE id = %(chunk)s AND lease = %(lease)s
"""


def _end(
    chunk: Chunk, state: str, *, after: float = 0.0, reason: Cause = "", reading: Reading | None = None,
    tries: int | None = None,
) -> None:  # fmt: skip
    """End a chunk, or put it back, while its lease is ours."""
    found = sorted(reading.problems.items())[:MOST_PROBLEMS] if reading else []
    problems = {thing: as_reason(cause).as_json() for thing, cause in found}
    params = {
        "state": state, "reason": stored(reason), "after": after, "tries": tries, "problems": encode(problems),
        "seen": len(reading.seen) if reading else None, "stored": reading.stored if reading else None,
        "chunk": chunk.id, "lease": chunk.lease,
    }  # fmt: skip
    execute(_END, **params)
