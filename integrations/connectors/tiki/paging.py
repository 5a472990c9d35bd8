"""Numbered pages of a list, with the number of rows that the list has while each is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.connectors.tiki.client import get
from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient

# a hundred are allowed, fifty were seen to be safe
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list, and how many rows the list has now."""

    rows: list[Row]
    total: int


def pages(client: ChannelClient, path: str, params: Sequence[tuple[str, str]]) -> Iterator[Listed]:
    """Yield all pages; `last_page` is 0 when there is nothing."""
    number = 1
    while True:
        answer = get(client, path, [("page", str(number)), ("limit", str(PAGE_SIZE)), *params])
        rows, paging = answers.rows(answer, "data"), answers.part(answer, "paging")
        yield Listed(rows, _count(paging, "total"))
        if not rows or number >= _count(paging, "last_page"):
            return
        number += 1


def _count(row: Row, key: str) -> int:
    return fields.or_none(fields.count, row, key) or 0
