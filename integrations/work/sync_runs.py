"""Recorder of sync runs: a row at the start, and one statement at the end with everything that was counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.db import execute, fetch
from core.reasons import Reason, as_reason, stored
from integrations.contract.errors import ChannelError
from integrations.contract.reasons import NOT_READ
from integrations.wire.call_counts import CallCount, counting

# no job may run longer: see the time-outs of the schedule
LOST_AFTER_SECONDS = 2 * 3600

_START = """
WITH lost AS (
    UPDATE integrations_syncrun SET state = 'lost', ended_at = clock_timestamp()
    WHERE connection_id = %(connection)s AND kind = %(kind)s AND state = 'running'
      AND started_at < clock_timestamp() - make_interval(secs => %(lost)s))
INSERT INTO integrations_syncrun (connection_id, kind, started_at) VALUES (%(connection)s, %(kind)s, clock_timestamp())
RETURNING id
"""
_END = """
UPDATE integrations_syncrun SET state = CASE WHEN %(reason)s::jsonb = '{}' THEN 'done' ELSE 'failed' END,
    ended_at = clock_timestamp(), seconds = extract(epoch FROM clock_timestamp() - started_at), fetched = %(fetched)s,
    written = %(written)s, calls = %(calls)s, answer_seconds = %(seconds)s, reason = %(reason)s::jsonb
WHERE id = %(id)s
"""


@dataclass
class RunningSync:
    """Figures of a run under way. A `reason` makes it one that broke off."""

    fetched: int = 0
    written: int = 0
    reason: Reason = field(default_factory=Reason)
    count: CallCount = field(default_factory=CallCount)

    def add(self, *, fetched: int, written: int) -> None:
        self.fetched += fetched
        self.written += written


@contextmanager
def recorded(connection_id: int, kind: str) -> Iterator[RunningSync]:
    """Record the block as a run of this kind; an error that leaves it is the run's reason, and is raised.

    A row whose process was killed is ended by the next run of its connection and kind.
    """
    [(run_id,)] = fetch(_START, connection=connection_id, kind=kind, lost=LOST_AFTER_SECONDS)
    run = RunningSync()
    try:
        with counting(run.count):
            yield run
    except ChannelError as error:
        run.reason = as_reason(error.reason)
        raise
    except BaseException as error:
        run.reason = NOT_READ(error=f"{type(error).__name__}: {error}")
        raise
    finally:
        execute(
            _END, id=run_id, fetched=run.fetched, written=run.written, calls=run.count.calls, seconds=run.count.seconds,
            reason=stored(run.reason),
        )  # fmt: skip


def delete_old(*, days: int) -> int:
    """Delete runs that began longer ago; return how many. May be repeated."""
    return execute(
        "DELETE FROM integrations_syncrun WHERE started_at < clock_timestamp() - make_interval(days => %s)", days
    )
