"""Carry out commands: mark them as sent, call, store their outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import structlog
from django.db import transaction

from core.db import database_time
from integrations.accounts.connections import Account, account_of, active_connection
from integrations.contract.errors import UNEXPECTED_ERRORS, NotAuthorised, Rejected, TryLater
from integrations.contract.writes import WriteOutcome
from integrations.documents.commands import store
from integrations.documents.commands.calls import Calls, at_once
from integrations.documents.commands.store import Claimed
from integrations.documents.errors import NotNeeded
from integrations.documents.targets import JOBS, target_of
from integrations.work import wakeups
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

# longer than any call may take with a renewed token in between; then its answer counts as lost
LEASE_SECONDS = 150.0
# a job that takes turns: documents for the POS may wait, stock numbers may not
BUDGET_SECONDS = 0.5
# a lost answer is looked up so often, so far apart, before "not found" is believed
LOOKS = 2
LOOK_AGAIN_AFTER = 10.0
RECONNECT_AFTER = 60.0

# returns the outcome, None for a lost command without a trace; raises as connectors do
Call = Callable[[], "WriteOutcome | None"]


def due_by_job() -> dict[str, list[int]]:
    """Return the active connections that commands are due for, by the job that carries them out."""
    found: dict[str, list[int]] = {}
    for due in store.due():
        found.setdefault(JOBS[due.lane], []).append(due.target_id)
    return found


def perform_due(connection_id: int, *, lane: str = "orders", budget_seconds: float = BUDGET_SECONDS) -> None:
    """Carry out the due commands of a connection in one lane until none is due or the time is up.

    One worker at a time per connection and lane: a channel that takes two writes a second would hold up all of them. May be
    killed at any moment: what was sent is looked up later.
    """
    connection = active_connection(connection_id)
    if connection is None:
        return
    with advisory_lock(f"perform:{connection_id}:{lane}") as acquired:
        if acquired and not _until_done(account_of(connection, lane=lane), lane, budget_seconds):
            wakeups.enqueue_once(JOBS[lane], [connection_id])


def _until_done(account: Account, lane: str, budget_seconds: float) -> bool:
    """Keep several commands under way; after a "later", one at a time: the account is at its limit."""
    until = time.monotonic() + budget_seconds
    calls: Calls[Claimed, WriteOutcome | None] = Calls()
    most = at_once(account.connector.limits)
    while True:
        in_time = time.monotonic() < until
        claimed = _claimed(account, lane, most - len(calls)) if in_time else []
        ready = [(command, call) for command in claimed if (call := _call(account, command)) is not None]
        if len(ready) == 1 and not calls:
            finished: list[tuple[Claimed, Call]] = ready
        else:
            for command, call in ready:
                calls.start(command, call)
            finished = calls.finished() if calls else []
        for command, call in finished:
            if _settle(account, command, call):
                most = 1
        if not claimed and not finished:
            return in_time


def _claimed(account: Account, lane: str, room: int) -> list[Claimed]:
    if room <= 0:
        return []
    alone = [kind for kind, writer in account.connector.writes.items() if writer.alone]
    return store.claim(account.connection.pk, seconds=LEASE_SECONDS, lane=lane, limit=room, alone=alone)


def _call(account: Account, claimed: Claimed) -> Call | None:
    """Return the call that carries a command out, or looks it up; None when it is not to be made after all."""
    writer = account.connector.writes.get(claimed.kind)
    if writer is None:
        store.refused(claimed, reason=f"{account.connector.title} takes no command of this kind")
        return None
    try:
        message = target_of(claimed.kind).build(account.connection, claimed)
    except NotNeeded as error:
        store.not_needed(claimed, reason=str(error))
    except Rejected as error:
        store.refused(claimed, reason=error.reason)
    except UNEXPECTED_ERRORS as error:
        # it must not hold up those that were claimed with it
        log.exception("command_not_built", command=claimed.id, kind=claimed.kind)
        reason = f"it could not be made: {type(error).__name__}: {error}"
        if claimed.was_sent:
            store.unanswered(claimed, after=_settles(account, claimed), reason=reason)
        else:
            store.refused(claimed, reason=reason)
    else:
        verb = writer.outcome_of if claimed.was_sent else writer.perform
        return partial(verb, account.access, replace(message, sent_at=claimed.sent_at))
    return None


def _settle(account: Account, claimed: Claimed, call: Call) -> bool:
    """Store the outcome; returns whether the channel wants to be left alone for a while."""
    lost = claimed.was_sent
    try:
        outcome = call()
    except TryLater as error:
        if lost:
            store.unanswered(claimed, after=error.after, reason=error.reason)
        elif error.maybe_done:
            store.unanswered(claimed, after=max(error.after, _settles(account, claimed)), reason=error.reason)
        else:
            store.unsent(claimed, after=error.after, reason=error.reason)
        return True
    except NotAuthorised as error:
        back = store.unanswered if lost else store.unsent
        back(claimed, after=RECONNECT_AFTER, reason=error.reason)
        return True
    except Rejected as error:
        store.refused(claimed, reason=error.reason)
    except UNEXPECTED_ERRORS as error:
        log.exception("command_failed", command=claimed.id, kind=claimed.kind)
        reason = f"the answer made no sense: {type(error).__name__}"
        store.unanswered(claimed, after=_settles(account, claimed), reason=reason)
    else:
        if outcome is None:
            _not_found(account, claimed)
        else:
            _done(account, claimed, outcome)
    return False


def _settles(account: Account, claimed: Claimed) -> float:
    return account.connector.writes[claimed.kind].settles_after(account.access).total_seconds()


def _not_found(account: Account, claimed: Claimed) -> None:
    """Not there: it may still be running until it has settled; then believed only if missing twice, some seconds apart."""
    since_sent = (database_time() - claimed.sent_at).total_seconds()
    if (left := _settles(account, claimed) - since_sent) > 0:
        store.unanswered(claimed, after=left, reason="no trace of it yet: it may still be running there")
    elif claimed.missed + 1 < LOOKS:
        store.unanswered(claimed, after=LOOK_AGAIN_AFTER, reason="no trace of it yet", missed=claimed.missed + 1)
    else:
        store.unsent(claimed, after=0, reason="the lost call was not carried out")


@transaction.atomic
def _done(account: Account, claimed: Claimed, outcome: WriteOutcome) -> None:
    """Store a success: its follow-up first, then the command's row, in the hub's lock order (ingest/locks.py)."""
    target_of(claimed.kind).follow_up(account.connection, claimed)
    store.done(claimed.id, external_id=outcome.external_id, code=outcome.code)
