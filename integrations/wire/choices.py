"""Choice fields of commands that several channels have: a reason; a hand-over, which settles several options at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from integrations.contract.declarations import Field
from integrations.contract.terms import Terms

HANDOVER = "handover"

Choice = tuple[str, str]


def choice(label: str, **options: str) -> Choice:
    """Return an entry of a choice list: the options it stands for, encoded, and its label."""
    return urlencode(options), label


def settled(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options together with those of the chosen hand-over; one given by itself wins."""
    return {**dict(parse_qsl(str(options.get(HANDOVER) or ""))), **options}


def handover_fields(offered: Sequence[Choice]) -> tuple[Field, ...]:
    """Return the field for how a parcel leaves the shop, first "as the settings say"; none where nothing is offered."""
    choices = (("", _("As the shop's settings say")), *offered)
    return (Field(HANDOVER, _("Handed over by"), required=False, choices=choices),) if offered else ()


def reason_fields(offered: Sequence[Choice], *, usual: str = "") -> tuple[Field, ...]:
    """Return the field for the channel's reason, by default the usual one, else the first; none where none is offered."""
    if not offered:
        return ()
    default = usual if usual in dict(offered) else offered[0][0]
    return (Field("reason", _("Reason"), choices=tuple(offered), default=default),)


def in_our_words(terms: Terms, word: str, text: str = "") -> str:
    """Return the label of a channel's reason: ours, with the channel's own behind it unless that is a key; else the channel's."""
    own = text or word
    found = terms.text("reasons", word) or terms.text("reasons", own)
    if not found or not own.isascii():
        # nothing to add to a text that is in Vietnamese already
        return own
    ours = _(found)
    return ours if " " not in own or own.lower() == ours.lower() else f"{ours} ({own})"


def day(epoch: int, time_zone: str) -> str:
    """Return a day in the shop's time zone, for people."""
    return f"{datetime.fromtimestamp(epoch, ZoneInfo(time_zone)):%d/%m/%Y}"


def span(start: int, end: int, time_zone: str) -> str:
    """Return a span of hours in the shop's time zone, for people."""
    first, last = (datetime.fromtimestamp(epoch, ZoneInfo(time_zone)) for epoch in (start, end))
    return f"{first:%d/%m/%Y %H:%M} – {last:%H:%M}" if last.date() == first.date() else f"{first:%d/%m/%Y %H:%M} –"
