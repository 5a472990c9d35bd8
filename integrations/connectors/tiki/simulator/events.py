"""Event queue calls: queues and subscriptions (v1)."""

from __future__ import annotations

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.queues import Queue
from integrations.connectors.tiki.simulator.request import Call, optional, required
from integrations.connectors.tiki.simulator.wire import Refusal, good
from integrations.simulator.simulated_platform import Response


def listed(backend: Backend, call: Call) -> Response:
    """GET queues. The wrapper is not verified."""
    return good({"data": [queue.as_json() for queue in backend.state.queues.queues.values()]})


def create(backend: Backend, call: Call) -> Response:
    """POST queues."""
    name: str = required(call.object(), "name", str)
    if not name.strip():
        raise Refusal(422, "name is required")
    return good(backend.state.queues.create(name).as_json())


def subscribe(backend: Backend, call: Call) -> Response:
    """POST queues/{code}/subscriptions, with the seller's token."""
    event_type = required(call.object(), "event_type", str)
    if event_type not in facts.EVENT_TYPES:
        raise Refusal(422, f"event_type {event_type} is not supported")
    found = backend.state.queues.subscribe(_queue(backend, call), call.seller, event_type, call.moment)
    return good(found.as_json())


def pull(backend: Backend, call: Call) -> Response:
    """POST queues/{code}/events/pull, with the app's token."""
    ack_id = optional(call.object(), "ack_id", str)
    queue = _queue(backend, call)
    return good(queue.pull(ack_id, call.moment, lambda: backend.state.queues.new_id("ack")))


def _queue(backend: Backend, call: Call) -> Queue:
    found = backend.state.queues.queues.get(call.parts[0])
    if found is None:
        raise Refusal(404, f"Not found queue with code: {call.parts[0]}")
    return found
