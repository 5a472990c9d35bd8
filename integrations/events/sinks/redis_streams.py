"""Redis Streams: one stream per kind of entity, ids made of feed positions, consumer groups.

Redis is not the truth. In one transaction with each batch a marker gets the position that is written; when it is missing or behind,
Redis was emptied or has lost its end, and the events are written again from the last one that its groups acknowledged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop as _
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from integrations.contract.declarations import Field
from integrations.events.messages import Message
from integrations.events.sinks.base import Channel, Outcome, Report, Result, SinkAway, SinkKind, Target

PREFIX = "erpsync:events:"
MAXLEN = 100_000
TIMEOUT_SECONDS = 5.0
_NOT_ABOVE = "equal or smaller"
_GROUP_EXISTS = "BUSYGROUP"
_HIGHEST = 2**64 - 1


def position_of(entry_id: str) -> int:
    """Return the feed position in the id of an entry."""
    return int(entry_id.split("-", maxsplit=1)[0])


class _Streams(Channel):
    def __init__(self, target: Target) -> None:
        self.prefix = str(target.settings.get("prefix") or PREFIX)
        self.maxlen = int(target.settings.get("maxlen") or MAXLEN)
        self.marker = f"{self.prefix}written:{target.id}"
        self.written = 0
        self.streams: set[str] = set()
        # a Redis that is away is tried again by the relay, not by the client
        self.redis: Any = Redis.from_url(
            str(target.secrets.get("url") or settings.REDIS_URL), decode_responses=True,
            socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS, retry=None,
        )  # fmt: skip

    def resume(self, cursor: int, progress: dict[str, Any]) -> int:
        self.streams |= progress.get("groups", {}).keys()
        try:
            marked = self.redis.get(self.marker)
            written = int(progress.get("written", 0))
            found = int(marked or 0)
            if found >= written:
                self.written = found
                return cursor
            if marked is None:
                self._make_groups(progress.get("groups", {}))
                found = int(progress.get("acknowledged", 0))
            self.redis.set(self.marker, found)
        except RedisError as error:
            raise SinkAway(type(error).__name__) from error
        self.written = progress["written"] = found
        return min(cursor, found)

    def _make_groups(self, groups: dict[str, dict[str, str]]) -> None:
        for stream, known in groups.items():
            for group, last in known.items():
                try:
                    self.redis.xgroup_create(stream, group, id=last, mkstream=True)
                except ResponseError as error:
                    if _GROUP_EXISTS not in str(error):
                        raise

    def deliver(self, messages: Sequence[Message]) -> Report:
        fresh = [m for m in messages if m.row.tries is None]
        self.streams |= {self._stream(m) for m in messages}
        try:
            if fresh:
                self._write(fresh)
            for m in messages:
                if m.row.tries is not None:
                    self._add(m)
        except RedisError as error:
            raise SinkAway(type(error).__name__) from error
        return Report([Outcome(m, Result.DELIVERED, is_attempt=False) for m in messages])

    def _write(self, fresh: Sequence[Message]) -> None:
        with self.redis.pipeline(transaction=True) as pipe:
            for m in fresh:
                entry = f"{m.row.position}-0"
                pipe.xadd(self._stream(m), _fields(m), id=entry, maxlen=self.maxlen, approximate=True)
            self.written = max(self.written, fresh[-1].row.position)
            pipe.set(self.marker, self.written)
            answers = pipe.execute(raise_on_error=False)
        for m, answer in zip(fresh, answers, strict=False):
            if isinstance(answer, RedisError):
                self._add_above(m, answer)

    def _add_above(self, m: Message, error: RedisError) -> None:
        """Add a message whose id is not above the stream's last, unless it is there already: the relay was killed after writing it."""
        if _NOT_ABOVE not in str(error):
            raise error
        there = self.redis.xrange(self._stream(m), f"{m.row.position}-0", f"{m.row.position}-0")
        if not any(fields.get("id") == m.id for _entry, fields in there):
            self._add(m)

    def _add(self, m: Message) -> None:
        """Add a message below the last position: at the end, under the next id. Only the holder of the lease writes here."""
        stream = self._stream(m)
        last = "0-0"
        if self.redis.exists(stream):
            last = str(self.redis.xinfo_stream(stream)["last-generated-id"])
        position, count = last.split("-")
        self.redis.xadd(stream, _fields(m), id=f"{position}-{int(count) + 1}", maxlen=self.maxlen, approximate=True)

    def remember(self, cursor: int, progress: dict[str, Any]) -> None:
        groups: dict[str, dict[str, str]] = {}
        floor = cursor
        try:
            for stream in sorted(self.streams):
                groups[stream], acknowledged = self._acknowledged(stream, cursor)
                floor = min(floor, acknowledged)
            # asked last: when Redis was emptied meanwhile, what it told is no progress
            is_whole = int(self.redis.get(self.marker) or 0) >= self.written
        except RedisError as error:
            raise SinkAway(type(error).__name__) from error
        if is_whole:
            progress.update(written=self.written, acknowledged=floor, groups=groups)

    def _acknowledged(self, stream: str, cursor: int) -> tuple[dict[str, str], int]:
        """Return what each group has acknowledged, and the position below which none needs anything of this stream.

        Without a group nobody acknowledges: then the stream is a log, and is written again as far back as it reached.
        """
        try:
            about = self.redis.xinfo_stream(stream)
        except ResponseError:
            # nothing was written there since Redis was emptied
            return {}, cursor
        first = about["first-entry"]
        begin = max(position_of(first[0]) - 1, 0) if first else cursor
        found: dict[str, str] = {}
        floors = [cursor]
        for group in self.redis.xinfo_groups(stream):
            found[group["name"]] = last = str(group["last-delivered-id"])
            # asked after the group: what was acknowledged in between is behind us
            if group["pending"] and (least := self.redis.xpending(stream, group["name"])["min"]):
                oldest = position_of(least)
                found[group["name"]] = f"{max(oldest - 1, 0)}-{_HIGHEST}"
                floors.append(max(oldest - 1, begin))
            elif last != about["last-generated-id"]:
                floors.append(max(position_of(last), begin))
        return found, min(floors) if found else begin

    def _stream(self, m: Message) -> str:
        return f"{self.prefix}{m.row.entity}"

    def close(self) -> None:
        self.redis.close()


def _fields(m: Message) -> dict[str, str]:
    names = ("id", "type", "subject", "partitionkey", "time")
    return {name: str(m.attributes[name]) for name in names} | {"event": m.body.decode()}


class RedisStreams(SinkKind):
    """Redis Streams: `erpsync:events:<entity>`, each entry with the whole event in `event`."""

    key = "redis_streams"
    title = _("Redis Streams")
    fields = (
        # with the password, as Redis' addresses have it
        Field("url", _("Address"), required=False, secret=True, help_text=_("redis://... Empty: the hub's own Redis.")),
        Field("prefix", _("Prefix of the streams"), required=False, default=PREFIX),
        Field("maxlen", _("Longest stream"), required=False, default=str(MAXLEN)),
    )

    def open(self, target: Target) -> Channel:
        return _Streams(target)


KIND = RedisStreams()
