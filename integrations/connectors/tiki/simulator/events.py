"""Queues and subscriptions over the wire (v1)."""

from __future__ import annotations

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.platform import Platform
from integrations.connectors.tiki.simulator.queues import Queue
from integrations.connectors.tiki.simulator.request import Call, optional, required
from integrations.connectors.tiki.simulator.wire import Refusal, good
from integrations.simulator.side import Answer


def listed(platform: Platform, call: Call) -> Answer:
    """GET queues. The wrapper is not verified."""
    return good({"data": [queue.told() for queue in platform.kept.queues.queues.values()]})


def create(platform: Platform, call: Call) -> Answer:
    """POST queues."""
    name: str = required(call.object(), "name", str)
    if not name.strip():
        raise Refusal(422, "name is required")
    return good(platform.kept.queues.create(name).told())


def subscribe(platform: Platform, call: Call) -> Answer:
    """POST queues/{code}/subscriptions, with the seller's token."""
    event_type = required(call.object(), "event_type", str)
    if event_type not in facts.EVENT_TYPES:
        raise Refusal(422, f"event_type {event_type} is not supported")
    found = platform.kept.queues.subscribe(_queue(platform, call), call.seller, event_type, call.moment)
    return good(found.told())


def pull(platform: Platform, call: Call) -> Answer:
    """POST queues/{code}/events/pull, with the app's token."""
    ack_id = optional(call.object(), "ack_id", str)
    queue = _queue(platform, call)
    return good(queue.pull(ack_id, call.moment, lambda: platform.kept.queues.new_id("ack")))


def _queue(platform: Platform, call: Call) -> Queue:
    found = platform.kept.queues.queues.get(call.parts[0])
    if found is None:
        raise Refusal(404, f"Not found queue with code: {call.parts[0]}")
    return found
