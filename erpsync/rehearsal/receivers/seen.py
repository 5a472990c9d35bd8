"""Log of a receiver: each event with its version, in order of arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """An event as a receiver got it. `thing`: what is kept in order there; `seconds`: since its cause."""

    event_id: str
    thing: str
    version: int
    seconds: float


class Received:
    """Events of one receiver, in order of arrival."""

    def __init__(self) -> None:
        self.events: list[Seen] = []
        self._lock = Lock()

    def note(self, attributes: Mapping[str, Any], *, within: str = "") -> None:
        """Write an event down, by the attributes of CloudEvents. `within`: where order is kept, such as a topic."""
        seconds = (datetime.now(UTC) - datetime.fromisoformat(attributes["time"])).total_seconds()
        thing = f"{within}{attributes['subject']}"
        with self._lock:
            self.events.append(Seen(attributes["id"], thing, int(attributes["entityversion"]), seconds))

    def judged(self, written: Collection[str]) -> dict[str, int]:
        """Compare with the ids of what was written."""
        events = list(self.events)
        ids = {seen.event_id for seen in events}
        return {
            "got": len(events),
            "missing": len(set(written) - ids),
            "doubled": len(events) - len(ids),
            "out_of_order": out_of_order(events),
        }


def out_of_order(events: Iterable[Seen]) -> int:
    """Count the events that were first seen after a later version of the same thing."""
    newest: dict[str, int] = {}
    known: set[str] = set()
    count = 0
    for event in events:
        if event.event_id not in known:
            count += event.version <= newest.get(event.thing, 0)
            newest[event.thing] = max(event.version, newest.get(event.thing, 0))
        known.add(event.event_id)
    return count
