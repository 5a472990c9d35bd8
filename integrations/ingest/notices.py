"""Snapshots that came with their notice, stored as if they had been fetched."""

from __future__ import annotations

from collections.abc import Sequence

from core.db import database_time
from integrations.accounts.connections import account_of, active_connection
from integrations.contract.reads import Answer
from integrations.contract.webhooks import Applied, Notice
from integrations.inbox import carried
from integrations.inbox.store import Event
from integrations.ingest.resources import Circumstances
from integrations.ingest.storing import outcomes, store_answer
from integrations.models import InboxEvent


@carried.apply_with
def store_notices(connection_id: int, notices: Sequence[Notice]) -> list[Applied]:
    """Store the snapshots of one connection's notices in the caller's transaction; one outcome per notice. May be repeated."""
    connection = active_connection(connection_id)
    if connection is None:
        return [Applied(notice, carried.DEAD, "switched_off") for notice in notices]
    account, source, now = account_of(connection), InboxEvent.Source.WEBHOOK, database_time()
    answer = Answer(tuple(notice.snapshot for notice in notices if notice.snapshot is not None))
    circumstances = Circumstances({n.external_id: source for n in notices}, {n.kind for n in notices})
    stored = store_answer(account, answer, circumstances.sources.keys(), circumstances)
    events = [Event(at, n.kind, n.external_id, n.version, source, 0, now) for at, n in enumerate(notices)]
    ends, laters = outcomes(events, answer, stored)
    codes = {end.event_id: (end.state, end.code) for end in ends} | {
        later.event_id: ("", later.code) for later in laters
    }
    return [_applied(notice, *codes[at]) for at, notice in enumerate(notices)]


def _applied(notice: Notice, state: str, code: str) -> Applied:
    if state == InboxEvent.State.PROCESSED:
        return Applied(notice, carried.PROCESSED)
    return Applied(notice, carried.STALE if code == carried.STALE else carried.DEAD, code)
