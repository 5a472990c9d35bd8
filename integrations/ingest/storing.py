"""Storing an answer: its snapshots, what they ask for, and how the events that asked for it end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from core.results import ReadRequest, Stored
from integrations import inbox
from integrations.accounts.connections import Account
from integrations.contract.reads import Answer
from integrations.inbox.store import Event, Incoming, Later, Outcome
from integrations.ingest import locks
from integrations.ingest.locks import Rows
from integrations.ingest.resources import Circumstances, Resource, keys_of, resources
from integrations.models import Connection
from inventory.services.wanted import refresh_wanted

STALE = "stale"


def store_answer(account: Account, answer: Answer, keys: Collection[str], circumstances: Circumstances) -> Stored:
    """Store the snapshots with these keys, inside the caller's transaction. May be repeated, late and in any order.

    Locks the rows of all resources first, then stores one resource after the other; what these want is added to the inbox. In
    the result a key is stale only if no resource took a snapshot of it.
    """
    connection = account.connection
    found = [(resource, part) for resource in resources() if (part := resource.of(answer, keys))]
    if len(found) > 1:
        # each resource locks its own rows in order; those of several must be locked as one
        _lock(connection, found)
    stored, taken = Stored(), set[str]()
    for resource, part in found:
        result = resource.store(connection, part, circumstances)
        taken |= {resource.key(snapshot) for snapshot in part} - result.stale
        stored |= result
    if gone := set(answer.gone) & set(keys):
        for resource in resources():
            # ids of different kinds of thing may be alike
            if resource.answers(circumstances.kinds):
                resource.gone(connection, gone)
    refresh_wanted(stored.products)
    _ask_for(account, stored.wanted, circumstances)
    return Stored(stored.stale - taken, stored.again, stored.wanted, stored.products)


def _lock(connection: Connection, found: Sequence[tuple[Resource[Any], Sequence[Any]]]) -> None:
    ids: dict[Rows, set[int]] = {}
    for resource, part in found:
        for rows, found_ids in resource.lock(connection, part).items():
            ids.setdefault(rows, set()).update(found_ids)
    locks.lock(ids)


def _ask_for(account: Account, wanted: Collection[ReadRequest], circumstances: Circumstances) -> None:
    """Add events for things that stored snapshots refer to, as far as the channel can be asked for them."""
    app_id, connection_id = account.connection.authorisation.app_id, account.connection.pk
    inbox.add(
        [
            Incoming(app_id, connection_id, w.kind, w.external_id, circumstances.sources[w.key])
            for w in sorted(wanted)
            if w.kind in account.connector.reads
        ]
    )


def outcomes(events: Sequence[Event], answer: Answer, stored: Stored) -> tuple[list[Outcome], list[Later]]:
    """Decide how each event ends, or that it goes back to waiting, by what the answer says of its thing."""
    known = keys_of(answer)
    ends, laters = [], []
    for event in events:
        thing = event.external_id
        if thing in stored.again:
            laters.append(Later(event.id, 0.2, False, "asked_too_early", "read before our own write was answered"))
        elif thing in answer.unreadable:
            ends.append(Outcome(event.id, "dead", "unreadable", answer.unreadable[thing]))
        elif thing in answer.ignored:
            ends.append(Outcome(event.id, "ignored", "ignored", answer.ignored[thing]))
        elif thing in answer.gone:
            ends.append(Outcome(event.id, "ignored", "gone", "the channel no longer knows it"))
        elif thing in stored.stale:
            ends.append(Outcome(event.id, "duplicate", STALE, "what is stored is as new as this answer, or newer"))
        elif thing in known:
            ends.append(Outcome(event.id, "processed"))
        else:
            laters.append(Later(event.id, None, True, "no_answer", "the channel's answer did not mention it"))
    return ends, laters
