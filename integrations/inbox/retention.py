"""Retention of inbox events: the words of ended ones go first, the rows later, some thousands at a time."""

from __future__ import annotations

from django.db import transaction

from core.db import execute

ROWS = 5_000

# what is pending, or a dead letter that waits for a person, is kept with all it has
_ENDED = "(e.state IN ('processed', 'duplicate', 'ignored') OR e.state = 'dead' AND e.closed_at IS NOT NULL)"
_OLD = f"e.received_at < clock_timestamp() - make_interval(days => %(days)s) AND {_ENDED}"

_FORGET = f"""
UPDATE integrations_inboxevent SET body = '{{}}', raw = NULL WHERE id IN (
    SELECT e.id FROM integrations_inboxevent e WHERE {_OLD} AND (e.raw IS NOT NULL OR e.body <> '{{}}')
    ORDER BY e.id LIMIT %(rows)s FOR UPDATE SKIP LOCKED)
"""
_DELETE = f"""
DELETE FROM integrations_inboxevent WHERE id IN (
    SELECT e.id FROM integrations_inboxevent e WHERE {_OLD} ORDER BY e.id LIMIT %(rows)s FOR UPDATE SKIP LOCKED)
"""


def forget_words(*, days: int) -> int:
    """Empty the bodies and raw bodies of ended events that are older than `days`; return how many there were. May be repeated."""
    return _in_batches(_FORGET, days)


def delete_ended(*, days: int) -> int:
    """Delete ended events that are older than `days`; return how many there were. The accounting of what is left still balances."""
    return _in_batches(_DELETE, days)


def _in_batches(statement: str, days: int) -> int:
    done = 0
    while True:
        with transaction.atomic():
            written = execute(statement, days=days, rows=ROWS)
        done += written
        if written < ROWS:
            return done
