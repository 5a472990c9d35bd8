"""A Pub/Sub server in memory, over the real protocol: topics, subscriptions with ordering, publish, pull, acknowledge.

Written from the client library's own messages (google-cloud-pubsub 2.44.0). A key of which a message is out is held back until that
is acknowledged, as the service promises. Without filters, seek, exactly-once, dead letters and streaming pull.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from threading import Condition
from typing import Any

import grpc
from google.cloud.pubsub_v1 import SubscriberClient
from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1 import types
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

ACK_SECONDS = 10
PULL_SECONDS = 1.0
CALLS_AT_ONCE = 16


def subscriber(channel: grpc.Channel, topic: str, subscription: str) -> SubscriberClient:
    """Make a topic with an ordered subscription of it; return Google's client that reads there."""
    PublisherClient(transport=PublisherGrpcTransport(channel=channel)).create_topic(name=topic)
    client = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    client.create_subscription(request={"name": subscription, "topic": topic, "enable_message_ordering": True})
    return client


class _Subscription:
    def __init__(self, spec: Any) -> None:
        self.spec = spec
        self.ready: deque[Any] = deque()
        # by ack id: when it is given out again, and the message
        self.out: dict[str, tuple[float, Any]] = {}


class PubSubServer:
    """Topics and subscriptions. `refuse`: called with each publish request; a gRPC status code that it returns is the answer."""

    def __init__(self) -> None:
        self.topics: dict[str, Any] = {}
        self.subscriptions: dict[str, _Subscription] = {}
        self.refuse: Callable[[Any], grpc.StatusCode | None] = lambda _request: None
        self._changed = Condition()
        self._numbers = count(1)

    def create_topic(self, request: Any, context: Any) -> Any:
        with self._changed:
            if request.name in self.topics:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, "Topic already exists")
            self.topics[request.name] = request
        return request

    def create_subscription(self, request: Any, context: Any) -> Any:
        with self._changed:
            _needed(self.topics, request.topic, context)
            self.subscriptions[request.name] = _Subscription(request)
        return request

    def publish(self, request: Any, context: Any) -> Any:
        if (code := self.refuse(request)) is not None:
            context.abort(code, "refused")
        with self._changed:
            _needed(self.topics, request.topic, context)
            for message in request.messages:
                message.message_id, message.publish_time = str(next(self._numbers)), datetime.now(UTC)
                for found in self.subscriptions.values():
                    if found.spec.topic == request.topic:
                        found.ready.append(message)
            self._changed.notify_all()
        return types.PublishResponse(message_ids=[message.message_id for message in request.messages])

    def pull(self, request: Any, context: Any) -> Any:
        until = time.monotonic() + (0.0 if request.return_immediately else PULL_SECONDS)
        with self._changed:
            found = _needed(self.subscriptions, request.subscription, context)
            while not (taken := self._taken(found, request.max_messages)) and time.monotonic() < until:
                self._changed.wait(0.05)
        return types.PullResponse(received_messages=taken)

    def _taken(self, found: _Subscription, most: int) -> list[Any]:
        now = time.monotonic()
        late = [ack_id for ack_id, (until, _) in found.out.items() if until <= now]
        for ack_id in reversed(late):
            found.ready.appendleft(found.out.pop(ack_id)[1])
        is_ordered = found.spec.enable_message_ordering
        busy = {message.ordering_key for _, message in found.out.values() if is_ordered and message.ordering_key}
        taken, left = list[Any](), deque[Any]()
        for message in found.ready:
            if len(taken) >= most or message.ordering_key in busy:
                left.append(message)
                # the later ones of its key wait as well
                busy |= {message.ordering_key} if is_ordered and message.ordering_key else set()
                continue
            ack_id = f"a{next(self._numbers)}"
            found.out[ack_id] = (now + (found.spec.ack_deadline_seconds or ACK_SECONDS), message)
            taken.append(types.ReceivedMessage(ack_id=ack_id, message=message))
        found.ready = left
        return taken

    def acknowledge(self, request: Any, context: Any) -> Empty:
        with self._changed:
            found = _needed(self.subscriptions, request.subscription, context)
            for ack_id in request.ack_ids:
                found.out.pop(ack_id, None)
            self._changed.notify_all()
        return Empty()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port; gives "127.0.0.1:port"."""
        server = grpc.server(ThreadPoolExecutor(CALLS_AT_ONCE))
        server.add_generic_rpc_handlers((
            _service("Publisher", {
                "CreateTopic": (types.Topic, self.create_topic), "Publish": (types.PublishRequest, self.publish),
            }),
            _service("Subscriber", {
                "CreateSubscription": (types.Subscription, self.create_subscription),
                "Pull": (types.PullRequest, self.pull), "Acknowledge": (types.AcknowledgeRequest, self.acknowledge),
            }),
        ))  # fmt: skip
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(grace=None).wait()


def _needed(table: Mapping[str, Any], name: str, context: Any) -> Any:
    if name not in table:
        context.abort(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={name}).")
    return table[name]


def _service(name: str, methods: Mapping[str, tuple[Any, Callable[[Any, Any], Any]]]) -> Any:
    return grpc.method_handlers_generic_handler(
        f"google.pubsub.v1.{name}",
        {
            method: grpc.unary_unary_rpc_method_handler(
                behaviour, request_deserializer=request.deserialize, response_serializer=_serialized
            )
            for method, (request, behaviour) in methods.items()
        },
    )


def _serialized(answer: Any) -> bytes:
    raw = answer if isinstance(answer, Empty) else type(answer).pb(answer)
    return bytes(raw.SerializeToString())
