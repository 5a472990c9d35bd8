"""Fetching of wanted labels: several calls at once, in the channel's batches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil

import structlog

from core import tunables
from core.reasons import Cause
from integrations.accounts.connections import Account, account_of, active_connection
from integrations.contract.errors import UNEXPECTED_ERRORS, ChannelError, Rejected, TryLater
from integrations.contract.labels import Label, Labels, ParcelRef
from integrations.contract.reasons import GIVES_NO_LABELS, ODD_ANSWER
from integrations.labels import store
from integrations.labels.pdf import page_count
from integrations.labels.store import ClaimedLabel, FetchedLabel
from integrations.wire import concurrency
from integrations.work import wakeups
from integrations.work.calls import Calls, at_once
from integrations.work.locks import advisory_lock

log = structlog.get_logger(__name__)

# longer than a call of a whole batch may take; then its answer counts as lost, and asking again does no harm
LEASE_SECONDS = 300.0
# a job takes turns with orders and stock
BUDGET_SECONDS = tunables.LABEL_SECONDS
# fewer parcels than this are not worth another call at the same time
_SMALL_CALL = 10
_SOONEST, _RECONNECT_AFTER = 1.0, 60.0
# a channel makes a label within minutes of the arrangement; after this a person should look
WAIT_SECONDS = tunables.LABEL_WAIT_SECONDS

Outcome = Mapping[ParcelRef, "Label | ChannelError"]


def fetch_due(connection_id: int, *, budget_seconds: float = BUDGET_SECONDS) -> None:
    """Fetch the due labels of a connection until none is due or the time is up. May be killed at any moment."""
    connection = active_connection(connection_id)
    if connection is None:
        return
    with advisory_lock(f"labels:{connection_id}") as acquired:
        if acquired and not _until_done(account_of(connection), budget_seconds):
            wakeups.enqueue_once("labels", [connection_id])


def _until_done(account: Account, budget_seconds: float) -> bool:
    """Return whether nothing was left that is due."""
    until = time.monotonic() + budget_seconds
    port = account.connector.labels
    while time.monotonic() < until:
        limit = _most(account) * (port.batch if port else _SMALL_CALL)
        claimed = store.claim(account.connection.pk, limit=limit, seconds=LEASE_SECONDS)
        if not claimed:
            return True
        if port is None:
            _refuse(claimed, GIVES_NO_LABELS(channel=account.connector.title))
        else:
            _fetch(account, port, claimed)
    return False


def _most(account: Account) -> int:
    return concurrency.bearable(account.access, at_once(account.connector.limits))


def _refuse(claimed: Sequence[ClaimedLabel], reason: Cause) -> None:
    for label in claimed:
        store.refused(label.id, reason=reason)


def _fetch(account: Account, port: Labels, claimed: Sequence[ClaimedLabel]) -> None:
    """Fetch and store. What one call meets costs only its own labels."""
    size = min(port.batch, max(_SMALL_CALL, ceil(len(claimed) / _most(account))))
    calls: Calls[Sequence[ClaimedLabel], Outcome] = Calls()
    for start in range(0, len(claimed), size):
        part = claimed[start : start + size]
        calls.start(part, partial(port.fetch, account.access, [label.ref for label in part]))
    while calls:
        for part, call in calls.finished():
            try:
                outcome = call()
            except ChannelError as error:
                outcome = dict.fromkeys((label.ref for label in part), error)
            except UNEXPECTED_ERRORS as error:
                log.exception("labels_not_understood", connection=account.connection.pk)
                reason = ODD_ANSWER(error=type(error).__name__)
                outcome = dict.fromkeys((label.ref for label in part), TryLater(reason, after=_RECONNECT_AFTER))
            for label in part:
                _settle(label, outcome[label.ref])


def _settle(label: ClaimedLabel, found: Label | ChannelError) -> None:
    match found:
        case Label():
            pages = page_count(found.content)
            store.ready(FetchedLabel(label.id, found.content, found.content_type, found.name, pages))
        case Rejected():
            store.refused(label.id, reason=found.reason)
        case _ if label.waited > WAIT_SECONDS:
            store.refused(label.id, reason=found.reason)
        case TryLater():
            store.later(label.id, after=max(found.after, _SOONEST), reason=found.reason)
        case _:
            store.later(label.id, after=_RECONNECT_AFTER, reason=found.reason)
