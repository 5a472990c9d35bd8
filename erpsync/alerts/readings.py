"""Measurements of the conditions, each one set-based query over all shops; only what is beyond its limit comes back.

A connection that sells nothing has no shop: those of one channel are measured together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count

from core.db import fetch
from erpsync.connections.health import LAG_RED, SOON
from integrations.ingest.echoes import ECHO
from orders.conditions import late
from orders.models import Order
from orders.statuses import NO_SALE

FAILURE_PERCENT, FAILURE_MINUTES, FAILURE_LEAST = 10, 15, 20
DRIFTS, DRIFT_MINUTES = 50, 15
MISMATCH_PERCENT, MISMATCH_DAYS = 1, 30
SILENT_MINUTES, SILENT_EVENTS = 60, 5


@dataclass(frozen=True, slots=True)
class Reading:
    """Measured value of a condition beyond its limit, at a channel and a shop; `shop` None: of none."""

    channel: str
    shop: int | None
    value: Decimal


# what a connection's rows are grouped by
_OF_CONNECTION = """
    JOIN integrations_connection c ON c.id = e.connection_id AND c.is_active
    JOIN integrations_authorisation a ON a.id = c.authorisation_id
    JOIN integrations_appregistration p ON p.id = a.app_id
"""
_CONNECTIONS = """
    FROM integrations_connection c
    JOIN integrations_authorisation a ON a.id = c.authorisation_id
    JOIN integrations_appregistration p ON p.id = a.app_id
    WHERE c.is_active
"""


def failure_rate() -> Iterator[Reading]:
    """Percent of dead letters among the finished events that came in lately, where there were enough to tell."""
    return _readings(
        f"""
        SELECT p.channel, c.shop_id, 100.0 * count(*) FILTER (WHERE e.state = 'dead') / count(*)
        FROM integrations_inboxevent e {_OF_CONNECTION}
        WHERE e.received_at >= now() - make_interval(mins => %s) AND e.state IN ('dead', 'processed')
        GROUP BY p.channel, c.shop_id
        HAVING count(*) >= %s AND 100.0 * count(*) FILTER (WHERE e.state = 'dead') > %s * count(*)
        """,
        FAILURE_MINUTES, FAILURE_LEAST, FAILURE_PERCENT,
    )  # fmt: skip


def drift() -> Iterator[Reading]:
    """Drifts found lately, counted up to ten times the limit: the newest rows of each shop answer it."""
    return _readings(
        """
        SELECT s.channel, s.id, d.n
        FROM inventory_shop s CROSS JOIN LATERAL (
            SELECT count(*) AS n
            FROM (SELECT found_at FROM inventory_stockdrift WHERE shop_id = s.id ORDER BY id DESC LIMIT %s) newest
            WHERE found_at >= now() - make_interval(mins => %s)
        ) d
        WHERE d.n > %s
        """,
        10 * DRIFTS, DRIFT_MINUTES, DRIFTS,
    )  # fmt: skip


def mismatch() -> Iterator[Reading]:
    """Open amount of findings in percent of what was sold in the days before; only shops with a finding are summed."""
    return _readings(
        """
        SELECT s.channel, s.id, 100.0 * f.amount / o.total
        FROM (SELECT shop_id, sum(amount) AS amount FROM commissions_finding WHERE state = 'open' GROUP BY shop_id) f
        JOIN inventory_shop s ON s.id = f.shop_id
        CROSS JOIN LATERAL (
            SELECT sum(total) AS total FROM orders_order
            WHERE shop_id = s.id AND placed_at >= now() - make_interval(days => %s) AND status <> ALL(%s)
        ) o
        WHERE 100.0 * f.amount > %s * o.total AND o.total > 0
        """,
        MISMATCH_DAYS, [str(status) for status in NO_SALE], MISMATCH_PERCENT,
    )  # fmt: skip


def silence() -> Iterator[Reading]:
    """Changes that sweeps found within the hour, where no notice came in: the webhook is switched off or points elsewhere."""
    return _readings(
        f"""
        SELECT p.channel, c.shop_id, count(*) FILTER (WHERE e.source = 'sweep')
        FROM integrations_inboxevent e {_OF_CONNECTION}
        WHERE e.received_at >= now() - make_interval(mins => %s) AND c.last_webhook_at < now() - make_interval(mins => %s)
        GROUP BY p.channel, c.shop_id
        HAVING count(*) FILTER (WHERE e.source = 'sweep') >= %s
            AND NOT bool_or(e.source IN ('webhook', 'queue'))
        """,
        SILENT_MINUTES, SILENT_MINUTES, SILENT_EVENTS,
    )  # fmt: skip


def red_connection() -> Iterator[Reading]:
    """Connections that people must connect again."""
    return _readings(
        f"SELECT p.channel, c.shop_id, count(*) {_CONNECTIONS} AND a.state = 'red' GROUP BY p.channel, c.shop_id"
    )


def consent_ending() -> Iterator[Reading]:
    """Whole days that are left of consents which end soon and which the hub can't renew."""
    return _readings(
        f"""
        SELECT channel, shop_id, greatest(0, floor(extract(epoch FROM min(ends) - now()) / 86400))
        FROM (
            SELECT p.channel, c.shop_id, least(a.refresh_expires_at, a.consent_ends_at) AS ends {_CONNECTIONS} AND a.state <> 'red'
        ) found
        WHERE ends <= now() + %s
        GROUP BY channel, shop_id
        """,
        SOON,
    )  # fmt: skip


def dead_letters() -> Iterator[Reading]:
    """Open dead letters."""
    return _readings(
        f"""
        SELECT p.channel, c.shop_id, count(*) FROM integrations_inboxevent e {_OF_CONNECTION}
        WHERE e.state = 'dead' AND e.closed_at IS NULL
        GROUP BY p.channel, c.shop_id
        """
    )


def late_orders() -> Iterator[Reading]:
    """Orders past their ship-by time of which our own warehouse sends something."""
    found = Order.objects.filter(late()).order_by().values_list("shop__channel", "shop_id")
    for channel, shop, number in found.annotate(Count("id")):
        yield Reading(channel, shop, Decimal(number))


def backlog() -> Iterator[Reading]:
    """Minutes that the longest waiting event has waited, where no limit of the channel explains it."""
    return _readings(
        f"""
        SELECT p.channel, c.shop_id, floor(extract(epoch FROM now() - min(e.received_at)) / 60)
        FROM integrations_inboxevent e {_OF_CONNECTION}
        WHERE e.state = 'pending' AND e.due_at <= now() AND e.reason_code <> %s
        GROUP BY p.channel, c.shop_id
        HAVING min(e.received_at) < now() - make_interval(secs => %s)
        """,
        ECHO, LAG_RED,
    )  # fmt: skip


def contact_point_off() -> Iterator[Reading]:
    """Contact points whose other side wants no more: the others hear of it."""
    return _readings(
        "SELECT '', NULL, count(*) FROM erpsync_contactpoint WHERE off_at IS NOT NULL AND NOT is_active HAVING count(*) > 0"
    )


def _readings(query: str, *values: object) -> Iterator[Reading]:
    for channel, shop, value in fetch(query, *values):
        yield Reading(channel, shop, round(Decimal(value), 2))
