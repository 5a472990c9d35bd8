"""The transactional outbox: business events, written in the transaction that causes them and sent on by others.

An event is there exactly if its cause was committed. Its attributes are those of CloudEvents 1.0; a sink adds the prefix and
the major version of `type`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core.db import encode, execute


class OutboxEvent(models.Model):
    """One business event. Append-only; `version` counts the events of an entity, from 1 and without gaps.

    Retention keeps the newest row of each entity: the next version is counted from it.
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

    class Meta:
        verbose_name = _("outbox event")
        verbose_name_plural = _("outbox events")
        constraints = (
            models.UniqueConstraint(fields=("entity", "entity_id", "version"), name="one_event_per_entity_version"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.subject} v{self.version}"

    @property
    def subject(self) -> str:
        """Return the subject of CloudEvents: what the event is about."""
        return f"{self.entity}/{self.entity_id}"


@dataclass(frozen=True, slots=True)
class Event:
    """A business event to emit. `type`: "<entity>.<what happened>"; `source`: the app that says so; `data`: JSON, Decimals as text."""

    type: str
    source: str
    entity: str
    entity_id: str
    data: Mapping[str, Any]
    shop_ids: tuple[int, ...] = ()


_INSERT = """
INSERT INTO core_outboxevent (id, type, source, entity, entity_id, version, shop_ids, data)
SELECT n.id, n.type, n.source, n.entity, n.entity_id,
    coalesce((SELECT max(old.version) FROM core_outboxevent old
              WHERE old.entity = n.entity AND old.entity_id = n.entity_id), 0)
        + row_number() OVER (PARTITION BY n.entity, n.entity_id ORDER BY n.place),
    n.shop_ids, n.data
FROM jsonb_to_recordset(%s::jsonb) AS n(
    place int, id uuid, type text, source text, entity text, entity_id text, shop_ids bigint[], data jsonb)
"""


def emit(events: Sequence[Event]) -> None:
    """Write events in the caller's transaction, one statement for all of them. Not for repeating: each call is new events.

    The caller holds the row lock of each entity, so that versions are counted one after another; two transactions that do not
    would meet in the unique constraint, and one would fail.
    """
    assert transaction.get_connection().in_atomic_block, "an event is emitted in the transaction of its cause"
    if not events:
        return
    execute(_INSERT, encode([_row(place, event) for place, event in enumerate(events)]))


def _row(place: int, event: Event) -> dict[str, Any]:
    """Return an event as a record of `_INSERT`; a deep copy of its data would cost more than the statement."""
    return {
        "place": place,
        "id": uuid7(),
        "type": event.type,
        "source": event.source,
        "entity": event.entity,
        "entity_id": event.entity_id,
        "shop_ids": event.shop_ids,
        "data": event.data,
    }


def uuid7() -> UUID:
    """Return a UUID of version 7 (RFC 9562): milliseconds, then 74 random bits, so that ids sort by time."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)
