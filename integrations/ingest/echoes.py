"""Echoes: notices of what our own writes did, told by what they say the thing is now.

A notice is never believed: what it says is only compared with what the hub expects after its own writes. Where both are the same
there is nothing to ask the channel for; any doubt is a reason to ask. The sweep and the drift check find what was passed over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from core.db import decode
from integrations import inbox
from integrations.contract import reasons
from integrations.documents.pos import echoes as documents
from integrations.documents.pos.observe import SETTLES_AFTER
from integrations.inbox.store import Event, Later, Outcome
from integrations.models import Connection
from inventory.services import echoes as numbers

ECHO = "echo"

# thing -> what its notices said, oldest first; empty: only our own write is known
SaidOf = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Found:
    """Things whose notices are echoes. `waiting`: those that need to be read all the same, and when (seconds)."""

    things: frozenset[str] = frozenset()
    waiting: Mapping[str, float] = field(default_factory=dict)


def _stock(connection: Connection, said: SaidOf) -> Found:
    as_expected = numbers.stock_as_expected(connection.own_shop.pk, said)
    waiting = numbers.seconds_to_settle(connection.own_shop.pk, sorted(as_expected), SETTLES_AFTER)
    due = {thing for thing, seconds in waiting.items() if seconds <= 0}
    return Found(frozenset(as_expected - due), {t: seconds for t, seconds in waiting.items() if t not in due})


def _listings(connection: Connection, said: SaidOf) -> Found:
    return Found(frozenset(numbers.numbers_as_expected(connection.own_shop.pk, said)))


def _documents(connection: Connection, said: SaidOf) -> Found:
    return Found(frozenset(documents.as_written(connection, said)))


# by kind of event; a thing of another kind is always asked for
_CHECKS: Mapping[str, Callable[[Connection, SaidOf], Found]] = {
    "stock": _stock,
    "listing": _listings,
    "order": _documents,
    "invoice": _documents,
}


def without_echoes(connection: Connection, lease: UUID, kind: str, events: Sequence[Event]) -> list[Event]:
    """End the events of this kind that are echoes, or put them back to wait; return those to ask the channel about."""
    said, check = _said(events), _CHECKS.get(kind)
    if not said or check is None or connection.shop_id is None:
        return list(events)
    found = check(connection, said)
    mine = [event for event in events if event.external_id in found.things]
    if not mine:
        return list(events)
    with transaction.atomic():
        kept = inbox.keep_mine(lease, [event.id for event in mine])
        ends = [e for e in mine if e.id in kept and e.external_id not in found.waiting]
        later = [e for e in mine if e.id in kept and e.external_id in found.waiting]
        inbox.finish([Outcome(event.id, "duplicate", ECHO, reasons.OWN_WRITE) for event in ends])
        if later:
            inbox.put_back(
                [Later(e.id, found.waiting[e.external_id], False, ECHO, reasons.OWN_WRITE_SETTLES) for e in later]
            )
    return [event for event in events if event.external_id not in found.things]


def _said(events: Sequence[Event]) -> dict[str, list[Any]]:
    """Return what was said of each thing of which every event says something."""
    found: dict[str, list[Any]] = defaultdict(list)
    silent = {event.external_id for event in events if event.said is None}
    for event in events:
        if event.said is not None and event.external_id not in silent:
            found[event.external_id] += decode(event.said)
    return found
