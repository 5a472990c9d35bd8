"""Google Pub/Sub as a sink: Google's own clients, against a server that speaks the real protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import NotFound

from core.outbox import OutboxEvent
from erpsync.rehearsal.receivers.pubsub_server import PubSubServer, subscriber
from integrations.events.relay import SinkRelay
from integrations.events.sinks import pubsub
from integrations.events.sinks.base import SinkAway, Target
from integrations.events.switching import is_delivered, send_test
from integrations.models import EventDelivery, EventSink

from .receivers import mapped, send_all, sink, write

pytestmark = pytest.mark.django_db

TOPIC, SUBSCRIPTION = "projects/shop/topics/ordr-input", "projects/shop/subscriptions/oms"


class Cloud:
    """A server with one topic and an ordered subscription of it, and Google's clients of both."""

    def __init__(self, server: PubSubServer, address: str) -> None:
        self.server, self.address = server, address
        self.channel = grpc.insecure_channel(address)
        self.subscriber = subscriber(self.channel, TOPIC, SUBSCRIPTION)

    def read(self) -> list[Any]:
        """Pull and acknowledge all that is there."""
        found: list[Any] = []
        while answer := self.subscriber.pull(
            subscription=SUBSCRIPTION, max_messages=100, return_immediately=True
        ).received_messages:
            self.subscriber.acknowledge(subscription=SUBSCRIPTION, ack_ids=[one.ack_id for one in answer])
            found += [one.message for one in answer]
        return found


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    server = PubSubServer()
    with server.serving() as address:
        made = Cloud(server, address)
        yield made
        made.channel.close()


@pytest.fixture
def topic(cloud: Cloud) -> EventSink:
    return sink("pubsub", settings={"project": "shop", "emulator": cloud.address})


def test_events_arrive_in_order_per_key_with_their_attributes(cloud: Cloud, topic: EventSink) -> None:
    write(*(mapped(str(n % 5)) for n in range(50)))
    send_all(topic)
    assert (topic.cursor, EventDelivery.objects.count()) == (50, 0)
    got = cloud.read()
    steps: dict[str, list[int]] = {}
    for message in got:
        steps.setdefault(message.ordering_key, []).append(int(message.attributes["ce-entityversion"]))
    assert steps == {f"listing:{n}": list(range(1, 11)) for n in range(5)}
    first = OutboxEvent.objects.get(position=1)
    [found] = [message for message in got if message.attributes["ce-id"] == str(first.pk)]
    assert json.loads(found.data) == first.data
    named = ("Content-Type", "event", "ce-type", "ce-subject", "ce-specversion", "ce-partitionkey", "ce-sequence")
    assert [found.attributes[name] for name in named] == [
        "application/json", "listing.mapped", "erpsync.listing.mapped.v1", "listing/0", "1.0", "listing:0", f"{1:020}",
    ]  # fmt: skip


def test_a_key_that_failed_is_resumed_and_no_later_message_overtakes(cloud: Cloud, topic: EventSink) -> None:
    relay, refused = SinkRelay(topic.pk), []

    def refuse_once(request: Any) -> grpc.StatusCode | None:
        if request.messages[0].ordering_key == "listing:1" and not refused:
            refused.append(request)
            return grpc.StatusCode.UNAVAILABLE
        return None

    cloud.server.refuse = refuse_once
    write(mapped("1"), mapped("2"), mapped("1"))
    send_all(topic, relay)
    write(mapped("1"))
    send_all(topic, relay)
    assert EventDelivery.objects.count() == 0
    got = [(m.ordering_key, m.attributes["ce-entityversion"]) for m in cloud.read()]
    assert sorted(got) == [("listing:1", "1"), ("listing:1", "2"), ("listing:1", "3"), ("listing:2", "1")]
    assert [step for step in got if step[0] == "listing:1"] == [("listing:1", str(n)) for n in (1, 2, 3)]


def test_a_message_that_the_service_refuses_is_parked_and_its_entity_goes_on_with_a_gap(
    cloud: Cloud, topic: EventSink
) -> None:
    cloud.server.refuse = lambda request: (
        grpc.StatusCode.INVALID_ARGUMENT if request.messages[0].attributes["ce-entityversion"] == "1" else None
    )
    write(mapped("1"))
    send_all(topic)
    assert (topic.cursor, EventDelivery.objects.get().state) == (1, "parked")
    write(mapped("1"))
    EventSink.objects.update(paused_until=None)
    send_all(topic)
    [got] = cloud.read()
    assert (got.attributes["ce-entityversion"], got.attributes["ce-gap"]) == ("2", "true")


def test_a_missing_topic_and_a_service_that_is_away_use_up_no_try(cloud: Cloud, topic: EventSink) -> None:
    EventSink.objects.update(settings={"project": "shop", "topic": "nowhere", "emulator": cloud.address})
    write(mapped())
    send_all(topic)
    assert (topic.cursor, topic.failures, EventDelivery.objects.count()) == (0, 1, 0)
    assert topic.trouble.startswith(NotFound.__name__)
    EventSink.objects.update(settings={"project": "shop", "emulator": "127.0.0.1:1"}, paused_until=None)
    send_all(topic)
    assert (topic.cursor, topic.failures) == (0, 2)
    assert "Unavailable" in send_test(topic).answer
    EventSink.objects.update(settings={"project": "shop", "emulator": cloud.address}, paused_until=None)
    send_all(topic)
    assert (topic.cursor, topic.failures, len(cloud.read())) == (1, 0, 1)


def test_a_test_event_arrives_and_is_marked(cloud: Cloud, topic: EventSink) -> None:
    assert is_delivered(send_test(topic))
    [got] = cloud.read()
    assert (got.attributes["ce-test"], got.attributes["event"]) == ("true", "connection.green")


def test_a_key_that_is_none_says_so_without_showing_it(topic: EventSink) -> None:
    for key in ("no json", json.dumps({"private_key": "SECRET"})):
        with pytest.raises(SinkAway, match="the credentials cannot be used") as refused:
            pubsub.KIND.open(Target(1, {"project": "shop"}, {"credentials": key}))
        assert "SECRET" not in str(refused.value)
