"""The transactional outbox: business events, written in the transaction that causes them and sent on by others.

An event is there exactly if its cause was committed. Its attributes are those of CloudEvents 1.0; a sink adds the prefix and
the major version of `type`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import structlog
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import tracing
from core.db import encode, execute, fetch
from core.event_types import FAILED, FLAW_LENGTH, EventFailed, Payload, event_types
from core.partitions import Partition

log = structlog.get_logger(__name__)

# the sequence of `serial`
SERIAL = "core_outboxevent_serial"


class OutboxEvent(models.Model):
    """One business event. Append-only; `version` counts the events of an entity, from 1 and without gaps.

    The table has a partition per month (`core.partitions`). Retention drops whole ones; what the next event of an entity is counted
    from, and compared with, is kept as its `LastEvent`.
    """

    id = models.UUIDField(primary_key=True)
    type = models.CharField(_("type"), max_length=64)
    source = models.CharField(_("source"), max_length=64)
    entity = models.CharField(_("entity"), max_length=32)
    entity_id = models.CharField(_("entity's id"), max_length=128)
    version = models.PositiveBigIntegerField(_("version"))
    # whose data it is: nothing of one shop is for a reader of another; empty: of no shop
    shop_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name=_("shops"))
    data = models.JSONField(_("data"))
    time = models.DateTimeField(_("when"), db_default=models.functions.Now())
    # the order of insertion, that of an entity's versions as well; not of commits
    serial = models.PositiveBigIntegerField(db_default=models.Func(models.Value(SERIAL), function="nextval"))
    position = models.PositiveBigIntegerField(
        _("feed position"), null=True, blank=True, help_text=_("Dense, in the order in which events were numbered.")
    )
    flaw = models.CharField(
        _("flaw"), max_length=FLAW_LENGTH, blank=True, default="", db_default="",
        help_text=_("Where the data break their schema: this event, and those after it of the same thing, are not sent."),
    )  # fmt: skip
    # of the span that wrote it, "" where that was not traced
    traceparent = models.CharField(
        max_length=tracing.TRACEPARENT_LENGTH, blank=True, default="", db_default="", editable=False
    )
    is_left_out = models.BooleanField(
        _("left out"), default=False, db_default=False, help_text=_("A person let the later events go on without it.")
    )

    class Meta:
        verbose_name = _("outbox event")
        verbose_name_plural = _("outbox events")
        # kept by each partition: over all of them it is the row locks of the entity, and of the feed, that see to it
        constraints = (
            models.UniqueConstraint(fields=("entity", "entity_id", "version"), name="one_event_per_entity_version"),
            models.UniqueConstraint(fields=("position",), name="one_event_per_position"),
        )
        indexes = (
            models.Index(fields=("serial",), condition=models.Q(position=None), name="event_to_be_numbered"),
            models.Index(
                fields=("entity", "entity_id"),
                condition=models.Q(position=None) & ~models.Q(flaw=""),
                name="event_broken",
            ),
            BrinIndex(fields=("time",), name="event_time"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.subject} v{self.version}"

    @property
    def subject(self) -> str:
        """Return the subject of CloudEvents: what the event is about."""
        return f"{self.entity}/{self.entity_id}"


class LastEvent(models.Model):
    """The newest event of an entity whose events are dropped: versions go on from it, and services compare with its data."""

    entity = models.CharField(max_length=32)
    entity_id = models.CharField(max_length=128)
    version = models.PositiveBigIntegerField()
    type = models.CharField(max_length=64)
    data = models.JSONField()
    time = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("entity", "entity_id"), name="one_last_event_per_entity"),)

    def __str__(self) -> str:
        return f"{self.type} {self.entity}/{self.entity_id} v{self.version}"


# SQL, to read from: the events that are there, and the last ones of those that are not
ALL_EVENTS = """(
    SELECT entity, entity_id, version, type, data, time FROM core_outboxevent
    UNION ALL SELECT entity, entity_id, version, type, data, time FROM core_lastevent)"""


class _Broken(models.Manager["BrokenEvent"]):
    def get_queryset(self) -> models.QuerySet[BrokenEvent]:
        return super().get_queryset().filter(position=None).exclude(flaw="")


class BrokenEvent(OutboxEvent):
    """An event whose data break their schema: it is never numbered, and the later ones of its thing wait until a person decides."""

    objects: ClassVar[models.Manager[Any]] = _Broken()

    class Meta:
        proxy = True
        verbose_name = _("broken event")
        verbose_name_plural = _("broken events")


@dataclass(frozen=True, slots=True)
class Event:
    """A business event to emit. `type`: "<entity>.<what happened>"; `source`: the app that says so; `data`: JSON, or what becomes
    JSON with Decimals and times as text.
    """

    type: str
    source: str
    entity: str
    entity_id: str
    data: Mapping[str, Any] | Payload
    shop_ids: tuple[int, ...] = ()


_INSERT = """
INSERT INTO core_outboxevent (id, type, source, entity, entity_id, version, shop_ids, data, flaw, traceparent)
SELECT n.id, n.type, n.source, n.entity, n.entity_id,
    greatest((SELECT version_floor FROM core_feed WHERE id = 1),
        coalesce((SELECT max(old.version) FROM core_outboxevent old
                  WHERE old.entity = n.entity AND old.entity_id = n.entity_id),
                 (SELECT last.version FROM core_lastevent last
                  WHERE last.entity = n.entity AND last.entity_id = n.entity_id), 0))
        + row_number() OVER (PARTITION BY n.entity, n.entity_id ORDER BY n.place),
    n.shop_ids, n.data, n.flaw, %s
