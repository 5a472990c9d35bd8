"""Lists by time: cut in windows, and read again while the present still moves under the pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from integrations.connectors.base import Page

PAGE_SIZE = 100
# the longest span of one list
WINDOW = timedelta(days=15)
# "all there are": how far back, since the lists want a time
HISTORY = timedelta(days=365)
# Shopee's clock may be ahead of ours by what its signatures allow; near the present our clock must not hide rows from us
SKEW = timedelta(minutes=5)
# how often a list may shift under us before we come back later
PASSES = 5

# (first second, last second) -> the pages of one list
Pages = Callable[[int, int], Iterator[Page]]


def changed(pages: Pages, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of all windows of the span.

    A row that changes while the present is read may jump over the pages that are left: they are read again until a
    pass tells of none that is new, at most five times. One that jumps even then is the next list's.
    """
    for start, end in windows(since or until - HISTORY, open_end(until), WINDOW):
        still = end < datetime.now(UTC).timestamp()
        seen: set[str] = set()
        for _ in range(PASSES):
            count, added = 0, 0
            for page in pages(start, end):
                count += 1
                added += len({change.external_id for change in page.changes} - seen)
                seen.update(change.external_id for change in page.changes)
                yield page
            if still or count == 1 or not added:
                break


def open_end(until: datetime) -> datetime:
    """`until`, or so much later near the present that no clock hides a row."""
    return until + SKEW if until > datetime.now(UTC) - SKEW else until


def windows(since: datetime, until: datetime, span: timedelta) -> Iterator[tuple[int, int]]:
    """[since, until] in whole seconds, rounded outward, in pieces no longer than `span` that share their borders."""
    start, end, step = math.floor(since.timestamp()), math.ceil(until.timestamp()), int(span.total_seconds())
    end = max(end, start + 1)
    while start < end:
        yield start, min(start + step, end)
        start += step
