"""Spans of time of the dashboard, each with the spans that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from erpsync.admin.kit.days import midnight

NAMES: Mapping[str, Any] = {
    "today": _("Today"), "yesterday": _("Yesterday"), "7": _("7 days"), "30": _("30 days"),
}  # fmt: skip
LONGEST = 366


@dataclass(frozen=True)
class Span:
    """Whole days `first` to `last` of the shops' time zone, up to `now` where they have not passed.

    A span that is under way is compared with the same time of day of the span before. `error`: what is wrong with the days asked for.
    """

    name: str
    first: date
    last: date
    now: datetime
    error: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def unit(self) -> str:
        """The bars of its chart: hours of one day, or days."""
        return "hour" if self.days == 1 else "day"

    @property
    def compared(self) -> dict[str, tuple[datetime, datetime]]:
        """Return start and end of `now`, of `before`, and for one day of `week`, the same day a week before."""
        start = midnight(self.first)
        end = min(midnight(self.last + timedelta(days=1)), self.now)
        back = timedelta(days=self.days)
        found = {"now": (start, end), "before": (start - back, end - back)}
        week = timedelta(days=7)
        return found | ({"week": (start - week, end - week)} if self.days == 1 else {})


def asked(parameters: Mapping[str, str]) -> Span:
    """Return the span that an address asks for; today, with an error, for days that cannot be."""
    now = timezone.localtime()
    today = now.date()
    name = parameters.get("span", "today")
    if name == "custom":
        first, last = (_day(parameters.get(end, "")) for end in ("from", "to"))
        if first and last and first <= last <= today and (last - first).days < LONGEST:
            return Span(name, first, last, now)
        error = _("Choose a first and a last day, up to today and at most %(n)s days.") % {"n": LONGEST}
        return Span("today", today, today, now, error)
    yesterday = today - timedelta(days=1)
    days = {
        "yesterday": (yesterday, yesterday),
        "7": (today - timedelta(days=6), today),
        "30": (today - timedelta(days=29), today),
    }
    if name in days:
        return Span(name, *days[name], now)
    return Span("today", today, today, now)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
