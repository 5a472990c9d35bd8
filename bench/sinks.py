"""A backlog of business events relayed to one sink of each kind that is not Redis, read by the receivers of a rehearsal.

The peer is a bare producer of the same client library: the same number of events with the same data, to the same receiver, counted when
they are acknowledged.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import grpc
import urllib3
from confluent_kafka import Producer
from django.db import connections
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.pubsub_v1.types import BatchSettings, PublisherOptions
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from bench.ground import Result
from bench.relay import THINGS, emit_events, event
from core.feed import number_events
from core.outbox import OutboxEvent
from erpsync.environment import BASE_DIR
from erpsync.rehearsal.outbox import sinks
from erpsync.rehearsal.receivers.each import Receiver
from erpsync.supervisor import Program, Supervisor
from integrations.events.sinks.kafka import EVENTS
from integrations.events.sinks.webhook import AT_ONCE
from integrations.models import EventSink

PATIENCE_SECONDS = 120.0
TYPE = event("", 0).type


def measure(machine: Supervisor, count: int) -> list[Result]:
    """Relay a backlog of `count` events to each kind of sink, one after the other."""
    return [_measured(machine, kind, peer, produce, count) for kind, (peer, produce) in _BARE.items()]


def _measured(
    machine: Supervisor, kind: str, peer: str, produce: Callable[[Receiver, int], None], count: int
) -> Result:
    # sinks of other parts would be served beside this one
    EventSink.objects.update(is_active=False)
    while number_events():
        pass
    with sinks((TYPE,), kinds=(kind,)) as (receiver,):
        known = set(OutboxEvent.objects.values_list("id", flat=True))
        if "relay" not in machine.children:
            machine.start(Program("relay", (sys.executable, str(BASE_DIR / "manage.py"), "relay")))
        # the relay knows the sink once something came through
        emit_events(f"{kind}-w", 1)
        _wait(receiver, 1)
        relay = machine.children["relay"].process
        assert relay is not None
        os.kill(relay.pid, signal.SIGSTOP)
        emit_events(kind, count)
        began = time.perf_counter()
        os.kill(relay.pid, signal.SIGCONT)
        _wait(receiver, 1 + count)
        rate = count / (time.perf_counter() - began)
        written = {str(pk) for pk in set(OutboxEvent.objects.values_list("id", flat=True)) - known}
        judged = receiver.received.judged(written)
        began = time.perf_counter()
        produce(receiver, count)
        bare = count / (time.perf_counter() - began)
        EventSink.objects.update(is_active=False)
    connections.close_all()
    note = f"{judged['doubled']} doubled, {judged['out_of_order']} out of order"
    return Result(f"sink_{kind}", f"events relayed to {kind}", rate, peer, bare, count, judged["missing"], note)


def _wait(receiver: Receiver, count: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while len({seen.event_id for seen in receiver.received.events}) < count and time.monotonic() < until:
        time.sleep(0.02)


def _attributes(number: int) -> dict[str, str]:
    return {
        "id": f"bare-{number}", "time": datetime.now(UTC).isoformat(), "subject": f"bare/{number % THINGS}",
        "entityversion": str(number + 1), "type": TYPE, "source": "/bench", "specversion": "1.0",
    }  # fmt: skip


def _data(number: int) -> Any:
    return event(f"bare-{number}", number % THINGS).data


def _post(receiver: Receiver, count: int) -> None:
    pool = urllib3.PoolManager(maxsize=AT_ONCE)

    def send(number: int) -> None:
        body = json.dumps({**_attributes(number), "data": _data(number)})
        pool.request(
            "POST", receiver.settings["url"], body=body, headers={"Content-Type": "application/json"}, timeout=20
        )

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for call in [threads.submit(send, number) for number in range(count)]:
            call.result()


def _produce(receiver: Receiver, count: int) -> None:
    producer = Producer({"bootstrap.servers": receiver.settings["brokers"], "enable.idempotence": True, "log_level": 0})
    for number in range(count):
        attributes = _attributes(number)
        headers: list[tuple[str, str | bytes | None]] = [(f"ce_{name}", value) for name, value in attributes.items()]
        producer.produce(EVENTS, json.dumps(_data(number)), key=attributes["subject"], headers=headers)
        producer.poll(0)
    producer.flush(PATIENCE_SECONDS)


def _publish(receiver: Receiver, count: int) -> None:
    place = receiver.settings
    transport = PublisherGrpcTransport(channel=grpc.insecure_channel(place["emulator"]))
    sending = PublisherOptions(enable_message_ordering=True)
    client = PublisherClient(BatchSettings(max_latency=0.005), sending, transport=transport)
    topic = f"projects/{place['project']}/topics/{place['topic']}"
    calls = []
    for number in range(count):
        attributes = _attributes(number)
        ce = {f"ce-{name}": value for name, value in attributes.items()}
        data = json.dumps(_data(number)).encode()
        calls.append(client.publish(topic, data, ordering_key=attributes["subject"], **ce))
    for call in calls:
        call.result(timeout=PATIENCE_SECONDS)
    client.stop()


_BARE: Mapping[str, tuple[str, Callable[[Receiver, int], None]]] = {
    "webhook": (f"bare POST from {AT_ONCE} threads", _post),
    "kafka": ("bare librdkafka producer", _produce),
    "pubsub": ("bare Google publisher", _publish),
}