FROM jsonb_to_recordset(%s::jsonb) AS n(
    place int, id uuid, type text, source text, entity text, entity_id text, shop_ids bigint[], data jsonb, flaw text)
ORDER BY n.place
RETURNING id, version, flaw
"""


def emit(events: Sequence[Event]) -> None:
    """Write events in the caller's transaction, one statement for all of them. Not for repeating: each call is new events.

    The caller holds the row lock of each entity, so that versions are counted one after another; two transactions that do not
    would meet in the unique constraint, and one would fail. Data that break the schema of their type are kept with the flaw, and
    an `event.failed` says so; the cause is committed all the same.
    """
    assert transaction.get_connection().in_atomic_block, "an event is emitted in the transaction of its cause"
    if not events:
        return
    rows = [_row(place, event) for place, event in enumerate(events)]
    versions = {pk: version for pk, version, flaw in fetch(_INSERT, tracing.traceparent(), encode(rows)) if flaw}
    if versions:
        emit([_failure(row, versions[row["id"]]) for row in rows if row["id"] in versions])


def _row(place: int, event: Event) -> dict[str, Any]:
    """Return an event as a record of `_INSERT`; a deep copy of its data would cost more than the statement."""
    data = msgspec.to_builtins(event.data, enc_hook=str)
    declared = event_types().get(event.type)
    return {
        "place": place,
        "id": uuid7(),
        "type": event.type,
        "source": event.source,
        "entity": event.entity,
        "entity_id": event.entity_id,
        "shop_ids": event.shop_ids,
        "data": data,
        "flaw": declared.flaw(data) if declared else "",
    }


def _failure(row: Mapping[str, Any], version: int) -> Event:
    failed = EventFailed(
        event_id=str(row["id"]),
        type=row["type"],
        entity=row["entity"],
        entity_id=row["entity_id"],
        version=version,
        flaw=row["flaw"],
    )
    log.error("event_failed", type=row["type"], id=str(row["id"]), flaw=row["flaw"])
    return Event(FAILED.name, row["source"], "event", str(row["id"]), failed, row["shop_ids"])


# the newest of each entity that has no newer one elsewhere
_KEEP_LAST = """
INSERT INTO core_lastevent AS known (entity, entity_id, version, type, data, time)
SELECT DISTINCT ON (old.entity, old.entity_id) old.entity, old.entity_id, old.version, old.type, old.data, old.time
FROM {partition} old WHERE NOT EXISTS (
    SELECT FROM core_outboxevent newer WHERE newer.entity = old.entity AND newer.entity_id = old.entity_id
        AND newer.version > old.version AND newer.time >= %(end)s)
ORDER BY old.entity, old.entity_id, old.version DESC
ON CONFLICT (entity, entity_id) DO UPDATE SET version = excluded.version, type = excluded.type, data = excluded.data,
    time = excluded.time WHERE known.version < excluded.version
"""


def keep_last_events(partition: Partition) -> int:
    """Keep what later events are counted from before a partition is dropped; return how many entities it was the last of."""
    return execute(_KEEP_LAST.format(partition=partition.name), end=partition.end)


def check_again(event_ids: Sequence[UUID]) -> int:
    """Check broken events against the schemas of now; return how many are sound and go out with those after them.

    Those left out stay so: later events of their things may have been sent.
    """
    rows = BrokenEvent.objects.filter(pk__in=event_ids, is_left_out=False)
    known = event_types()
    sound = [row.pk for row in rows if row.type not in known or not known[row.type].flaw(row.data)]
    return OutboxEvent.objects.filter(pk__in=sound, position=None).update(flaw="")


def leave_out(event_ids: Sequence[UUID]) -> int:
    """Let the later events of a thing go on without these broken ones, which are kept; return how many there were."""
    return BrokenEvent.objects.filter(pk__in=event_ids).update(is_left_out=True)


def uuid7() -> UUID:
    """Return a UUID of version 7 (RFC 9562): milliseconds, then 74 random bits, so that ids sort by time."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)
