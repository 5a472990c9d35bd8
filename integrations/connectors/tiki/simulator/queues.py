"""Event queues, created and read with the app's own token, filled for subscribed sellers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.wire import Fields


@dataclass(frozen=True)
class Event:
    """Event. `number` counts in its queue."""

    number: int
    at: float
    body: Fields


@dataclass
class Subscription:
    """Subscription of a seller to one event type. `since`: logical time of the first event it gives."""

    code: str
    seller: str
    event_type: str
    since: float
    active: bool = True

    def as_json(self) -> Fields:
        """Return the API's JSON."""
        return {"code": self.code, "active": self.active, "event_type": self.event_type, "sid": self.seller}


@dataclass
class Queue:
    """Queue of events, kept until acknowledged or too old. A pull returns the events after the last acknowledged one."""

    code: str
    name: str
    events: list[Event] = field(default_factory=list)
    subscriptions: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    acks: dict[str, int] = field(default_factory=dict)
    last: int = 0
    acked: int = 0

    def as_json(self) -> Fields:
        """Return the API's JSON."""
        return {"code": self.code, "name": self.name, "status": "ACTIVE"}

    def put(self, body: Fields, at: float) -> None:
        """Append an event."""
        self.last += 1
        self.events.append(Event(self.last, at, body))

    def pull(self, ack_id: str | None, moment: float, new_ack: Callable[[], str]) -> Fields:
        """Acknowledge, then return the following events. An unknown `ack_id` acknowledges nothing [nv]."""
        self.acked = max(self.acked, self.acks.get(ack_id or "", 0))
        self.events = [
            event for event in self.events if event.number > self.acked and event.at > moment - facts.RETENTION
        ]
        page = self.events[: facts.EVENTS_PER_PULL]
        ack = new_ack()
        self.acks = {known: number for known, number in self.acks.items() if number >= self.acked}
        self.acks[ack] = page[-1].number if page else self.acked
        return {"events": [event.body for event in page], "ack_id": ack}


@dataclass
class Queues:
    """All queues of one app. `draw(*parts)` gives something like a UUID."""

    draw: Callable[..., str]
    queues: dict[str, Queue] = field(default_factory=dict)
    count: int = 0

    def new_id(self, kind: str) -> str:
        """A UUID that never repeats."""
        self.count += 1
        found = self.draw("queue", kind, self.count)
        return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:32]))

    def create(self, name: str) -> Queue:
        """A new queue."""
        code = self.new_id("queue")
        self.queues[code] = Queue(code, name)
        return self.queues[code]

    def subscribe(self, queue: Queue, seller: str, event_type: str, moment: float) -> Subscription:
        """Subscribe, or reactivate the existing subscription."""
        key = (seller, event_type)
        if key not in queue.subscriptions:
            since = moment + facts.SUBSCRIPTION_DELAY
            queue.subscriptions[key] = Subscription(self.new_id("subscription"), seller, event_type, since)
        queue.subscriptions[key].active = True
        return queue.subscriptions[key]

    def put(
        self, seller: str, event_type: str, payload: dict[str, Any], *, moment: float, now: float, copies: int
    ) -> None:
        """Put an event of a seller into subscribed queues. `copies`: delivery is at least once, so sometimes twice."""
        version = "v2" if event_type == "PRODUCT_INVENTORY_UPDATED" else "v1"
        for queue in self.queues.values():
            found = queue.subscriptions.get((seller, event_type))
            if found is None or not found.active or moment < found.since:
                continue
            body = {
                "id": self.new_id("event"), "sid": seller, "created_at": int(now * 1000), "payload": payload,
                "type": event_type, "version": version,
            }  # fmt: skip
            for _ in range(copies):
                queue.put(body, moment)
