"""Storing the steps of parcels, and noting when they were read."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from core.db import execute, fetch, named_columns
from core.transactions import in_transaction
from core.widths import shortened_id
from orders.models.parcel_event import DIGEST_LENGTH, PLACE_LENGTH, WORDS_LENGTH
from orders.snapshots import ParcelStepSnapshot

# the code of a step may be learned later: what is stored takes it. A row that was there has a locker or a deleter in xmax.
_ADD = """
WITH stored AS (
    INSERT INTO orders_parcelevent AS e (order_id, parcel, happened_at, code, words, place, digest)
    SELECT %(order)s, * FROM unnest(
        %(parcels)s::text[], %(times)s::timestamptz[], %(codes)s::text[], %(words)s::text[], %(places)s::text[], %(digests)s::text[])
    ON CONFLICT (order_id, happened_at, parcel, digest) DO UPDATE SET code = excluded.code WHERE e.code <> excluded.code
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new) FROM stored
"""
_NOTE = """
INSERT INTO orders_trackingread (order_id, status) VALUES (%(order)s, %(status)s)
ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, read_at = clock_timestamp()
"""


@in_transaction
def store_steps(order_id: int, status: str, steps: Sequence[ParcelStepSnapshot]) -> int:
    """Store the steps of an order's parcels, read while it had this status; return how many are new. May be repeated."""
    rows = {row[:2] + row[-1:]: row for row in map(_row, steps)}
    # sorted: two readings of one order wait for each other in the same order
    [(new,)] = fetch(
        _ADD, order=order_id, **named_columns("parcels times codes words places digests", sorted(rows.values()))
    )
    note_read(order_id, status)
    return int(new)


def note_read(order_id: int, status: str) -> None:
    """Note that the steps were asked for at this status: only another one is news."""
    execute(_NOTE, order=order_id, status=status)


def _row(step: ParcelStepSnapshot) -> tuple[object, ...]:
    digest = sha256(step.words.encode()).hexdigest()[:DIGEST_LENGTH]
    return (
        shortened_id(step.parcel), step.happened_at, step.code, step.words[:WORDS_LENGTH], step.place[:PLACE_LENGTH], digest,
    )  # fmt: skip
