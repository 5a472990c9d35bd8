"""Numbers, amounts, times and names as plain text for people, in their language."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import WITHOUT_MINOR_UNIT
from integrations.connectors import channels, connector_of


def channel_title(channel: str) -> str:
    """Return a channel's own name; the slug where there is no connector."""
    return connector_of(channel).title if channel in channels() else channel


def units(value: Decimal | int | None) -> str:
    """Format a quantity without empty decimals."""
    if value is None:
        return "–"
    amount = Decimal(value)
    places = 0 if amount == amount.to_integral_value() else 3
    return number_format(amount, places, force_grouping=True)


def money(value: Decimal | None, currency: str) -> str:
    """Format an amount with its currency; VND has no minor unit."""
    if value is None:
        return "–"
    whole = currency in WITHOUT_MINOR_UNIT and value == value.to_integral_value()
    return f"{number_format(value, 0 if whole else 2, force_grouping=True)} {currency_sign(currency)}"


def exact(value: Decimal) -> str:
    """Format a number with as many decimals as it has, up to six."""
    shown = value.quantize(Decimal("0.000001")).normalize()
    return number_format(shown, max(-int(shown.as_tuple().exponent), 0), force_grouping=True)


def currency_sign(currency: str) -> str:
    """Return what stands behind an amount: ₫, or the currency's code."""
    return "₫" if currency == "VND" else currency


def moment(when: datetime | None) -> str:
    """Format a time in the shops' time zone, as the language writes it."""
    return "–" if when is None else date_format(timezone.localtime(when), "SHORT_DATETIME_FORMAT")


def ago(when: datetime | None) -> str:
    """Format a time, and how long ago it was in the largest unit that fits."""
    if when is None:
        return "–"
    return f"{moment(when)} ({how_long_ago(when)})"


def how_long_ago(when: datetime) -> str:
    """Format how long ago a time was; the time itself is to stand beside it."""
    return span((timezone.now() - when).total_seconds(), past=True)


def span(seconds: float, *, past: bool = False) -> str:
    """Format a length of time in the largest unit that fits; `past`: so long ago."""
    seconds = max(seconds, 0)
    if seconds < 60:
        text = ngettext("%(n)s second", "%(n)s seconds", int(seconds)) % {"n": int(seconds)}
    elif seconds < 3600:
        text = ngettext("%(n)s minute", "%(n)s minutes", int(seconds // 60)) % {"n": int(seconds // 60)}
    elif seconds < 172_800:
        text = ngettext("%(n)s hour", "%(n)s hours", int(seconds // 3600)) % {"n": int(seconds // 3600)}
    else:
        text = ngettext("%(n)s day", "%(n)s days", int(seconds // 86_400)) % {"n": int(seconds // 86_400)}
    return str(_("%(time)s ago") % {"time": text}) if past else text
