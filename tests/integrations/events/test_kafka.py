"""Kafka as a sink: on a real broker and on librdkafka's mock cluster, read by consumers of another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer
from django.db import transaction
from django.utils import timezone

from core.feed import number_events
from core.outbox import Event, OutboxEvent
from erpsync.rehearsal.receivers.broker import broker
from integrations.events.messages import EventRow, message
from integrations.events.sinks import kafka
from integrations.events.sinks.base import Result, SinkAway, Target
from integrations.events.switching import is_delivered, replay, send_test
from integrations.models import EventDelivery, EventSink
from inventory.models import Shop
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot

from .receivers import mapped, send_all, sink, write

pytestmark = pytest.mark.django_db

READER = """
import json, sys
from confluent_kafka import Consumer, TopicPartition
brokers, count, *topics = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "proof", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
known = consumer.list_topics(timeout=10).topics
consumer.assign([TopicPartition(name, part, 0) for name in topics for part in known[name].partitions])
found = []
while len(found) < int(count):
    for record in consumer.consume(num_messages=int(count) - len(found), timeout=10) or sys.exit("nothing more"):
        assert record.error() is None, record.error()
        headers = {name: value.decode() for name, value in record.headers() or ()}
        value = None if record.value() is None else record.value().decode()
        found.append([record.topic(), record.key().decode(), headers, value, record.partition()])
