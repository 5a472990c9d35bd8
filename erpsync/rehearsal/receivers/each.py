"""A receiver per kind of sink, each behind a proxy that can refuse: what reads there writes down the ids that it got."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import django_rq
import grpc
from confluent_kafka import Consumer, KafkaException, TopicPartition
from google.api_core.exceptions import GoogleAPICallError
from redis.exceptions import RedisError, ResponseError

from erpsync.rehearsal.receivers.broker import broker
from erpsync.rehearsal.receivers.proxy import Proxy, to_port, to_socket
from erpsync.rehearsal.receivers.pubsub_server import PubSubServer, subscriber
from erpsync.rehearsal.receivers.seen import Received
from erpsync.rehearsal.surroundings import free_port
from integrations.events.sinks.kafka import DEAD_LETTERS, EVENTS, NORMALIZED
from integrations.events.sinks.redis_streams import PREFIX

KINDS = ("webhook", "redis_streams", "kafka", "pubsub")
GROUP = "rehearsal"
TOPIC, SUBSCRIPTION = "projects/rehearsal/topics/events", "projects/rehearsal/subscriptions/all"
TOPICS = (EVENTS, NORMALIZED, DEAD_LETTERS)
PARTITIONS = 3
AT_ONCE = 500
PAUSE_SECONDS = 0.05
DISCOVER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """Destination of a sink of this kind, the proxy before it, and the log of what arrived."""

    kind: str
    settings: dict[str, str]
    proxy: Proxy
    received: Received = field(default_factory=Received)


@contextmanager
def receivers(kinds: Sequence[str] = KINDS) -> Iterator[tuple[Receiver, ...]]:
    """Receivers of these kinds, until the end of the block."""
    makers = {"webhook": _webhook, "redis_streams": _redis_streams, "kafka": _kafka, "pubsub": _pubsub}
    with ExitStack() as stack:
        yield tuple(stack.enter_context(makers[kind]()) for kind in kinds)


@contextmanager
def _webhook() -> Iterator[Receiver]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            received.note(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        with Proxy(to_port(lambda: int(server.server_address[1]))).serving() as proxy:
            yield Receiver("webhook", {"url": f"http://127.0.0.1:{proxy.port}/"}, proxy, received)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _redis_streams() -> Iterator[Receiver]:
    """The hub's own Redis, read by a consumer group of each stream."""
    redis: Any = django_rq.get_connection("orders")
    place: dict[str, Any] = redis.connection_pool.connection_kwargs
    connect = to_socket(place["path"]) if "path" in place else to_port(lambda: int(place["port"]))
    with Proxy(connect).serving() as proxy:
        made = Receiver("redis_streams", {"url": f"redis://127.0.0.1:{proxy.port}/{place.get('db') or 0}"}, proxy)
        with _reading(_Streams(redis, made.received).read):
            yield made


class _Streams:
    """The streams of the sink, by a consumer group of each; new ones are looked for once a second, a SCAN of the whole Redis."""

    def __init__(self, redis: Any, received: Received) -> None:
        self._redis, self._received = redis, received
        self._names: list[str] = []
        self._due = 0.0

    def read(self) -> None:
        """Note what came. Where Redis was away or emptied, the hub makes the streams again: they are looked for anew."""
        try:
            if time.monotonic() >= self._due:
                self._discover()
            # of one that was killed, nothing is pending: there is one reader
            found = self._names and self._redis.xreadgroup(
                GROUP, "reader", dict.fromkeys(self._names, ">"), count=AT_ONCE
            )
            for name, entries in found or ():
                for entry, fields in entries:
                    self._received.note(json.loads(fields[b"event"]))
                    self._redis.xack(name, GROUP, entry)
        except RedisError:
            self._due = 0.0

    def _discover(self) -> None:
        self._names = [name.decode() for name in self._redis.scan_iter(f"{PREFIX}*", _type="stream")]
        for name in self._names:
            # it exists already where the stream was there before
            with suppress(ResponseError):
                self._redis.xgroup_create(name, GROUP, id="0")
        self._due = time.monotonic() + DISCOVER_SECONDS


@contextmanager
def _kafka() -> Iterator[Receiver]:
    port = free_port()
    with Proxy(to_port(lambda: port)).serving() as proxy, broker(*TOPICS, port=port, advertised=proxy.port):
        brokers = f"127.0.0.1:{proxy.port}"
        made = Receiver("kafka", {"brokers": brokers, "security": "PLAINTEXT"}, proxy)
        settings = {"bootstrap.servers": brokers, "group.id": GROUP, "enable.auto.commit": False, "log_level": 0}
        consumer = Consumer({**settings, "auto.offset.reset": "earliest", "reconnect.backoff.max.ms": 1_000})
        consumer.assign([TopicPartition(name, number, 0) for name in TOPICS for number in range(PARTITIONS)])
        with _reading(lambda: _read_topics(consumer, made.received)):
            yield made
        consumer.close()


def _read_topics(consumer: Consumer, received: Received) -> None:
    with suppress(KafkaException):
        for record in consumer.consume(num_messages=AT_ONCE, timeout=PAUSE_SECONDS):
            if record.error() is None:
                headers: Any = record.headers()
                attributes = {name.removeprefix("ce_"): value.decode() for name, value in headers}
                received.note(attributes, within=f"{record.topic()}/")


@contextmanager
def _pubsub() -> Iterator[Receiver]:
    server = PubSubServer()
    with server.serving() as address:
        channel = grpc.insecure_channel(address)
        reader = subscriber(channel, TOPIC, SUBSCRIPTION)
        with Proxy(to_port(lambda: int(address.rpartition(":")[2]))).serving() as proxy:
            settings = {"project": "rehearsal", "topic": "events", "emulator": f"127.0.0.1:{proxy.port}"}
            made = Receiver("pubsub", settings, proxy)
            with _reading(lambda: _pull(reader, made.received)):
                yield made
        channel.close()


def _pull(reader: Any, received: Received) -> None:
    with suppress(GoogleAPICallError):
        found = reader.pull(subscription=SUBSCRIPTION, max_messages=AT_ONCE).received_messages
        for one in found:
            received.note({name.removeprefix("ce-"): value for name, value in one.message.attributes.items()})
        if found:
            reader.acknowledge(subscription=SUBSCRIPTION, ack_ids=[one.ack_id for one in found])


@contextmanager
def _reading(read: Callable[[], None]) -> Iterator[None]:
    done = Event()

    def repeat() -> None:
        while not done.wait(PAUSE_SECONDS):
            read()

    thread = Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(10)
