"""Channels' own words and keys, in ours: fees, ways to pay, reasons, states of a parcel. The channel's word stands beside."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from commissions.models import StatementLine
from integrations.connectors import channels, connector_of

# a page translator leaves the title alone and the text to its own devices
_TITLED = '<span title="{}" translate="no"><span translate="yes">{}</span></span>'
FEES, PAYMENTS, REASONS, PARCELS = "fees", "payments", "reasons", "parcels"


def verbatim(word: str) -> SafeString | str:
    """Return a channel's own word, marked as one that is in nobody's language; a dash for none."""
    return format_html('<span translate="no">{}</span>', word) if word else "–"


def known(channel: str, kind: str, word: str) -> str:
    """Return the text of a channel's word, "" where we have none."""
    text = connector_of(channel).terms.text(kind, word) if word and channel in channels() else ""
    return gettext(text) if text else ""


def in_words(channel: str, kind: str, word: str) -> SafeString | str:
    """Return our text with the channel's word as its title; the channel's word alone where we have none."""
    text = known(channel, kind, word)
    return titled(text, word) if text else verbatim(word)


def titled(text: str, word: str) -> SafeString:
    """Return our text with a channel's word as its title."""
    return format_html(_TITLED, word, text)


def fee_of(line: StatementLine) -> SafeString | str:
    """Return the name of a settlement line; the kind's for a key that is not known, since a key is no name."""
    name = in_words(line.shop.channel, FEES, line.fee)
    is_key = line.fee.isascii() and " " not in line.fee
    return (
        titled(line.get_kind_display(), line.fee) if is_key and not known(line.shop.channel, FEES, line.fee) else name
    )
