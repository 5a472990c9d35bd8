"""What several channels let choose from: a reason; or a hand-over, which settles several options of a command at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from integrations.connectors.base import Field

HANDOVER = "handover"

Choice = tuple[str, str]


def choice(label: str, **options: str) -> Choice:
    """An entry of the list: the options it stands for, and its words."""
    return urlencode(options), label


def settled(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, with those that the chosen hand-over stands for; what was named by itself wins."""
    return {**dict(parse_qsl(str(options.get(HANDOVER) or ""))), **options}


def handover_fields(offered: Sequence[Choice]) -> tuple[Field, ...]:
    """How a parcel leaves the shop, beginning with leaving it to the settings; nothing where nothing is offered."""
    choices = (("", _("As the shop's settings say")), *offered)
    return (Field(HANDOVER, _("Handed over by"), required=False, choices=choices),) if offered else ()


def reason_fields(offered: Sequence[Choice], *, usual: str = "") -> tuple[Field, ...]:
    """One of the channel's reasons: the usual one, else the first, unless a person chooses; nothing where none is offered."""
    if not offered:
        return ()
    default = usual if usual in dict(offered) else offered[0][0]
    return (Field("reason", _("Reason"), choices=tuple(offered), default=default),)


def day(epoch: int, time_zone: str) -> str:
    """A day as the shop counts it."""
    return f"{datetime.fromtimestamp(epoch, ZoneInfo(time_zone)):%d/%m/%Y}"


def span(start: int, end: int, time_zone: str) -> str:
    """Some hours of a day, as the shop counts them."""
    first, last = (datetime.fromtimestamp(epoch, ZoneInfo(time_zone)) for epoch in (start, end))
    return f"{first:%d/%m/%Y %H:%M} – {last:%H:%M}" if last.date() == first.date() else f"{first:%d/%m/%Y %H:%M} –"
