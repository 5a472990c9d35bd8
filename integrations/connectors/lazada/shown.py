"""Numbers that listings show, by the list of products: fifty products a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.connectors.lazada.account import warehouse_of
from integrations.connectors.lazada.client import get, payload, shop_client
from integrations.connectors.lazada.mapping import products
from integrations.connectors.lazada.paging import BEGINNING, BORDER, stamp, total
from integrations.connectors.lazada.reads import PRODUCTS_OFFSET, PRODUCTS_PAGE
from integrations.contract.access import Access
from integrations.contract.publisher import Shown, ShownNumber, ShownPage
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.paging import open_end
from integrations.wire.shown import numbers_of


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of the list of products that changed in a span of time: an offset alone reaches the first 10,000 only."""

    since: datetime
    until: datetime
    offset: int = 0

    @classmethod
    def parse(cls, text: str) -> _Place:
        """Return the place that `str` wrote; the beginning of the list for any other text."""
        try:
            since, until, offset = text.split("|")
            return cls(datetime.fromisoformat(since), datetime.fromisoformat(until), int(offset))
        except ValueError:
            return cls(BEGINNING, open_end(datetime.now(UTC)))

    def __str__(self) -> str:
        return f"{stamp(self.since)}|{stamp(self.until)}|{self.offset}"

    @property
    def params(self) -> dict[str, str]:
        span = {"update_after": stamp(self.since - BORDER), "update_before": stamp(self.until + BORDER)}
        # what is sold out is no longer "live", and may be so without our knowing
        return {"filter": "all", "limit": str(PRODUCTS_PAGE), "offset": str(self.offset), **span}

    def reaches(self, count: int) -> bool:
        """Return whether an offset reaches all of the span's products, or the span cannot be cut further."""
        return count <= PRODUCTS_OFFSET or self.until - self.since <= BORDER

    def first_half(self) -> _Place:
        return _Place(self.since, self.since + (self.until - self.since) / 2)

    def after(self, read: int) -> _Place | None:
        """Return the place after `read` rows from here: in this span, or in the one after it, twice as long; None at the end."""
        offset = self.offset + read
        if read == PRODUCTS_PAGE and offset < PRODUCTS_OFFSET:
            return _Place(self.since, self.until, offset)
        now = datetime.now(UTC)
        if self.until >= now:
            return None
        return _Place(self.until, min(self.until + 2 * (self.until - self.since), open_end(now)))


def listed(access: Access, *, after: str) -> ShownPage:
    """Return one page of the products on sale. A span with more of them than an offset reaches is halved, by an empty page."""
    place = _Place.parse(after)
    body = payload(get(shop_client(access), "/products/get", place.params))
    rows = answers.rows(body, "products")
    if not place.offset and not place.reaches(total(body, "total_products")):
        return ShownPage((), str(place.first_half()))
    following = place.after(len(rows))
    return ShownPage(_numbers(rows, warehouse_of(access)), str(following or ""))


def _numbers(rows: list[Row], warehouse: str) -> tuple[ShownNumber, ...]:
    numbers: list[ShownNumber] = []
    for row in rows:
        try:
            found = products.listings(row, datetime.now(UTC), warehouse=warehouse)
            numbers += numbers_of(listing for listing in found if listing.status == "active")
        except ValueError:
            # one malformed product is found by its own read, and hides no other
            continue
    return tuple(numbers)


SHOWN = Shown(listed=listed, items_per_call=PRODUCTS_PAGE)
