"""Retention of inbox events: the words of ended ones go first, the rows later, some thousands at a time."""

from __future__ import annotations

from django.db import transaction

from core.db import fetch

ROWS = 5_000

# what is pending, or a dead letter that waits for a person, is kept with all it has
_ENDED = "(e.state IN ('processed', 'duplicate', 'ignored') OR e.state = 'dead' AND e.closed_at IS NOT NULL)"
_OLD = f"e.id > %(after)s AND e.received_at < clock_timestamp() - make_interval(days => %(days)s) AND {_ENDED}"
# each batch begins behind the one before: rows that were dealt with, or are kept, are read once a run
_PICKED = "ORDER BY e.id LIMIT %(rows)s FOR UPDATE SKIP LOCKED"

_FORGET = f"""
WITH picked AS (
    SELECT e.id FROM integrations_inboxevent e WHERE {_OLD} AND (e.raw IS NOT NULL OR e.body <> '{{}}') {_PICKED}
), done AS (UPDATE integrations_inboxevent SET body = '{{}}', raw = NULL WHERE id IN (SELECT id FROM picked))
SELECT count(*), max(id) FROM picked
"""
_DELETE = f"""
WITH picked AS (SELECT e.id FROM integrations_inboxevent e WHERE {_OLD} {_PICKED}),
    done AS (DELETE FROM integrations_inboxevent WHERE id IN (SELECT id FROM picked))
SELECT count(*), max(id) FROM picked
"""


def forget_words(*, days: int) -> int:
    """Empty the bodies and raw bodies of ended events that are older than `days`; return how many there were. May be repeated."""
    return _in_batches(_FORGET, days)


def delete_ended(*, days: int) -> int:
    """Delete ended events that are older than `days`; return how many there were. The accounting of what is left still balances."""
    return _in_batches(_DELETE, days)


def _in_batches(statement: str, days: int) -> int:
    done, after = 0, 0
    while True:
        with transaction.atomic():
            [(written, last)] = fetch(statement, days=days, rows=ROWS, after=after)
        done += int(written)
        if written < ROWS:
            return done
        after = last
