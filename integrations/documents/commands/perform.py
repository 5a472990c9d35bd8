"""Carry out commands: mark them as sent, call, store their outcomes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog

from core import tracing, tunables
from core.db import database_time
from core.transactions import in_transaction
from integrations.accounts.connections import Account, account_of, active_connection
from integrations.contract import reasons
from integrations.contract.errors import UNEXPECTED_ERRORS, NotAuthorised, Rejected, TryLater
from integrations.contract.writes import WriteOutcome
from integrations.documents.commands import store
from integrations.documents.commands.store import Claimed
from integrations.documents.commands.tasks import Call, Outcomes, Task, claim, left_out, outcome, settles, single, tasks
from integrations.documents.targets import JOBS, target_of
from integrations.inbox.refetch import refetch, refetch_later
from integrations.models import InboxEvent
from integrations.wire import concurrency
from integrations.work import threads, wakeups
from integrations.work.calls import Calls, at_once
from integrations.work.locks import advisory_lock
from orders.services.attention import lock_orders

log = structlog.get_logger(__name__)

# a job that takes turns: documents for the POS may wait, stock numbers may not
BUDGET_SECONDS = tunables.COMMAND_SECONDS
# a lost answer is looked up so often, so far apart, before "not found" is believed
LOOKS = 2
LOOK_AGAIN_AFTER = 10.0
RECONNECT_AFTER = 60.0


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
        if acquired and not carry_out(account_of(connection, lane=lane), lane, budget_seconds):
            wakeups.enqueue_once(JOBS[lane], [connection_id])


def carry_out(account: Account, lane: str, budget_seconds: float) -> bool:
    """Carry out an account's due commands until none is due; return False when the time is up first.

    Keeps several under way; after a "later", one at a time: the account is at its limit.
    """
    until = time.monotonic() + budget_seconds
    calls: Calls[Task, Outcomes] = Calls()
    most = at_once(account.connector.limits)
    waiting: list[Task] = []
    while True:
        room = max(0, concurrency.bearable(account.access, most) - len(calls))
        in_time = time.monotonic() < until
        claimed = claim(account, lane, room - len(waiting)) if in_time else []
        waiting += tasks(account, claimed)
        begun, waiting = waiting[:room], waiting[room:]
        finished = _made(calls, [_traced(account, task) for task in begun])
        for task, result in finished:
            alone = left_out(task, result)
            waiting += [single(account, one) for one in alone]
            for one in task.commands:
                if one not in alone and _settle(account, one.claimed, partial(outcome, result, one.claimed.reference)):
                    most = 1
        if not (claimed or finished or waiting):
            return in_time


def _traced(account: Account, task: Task) -> Task:
    """Return a task whose call is a part of what wanted its commands."""

    def call() -> Outcomes:
        first = task.commands[0].claimed
        origins = [ready.claimed.traceparent for ready in task.commands]
        channel = account.connector.channel
        with tracing.continued("command", "producer", origins, channel=channel, kind=first.kind, command=first.id):
            return task.call()

    return replace(task, call=call)


def _made(calls: Calls[Task, Outcomes], begun: Sequence[Task]) -> list[tuple[Task, Call]]:
    """Start calls, and return those that have finished first. One that has no company runs in this thread."""
    if len(begun) == 1 and not calls:
        return [(begun[0], threads.call(begun[0].call).result)]
    for task in begun:
        calls.start(task, task.call)
    return [*calls.finished()] if calls else []


def _settle(account: Account, claimed: Claimed, call: Callable[[], WriteOutcome | None]) -> bool:
    """Store the outcome; returns whether the channel wants to be left alone for a while."""
    with tracing.continued("outcome", "internal", [claimed.traceparent], kind=claimed.kind, command=claimed.id):
        return _stored(account, claimed, call)


def _stored(account: Account, claimed: Claimed, call: Callable[[], WriteOutcome | None]) -> bool:
    lost = claimed.was_sent
    try:
        outcome = call()
    except TryLater as error:
        if lost:
            store.unanswered(claimed, after=error.after, reason=error.reason)
        elif error.maybe_done:
            store.unanswered(claimed, after=max(error.after, settles(account, claimed)), reason=error.reason)
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
        reason = reasons.ODD_ANSWER(error=type(error).__name__)
        store.unanswered(claimed, after=settles(account, claimed), reason=reason)
    else:
        if outcome is None:
            _not_found(account, claimed)
        else:
            _done(account, claimed, outcome)
    return False


def _not_found(account: Account, claimed: Claimed) -> None:
    """Not there: it may still be running until it has settled; then believed only if missing twice, some seconds apart."""
    since_sent = (database_time() - claimed.sent_at).total_seconds()
    if (left := settles(account, claimed) - since_sent) > 0:
        store.unanswered(claimed, after=left, reason=reasons.MAY_STILL_RUN)
    elif claimed.missed + 1 < LOOKS:
        store.unanswered(claimed, after=LOOK_AGAIN_AFTER, reason=reasons.NO_TRACE, missed=claimed.missed + 1)
    else:
        store.unsent(claimed, after=0, reason=reasons.NOT_CARRIED_OUT)


@in_transaction
def _done(account: Account, claimed: Claimed, outcome: WriteOutcome) -> None:
    """Store a success: its follow-up first, then the command's row, then new inbox events, in the hub's lock order."""
    if claimed.follows_refusal and claimed.order_id is not None:
        lock_orders([claimed.order_id])
    target = target_of(claimed.kind)
    again = target.follow_up(account.connection, claimed)
    store.done(claimed.id, external_id=outcome.external_id, code=outcome.code, follows_refusal=claimed.follows_refusal)
    for kind, things in sorted(again.items()):
        if things and target.reads_within:
            refetch_later(account.connection, kind, things, InboxEvent.Source.COMMAND, after=target.reads_within)
        elif things:
            refetch(account.connection, kind, things, InboxEvent.Source.COMMAND)
