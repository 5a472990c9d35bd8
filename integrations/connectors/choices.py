"""Choices of a list that settle several options of a command at once: from this address, at that time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from integrations.connectors.base import Field

HANDOVER = "handover"

Choice = tuple[str, str]


def choice(label: str, **options: str) -> Choice:
    """An entry of the list: the options it stands for, and its words."""
    return urlencode(options), label


def settled(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, with those that the chosen hand-over stands for; what was named by itself wins."""
    return {**dict(parse_qsl(str(options.get(HANDOVER) or ""))), **options}


def handover_field(label: str, undecided: str, choices: list[Choice]) -> Field:
    """How a parcel leaves the shop, to be chosen from a list that begins with leaving it to the settings."""
    return Field(HANDOVER, label, required=False, choices=(("", undecided), *choices))


def day(epoch: int, time_zone: str) -> str:
    """A day as the shop counts it."""
    return f"{datetime.fromtimestamp(epoch, ZoneInfo(time_zone)):%d/%m/%Y}"


def span(start: int, end: int, time_zone: str) -> str:
    """Some hours of a day, as the shop counts them."""
    first, last = (datetime.fromtimestamp(epoch, ZoneInfo(time_zone)) for epoch in (start, end))
    return f"{first:%d/%m/%Y %H:%M} – {last:%H:%M}" if last.date() == first.date() else f"{first:%d/%m/%Y %H:%M} –"
