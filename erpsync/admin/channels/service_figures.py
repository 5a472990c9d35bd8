"""Service figures of a month by shop: what a service agreement asks of the hub, counted from the rows that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.db import fetch


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """Figures of a shop. Latency: seconds from the receipt of an order's webhook until the order was stored; None without one."""

    shop: str
    channel: str
    runs: int
    failed: int
    received: int
    accepted: int
    corrections: int
    median: float | None
    p95: float | None
    dead: int


# a webhook that repeats one which still waits adds to `seen`; a dead letter counts once, whatever brought it
_FIGURES = """
WITH mine AS (SELECT id, shop_id FROM integrations_connection WHERE shop_id = ANY(%(shops)s::bigint[])),
runs AS (
    SELECT m.shop_id, count(*) AS runs, count(*) FILTER (WHERE r.state IN ('failed', 'lost')) AS failed
    FROM integrations_syncrun r JOIN mine m ON m.id = r.connection_id
    WHERE r.started_at >= %(since)s AND r.started_at < %(until)s AND r.state <> 'running' GROUP BY 1),
events AS (
    SELECT m.shop_id,
        sum(e.seen) FILTER (WHERE e.source = 'webhook') AS received,
        sum(e.seen) FILTER (WHERE e.source = 'webhook' AND e.state IN ('processed', 'duplicate', 'ignored')) AS accepted,
        count(*) FILTER (WHERE e.state = 'dead') AS dead,
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM e.finished_at - e.received_at)::float8)
            FILTER (WHERE e.source = 'webhook' AND e.kind = 'order' AND e.state = 'processed') AS latency
    FROM integrations_inboxevent e JOIN mine m ON m.id = e.connection_id
    WHERE e.received_at >= %(since)s AND e.received_at < %(until)s GROUP BY 1),
corrections AS (
    SELECT s.shop_id, count(*) AS corrections
    FROM inventory_stockmovement v JOIN inventory_stocklevel l ON l.id = v.level_id
    JOIN inventory_shop_sells_from s ON s.warehouse_id = l.warehouse_id AND s.shop_id = ANY(%(shops)s::bigint[])
    WHERE v.kind = 'correction' AND v.actor_id IS NOT NULL AND v.created_at >= %(since)s AND v.created_at < %(until)s
    GROUP BY 1)
SELECT shop.name, shop.channel, coalesce(runs, 0), coalesce(failed, 0), coalesce(received, 0), coalesce(accepted, 0),
    coalesce(corrections, 0), latency[1], latency[2], coalesce(dead, 0)
FROM inventory_shop shop
LEFT JOIN runs ON runs.shop_id = shop.id LEFT JOIN events ON events.shop_id = shop.id
LEFT JOIN corrections ON corrections.shop_id = shop.id
WHERE shop.id = ANY(%(shops)s::bigint[]) ORDER BY shop.name, shop.id
"""


def service_figures(shop_ids: Sequence[int], since: datetime, until: datetime) -> list[ServiceFigures]:
    """Return the figures of these shops for a span of time, by name, in one statement."""
    return [ServiceFigures(*row) for row in fetch(_FIGURES, shops=list(shop_ids), since=since, until=until)]
