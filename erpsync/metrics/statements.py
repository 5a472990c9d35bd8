"""Statements behind the gauges: each is one query that returns the labels and the number. Partial indexes answer most of them."""

from __future__ import annotations

from collections.abc import Iterator

from core.db import fetch

Rows = Iterator[tuple[object, ...]]
_CHANNEL = """
    JOIN integrations_authorisation a ON a.id = c.authorisation_id
    JOIN integrations_appregistration p ON p.id = a.app_id
"""
_RECENT = "e.received_at >= now() - interval '15 minutes'"


def queue_ages() -> Rows:
    """Oldest due event (orders), number to push (pushes), command of the slow lane or chunk of a backfill (bulk)."""
    return _rows("""
        SELECT queue, greatest(0, coalesce(extract(epoch FROM now() - oldest), 0)) FROM (
            SELECT 'orders' AS queue, least(
                (SELECT min(e.due_at) FROM integrations_inboxevent e
                    JOIN integrations_connection c ON c.id = e.connection_id AND c.is_active WHERE e.state = 'pending'),
                (SELECT min(m.due_at) FROM integrations_command m WHERE m.state IN ('wanted', 'sent') AND m.lane = 'orders')
            ) AS oldest
            UNION ALL
            SELECT 'pushes', min(greatest(k.wanted_at, k.blocked_until)) FROM inventory_listingstock k
                JOIN inventory_listing l ON l.id = k.listing_id JOIN inventory_shop s ON s.id = l.shop_id AND NOT s.pushes_paused
                WHERE k.wanted IS NOT NULL AND k.wanted IS DISTINCT FROM k.expected
            UNION ALL
            SELECT 'bulk', least(
                (SELECT min(m.due_at) FROM integrations_command m WHERE m.state IN ('wanted', 'sent') AND m.lane = 'bulk'),
                (SELECT min(h.due_at) FROM integrations_backfillchunk h
                    JOIN integrations_backfillrun r ON r.id = h.run_id AND r.state = 'running' WHERE h.state = 'waiting')
            )
        ) found
    """)


def inbox() -> Rows:
    return _rows("""
        SELECT p.channel, CASE WHEN e.state = 'dead' THEN 'dead' WHEN e.tries > 0 THEN 'retried' ELSE 'pending' END AS state, count(*)
        FROM integrations_inboxevent e JOIN integrations_appregistration p ON p.id = e.app_id
        WHERE e.state = 'pending' OR (e.state = 'dead' AND e.closed_at IS NULL)
        GROUP BY 1, 2
    """)


def finished() -> Rows:
    return _rows(f"""
        SELECT p.channel, e.state, count(*)
        FROM integrations_inboxevent e JOIN integrations_appregistration p ON p.id = e.app_id
        WHERE {_RECENT} AND e.state <> 'pending'
        GROUP BY 1, 2
    """)


def event_seconds() -> Rows:
    return _rows(f"""
        SELECT channel, unnest(ARRAY['0.5', '0.95', '0.99']), unnest(seconds) FROM (
            SELECT p.channel, percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
                ORDER BY extract(epoch FROM e.finished_at - e.received_at)) AS seconds
            FROM integrations_inboxevent e JOIN integrations_appregistration p ON p.id = e.app_id
            WHERE {_RECENT} AND e.state = 'processed' AND e.source IN ('webhook', 'queue') AND e.finished_at IS NOT NULL
            GROUP BY 1
        ) measured
    """)


def commands() -> Rows:
    return _rows(f"""
        SELECT p.channel, m.state, count(*)
        FROM integrations_command m JOIN integrations_connection c ON c.id = m.target_id {_CHANNEL}
        WHERE m.state IN ('wanted', 'sent') OR (m.state = 'refused' AND m.closed_at IS NULL)
        GROUP BY 1, 2
    """)


def drifts() -> Rows:
    return _rows("""
        SELECT s.channel, count(*) FROM inventory_stockdrift d JOIN inventory_shop s ON s.id = d.shop_id
        WHERE d.ended_at IS NULL GROUP BY 1
    """)


def refusals() -> Rows:
    return _rows("SELECT channel, reason, sum(count) FROM integrations_refusal GROUP BY 1, 2")


def silence() -> Rows:
    return _rows(f"""
        SELECT p.channel, extract(epoch FROM now() - max(c.last_webhook_at)) FROM integrations_connection c {_CHANNEL}
        WHERE c.is_active AND c.last_webhook_at IS NOT NULL GROUP BY 1
    """)


def red() -> Rows:
    return _rows(f"""
        SELECT p.channel, count(*) FILTER (WHERE a.state = 'red') FROM integrations_connection c {_CHANNEL}
        WHERE c.is_active GROUP BY 1
    """)


def consents() -> Rows:
    return _rows(f"""
        SELECT p.channel, min(extract(epoch FROM least(a.refresh_expires_at, a.consent_ends_at) - now()))
        FROM integrations_connection c {_CHANNEL}
        WHERE c.is_active AND least(a.refresh_expires_at, a.consent_ends_at) IS NOT NULL GROUP BY 1
    """)


def sink_lag() -> Rows:
    return _rows("""
        SELECT sink.kind, coalesce(max(extract(epoch FROM now() - waits.since)), 0)
        FROM integrations_eventsink sink CROSS JOIN LATERAL (
            SELECT least(
                (SELECT e.time FROM core_outboxevent e WHERE e.position > sink.cursor ORDER BY e.position LIMIT 1),
                (SELECT min(d.first_tried_at) FROM integrations_eventdelivery d WHERE d.sink_id = sink.id AND d.state = 'waiting')
            ) AS since
        ) waits
        WHERE sink.is_active GROUP BY 1
    """)


def undelivered() -> Rows:
    return _rows("""
        SELECT sink.kind, d.state, count(*) FROM integrations_eventdelivery d
        JOIN integrations_eventsink sink ON sink.id = d.sink_id GROUP BY 1, 2
    """)


def alerts() -> Rows:
    return _rows("SELECT kind, count(*) FROM erpsync_alert WHERE resolved_at IS NULL GROUP BY 1")


def connections() -> Rows:
    return _rows("""
        SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
    """)


def connections_limit() -> Rows:
    return _rows("SELECT current_setting('max_connections')::int")


def _rows(query: str) -> Rows:
    yield from fetch(query)
