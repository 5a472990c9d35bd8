"""The channel's answers that nothing could be made of: kept with the dead letter that came of them, names replaced, bounded.

Kept when no further try will follow. Support sees them on the dead letter's page, and saves them as a case.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from integrations import inbox
from integrations.contract.reads import Answer
from integrations.inbox.store import Event
from integrations.ingest.resources import keys_of, resources
from integrations.wire.anonymise import Anonymiser
from integrations.wire.transport import Exchanged

# an order's detail has 3,000 to 8,000 characters
MOST_CHARACTERS, MOST_CALLS = 20_000, 20
NO_JSON, TOO_LONG, TOO_DEEP = "this answer was no JSON", "{size} characters, more than are kept", "too deep to be kept"
# how deep in a part of an answer the thing's own id may stand
_DEPTH = 3


def left_open(events: Sequence[Event], answer: Answer) -> list[Event]:
    """Return the events that end as dead letters by this answer: unreadable, or not mentioned for the last time."""
    told = keys_of(answer) | {*answer.gone, *answer.ignored}
    return [
        event
        for event in events
        if event.external_id in answer.unreadable or (inbox.is_last_try(event) and event.external_id not in told)
    ]


def calls_of(events: Collection[Event], heard: Collection[Exchanged]) -> dict[int, str]:
    """Return what the channel answered about each event's thing, as JSON text by event id."""
    if not events or not heard:
        return {}
    calls = [(call.path, call.status, *_parsed(call.content)) for call in heard]
    return {event.id: _calls_text(calls, event.external_id) for event in events}


def rows_of(events: Iterable[Event], answer: Answer) -> dict[int, str]:
    """Return the rows of things that were read and could not be stored, as JSON text by event id."""
    found = {}
    for event in events:
        parts = [part for resource in resources() for part in resource.of(answer, {event.external_id})]
        raw = next((part.raw for part in parts if getattr(part, "raw", None)), None)
        if raw:
            text = _text({"row": _scrubbed(raw)})
            found[event.id] = text if len(text) <= MOST_CHARACTERS else _text({"note": TOO_LONG.format(size=len(text))})
    return found


def _calls_text(calls: Sequence[tuple[str, int, Any, str]], external_id: str) -> str:
    found = [
        {"path": path, "status": status, "body": note or _scrubbed(body, external_id)}
        for path, status, body, note in calls[-MOST_CALLS:]
    ]
    text = _text({"calls": found})
    if len(text) <= MOST_CHARACTERS:
        return text
    note = TOO_LONG.format(size=len(text))
    return _text({"calls": [call | {"path": str(call["path"])[:200], "body": note} for call in found]})


def _parsed(content: bytes) -> tuple[Any, str]:
    """Return the parsed body, or a note why it is not there."""
    try:
        return json.loads(content), ""
    except RecursionError:
        return None, TOO_DEEP
    except ValueError:
        return None, NO_JSON


def _scrubbed(body: Any, external_id: str = "") -> Any:
    """Return an answer without names and secrets; of its lists only the rows that name the thing, where any does."""
    try:
        return Anonymiser(keeps_ids=True).value(_only(body, external_id) if external_id else body)
    except RecursionError:
        return TOO_DEEP


def _text(found: dict[str, Any]) -> str:
    """Return it as ASCII, so that no sign in it is one that the database does not take."""
    return json.dumps(found, default=str)


def _only(value: Any, external_id: str) -> Any:
    if isinstance(value, dict):
        return {key: _only(inner, external_id) for key, inner in value.items()}
    if isinstance(value, list):
        return [row for row in value if _names(row, external_id, _DEPTH)] or value
    return value


def _names(value: Any, external_id: str, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and any(_names(inner, external_id, depth - 1) for inner in value.values())
    return str(value) == external_id
