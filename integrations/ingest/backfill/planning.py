"""Starting, cutting, pausing and ending runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import tracing
from core.db import columns, database_time, execute
from core.reasons import Cause
from core.transactions import in_transaction
from integrations.accounts.connections import NotPossible
from integrations.connectors import connector_of
from integrations.contract.reads import Reader
from integrations.ingest.resources import kind_named
from integrations.models import BackfillChunk, BackfillRun, Connection
from integrations.work import wakeups

State = BackfillRun.State
OPEN = (State.SEARCHING, State.RUNNING, State.PAUSED)
# short enough to be retried cheaply and to be worked off between two orders, long enough for full pages
CHUNK = timedelta(days=1)
SHORTEST = timedelta(minutes=10)


def start(
    connection: Connection, kind: str, *, since: datetime | None, until: datetime | None = None,
    newest_first: bool = True, actor: AbstractBaseUser | None = None,
) -> BackfillRun:  # fmt: skip
    """Begin reading a kind of thing from `since` (None: from the beginning) to `until` (None: now).

    Raises NotPossible when the channel has no such kind, the span is empty, or such a run is open already.
    """
    connector = connector_of(connection.channel)
    if kind not in connector.reads:
        raise NotPossible(
            _("%(channel)s has no history of this kind: %(kind)s.") % {"channel": connector.title, "kind": kind}
        )
    now = database_time()
    until = min(until or now, now)
    if since is not None and since >= until:
        raise NotPossible(_("The first day must lie before the last."))
    try:
        with transaction.atomic():
            run = BackfillRun.objects.create(
                connection=connection, kind=kind, since=since, until=until, newest_first=newest_first,
                actor_id=actor.pk if actor else None, traceparent=tracing.traceparent(),
            )  # fmt: skip
            if since is not None or kind_named(kind).whole:
                cut(run, connector.reads[kind])
            transaction.on_commit(partial(wakeups.enqueue_once, "backfill", [run.pk]))
    except IntegrityError:
        raise NotPossible(_("A backfill of this kind is open for this shop: end it first.")) from None
    return run


def cut(run: BackfillRun, declared: Reader) -> None:
    """Make the chunks of a run whose beginning is known, and let it run. Inside the caller's transaction; once."""
    if kind_named(run.kind).whole:
        spans = [(run.since or datetime.fromisoformat("2010-01-01T00:00:00+00:00"), run.until)]
    else:
        assert run.since is not None, "the beginning is known"
        spans = list(_spans(run.since, run.until, min(CHUNK, declared.window or CHUNK)))
    execute(
        "INSERT INTO integrations_backfillchunk (run_id, since, until)"
        " SELECT %s, since, until"
        " FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS n(since, until) ON CONFLICT DO NOTHING",
        run.pk, *columns(spans, 2),
    )  # fmt: skip
    BackfillRun.objects.filter(pk=run.pk, state=State.SEARCHING).update(state=State.RUNNING, since=spans[0][0])


def begin(run: BackfillRun, declared: Reader, since: datetime | None) -> None:
    """Go on with a run whose beginning was searched for; one of a kind that the shop has nothing of is done."""
    searching = BackfillRun.objects.filter(pk=run.pk, state=State.SEARCHING)
    if since is None:
        searching.update(state=State.DONE, since=run.until, reason="", finished_at=database_time())
        return
    run.since = since
    searching.update(reason="", tries=0)
    cut(run, declared)


def give_up(run_id: int, reason: Cause) -> None:
    """End a run whose beginning could not be found; a person may resume it."""
    searching = BackfillRun.objects.filter(pk=run_id, state=State.SEARCHING)
    searching.update(state=State.FAILED, reason=reason, finished_at=database_time())


def _spans(since: datetime, until: datetime, step: timedelta) -> list[tuple[datetime, datetime]]:
    spans = []
    while since < until:
        spans.append((since, min(since + step, until)))
        since += step
    return spans


def split(chunk_id: int) -> None:
    """Split a chunk that takes too long in two; what was stored of it is not read again. Inside the caller's transaction."""
    chunk = BackfillChunk.objects.select_for_update(of=("self",), no_key=True).select_related("run").get(pk=chunk_id)
    middle = chunk.since + (chunk.until - chunk.since) / 2
    if kind_named(chunk.run.kind).whole or middle - chunk.since < SHORTEST:
        return
    BackfillChunk.objects.create(run=chunk.run, since=middle, until=chunk.until)
    BackfillChunk.objects.filter(pk=chunk_id).update(until=middle, seen=0, stored=0)


def pause(run_id: int) -> bool:
    """Stop after the page that is being read. Returns whether it was running. May be repeated."""
    return bool(BackfillRun.objects.filter(pk=run_id, state=State.RUNNING).update(state=State.PAUSED))


@in_transaction
def resume(run_id: int) -> bool:
    """Go on where a run was paused, with chunks that failed, or with the search. Returns whether there was such a run."""
    stopped = BackfillRun.objects.select_for_update(no_key=True).filter(state__in=(State.PAUSED, State.FAILED))
    run = stopped.filter(pk=run_id).first()
    if run is None:
        return False
    BackfillChunk.objects.filter(run=run, state=BackfillChunk.State.FAILED).update(
        state=BackfillChunk.State.WAITING, tries=0, reason="", finished_at=None
    )
    state = State.SEARCHING if run.since is None else State.RUNNING
    BackfillRun.objects.filter(pk=run_id).update(
        state=state, finished_at=None, reason="", tries=0, due_at=database_time(), traceparent=tracing.traceparent()
    )
    transaction.on_commit(partial(wakeups.enqueue_once, "backfill", [run_id]))
    return True


def cancel(run_id: int) -> bool:
    """End a run; what is stored stays. Returns whether it was open."""
    now = database_time()
    return bool(BackfillRun.objects.filter(pk=run_id, state__in=OPEN).update(state=State.CANCELLED, finished_at=now))
