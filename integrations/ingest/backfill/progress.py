"""Progress of a backfill run, for a progress bar and a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.db import decode, fetch
from core.reasons import Reason
from integrations.models import BackfillRun


@dataclass(frozen=True, slots=True)
class ProblemDay:
    """A part of a run for a person to look at: it failed, or some of its things could not be stored."""

    since: datetime
    until: datetime
    state: str
    reason: Reason
    problems: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a run: `seen` things were listed, `stored` of them are stored; `per_second` since it began, None before any is."""

    state: str
    chunks: int
    done: int
    failed: int
    seen: int
    stored: int
    per_second: float | None
    seconds_left: float | None
    reason: Reason
    problems: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def percent(self) -> int:
        """Whole percent of the parts that are over; 100 only when all are."""
        return 100 * (self.done + self.failed) // self.chunks if self.chunks else 0

    @property
    def is_over(self) -> bool:
        """Nothing more will happen by itself."""
        return self.state in (BackfillRun.State.DONE, BackfillRun.State.FAILED, BackfillRun.State.CANCELLED)


_PROGRESS = """
SELECT run.state, count(c.id), count(*) FILTER (WHERE c.state = 'done'), count(*) FILTER (WHERE c.state = 'failed'),
       coalesce(sum(c.seen), 0), coalesce(sum(c.stored), 0),
       extract(epoch FROM coalesce(run.finished_at, clock_timestamp()) - run.created_at),
       coalesce(nullif(run.reason, '{}'), (array_agg(c.reason ORDER BY c.id) FILTER (WHERE c.state <> 'done' AND c.reason <> '{}'))[1], '{}')
FROM integrations_backfillrun run LEFT JOIN integrations_backfillchunk c ON c.run_id = run.id
WHERE run.id = ANY(%s) GROUP BY run.id ORDER BY run.id
"""

_PROBLEMS = """
SELECT key, value FROM integrations_backfillchunk c, jsonb_each(c.problems)
WHERE c.run_id = %s ORDER BY key LIMIT 100
"""

_PROBLEM_DAYS = """
SELECT c.since, c.until, c.state, c.reason, (SELECT count(*) FROM jsonb_object_keys(c.problems))
FROM integrations_backfillchunk c
WHERE c.run_id = %s AND (c.state = 'failed' OR c.problems <> '{}'::jsonb) ORDER BY c.since
"""


def progress(run_id: int) -> Progress:
    """Return the progress of a run, with what could not be stored. Raises KeyError for a run that does not exist."""
    rows = fetch(_PROGRESS, [run_id])
    if not rows:
        raise KeyError(run_id)
    state, chunks, done, failed, seen, stored, seconds, reason = rows[0]
    over = done + failed
    per_second = stored / float(seconds) if stored and seconds else None
    left = float(seconds) / over * (chunks - over) if over else None
    return Progress(
        state,
        chunks,
        done,
        failed,
        int(seen),
        int(stored),
        per_second,
        left,
        Reason.from_json(decode(reason)),
        {thing: Reason.from_json(decode(found)) for thing, found in fetch(_PROBLEMS, run_id)},
    )


def problem_days(run_id: int) -> Sequence[ProblemDay]:
    """Return the parts of a run that a person should look at, oldest first."""
    rows = fetch(_PROBLEM_DAYS, run_id)
    return [
        ProblemDay(since, until, state, Reason.from_json(decode(found)), n) for since, until, state, found, n in rows
    ]
