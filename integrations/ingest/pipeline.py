"""Inbox events -> the channel's answers -> rows of the domain apps: the way of every change, on one screen.

Fetch outside any transaction, several reads at once; store what came together in one transaction, and in halves when that
fails, so that one poison row never blocks the rest. May run twice, late or out of order with the same end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from rq.timeouts import BaseTimeoutException

from core import tracing, tunables
from core.reasons import Cause
from integrations import inbox
from integrations.accounts import health
from integrations.accounts.connections import Account
from integrations.contract import reasons
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reads import Answer
from integrations.inbox.store import Claimed, Event, Later, Outcome
from integrations.ingest.batches import MAX_AGE_SECONDS, MAX_ROWS, Batch
from integrations.ingest.echoes import without_echoes
from integrations.ingest.failed_answers import calls_of, left_open, rows_of
from integrations.ingest.fetching import Fetched, Fetches
from integrations.ingest.resources import Circumstances, kinds
from integrations.ingest.storing import outcomes, store_answer
from integrations.models import InboxEvent

log = structlog.get_logger(__name__)

LEASE_SECONDS = tunables.INBOX_LEASE_SECONDS
RECONNECT_AFTER = 60.0
# events of this kind are answered by asking the channel whether the consent still stands
AUTHORISATION = "authorisation"
# the worker ends, or its leases run out: not the fault of any event
INTERRUPTED = (OperationalError, InterfaceError, BaseTimeoutException)


def process(account: Account, claimed: Claimed) -> None:
    """Bring every claimed event to its end, or back to waiting with a reason. Raises nothing but a lost database."""
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in claimed.events:
        by_kind[event.kind].append(event)
    for kind, found in by_kind.items():
        events = without_echoes(account.connection, claimed.lease, kind, found)
        if not events:
            continue
        if kind == AUTHORISATION:
            _check_consent(account, claimed.lease, events)
        elif kind in account.connector.reads:
            _read_and_store(account, claimed.lease, kind, events)
        else:
            _end(claimed.lease, [_not_read(account, event) for event in events])


def store(account: Account, claimed: Claimed, answer: Answer) -> None:
    """Bring claimed events to their end whose answer came with a list. As `process`."""
    _store(account, claimed.lease, claimed.events, answer)


def _not_read(account: Account, event: Event) -> Outcome:
    """End an event of a kind that the channel is not asked for.

    A snapshot that came with its notice and was not stored stays a dead letter: only its sender can send it again.
    """
    webhooks = account.connector.webhooks
    # a channel that is answered alike whatever was stored may send snapshots, too: then only a person tries them again
    sends_snapshots = webhooks is not None and (webhooks.answer is not None or event.source == InboxEvent.Source.PERSON)
    if sends_snapshots and event.kind in kinds():
        return Outcome(event.id, "dead", "cannot_be_read", reasons.CANNOT_BE_READ)
    return Outcome(event.id, "ignored", "unknown_kind", reasons.NOT_HANDLED(kind=event.kind))


def _check_consent(account: Account, lease: UUID, events: Sequence[Event]) -> None:
    try:
        health.check_consent(account)
    except TryLater as error:
        _put_back(lease, events, error.after, counts=False, code=error.code, reason=error.reason)
    except Rejected as error:
        _end(lease, [Outcome(event.id, "dead", error.code, error.reason) for event in events])
    else:
        _end(lease, [Outcome(event.id, "processed") for event in events])


def _read_and_store(account: Account, lease: UUID, kind: str, events: Sequence[Event]) -> None:
    may_go_on = partial(inbox.renew, lease, seconds=LEASE_SECONDS)
    fetches = Fetches(account, kind, events, may_go_on=lambda: bool(may_go_on()))
    batch: Batch[Event] = Batch(max_age=MAX_AGE_SECONDS)
    while fetches:
        fetches.start()
        for fetched in fetches.finished(timeout=batch.seconds_left()):
            if batch.is_due(coming=len(fetched.events)):
                _store(account, lease, *batch.take())
            _take(lease, fetches, batch, fetched)
        if batch.is_due():
            _store(account, lease, *batch.take())
    if batch.things:
        _store(account, lease, *batch.take())


def _take(lease: UUID, fetches: Fetches, batch: Batch[Event], fetched: Fetched) -> None:
    events = fetched.events
    try:
        answer = fetched.result()
        batch.add(events, answer)
    except TryLater as error:
        _put_back(lease, events, error.after, counts=False, code=error.code, reason=error.reason)
    except NotAuthorised as error:
        code = error.code or "not_authorised"
        _put_back(lease, events, RECONNECT_AFTER, counts=False, code=code, reason=error.reason)
    except INTERRUPTED:
        raise
    except Exception as error:
        if len(events) > 1:
            # find the one that is to blame: read alone it fails alone
            fetches.add([[event] for event in events])
            return
        if isinstance(error, Rejected) or inbox.is_last_try(events[0]):
            inbox.keep_answers(lease, calls_of(events, fetched.heard.exchanged))
        if isinstance(error, Rejected):
            _end(lease, [Outcome(events[0].id, "dead", error.code, error.reason)])
        else:
            _failed(lease, events[0], reasons.NOT_READ(error=error), error)
    else:
        inbox.keep_answers(lease, calls_of(left_open(events, answer), fetched.heard.exchanged))


def _store(account: Account, lease: UUID, events: Sequence[Event], answer: Answer) -> None:
    for start in range(0, len(events), MAX_ROWS):
        _store_isolated(account, lease, events[start : start + MAX_ROWS], answer)


def _store_isolated(account: Account, lease: UUID, events: Sequence[Event], answer: Answer) -> None:
    try:
        with tracing.span("store", rows=len(events)), transaction.atomic():
            _store_together(account, lease, events, answer)
    except OperationalError:
        # a deadlock or a lost connection: no try is used up
        _put_back(lease, events, 1.0, counts=False, code="database", reason=reasons.BUSY_DATABASE)
    except INTERRUPTED:
        raise
    except Exception as error:
        if len(events) > 1:
            middle = len(events) // 2
            for half in (events[:middle], events[middle:]):
                _store_isolated(account, lease, half, answer)
        else:
            inbox.keep_answers(lease, rows_of(filter(inbox.is_last_try, events), answer))
            _failed(lease, events[0], reasons.NOT_STORED(error=error), error)


def _store_together(account: Account, lease: UUID, events: Sequence[Event], answer: Answer) -> None:
    mine = inbox.keep_mine(lease, [event.id for event in events])
    kept = [event for event in events if event.id in mine]
    sources = {event.external_id: event.source for event in reversed(kept)}
    circumstances = Circumstances(sources, {event.kind for event in kept})
    stored = store_answer(account, answer, sources.keys(), circumstances)
    ends, laters = outcomes(kept, answer, stored)
    inbox.finish(ends)
    if laters:
        counted = {later.event_id for later in laters if later.counts}
        inbox.keep_answers(lease, rows_of([e for e in kept if e.id in counted and inbox.is_last_try(e)], answer))
        inbox.put_back(laters)


def _failed(lease: UUID, event: Event, reason: Cause, error: Exception) -> None:
    log.error("event_failed", event_id=event.id, exc_info=error)
    _put_back(lease, [event], None, counts=True, code=type(error).__name__, reason=reason)


def _end(lease: UUID, ends: Sequence[Outcome]) -> None:
    with transaction.atomic():
        mine = inbox.keep_mine(lease, [end.event_id for end in ends])
        inbox.finish([end for end in ends if end.event_id in mine])


def _put_back(
    lease: UUID, events: Sequence[Event], after: float | None, *, counts: bool, code: str, reason: Cause
) -> None:
    with transaction.atomic():
        mine = inbox.keep_mine(lease, [event.id for event in events])
        inbox.put_back([Later(event_id, after, counts, code, reason) for event_id in mine])
