"""Quiet hours of contact points, in the shops' time zone; they may span midnight."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from erpsync.alerts.kinds import Severity
from erpsync.models import ContactPoint


def due_at(point: ContactPoint, severity: Severity, now: datetime) -> datetime:
    """Return when a message may leave: the end of the quiet hours for one that is not critical, else now."""
    begin, end = point.quiet_from, point.quiet_until
    if severity == Severity.CRITICAL or begin is None or end is None or begin == end:
        return now
    local = timezone.localtime(now)
    is_quiet = begin <= local.time() < end if begin < end else not end <= local.time() < begin
    if not is_quiet:
        return now
    over = local.replace(hour=end.hour, minute=end.minute, second=end.second, microsecond=0)
    return over if over > local else over + timedelta(days=1)
