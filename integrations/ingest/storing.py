"""Storing an answer: its snapshots, what they ask for, and how the events that asked for it end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from core.results import ReadRequest, Stored
from integrations import inbox
from integrations.accounts.connections import Account
from integrations.contract import reasons
from integrations.contract.reads import Answer
from integrations.inbox.store import Event, Incoming, Later, Outcome
from integrations.ingest import locks
from integrations.ingest.locks import LATE, Rows
from integrations.ingest.resources import Circumstances, Locks, keys_of, resources
from inventory.services.wanted import refresh_wanted

STALE = "stale"


def store_answer(account: Account, answer: Answer, keys: Collection[str], circumstances: Circumstances) -> Stored:
    """Store the snapshots with these keys, inside the caller's transaction. May be repeated, late and in any order.

    Locks the rows of all resources first, then stores one resource after the other; what these want is added to the inbox. In
    the result a key is stale only if no resource took a snapshot of it.
    """
    connection = account.connection
    found = [(resource, part) for resource in resources() if (part := resource.of(answer, keys))]
    gone = sorted(set(answer.gone) & set(keys))
    # ids of different kinds of thing may be alike
    losing = [resource for resource in resources() if gone and resource.answers(circumstances.kinds)]
    if len(found) > 1 or losing:
        # each resource locks its own rows in order; those of several must be locked as one, and what is gone has more of them
        _lock(
            lambda: [
                *(resource.lock(connection, part) for resource, part in found),
                *(resource.lock_gone(connection, gone) for resource in losing),
            ]
        )
    stored, taken = Stored(), set[str]()
    for resource, part in found:
        result = resource.store(connection, part, circumstances)
        taken |= {resource.event_id(snapshot) for snapshot in part} - result.stale - result.incomplete
        stored |= result
    for resource in losing:
        stored |= resource.gone(connection, gone)
    refresh_wanted(stored.products)
    _ask_for(account, stored.wanted, circumstances)
    return replace(stored, stale=stored.stale - taken)


def _lock(parts: Callable[[], Sequence[Locks]]) -> None:
    """Lock what the parts name: first what comes before the stock levels, then the rest, asked for anew.

    Which levels an order's documents touch changes only under the order's lock.
    """
    for is_late in (False, True):
        ids: dict[Rows, set[int]] = {}
        for part in parts():
            for rows, found_ids in part.items():
                if (rows in LATE) == is_late:
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
            laters.append(Later(event.id, 0.2, False, "asked_too_early", reasons.ASKED_TOO_EARLY))
        elif thing in stored.incomplete or (thing in stored.hollow and event.tries < len(inbox.RETRY_AFTER)):
            laters.append(Later(event.id, None, True, "incomplete", reasons.INCOMPLETE))
        elif thing in answer.unreadable:
            ends.append(
                Outcome(
                    event.id,
                    "dead",
                    "unreadable",
                    reasons.explained(reasons.UNREADABLE_ANSWER, answer.unreadable[thing]),
                )
            )
        elif thing in answer.ignored:
            ends.append(
                Outcome(event.id, "ignored", "ignored", reasons.explained(reasons.LEFT_ALONE, answer.ignored[thing]))
            )
        elif thing in answer.gone:
            ends.append(Outcome(event.id, "ignored", "gone", reasons.GONE))
        elif thing in stored.stale:
            ends.append(Outcome(event.id, "duplicate", STALE, reasons.STALE))
        elif thing in known:
            ends.append(Outcome(event.id, "processed"))
        else:
            laters.append(Later(event.id, None, True, "no_answer", reasons.NOT_MENTIONED))
    return ends, laters
