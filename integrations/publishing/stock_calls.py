"""Calls that push stock numbers, made concurrently, and what is stored of their outcomes.

Only the calls, which mostly wait for the channel, run in other threads; all of the database's work is this thread's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

import structlog
from django.db import transaction

from core import tracing
from core.reasons import as_reason
from integrations.accounts.connections import Account
from integrations.contract.connector import Connector
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import PushOutcome, StockPush
from integrations.contract.reasons import BELOW_LEAST
from integrations.publishing.calls import concurrent, falls_at_once, parts_of, publisher_of
from integrations.publishing.endings import end_unknown
from integrations.publishing.pauses import pause_pushes
from integrations.publishing.stock_messages import stock_messages
from integrations.work import threads
from inventory.services import pushes
from inventory.services.pushes import DuePush, InFlight, PushRefusal

log = structlog.get_logger(__name__)

# an unanswered push so old was left behind by a dead worker: longer than a call lasts, with its retries
STALE_AFTER = timedelta(seconds=90)
# how long a connection rests whose connector failed unexpectedly
UNEXPECTED_PAUSE = 30.0
BELOW_MINIMUM = "below_minimum"

# gives the outcomes of a call, or raises what it raised
Answer = Callable[[], list[PushOutcome]]


def push_stock(account: Account, calls: Sequence[Sequence[DuePush]]) -> list[TryLater | None]:
    """Make these calls concurrently; for each, return the reason why it is to be made again later, None where there is none.

    Raises NotAuthorised, and unexpected errors of the connector, after what each means for its numbers is stored.
    """
    started = pushes.start_pushes([(d.stock_id, d.number) for call in calls for d in call], stale_after=STALE_AFTER)
    in_flight = {push.stock_id: push for push in started}
    mine = [_large_enough(account.connector, [d for d in call if d.stock_id in in_flight], in_flight) for call in calls]
    sent = [call for call in mine if call]
    later: list[TryLater | None] = []
    trouble: list[Exception] = []
    for call, answer in zip(sent, _answers(account, sent, stock_messages(account, sent)), strict=True):
        try:
            later.append(_outcome(account, call, in_flight, answer))
        except Exception as error:  # raised below: the other calls were made all the same
            trouble.append(error)
    if trouble:
        raise trouble[0]
    return later


def _large_enough(connector: Connector, due: Sequence[DuePush], in_flight: Mapping[int, InFlight]) -> list[DuePush]:
    """Return the numbers that the channel can show at all; the others are for a person to take off sale."""
    least = publisher_of(connector).min_stock
    small = [d for d in due if d.number < least]
    if small:
        reason = BELOW_LEAST(channel=connector.title, least=least)
        pushes.pushes_refused([PushRefusal(in_flight[d.stock_id], BELOW_MINIMUM, reason) for d in small])
    return [d for d in due if d.number >= least]


# --------------------------------------------------------------------------------------------------------------------
# Calls
# --------------------------------------------------------------------------------------------------------------------


def _answers(
    account: Account, calls: Sequence[Sequence[DuePush]], messages: Sequence[Sequence[StockPush]]
) -> list[Answer]:
    if len(messages) == 1:
        return [partial(_call, account, calls[0], messages[0])]
    return [threads.start(_call, account, *of_call).result for of_call in zip(calls, messages, strict=True)]


def _call(account: Account, due: Sequence[DuePush], message: Sequence[StockPush]) -> list[PushOutcome]:
    publish = publisher_of(account.connector).stock
    assert publish is not None, "asked only where stock is taken"
    origins = [d.traceparent for d in due]
    with tracing.continued("push stock", "producer", origins, channel=account.connector.channel, rows=len(due)):
        return publish(account.access, message)


# --------------------------------------------------------------------------------------------------------------------
# Outcomes
# --------------------------------------------------------------------------------------------------------------------


def _outcome(
    account: Account, due: Sequence[DuePush], in_flight: Mapping[int, InFlight], answer: Answer
) -> TryLater | None:  # fmt: skip
    sent = [in_flight[d.stock_id] for d in due]
    settles_after = publisher_of(account.connector).settles_after
    try:
        outcomes = answer()
    except TryLater as error:
        if error.maybe_done:
            pushes.pushes_unknown(sent, settles_after=settles_after)
        else:
            pushes.pushes_not_sent(sent)
        return error
    except NotAuthorised:
        pushes.pushes_not_sent(sent)
        raise
    except Rejected as error:
        return _refused(account, due, sent, error)
    except Exception:
        # an unexpected error in reading the answer: the numbers were sent all the same
        pushes.pushes_unknown(sent, settles_after=settles_after)
        pause_pushes(account.connection, UNEXPECTED_PAUSE)
        raise
    _settle(account, due, in_flight, outcomes)
    return None


def _refused(
    account: Account, due: Sequence[DuePush], sent: Sequence[InFlight], error: Rejected
) -> TryLater | None:  # fmt: skip
    """Find the rows to blame for the refusal of a whole call: each item goes in a call of its own, then each half of its rows."""
    if len(due) == 1:
        _store_refusals(account, due, [PushRefusal(sent[0], error.code, error.reason)])
        return None
    log.info("push_split", connection=account.connection.pk, rows=len(due), code=error.code)
    pushes.pushes_not_sent(sent)
    later: list[TryLater | None] = []
    for group in concurrent(parts_of(due), falls_at_once(account)):
        later += push_stock(account, group)
    return next(filter(None, later), None)


def _store_refusals(account: Account, due: Sequence[DuePush], refusals: Sequence[PushRefusal]) -> None:
    """Store refusals; what the channel calls unknown ends here, too, and its item is read again."""
    is_gone = publisher_of(account.connector).is_gone
    gone = {refusal.push.stock_id for refusal in refusals if is_gone(refusal.code, as_reason(refusal.reason).words)}
    if not gone:
        pushes.pushes_refused(refusals)
        return
    with transaction.atomic():
        end_unknown(account.connection, [d for d in due if d.stock_id in gone])
        pushes.pushes_refused(refusals)


def _settle(
    account: Account, due: Sequence[DuePush], in_flight: Mapping[int, InFlight], outcomes: Sequence[PushOutcome]
) -> None:  # fmt: skip
    """Store each row's outcome; a row that the answer does not mention may or may not have been taken."""
    answered = {(o.item_id, o.variation_id, o.warehouse): o for o in outcomes}
    accepted, refused, unknown = [], [], []
    for d in due:
        push, outcome = in_flight[d.stock_id], answered.get((d.item_id, d.variation_id, d.warehouse))
        if outcome is None:
            unknown.append(push)
        elif outcome.accepted:
            accepted.append(push)
        else:
            refused.append(PushRefusal(push, outcome.code, outcome.reason, outcome.floor))
    if accepted:
        pushes.pushes_accepted(accepted)
    if refused:
        _store_refusals(account, due, refused)
    if unknown:
        pushes.pushes_unknown(unknown, settles_after=publisher_of(account.connector).settles_after)
