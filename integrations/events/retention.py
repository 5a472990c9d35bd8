"""Retention of business events: a month that no reader needs any more is dropped whole, after its last events were kept."""

from __future__ import annotations

import structlog
from django.db import transaction

from core.db import execute, fetch
from core.outbox import keep_last_events
from core.partitions import Partition, drop, ensure_months, expired

log = structlog.get_logger(__name__)

TABLE = "core_outboxevent"

# still to be numbered, above the cursor of an active sink, or waiting for another try
_NEEDED = """
SELECT CASE
    WHEN EXISTS (SELECT FROM {partition} e WHERE e.position IS NULL AND NOT e.is_left_out) THEN 'not_numbered'
    WHEN EXISTS (SELECT FROM integrations_eventsink sink WHERE sink.is_active
        AND sink.cursor < (SELECT max(e.position) FROM {partition} e)) THEN 'not_sent'
    WHEN EXISTS (SELECT FROM integrations_eventdelivery d JOIN {partition} e ON e.id = d.event_id WHERE d.state = 'waiting')
        THEN 'waiting' END
"""
_FORGET_PARKED = "DELETE FROM integrations_eventdelivery d USING {partition} e WHERE e.id = d.event_id"


def drop_old_events(*, days: int) -> list[str]:
    """Make the coming months' partitions and drop those older than `days`; return the names of the dropped. May be repeated.

    The oldest goes first, and the first that is still needed ends it: a sink that has been away for a month is told to people.
    What was parked as a dead letter goes with its event.
    """
    ensure_months(TABLE)
    dropped = []
    for partition in expired(TABLE, days=days):
        if why := _needed(partition):
            log.warning("partition_needed", partition=partition.name, why=why)
            break
        with transaction.atomic():
            keep_last_events(partition)
            execute(_FORGET_PARKED.format(partition=partition.name))
        if not drop(partition):
            break
        dropped.append(partition.name)
    return dropped


def _needed(partition: Partition) -> str | None:
    [(why,)] = fetch(_NEEDED.format(partition=partition.name))
    return None if why is None else str(why)