consumer.close()
print(json.dumps(found))
"""


@pytest.fixture
def mock(request: pytest.FixtureRequest) -> Iterator[str]:
    """The brokers of a mock cluster; it lives as long as the producer that made it. Parameter: ms that each answer takes."""
    slow = {"test.mock.broker.rtt": getattr(request, "param", 0)}
    cluster = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 0, **slow})
    [made] = cluster.list_topics(timeout=10).brokers.values()
    yield f"{made.host}:{made.port}"
    del cluster


def read(brokers: str, count: int, *topics: str) -> list[Any]:
    """(topic, key, headers, value, partition) of records, read by another process."""
    done = subprocess.run(
        [sys.executable, "-c", READER, brokers, str(count), *topics], capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    return json.loads(done.stdout)


def target(brokers: str, **more: str) -> dict[str, str]:
    return {"brokers": brokers, "security": "PLAINTEXT", **more}


def test_a_real_broker_gets_events_in_order_per_key_with_their_attributes_as_headers() -> None:
    with broker(kafka.EVENTS) as brokers:
        made = sink("kafka", settings=target(brokers))
        write(*(mapped(str(n % 7)) for n in range(70)))
        send_all(made)
        assert (made.cursor, made.failures, EventDelivery.objects.count()) == (70, 0, 0)
        records = read(brokers, 70, kafka.EVENTS)
    steps: dict[str, list[int]] = {}
    for _, key, headers, _, _ in records:
        steps.setdefault(key, []).append(int(headers["ce_entityversion"]))
    assert steps == {f"listing:{n}": list(range(1, 11)) for n in range(7)}
    assert all(len({record[4] for record in records if record[1] == key}) == 1 for key in steps)
    first = OutboxEvent.objects.get(position=1)
    [found] = [record for record in records if record[2]["ce_id"] == str(first.pk)]
    assert json.loads(found[3]) == first.data
    assert found[2] == {
        "content-type": "application/json", "ce_specversion": "1.0", "ce_id": str(first.pk), "ce_source": "/erpsync/test",
        "ce_type": "erpsync.listing.mapped.v1", "ce_subject": "listing/0", "ce_partitionkey": "listing:0",
        "ce_time": (moment := first.time.astimezone(UTC).isoformat().replace("+00:00", "Z")), "ce_timestamp": moment,
        "ce_sequence": f"{1:020}", "ce_entityversion": "1", "ce_dataschema": "urn:erpsync:schema:listing.mapped:1",
    }  # fmt: skip


def test_whole_orders_dead_letters_and_all_else_have_topics_of_their_own(mock: str, store: Any) -> None:
    made = sink("kafka", settings=target(mock, order_normalized="whole"))
    store("to_ship", 1)
    write(mapped("1", channel="!"))
    number_events()
    send_all(made)
    assert is_delivered(send_test(made))
    records = read(mock, 4, kafka.EVENTS, "whole", kafka.DEAD_LETTERS)
    found = sorted((topic, headers["ce_type"]) for topic, _, headers, *_ in records)
    assert found == [
        ("order_deadletter", "erpsync.event.failed.v1"), ("order_events", "erpsync.connection.green.v1"),
        ("order_events", "erpsync.order.created.v1"), ("whole", "erpsync.order.normalized.v1"),
    ]  # fmt: skip
    [whole] = [json.loads(value) for topic, _, _, value, _ in records if topic == "whole"]
    assert (whole["status"], whole["buyer"], whole["ship_to"]) == ("to_ship", None, None)


def test_the_orders_of_an_erased_buyer_get_tombstones_in_the_topic_of_whole_orders(mock: str) -> None:
    made = sink("kafka", settings=target(mock, order_normalized="whole"))
    gone = {
        "customer_id": "5", "channel": "toy", "shop_id": "1", "order_ids": ["17", "18"], "return_ids": ["3"],
        "partitionkeys": ["order:17", "order:18", "return:3"], "erased_at": "2026-11-30T00:00:00Z",
    }  # fmt: skip
    write(Event("customer.erased", "/x", "customer", "5", gone))
    number_events()
    send_all(made)
    records = [
        (topic, key, value and json.loads(value)) for topic, key, _, value, _ in read(mock, 3, kafka.EVENTS, "whole")
    ]
    assert sorted(records, key=lambda record: record[1]) == [
        ("order_events", "customer:5", gone), ("whole", "order:17", None), ("whole", "order:18", None)
    ]  # fmt: skip
    assert not EventDelivery.objects.exists()


def test_a_replay_leaves_the_newest_order_in_a_compacted_topic(mock: str, store: Any) -> None:
    made = sink("kafka", settings=target(mock), types=["order.normalized"])
    store("to_ship", 1)
    store("packed", 2)
    number_events()
    send_all(made)
    sent_again = replay(made.pk, since=datetime(2020, 1, 1, tzinfo=UTC), until=timezone.now() + timedelta(hours=1))
    assert sent_again == 2
    send_all(made)
    assert EventDelivery.objects.count() == 0
    records = read(mock, 3, kafka.NORMALIZED)
    assert [(json.loads(value)["revision"], "ce_replay" in headers) for _, _, headers, value, _ in records] == [
        (1, False), (2, False), (2, True),
    ]  # fmt: skip


def test_brokers_that_are_away_use_up_no_try_and_the_cursor_waits(mock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "METADATA_SECONDS", 0.5)
    made = sink("kafka", settings=target("127.0.0.1:1"))
    write(mapped())
    send_all(made)
    assert (made.cursor, made.failures, EventDelivery.objects.count()) == (0, 1, 0)
    assert "Connection refused" in made.trouble
    assert "Connection refused" in send_test(made).answer
    EventSink.objects.update(settings=target(mock), paused_until=None)
    send_all(made)
    assert (made.cursor, made.failures, made.trouble) == (1, 0, "")


@pytest.mark.parametrize("mock", [40], indirect=True)
def test_what_is_not_acknowledged_in_time_is_taken_back_as_a_whole(mock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    channel: Any = kafka.KIND.open(Target(1, target(mock)))
    channel.deliver([an_event(1)])
    monkeypatch.setattr(kafka, "DELIVER_SECONDS", 0.005)
    with pytest.raises(SinkAway, match="no acknowledgement in time"):
        channel.deliver([an_event(2), an_event(3)])
    monkeypatch.undo()
    report = channel.deliver([an_event(2), an_event(3)])
    channel.close()
    assert [outcome.result for outcome in report.outcomes] == [Result.DELIVERED] * 2
    seen = [json.loads(value)["n"] for *_, value, _ in read(mock, 3, kafka.EVENTS)]
    assert list(dict.fromkeys(seen)) == [1, 2, 3]


def test_only_a_message_that_is_sent_alone_is_refused_for_its_size(mock: str) -> None:
    channel: Any = kafka.KIND.open(Target(1, target(mock)))
    too_large = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
    first, second = an_event(1), an_event(2)
    assert channel._report([first], {first.id: too_large}).outcomes[0].result is Result.REFUSED
    with pytest.raises(SinkAway):
        channel._report([first, second], {first.id: too_large, second.id: too_large})
    channel.close()


def test_data_above_the_limit_are_left_out_with_the_address_to_read_them_at(
    monkeypatch: pytest.MonkeyPatch, mock: str
) -> None:
    monkeypatch.setattr(kafka, "LARGEST_DATA", 3)
    event = an_event(1)
    channel: Any = kafka.KIND.open(Target(1, target(mock)))
    channel.deliver([event])
    channel.close()
    [(_, _, headers, value, _)] = read(mock, 1, kafka.EVENTS)
    # never a null, which would be a tombstone
    assert value == ""
    assert headers["ce_dataref"].endswith(f"/api/v1/events/{event.id}")


def test_a_user_signs_in_by_tls_and_a_plain_line_is_chosen() -> None:
    secret = Target(
        7, {"brokers": "k:9093", "security": "SASL_SSL", "username": "hub", "ca_certificate": "PEM"}, {"password": "x"}
    )
    found = kafka.configuration(secret)
    assert {name: found[name] for name in found if name.startswith(("sasl", "ssl", "sec", "boot", "client"))} == {
        "client.id": "erpsync-relay-7", "bootstrap.servers": "k:9093", "security.protocol": "SASL_SSL", "ssl.ca.pem": "PEM",
        "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "hub", "sasl.password": "x",
    }  # fmt: skip
    plain = kafka.configuration(Target(7, {"brokers": "k:9092"}))
    assert (plain["security.protocol"], plain["enable.idempotence"]) == ("PLAINTEXT", True)
    assert not any(name.startswith("sasl") for name in plain)
    with pytest.raises(SinkAway, match=r"ssl\.ca\.pem"):
        kafka.KIND.open(secret)


def an_event(n: int) -> Any:
    row = EventRow(
        OutboxEvent(id=f"00000000-0000-7000-8000-{n:012}").pk, n, "listing.mapped", "/t", "listing", "1", n,
        datetime.now(UTC), json.dumps({"n": n}), "", False, False, None, False,
    )  # fmt: skip
    return message(row, sends_personal=False)


@pytest.fixture
def store() -> Any:
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    noon = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)

    def stored(status: str, minute: int) -> None:
        at = noon + timedelta(minutes=minute)
        line = LineSnapshot("1", "1", "", 1)
        with transaction.atomic():
            upsert_orders(
                shop,
                [OrderSnapshot("A", status, status.upper(), "VND", noon, at, lines=(line,), version=at)],
                source="webhook",
            )
        number_events()

    return stored
