"""Days in the shops' time zone."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone


def midnight(day: date) -> datetime:
    """Return the start of a day."""
    return timezone.make_aware(datetime.combine(day, time()))


def start_of_today() -> datetime:
    """Return today's midnight."""
    return midnight(timezone.localdate())
