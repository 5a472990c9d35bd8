"""Redis Streams as a sink: groups, limits, writing twice, and a Redis that was emptied or has lost its end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from core.outbox import OutboxEvent
from integrations.events import relay as relaying
from integrations.events.relay import SinkRelay
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import Target
from integrations.events.switching import is_delivered, replay, send_test
from integrations.models import EventSink
from tests.published import validator

from .receivers import mapped, send_all, sink, write

pytestmark = pytest.mark.django_db

STREAM = "erpsync:events:listing"


@pytest.fixture
def stream(redis: Redis) -> EventSink:
    return sink("redis_streams")


@pytest.fixture(autouse=True)
def always_remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "REMEMBER_SECONDS", 0.0)


def entries(redis: Any, name: str = STREAM) -> list[tuple[str, str, int]]:
    """(entry id, subject, version) of what a stream holds."""
    found = []
    for entry, fields in redis.xrange(name):
        event = json.loads(fields[b"event"])
        found.append((entry.decode(), event["subject"], event["entityversion"]))
    return found


def read(redis: Any, group: str, *, acknowledge: bool = True) -> list[str]:
    """Read all that is new for a group; returns the subjects."""
    subjects = []
    while answer := redis.xreadgroup(group, "c", {STREAM: ">"}, count=10):
        for entry, fields in answer[0][1]:
            subjects.append(fields[b"subject"].decode())
            if acknowledge:
                redis.xack(STREAM, group, entry)
    return subjects


def test_each_event_is_one_entry_whose_id_is_its_position(stream: EventSink, redis: Any) -> None:
    write(mapped("1"), mapped("2"), mapped("1"))
    send_all(stream)
    assert entries(redis) == [("1-0", "listing/1", 1), ("2-0", "listing/2", 1), ("3-0", "listing/1", 2)]
    fields = redis.xrange(STREAM)[0][1]
    assert {name.decode() for name in fields} == {"id", "type", "subject", "partitionkey", "time", "event"}
    validator("envelope.1").validate(json.loads(fields[b"event"]))
    assert stream.cursor == 3


def test_what_was_written_before_the_relay_was_killed_is_not_written_twice(stream: EventSink, redis: Any) -> None:
    write(mapped("1"), mapped("2"))
    send_all(stream)
    EventSink.objects.update(cursor=0)
    send_all(stream)
    assert len(entries(redis)) == 2


def test_an_entry_of_somebody_else_under_the_id_loses_nothing(stream: EventSink, redis: Any) -> None:
    redis.xadd(STREAM, {"id": "theirs"}, id="7-0")
    write(mapped("1"))
    send_all(stream)
    [_, (entry, fields)] = redis.xrange(STREAM)
    assert (entry, fields[b"subject"]) == (b"7-1", b"listing/1")


def test_an_emptied_redis_gets_again_what_its_groups_have_not_acknowledged(stream: EventSink, redis: Any) -> None:
    relay = SinkRelay(stream.pk)
    write(*(mapped(str(n)) for n in range(1, 7)))
    send_all(stream, relay)
    for group in ("fast", "slow"):
        redis.xgroup_create(STREAM, group, id="0")
    assert len(read(redis, "fast")) == 6
    redis.xreadgroup("slow", "c", {STREAM: ">"}, count=4)
    redis.xack(STREAM, "slow", "1-0", "2-0")
    send_all(stream, relay)
    redis.flushdb()
    write(mapped("7"))
    send_all(stream, relay)
    assert [subject for _, subject, _ in entries(redis)] == [f"listing/{n}" for n in range(3, 8)]
    assert read(redis, "slow") == [f"listing/{n}" for n in range(3, 8)]
    assert read(redis, "fast") == ["listing/7"]


def test_an_emptied_redis_is_seen_without_a_new_event_and_without_groups_all_of_it_is_written_again(
    stream: EventSink, redis: Any
) -> None:
    relay = SinkRelay(stream.pk)
    write(mapped("1"), mapped("2"))
    send_all(stream, relay)
    redis.flushdb()
    send_all(stream, relay)
    assert [subject for _, subject, _ in entries(redis)] == ["listing/1", "listing/2"]


def test_a_redis_that_is_emptied_while_it_is_asked_tells_nothing(stream: EventSink, redis: Any) -> None:
    write(mapped("1"), mapped("2"))
    send_all(stream)
    redis.xgroup_create(STREAM, "slow", id="0")
    send_all(stream)
    known = dict(stream.progress)
    channel = sink_kinds()["redis_streams"].open(Target(stream.pk, {}))
    channel.resume(stream.cursor, stream.progress)
    redis.flushdb()
    channel.remember(stream.cursor, stream.progress)
    assert stream.progress == known == {"written": 2, "acknowledged": 0, "groups": {STREAM: {"slow": "0-0"}}}


def test_a_redis_that_lost_its_end_gets_it_again(stream: EventSink, redis: Any) -> None:
    write(*(mapped(str(n)) for n in range(1, 5)))
    send_all(stream)
    # as a restart from an older dump would
    redis.xdel(STREAM, "3-0", "4-0")
    redis.set(f"erpsync:events:written:{stream.pk}", 2)
    send_all(stream)
    assert [subject for _, subject, _ in entries(redis)] == [f"listing/{n}" for n in range(1, 5)]


def test_a_redis_that_is_away_uses_up_no_try_and_the_cursor_waits(stream: EventSink, redis: Any) -> None:
    EventSink.objects.update(secrets={"url": "redis://127.0.0.1:1/0"})
    write(mapped())
    send_all(stream)
    assert (stream.cursor, stream.failures, stream.trouble) == (0, 1, "ConnectionError")
    assert stream.deliveries.count() == 0
    assert not is_delivered(outcome := send_test(stream))
    assert outcome.answer == "ConnectionError"
    EventSink.objects.update(secrets={}, paused_until=None)
    send_all(stream)
    assert (len(entries(redis)), stream.failures, stream.trouble) == (1, 0, "")


def test_a_stream_keeps_no_more_than_its_length(stream: EventSink, redis: Any) -> None:
    EventSink.objects.update(settings={"maxlen": "100"})
    write(*(mapped(str(n)) for n in range(500)))
    send_all(stream)
    # Redis trims whole nodes
    assert 100 <= redis.xlen(STREAM) < 250


def test_a_replay_is_added_at_the_end(stream: EventSink, redis: Any) -> None:
    write(mapped("1"), mapped("2"))
    send_all(stream)
    assert replay(stream.pk, since=datetime(2020, 1, 1, tzinfo=UTC), until=timezone.now() + timedelta(hours=1)) == 2
    send_all(stream)
    assert [(subject, version) for _, subject, version in entries(redis)] == [("listing/1", 1), ("listing/2", 1)] * 2
    assert json.loads(redis.xrange(STREAM)[2][1][b"event"])["replay"] is True
    write(mapped("3"))
    send_all(stream)
    assert entries(redis)[-1] == ("3-0", "listing/3", 1)


def test_a_test_event_is_an_entry_of_its_own(stream: EventSink, redis: Any) -> None:
    assert is_delivered(send_test(stream))
    [(_, subject, _)] = entries(redis, "erpsync:events:connection")
    assert subject == "connection/0"
    assert OutboxEvent.objects.count() == 0
