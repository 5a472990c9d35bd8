"""The feed position of outbox events: dense, given to committed rows only, and never to a row below one that was read.

An insertion number is no cursor: a row with a lower one may be committed later. So rows get their position after their commit, by
one numbering at a time, over all processes. Whoever has read up to a position has missed nothing below it.
"""

from __future__ import annotations

from django.db import models, transaction

from core import tunables
from core.db import execute, fetch

# the class of the transaction-level advisory lock of the numbering
NUMBERING_LOCK = 0x66656564
# rows numbered in one transaction: 0.1 s of work
BATCH = tunables.NUMBERING_ROWS


class Feed(models.Model):
    """The last position that was given: one row, kept when retention drops the rows that have it. `begin_epoch` moves it on."""

    position = models.PositiveBigIntegerField()
    # versions of events go on above it: what the database once gave to readers and forgot in a restore lies below
    version_floor = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return str(self.position)


_IS_DUE = "SELECT FROM core_outboxevent WHERE position IS NULL LIMIT 1"

# The first round after the table was emptied makes the row anew.
_LAST = """
INSERT INTO core_feed (id, position) VALUES (1, (SELECT coalesce(max(position), 0) FROM core_outboxevent))
ON CONFLICT (id) DO UPDATE SET position = core_feed.position RETURNING position
"""

# In the order of insertion, which is that of an entity's versions: version 2 is counted, hence inserted, after version 1 was
# committed. What follows an event that breaks its schema waits with it.
_NUMBER = """
WITH due AS (
    SELECT e.id, e.time, e.serial FROM core_outboxevent e
    WHERE e.position IS NULL AND e.flaw = '' AND NOT EXISTS (
        SELECT FROM core_outboxevent broken
        WHERE broken.position IS NULL AND broken.flaw <> '' AND NOT broken.is_left_out
          AND (broken.entity, broken.entity_id) = (e.entity, e.entity_id) AND broken.version < e.version)
    ORDER BY e.serial LIMIT %(limit)s
), placed AS (
    SELECT id, time, row_number() OVER (ORDER BY serial) AS place FROM due
)
UPDATE core_outboxevent e SET position = %(last)s + placed.place FROM placed WHERE e.id = placed.id AND e.time = placed.time
"""


def number_events(*, limit: int = BATCH) -> int:
    """Give committed events their positions; return how many were numbered. May be repeated, by any number of processes.

    Returns 0 at once while another process numbers. The lock only keeps others from waiting: the row of `Feed`, locked until
    the commit, is what makes the numbers dense.
    """
    if not fetch(_IS_DUE):
        return 0
    with transaction.atomic():
        [(is_ours,)] = fetch("SELECT pg_try_advisory_xact_lock(%s)", NUMBERING_LOCK)
        if not is_ours:
            return 0
        [(last,)] = fetch(_LAST)
        numbered = execute(_NUMBER, last=last, limit=limit)
        if numbered:
            execute("UPDATE core_feed SET position = %s WHERE id = 1", last + numbered)
    return numbered


def feed_position() -> int:
    """Return the highest position: a list that was read after this call, and the feed from here on, miss nothing between them."""
    rows = fetch("SELECT position FROM core_feed WHERE id = 1")
    return int(rows[0][0]) if rows else 0


# more positions, and versions of one thing, than a hub gives between two backups
EPOCH_POSITIONS, EPOCH_VERSIONS = 10_000_000, 1_000_000
_BEGIN_EPOCH = """
INSERT INTO core_feed (id, position, version_floor)
SELECT 1, coalesce(max(position), 0) + %(positions)s, coalesce(max(version), 0) + %(versions)s FROM core_outboxevent
ON CONFLICT (id) DO UPDATE SET position = core_feed.position + %(positions)s,
    version_floor = greatest(core_feed.version_floor + %(versions)s, excluded.version_floor,
        (SELECT coalesce(max(version), 0) + %(versions)s FROM core_lastevent))
"""


def begin_epoch() -> None:
    """Let positions and versions jump, in a restored database: those given since its backup are never given again.

    A reader whose position lies in the gap is told to read everything anew, as one whose events were dropped.
    """
    execute(_BEGIN_EPOCH, positions=EPOCH_POSITIONS, versions=EPOCH_VERSIONS)
