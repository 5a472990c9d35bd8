"""Events that wait, as SQL for the queries that set other tables against the inbox."""

from __future__ import annotations


def waiting_sql(thing: str, *, claimed: bool) -> str:
    """Condition: an event of `%(kind)s` about `thing` waits at the connection `%(connection)s` of the app `%(app)s`.

    `claimed`: or a worker is busy with one. Without it, news that came after a worker's claim counts as new.
    """
    return f"""EXISTS (
        SELECT FROM integrations_inboxevent e WHERE e.app_id = %(app)s AND e.connection_id = %(connection)s
            AND e.kind = %(kind)s AND e.external_id = {thing} AND e.state = 'pending' {"" if claimed else "AND e.lease IS NULL"})"""


def untried_sql() -> str:
    """Rows `e`: events of `%(kind)s` received until `%(until)s` at the connection `%(connection)s` and not tried yet.

    One whose first try failed is left out: it may fail again for long, and nothing waits for it.
    """
    return """integrations_inboxevent e WHERE e.connection_id = %(connection)s AND e.state = 'pending'
        AND e.kind = %(kind)s AND e.received_at <= %(until)s AND e.tries = 0"""
