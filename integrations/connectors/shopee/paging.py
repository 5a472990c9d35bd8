"""Lists by time: cut in windows, and read again while the present still moves under the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from integrations.connectors.shopee.mapping import fields
from integrations.contract.reads import Change, Page
from integrations.wire.answers import Row
from integrations.wire.paging import open_end, until_nothing_new, windows

PAGE_SIZE = 100
# the longest span of one list
WINDOW = timedelta(days=15)
# how far back "everything there is" goes, since the lists want a time
HISTORY = timedelta(days=365)
# (first second, last second) -> the pages of one list
Pages = Callable[[int, int], Iterator[Page]]


def changed(pages: Pages, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield the pages of all windows of the span.

    A row that changes while the present is read may jump over the pages that are left: they are read again until a
    pass brings none that is new, at most five times. One that jumps even then comes with the next list.
    """
    for start, end in windows(since or until - HISTORY, open_end(until), WINDOW):
        moves = end >= datetime.now(UTC).timestamp()
        yield from until_nothing_new(partial(pages, start, end), _ids, moves=moves)


def _ids(page: Page) -> Iterator[str]:
    return (change.external_id for change in page.changes)


def changes(rows: Iterable[Row], id_key: str, time_key: str, state_key: str = "") -> Iterator[Change]:
    """Yield the changes of a list's rows. A malformed time is no version."""
    for row in rows:
        if external_id := fields.text(row, id_key):
            yield Change(external_id, fields.or_none(fields.moment, row, time_key), fields.text(row, state_key))
