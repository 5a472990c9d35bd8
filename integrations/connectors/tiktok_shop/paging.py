"""Lists by time whose rows move while they are read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from integrations.connectors.tiktok_shop.mapping import fields
from integrations.contract.errors import TryLater
from integrations.contract.reads import Change
from integrations.contract.reasons import ODD_ANSWER
from integrations.wire.answers import Row
from integrations.wire.paging import past_end


class Search(Protocol):
    """One page of rows with a time in [first, last) (last None: open), oldest first, and the token of the next."""

    def __call__(self, first: int, last: int | None, token: str) -> tuple[list[Row], str]: ...


def walk(search: Search, key: str, since: datetime | None, until: datetime) -> Iterator[list[Row]]:
    """Yield the pages of a list sorted by a time that moves while it is read.

    A page token may be an offset, and a row that moves to the end then pulls an unread one onto a page that was read. So
    each page starts at the time of the last row of the one before, which repeats rows and misses none; tokens are followed
    only through a second that fills a page.
    """
    first = max(1, math.floor(since.timestamp())) if since else 1
    end = past_end(until)
    last = math.ceil(end.timestamp()) + 1 if end else None
    while last is None or first < last:
        rows, token = search(first, last, "")
        yield rows
        if not token or not rows:
            return
        reached = _time(rows[-1], key)
        if reached <= first:
            yield from _one_second(search, first)
            reached = first + 1
        first = reached


def _one_second(search: Search, second: int) -> Iterator[list[Row]]:
    """Yield all pages of one second, which are too many for one page: nothing smaller can be asked for."""
    token = ""
    while True:
        rows, following = search(second, second + 1, token)
        yield rows
        if not rows or following in ("", token):
            return
        token = following


def _time(row: Row, key: str) -> int:
    try:
        return fields.count(row, key)
    except ValueError as error:
        raise TryLater(ODD_ANSWER(error=error)) from None


def span(name: str, first: int, last: int | None) -> dict[str, int]:
    """Return the filter for times in [first, last)."""
    return {f"{name}_ge": first} | ({f"{name}_lt": last} if last is not None else {})


def page(size: int, token: str = "", *, sort: str = "", order: str = "ASC") -> list[tuple[str, str]]:
    """Return the parameters of one page."""
    found = [("page_size", str(size))]
    if token:
        found.append(("page_token", token))
    return [*found, ("sort_field", sort), ("sort_order", order)] if sort else found


def changes(rows: Iterable[Row], id_key: str, time_key: str, state_key: str) -> tuple[Change, ...]:
    """Return the changes of a list's rows. A malformed time is no version."""
    return tuple(
        Change(external_id, fields.or_none(fields.moment, row, time_key), fields.text(row, state_key))
        for row in rows
        if (external_id := fields.text(row, id_key))
    )
