"""Commands of a hub that was restored from a backup: each may have been carried out since, so its outcome is looked up first."""

from __future__ import annotations

from datetime import datetime

from core.db import execute, fetch

_LOOK_FIRST = """
WITH open AS (
    SELECT id FROM integrations_command WHERE state = 'wanted' ORDER BY id FOR NO KEY UPDATE
)
UPDATE integrations_command c SET state = 'sent', sent_at = %(since)s, missed = 0, due_at = clock_timestamp()
FROM open WHERE c.id = open.id
"""


def look_first(*, since: datetime) -> int:
    """Treat all wanted commands as sent at `since`, with their answers lost; return how many they are.

    After a restore: each may have been carried out since, and is looked up by its reference before it is repeated.
    """
    return execute(_LOOK_FIRST, since=since)


def count_to_look_up(since: datetime) -> int:
    """Return how many commands sent up to `since` are still to be looked up at accounts that can be asked."""
    [(number,)] = fetch(
        "SELECT count(*) FROM integrations_command c JOIN integrations_connection target ON target.id = c.target_id"
        " JOIN integrations_authorisation auth ON auth.id = target.authorisation_id"
        " WHERE c.state = 'sent' AND c.sent_at <= %s AND target.is_active AND auth.state <> 'red'",
        since,
    )
    return int(number)
