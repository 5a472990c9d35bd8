"""Reading lists that change while they are read: rows may come twice, none is missed.

Two ways to notice that a list moved under the pages:

- `overlapping`: an offset list whose pages begin with the last row of the one before. Another row there: it has shifted.
- `until_nothing_new`: lists without a stable place (page numbers, tokens): read again until a pass tells of nothing new.

`windows` cuts a span for lists that take no longer one; `open_end` and `past_end` say where a list ends near the present, which
the clocks of a channel and ours see differently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from integrations.contract.errors import TryLater
from integrations.contract.reasons import LIST_MOVES
from integrations.wire.answers import Row

# how often a list is read from the top before we come back later
PASSES = 5
# a channel's clock may be ahead of ours: near the present our clock must not hide rows from us
SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class OffsetPage:
    """The rows of an offset list from some row on, and how many the list has now. Connectors may derive a page with more."""

    rows: tuple[Row, ...]
    total: int


OffsetPages = TypeVar("OffsetPages", bound=OffsetPage)
AnyPage = TypeVar("AnyPage")


def overlapping(
    page: Callable[[int], OffsetPages], key: Callable[[Row], str], *, name: str, passes: int = PASSES
) -> Iterator[OffsetPages]:
    """Yield all pages of an offset list, from the top again whenever it has shifted. The repeated row is left out.

    `page`: fetches the page that begins at a row; `key`: a row's identity; `name`: of the list, for people. Raises TryLater
    for a list that shifts in every pass.
    """
    for _ in range(passes):
        if (yield from _one_pass(page, key)):
            return
    raise TryLater(LIST_MOVES(list=name), code="list_moves")


def _one_pass(
    page: Callable[[int], OffsetPages], key: Callable[[Row], str]
) -> Generator[OffsetPages, None, bool]:  # fmt: skip
    """Return whether the end was reached without a shift."""
    offset, last = 0, ""
    while True:
        found = page(offset)
        overlap = 1 if last else 0
        if last and (not found.rows or key(found.rows[0]) != last):
            return False
        yield replace(found, rows=found.rows[overlap:])
        read = offset + len(found.rows)
        if not found.rows or read >= found.total:
            return True
        if len(found.rows) == overlap:
            return False
        offset, last = read - 1, key(found.rows[-1])


def until_nothing_new(
    walk: Callable[[], Iterable[AnyPage]],
    keys: Callable[[AnyPage], Iterable[Hashable]],
    *,
    moves: bool = True,
    passes: int = PASSES,
) -> Iterator[AnyPage]:
    """Yield the pages of a list, and again until a pass brings no new row, at most `passes` times.

    `walk`: one pass over the list; `keys`: the identities of a page's rows; `moves` False: nothing in it changes any more, so
    one pass is enough, as it is for a list of one page. What moves even in the last pass is the next list's.
    """
    seen: set[Hashable] = set()
    for _ in range(passes):
        pages, known = 0, len(seen)
        for page in walk():
            pages += 1
            seen.update(keys(page))
            yield page
        if not moves or pages <= 1 or len(seen) == known:
            return


def windows(since: datetime, until: datetime, span: timedelta) -> Iterator[tuple[int, int]]:
    """Yield [since, until] in whole epoch seconds, rounded outward, in pieces no longer than `span` that share their borders."""
    start, end, step = math.floor(since.timestamp()), math.ceil(until.timestamp()), int(span.total_seconds())
    end = max(end, start + 1)
    while start < end:
        yield start, min(start + step, end)
        start += step


def open_end(until: datetime) -> datetime:
    """Return the end of a span, moved past the present by the possible skew of the clocks."""
    return until + SKEW if until > datetime.now(UTC) - SKEW else until


def past_end(until: datetime, *, present: timedelta = SKEW) -> datetime | None:
    """Return the end of a span of the past; None near the present, where a list is read without an end."""
    return until if until <= datetime.now(UTC) - present else None
