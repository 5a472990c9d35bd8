"""Leases on sinks: one relay at a time sends to a sink. A lease belongs to a database session, and is void when that has ended.

So a killed relay holds up nobody, and one whose machine has vanished no longer than `SECONDS`.
"""

from __future__ import annotations

from core import tunables
from core.db import execute, fetch

SECONDS = tunables.SINK_LEASE_SECONDS
# renewed when less than this is left: longer than any batch takes
RENEW_BELOW = 45.0

MINE = """
lease_pid = pg_backend_pid() AND lease_session = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
"""
_TAKE = f"""
UPDATE integrations_eventsink sink SET lease_pid = pg_backend_pid(), lease_session = me.backend_start,
    lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
FROM pg_stat_activity me
WHERE sink.id = %(sink)s AND sink.is_active AND me.pid = pg_backend_pid() AND (
    sink.lease_until IS NULL OR sink.lease_until < clock_timestamp() OR {MINE}
    OR NOT EXISTS (SELECT FROM pg_stat_activity holder
                   WHERE holder.pid = sink.lease_pid AND holder.backend_start = sink.lease_session))
"""
_KEPT = f"""
SELECT FROM integrations_eventsink WHERE id = %(sink)s AND is_active AND {MINE}
    AND lease_until > clock_timestamp() + make_interval(secs => %(enough)s)
"""


class LeaseLost(Exception):
    """Another relay sends to the sink, or it was changed by a person: what was sent is sent again by whoever goes on."""


def take(sink_id: int) -> bool:
    """Take or renew the lease of a sink for this session; returns whether it is ours. May be repeated."""
    if fetch(_KEPT, sink=sink_id, enough=RENEW_BELOW):
        return True
    return bool(execute(_TAKE, sink=sink_id, seconds=SECONDS))


def release(sink_id: int) -> None:
    """Give the lease back."""
    execute(f"UPDATE integrations_eventsink SET lease_until = NULL WHERE id = %(sink)s AND {MINE}", sink=sink_id)
