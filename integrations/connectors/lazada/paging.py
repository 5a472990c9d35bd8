"""Lists that neither miss nor endlessly repeat a row while rows move under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from integrations.connectors.lazada.mapping import fields
from integrations.contract.errors import TryLater
from integrations.contract.reads import Page
from integrations.contract.reasons import ODD_ANSWER
from integrations.wire.answers import Row
from integrations.wire.failures import UNREADABLE
from integrations.wire.paging import OffsetPage, until_nothing_new

# everything there is: Lazada's marketplaces opened in 2012
BEGINNING = datetime(2012, 1, 1, tzinfo=UTC)
# a list's borders are whole seconds, and whether they belong to it is documented nowhere
BORDER = timedelta(seconds=1)
MapPage = Callable[[Sequence[Row]], Page]


def stamp(at: datetime) -> str:
    """Return a time as the lists want it: whole seconds, with offset."""
    return at.isoformat(timespec="seconds")


def total(row: Row, key: str) -> int:
    """Return the row count of a list. Raises TryLater when it is malformed."""
    try:
        return fields.count(row, key)
    except ValueError as error:
        raise TryLater(ODD_ANSWER(error=error), code=UNREADABLE) from None


def numbered(fetch: Callable[[int], OffsetPage], size: int, page: MapPage) -> Iterator[Page]:
    """Yield numbered pages. They cannot overlap: they are read again until a pass brings nothing new."""
    seen: set[tuple[str, datetime | None]] = set()
    for found in until_nothing_new(lambda: _one_pass(fetch, size, page), _versions):
        if not seen.issuperset(_versions(found)):
            yield found
        seen |= _versions(found)


def _one_pass(fetch: Callable[[int], OffsetPage], size: int, page: MapPage) -> Iterator[Page]:
    offset = 0
    while True:
        found = fetch(offset)
        yield page(found.rows)
        offset += size
        if offset >= found.total or not found.rows:
            return


def _versions(page: Page) -> set[tuple[str, datetime | None]]:
    return {(change.external_id, change.version) for change in page.changes}
