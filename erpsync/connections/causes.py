"""Why news of a connection waits: the channel's allowance, an outage, a refusal, or ourselves; since when and until when, in readable.

The reason stands on each waiting event as a code, which is put into words here. Words for those who run the hub are shown to them
only: a shop's people can do nothing about a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from erpsync import readable
from integrations.connectors import channels, connector_of
from integrations.contract.declarations import Limit

USED_UP, ASKED_FOR_LESS, OUT_OF_ORDER, BUSY_DATABASE = "wait", "paused", "open", "database"

# code of a waiting event -> why; "" for one that was not tried yet
_WHY: Mapping[str, Promise] = {
    USED_UP: _("%(channel)s has used up the calls that it takes %(limit)s."),
    ASKED_FOR_LESS: _("%(channel)s asked to be called less often (since %(since)s)."),
    OUT_OF_ORDER: _("%(channel)s is out of order (since %(since)s)."),
    BUSY_DATABASE: _("The hub's database was busy or away."),
    "": _("The hub works off its news slowly (since %(since)s): tell the people who run it."),
}
_WHY_OTHER = _("%(channel)s could not be read (since %(since)s).")
_FOR_OPERATORS = _("News waits: are the workers running?")
# second sentence for shop staff: what still works, and when the rest resumes
_NEXT_OF_STOCK = _("At %(until)s the stock at the counter is brought up to date. Marketplace orders still come in.")
_NEXT = _("At %(until)s it is asked again. The other shops are not affected.")


def of_lag(connection: Any, now: datetime, *, for_operators: bool = False) -> str:
    """Return why the events of a connection wait that `health.measured` has annotated."""
    code = connection.held_code or ""
    if not code and for_operators:
        return str(_FOR_OPERATORS)
    about = {
        "channel": readable.channel_title(connection.channel),
        "limit": _longest(connection.channel),
        "since": clock(connection.held_since if code else connection.oldest, now),
    }
    text = str(_WHY.get(code, _WHY_OTHER)) % about
    if code in ("", BUSY_DATABASE) or connection.held_until is None or connection.held_until <= now:
        return text
    is_counter = connection.shop is not None and connection.shop.keeps_stock
    return f"{text} {str(_NEXT_OF_STOCK if is_counter else _NEXT) % {'until': clock(connection.held_until, now)}}"


def of_trouble(connection: Any, now: datetime) -> str:
    """Return the reason for which a connection's last sweep or push broke off, and since when."""
    about = {
        "channel": readable.channel_title(connection.channel),
        "since": clock(connection.trouble_since, now),
        "reason": str(connection.trouble),
    }
    return str(_("%(channel)s, since %(since)s: %(reason)s")) % about


def clock(when: datetime | None, now: datetime) -> str:
    """Return the time of day, with the date where that is another day."""
    if when is None:
        return "–"
    local, today = timezone.localtime(when), timezone.localtime(now)
    return date_format(local, "TIME_FORMAT" if local.date() == today.date() else "SHORT_DATETIME_FORMAT")


def _longest(channel: str) -> str:
    """Return the span and the number of a channel's longest limit: what a day's work uses up."""
    limits = connector_of(channel).limits if channel in channels() else ()
    if not limits:
        return str(pgettext_lazy("allowance", "at a time"))
    limit = max(limits, key=lambda found: found.seconds)
    return str(_span(limit)) % {"calls": readable.units(limit.calls)}


def _span(limit: Limit) -> Promise:
    if limit.seconds >= 86_400:
        return pgettext_lazy("allowance", "in a day (%(calls)s)")
    if limit.seconds >= 3600:
        return pgettext_lazy("allowance", "in an hour (%(calls)s)")
    return pgettext_lazy("allowance", "at a time")
