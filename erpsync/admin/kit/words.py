"""Formatting for people: numbers, money, times, colours, and codes in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from integrations.connectors import channels, connector_of
from orders.models import Order
from orders.statuses import TRAITS

# colours of the theme's labels
EVENT_COLOURS = {
    "pending": "info",
    "processed": "success",
    "duplicate": "default",
    "ignored": "default",
    "dead": "danger",
}
RETURN_COLOURS = {
    "requested": "warning", "approved": "info", "in_transit": "primary", "received": "info", "refunded": "success",
    "refused": "default", "withdrawn": "default", "": "danger",
}  # fmt: skip
COMMAND_COLOURS = {"wanted": "info", "sent": "warning", "done": "success", "refused": "danger", "dropped": "default"}
LISTING_COLOURS = {"active": "success", "inactive": "default", "banned": "danger", "deleted": "default"}

PROBLEMS = {
    "unmapped_line": _("An item is not mapped to a product: map its listing."),
    "no_warehouse": _("The shop sells from no warehouse: choose one on the shop's page."),
    "unknown_status": _("The channel uses a status we do not know yet: nothing was guessed."),
    "no_lines": _("The channel's answer has no lines."),
    "zero_quantity": _("A line has quantity zero."),
    "breaks_schema": _("It does not follow the published description of an order: tell the people who run the hub."),
    "fractional_money": _("An amount in VND has decimals; the channel's number was kept."),
}
# what brought a status
SOURCES = {
    "webhook": _("Webhook"), "queue": _("Channel's queue"), "sweep": _("Sweep"), "backfill": _("Backfill"),
    "command": _("Our own command"), "mapping": _("Mapping"), "person": _("By hand"),
}  # fmt: skip


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
    whole = currency == "VND" and value == value.to_integral_value()
    text = number_format(value, 0 if whole else 2, force_grouping=True)
    return f"{text} ₫" if currency == "VND" else f"{text} {currency}"


def moment(when: datetime | None) -> str:
    """Format a time in the shops' time zone, as the language writes it."""
    return "–" if when is None else date_format(timezone.localtime(when), "SHORT_DATETIME_FORMAT")


def ago(moment: datetime | None) -> str:
    """Format how long ago, in the largest unit that fits."""
    return "–" if moment is None else span((timezone.now() - moment).total_seconds(), past=True)


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


def order_status(order: Order) -> SafeString:
    """Return an order's status as a label; the channel's own word where we have none."""
    return label(order.get_status_display() or order.channel_status, TRAITS[order.status].colour)


def label(text: Any, colour: str = "default") -> SafeString:
    """Return a coloured label of the theme."""
    return SafeString(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}))


def link(url: str, text: Any) -> SafeString:
    """Return a link, underlined."""
    return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500 hover:underline">{}</a>', url, text)


def lines(texts: Iterable[Any]) -> SafeString:
    """Return two lines, one text under the other."""
    return format_html_join("", '<span class="block">{}</span>', ((text,) for text in texts))


def raw_json(value: Any) -> SafeString:
    """Return a raw answer, folded."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return format_html(
        '<details class="max-w-4xl"><summary class="cursor-pointer select-none text-primary-600 dark:text-primary-500">{}'
        '</summary><pre class="bg-base-50 dark:bg-base-800 mt-2 p-3 rounded-default overflow-auto text-xs max-h-[32rem]">'
        "{}</pre></details>",
        _("Show what the channel answered (%(size)s characters)")
        % {"size": number_format(len(text), force_grouping=True)},
        text,
    )


def problem_texts(codes: Iterable[str]) -> list[str]:
    """Return the problems of an order in plain words; a code without words is shown as it is."""
    return [str(PROBLEMS.get(code, code)) for code in codes]


def source_text(source: str) -> str:
    """Return the source of a change in plain words."""
    return str(SOURCES.get(source, source))
