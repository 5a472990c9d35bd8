"""Rows of labels: wanted, claimed by lease, and their outcomes. With `printing`, the only writer of their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from core.db import execute, fetch, fetch_as, named_columns
from core.reasons import Cause, stored
from integrations.contract.labels import ParcelRef


@dataclass(frozen=True, slots=True)
class WantedLabel:
    """The label of one parcel, with the orders that travel in it."""

    connection_id: int
    parcel: str
    order_number: str
    tracking_number: str
    order_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClaimedLabel:
    """A label that is ours to fetch until its lease ends."""

    id: int
    parcel: str
    order_number: str
    tracking_number: str
    waited: float

    @property
    def ref(self) -> ParcelRef:
        """The parcel as the connector is asked for it; an order that is its own parcel has no number of one."""
        parcel = "" if self.parcel == self.order_number else self.parcel
        return ParcelRef(self.order_number, parcel, self.tracking_number)


@dataclass(frozen=True, slots=True)
class FetchedLabel:
    """The file of a claimed label. `pages`: None for what is no PDF."""

    id: int
    content: bytes
    content_type: str
    file_name: str
    pages: int | None


# A file that is here is kept, unless the parcel's tracking number changed: then it is a label of another journey.
_WANT = """
INSERT INTO integrations_shippinglabel AS l (connection_id, parcel, order_number, tracking_number)
SELECT * FROM unnest(%(connections)s::bigint[], %(parcels)s::text[], %(orders)s::text[], %(trackings)s::text[])
ON CONFLICT (connection_id, parcel) DO UPDATE SET
    order_number = excluded.order_number, tracking_number = excluded.tracking_number,
    state = CASE WHEN l.content IS NULL OR l.tracking_number <> excluded.tracking_number THEN 'wanted' ELSE l.state END,
    tries = 0, reason = '{}', wanted_at = clock_timestamp(),
    due_at = CASE WHEN l.state = 'wanted' AND l.tries > 0 THEN l.due_at ELSE clock_timestamp() END
RETURNING connection_id, parcel, id
"""
_JOIN_ORDERS = """
INSERT INTO integrations_shippinglabel_orders (shippinglabel_id, order_id)
SELECT * FROM unnest(%(labels)s::bigint[], %(orders)s::bigint[]) ON CONFLICT DO NOTHING
"""


def want(labels: Sequence[WantedLabel]) -> list[int]:
    """Store labels as wanted, unless their file is here, and return their ids in the given order. May be repeated."""
    rows = sorted((w.connection_id, w.parcel, w.order_number, w.tracking_number) for w in labels)
    stored = fetch(_WANT, **named_columns("connections parcels orders trackings", rows))
    ids = {(connection_id, parcel): label_id for connection_id, parcel, label_id in stored}
    found = [ids[wanted.connection_id, wanted.parcel] for wanted in labels]
    pairs = [(label, order) for label, wanted in zip(found, labels, strict=True) for order in wanted.order_ids]
    execute(_JOIN_ORDERS, **named_columns("labels orders", pairs))
    return found


_CLAIM = """
WITH next AS (
    SELECT id FROM integrations_shippinglabel
    WHERE connection_id = %(connection)s AND state = 'wanted' AND due_at <= clock_timestamp()
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE integrations_shippinglabel l
SET due_at = clock_timestamp() + make_interval(secs => %(seconds)s), tries = least(l.tries + 1, 32767)
FROM next WHERE l.id = next.id
RETURNING l.id, l.parcel, l.order_number, l.tracking_number,
    extract(epoch FROM clock_timestamp() - l.wanted_at)::float8 AS waited
"""


@transaction.atomic
def claim(connection_id: int, *, limit: int, seconds: float) -> list[ClaimedLabel]:
    """Lease up to `limit` labels of a connection that are due. One whose answer is lost is due again after `seconds`."""
    return fetch_as(ClaimedLabel, _CLAIM, connection=connection_id, limit=limit, seconds=seconds)


_READY = """
UPDATE integrations_shippinglabel SET state = 'ready', content = %(content)s, content_type = %(type)s,
    file_name = %(name)s, pages = %(pages)s, reason = '{}', ready_at = clock_timestamp()
WHERE id = %(id)s AND state = 'wanted'
"""


def ready(label: FetchedLabel) -> None:
    """Keep a file. May be repeated. One row per statement: a file is up to megabytes."""
    execute(
        _READY, id=label.id, content=label.content, type=label.content_type[:100], name=label.file_name[:200],
        pages=label.pages,
    )  # fmt: skip


def later(label_id: int, *, after: float, reason: Cause) -> None:
    """Fetch a label again after `after` seconds."""
    execute(
        "UPDATE integrations_shippinglabel SET due_at = clock_timestamp() + make_interval(secs => %s), reason = %s::jsonb"
        " WHERE id = %s AND state = 'wanted'",
        after, stored(reason), label_id,
    )  # fmt: skip


def refused(label_id: int, *, reason: Cause) -> None:
    """End a label that the channel will not give; a person may want it again."""
    execute(
        "UPDATE integrations_shippinglabel SET state = 'refused', reason = %s::jsonb WHERE id = %s AND state = 'wanted'",
        stored(reason), label_id,
    )  # fmt: skip


def want_again(label_ids: Sequence[int]) -> list[int]:
    """Want refused labels once more; returns the connections that they belong to. May be repeated."""
    rows = fetch(
        "UPDATE integrations_shippinglabel SET state = 'wanted', reason = '{}', tries = 0, wanted_at = clock_timestamp(),"
        " due_at = clock_timestamp() WHERE id = ANY(%s) AND state = 'refused' RETURNING connection_id",
        list(label_ids),
    )
    return sorted({connection_id for (connection_id,) in rows})


def due_connections() -> list[int]:
    """Return the active connections that have labels to be fetched now."""
    rows = fetch(
        "SELECT DISTINCT l.connection_id FROM integrations_shippinglabel l"
        " JOIN integrations_connection c ON c.id = l.connection_id AND c.is_active"
        " WHERE l.state = 'wanted' AND l.due_at <= clock_timestamp() ORDER BY 1"
    )
    return [connection_id for (connection_id,) in rows]


def delete_old_files(*, days: int) -> int:
    """Delete the files of labels that are older than so many days; the mark that they were printed stays."""
    return execute(
        "UPDATE integrations_shippinglabel SET content = NULL"
        " WHERE content IS NOT NULL AND ready_at < clock_timestamp() - make_interval(days => %s)",
        days,
    )
