"""Reads: records by id or code, and lists sorted by their last change, read down to the watermark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from integrations.connectors.misa_crm.answer import AnswerBuilder
from integrations.connectors.misa_crm.client import LEDGER_PAGE_SIZE, PAGE_SIZE, TenantClient
from integrations.connectors.misa_crm.mapping import fields, goods, states
from integrations.connectors.misa_crm.mapping.goods import Held
from integrations.connectors.misa_crm.sources import SOURCES, Source, ids_by_source, look_up
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire.answers import Row
from integrations.wire.paging import past_end

QUANTITIES = ("main_stock_quantity", "amount_summary", "order_quantity")
# ids per look-up: the length of an address that the server takes is not published
_BATCH = 50
# near the present our clock must not hide records from us
_PRESENT = timedelta(hours=2)
_LATEST_FIRST = (("orderBy", "modified_date"), ("isDescending", "true"))
# whether pages count from 0 or 1 is not known, and records may go away meanwhile
_EARLIER = 2


def read(kind: str, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the current state of these ids: codes (order, listing), numbers (customer) or `contact-` and a number.

    Each is in the answer, or named as gone, ignored or unreadable. Listings come without stock: that is for sweeps only.
    """
    client, builder = TenantClient(access), AnswerBuilder(asked_at, states.of_settings(access.settings))
    for source, mine in ids_by_source(kind, ids):
        missing = {fields.folded(external_id): external_id for external_id in mine}
        for row in look_up(client, source, mine):
            # asked in one letter case, answered in another
            if missing.pop(fields.folded(source.id_of(row)), None) is not None:
                builder.add(source, row)
        builder.gone += missing.values()
    return builder.build()


def changed(kind: str, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of what changed in [since, until], with the whole records."""
    upper = past_end(until, present=_PRESENT)
    return _changed(kind, access, since=since, until=upper, asked_at=until)


def changed_listings(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of changed products; of all, with the ledger: stock moves without a change of the product."""
    if access.settings.get("read_stock", "yes") != "yes":
        return changed("listing", access, since=since, until=until)
    held = ledgers(TenantClient(access), access.settings.get("stock_quantity") or QUANTITIES[0])
    return _changed("listing", access, since=None, until=None, asked_at=until, held=held)


def _changed(
    kind: str,
    access: Access,
    *,
    since: datetime | None,
    until: datetime | None,
    asked_at: datetime,
    held: Held | None = None,
) -> Iterator[Page]:
    """Yield pages of changes. `until` None: nothing is too new. `asked_at` is never later than the question."""
    client, labels = TenantClient(access), states.of_settings(access.settings)
    for source in SOURCES[kind]:
        first = _first_page(client, source, until) if until else 0
        for rows in _down_to(client, source, since, first):
            builder = AnswerBuilder(asked_at, labels, held)
            changes = []
            for row in rows:
                at, external_id = fields.version(row), source.id_of(row)
                if not external_id or (at and until and at > until) or (at and since and at < since):
                    continue
                # without a version where stock was read: it moves without a change of `modified_date`
                changes.append(Change(external_id, None if held is not None else at))
                builder.add(source, row)
            yield Page(tuple(changes), builder.build())


def _first_page(client: TenantClient, source: Source, until: datetime) -> int:
    """Return the page from which on a list is no younger than `until`, some pages early; 0 where it is not sorted.

    History is read day by day: without this, each day would read everything that is younger again.
    """
    # page 1 is one wherever they count from
    _, total = client.page(source.path, _LATEST_FIRST, 1)
    low, high = 0, -(-(total or 0) // PAGE_SIZE)
    while low < high:
        middle = (low + high) // 2
        rows, _ = client.page(source.path, _LATEST_FIRST, middle)
        times = [at for at in map(fields.version, rows) if at is not None]
        if len(times) < len(rows) or times != sorted(times, reverse=True):
            return 0
        if times and times[-1] > until:
            low = middle + 1
        else:
            high = middle
    return max(0, low - _EARLIER)


def earliest(kind: str, access: Access) -> datetime | None:
    """Return the oldest change of any record of a kind; None where there is none, or the list is not sorted."""
    client, found = TenantClient(access), []
    for source in SOURCES[kind]:
        ends = [_first_version(client, source, falling) for falling in ("false", "true")]
        if ends == [None, None]:
            continue
        oldest, latest = ends
        if oldest is None or latest is None or oldest >= latest:
            return None
        found.append(oldest)
    return min(found, default=None)


def _first_version(client: TenantClient, source: Source, falling: str) -> datetime | None:
    order = (("orderBy", "modified_date"), ("isDescending", falling))
    rows = next((rows for rows in client.pages(source.path, order, size=1) if rows), [])
    return fields.version(rows[0]) if rows else None


def _down_to(client: TenantClient, source: Source, since: datetime | None, first: int) -> Iterator[list[Row]]:
    """Yield pages until one reaches below `since`, provided the list really is sorted by its last change."""
    last: datetime | None = None
    is_sorted = True
    for rows in client.pages(source.path, _LATEST_FIRST, first=first):
        yield rows
        for at in map(fields.version, rows):
            is_sorted = is_sorted and at is not None and (last is None or at <= last)
            last = at
        if since is not None and is_sorted and last is not None and last < since:
            return


def ledgers(client: TenantClient, quantity: str) -> Held:
    """Read the ledger of every warehouse in use, by the warehouse's code."""
    found: dict[str, list[Row]] = {}
    for stock in fields.rows(client.get("/Stocks")["data"]):
        key, code = fields.text(stock, "async_id"), fields.text(stock, "stock_code")
        if key and code and stock.get("inactive") is not True:
            pages = client.pages(
                "/Stocks/product_ledger", (("stockID", key),), key="product_code", size=LEDGER_PAGE_SIZE
            )
            found[code] = [row for rows in pages for row in rows]
    return goods.held(found, quantity)


_CHANGED: Mapping[str, Callable[..., Iterator[Page]]] = {"listing": changed_listings}
READS: Mapping[str, Reader] = {
    kind: Reader(
        read=partial(read, kind),
        changed=_CHANGED.get(kind) or partial(changed, kind),
        batch=_BATCH,
        earliest=partial(earliest, kind),
    )
    for kind in SOURCES
}
