"""Evaluation: compare what is measured with the alerts that fire, and queue one message per change of state and contact point."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from erpsync.alerts import quiet
from erpsync.alerts.kinds import KINDS, AlertKind
from erpsync.models import Alert, AlertMessage, ContactPoint
from inventory.models import Shop

log = structlog.get_logger(__name__)

# a condition must be gone so long: one that comes and goes is one alert
CALM = timedelta(minutes=3)
_FIRED, _RESOLVED = AlertMessage.Change.FIRED, AlertMessage.Change.RESOLVED


def evaluate(now: datetime | None = None) -> None:
    """Bring the alerts up to what is measured now. One process at a time; may be repeated. A kind that fails leaves the others."""
    now = now or timezone.now()
    for kind in KINDS.values():
        if now.minute % kind.minutes:
            continue
        try:
            _evaluate(kind, now)
        except DatabaseError:
            log.exception("alert not evaluated", kind=kind.key)


@transaction.atomic
def _evaluate(kind: AlertKind, now: datetime) -> None:
    measured = {(found.channel, found.shop): found.value for found in kind.measure()}
    firing = {(alert.channel, alert.shop_id): alert for alert in Alert.objects.filter(kind=kind.key, resolved_at=None)}
    fired = Alert.objects.bulk_create(
        Alert(kind=kind.key, channel=channel, shop_id=shop, value=value, fired_at=now, seen_at=now)
        for (channel, shop), value in measured.items()
        if (channel, shop) not in firing
    )
    still = [alert for key, alert in firing.items() if key in measured]
    for alert in still:
        alert.value, alert.seen_at = measured[alert.channel, alert.shop_id], now
    calm = [
        alert for key, alert in firing.items() if key not in measured and now - alert.seen_at >= CALM * kind.minutes
    ]
    for alert in calm:
        alert.resolved_at = now
    Alert.objects.bulk_update([*still, *calm], ("value", "seen_at", "resolved_at"))
    _queue_fired(kind, fired, now)
    _queue_resolved(calm)


def _queue_fired(kind: AlertKind, alerts: Iterable[Alert], now: datetime) -> None:
    alerts = list(alerts)
    if not alerts:
        return
    wanting = ContactPoint.objects.filter(Q(alert_kinds=[]) | Q(alert_kinds__contains=[kind.key]), is_active=True)
    AlertMessage.objects.bulk_create(
        AlertMessage(alert=alert, contact_point=point, change=_FIRED, due_at=quiet.due_at(point, kind.severity, now))
        for point in wanting.prefetch_related("only_shops")
        for alert in alerts
        if _concerns(alert, point.only_shops.all())
    )


def _concerns(alert: Alert, shops: Iterable[Shop]) -> bool:
    chosen = {shop.pk for shop in shops}
    return not chosen or alert.shop_id in chosen


def _queue_resolved(alerts: list[Alert]) -> None:
    """Queue the message of the end for those who got that of the beginning; a message of it that still waits need not be sent any more."""
    messages = AlertMessage.objects.filter(alert__in=alerts, change=_FIRED)
    messages.filter(state=AlertMessage.State.WAITING).delete()
    told = messages.filter(state=AlertMessage.State.SENT, contact_point__is_active=True)
    AlertMessage.objects.bulk_create(
        AlertMessage(alert_id=alert, contact_point_id=point, change=_RESOLVED, due_at=timezone.now())
        for alert, point in told.values_list("alert_id", "contact_point_id")
    )
