"""Formatting for people in the theme: labels, links, colours, and codes in plain words; with the plain texts of `readable`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.reasons import Reason
from erpsync.admin.kit import quick_rows
from erpsync.admin.kit.channel_words import verbatim
from erpsync.readable import ago, channel_title, currency_sign, exact, how_long_ago, moment, money, span, units
from integrations.models import Command
from inventory.models import Listing
from orders.models import Order
from orders.statuses import TRAITS

# plain texts, found here beside what the theme makes of them
__all__ = ["ago", "channel_title", "currency_sign", "exact", "how_long_ago", "moment", "money", "span", "units"]

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
    "no_lines": _("The channel's answer has no lines: what was known of them stands, and it is asked again."),
    "line_without_product": _(
        "The channel names no product for a line: nothing is held for it. Look at the order there."
    ),
    "line_without_id": _("The channel gave a line without its id; it is known by its product and place."),
    "negative_quantity": _("A line has a quantity below zero; it counts as none."),
    "fractional_quantity": _("A line has a fraction of a piece; it is rounded up."),
    "unknown_fulfilment": _(
        "The channel says in words we do not know who packs this order: it counts as yours to pack."
    ),
    "unclear_rma": _(
        "Part of an exchange: do its goods come back, or go out? Nothing is moved; say it on the connection's page."
    ),
    "text_cut": _("A text was longer than we keep; its end is only in the raw answer."),
    "zero_quantity": _("A line has quantity zero."),
    "breaks_schema": _("It does not follow the published description of an order: tell the people who run the hub."),
    "unknown_import": _(
        "The POS seems to have imported it from a marketplace we do not know: it may be counted twice."
    ),
    "command_refused": _("A command was refused: put right what it says and try it again, or close it with a reason."),
    "fractional_money": _("An amount in VND has decimals; the channel's number was kept."),
}
# what brought a status
SOURCES = {
    "webhook": _("Webhook"), "queue": _("Channel's queue"), "sweep": _("Sweep"), "backfill": _("Backfill"),
    "command": _("Our own command"), "mapping": _("Mapping"), "person": _("By hand"),
}  # fmt: skip


def up_to(most: int, n: int) -> str:
    """Return a number of rows that were counted up to `most`: "999+" stands for all that are more."""
    return f"{units(most - 1)}+" if n >= most else units(n)


def price_state(listing: Listing) -> SafeString | str:
    """Return how far the price wanted has come: on its way, taken or refused; "" where the price is left alone."""
    if listing.wanted_price is None:
        return ""
    price = money(listing.wanted_price, listing.currency)
    if listing.price_failure:
        return label(_("%(price)s refused") % {"price": price}, "danger")
    if listing.wanted_price == listing.price:
        return label(_("taken by the channel"), "success")
    if listing.shop.pushes_paused:
        return label(_("%(price)s waits: pushes are paused") % {"price": price}, "warning")
    if listing.status != Listing.Status.ACTIVE:
        return label(_("%(price)s waits: not active at the channel") % {"price": price}, "warning")
    return label(_("%(price)s on its way") % {"price": price}, "info")


def order_status(order: Order) -> SafeString:
    """Return an order's status as a label; the channel's own word where we have none."""
    return label(order.get_status_display() or verbatim(order.channel_status), TRAITS[order.status].colour)


def label(text: Any, colour: str = "default") -> SafeString:
    """Return a coloured label of the theme."""
    return quick_rows.label(text, colour)


def link(url: str, text: Any) -> SafeString:
    """Return a link, underlined."""
    return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500 hover:underline">{}</a>', url, text)


def command_state(command: Command) -> SafeString:
    """Return the label of a command's state."""
    return label(command.get_state_display(), COMMAND_COLOURS[command.state])


def table(*parts: Any) -> SafeString:
    """Return a small table of these rows, which scrolls by itself where the screen is narrower."""
    return format_html(
        '<div class="small-table" tabindex="0"><table>{}</table></div>',
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def lines(texts: Iterable[Any]) -> SafeString:
    """Return two lines, one text under the other."""
    return format_html_join("", '<span class="block">{}</span>', ((text,) for text in texts))


def reason(why: Reason, code: str = "") -> Any:
    """Return our text in the reader's language, the channel's own words below it; the bare code where there is neither."""
    said = f"“{why.words}”" if why.words and why.code else why.words
    texts = [text for text in (why.text, verbatim(said) if said else "") if text]
    return lines(texts) if len(texts) > 1 else (texts[0] if texts else verbatim(code))


class Header(list[str]):
    """Two lines of a cell for the theme's `header` columns; one line of text on a row's page."""

    def __str__(self) -> str:
        return format_html_join(" · ", "{}", ((text,) for text in self if text))


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
    return [_problem_text(code) for code in codes]


def _problem_text(code: str) -> str:
    kind, _sign, field = code.partition(":")
    if kind == "odd_field":
        return str(_("The channel's field “%(field)s” made no sense and was left empty.") % {"field": field})
    return str(PROBLEMS.get(code, code))


def source_text(source: str) -> str:
    """Return the source of a change in plain words."""
    return str(SOURCES.get(source, source))
