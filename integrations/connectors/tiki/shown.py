"""Numbers that products show, by the list of products: fifty a call."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.connectors.tiki.account import warehouse_of
from integrations.connectors.tiki.client import get, shop_client
from integrations.connectors.tiki.mapping import products
from integrations.connectors.tiki.paging import PAGE_SIZE
from integrations.contract.access import Access
from integrations.contract.publisher import Shown, ShownNumber, ShownPage
from integrations.wire import answers
from integrations.wire.shown import numbers_of


def listed(access: Access, *, after: str) -> ShownPage:
    """Return one page of the shop's products; `after` is its number."""
    page = int(after) if after.isdecimal() else 1
    params = [("page", str(page)), ("limit", str(PAGE_SIZE)), ("include", "inventory")]
    answer = get(shop_client(access), "v2.1/products", params)
    rows = answers.rows(answer, "data")
    numbers: list[ShownNumber] = []
    for row in rows:
        if products.is_sold(row):
            try:
                numbers += numbers_of([products.listing(row, datetime.now(UTC), warehouse=warehouse_of(access))])
            except ValueError:
                # one malformed product is found by its own read, and hides no other
                continue
    return ShownPage(tuple(numbers), str(page + 1) if len(rows) == PAGE_SIZE else "")


SHOWN = Shown(listed=listed, items_per_call=PAGE_SIZE)
