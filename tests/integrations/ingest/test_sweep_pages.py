"""Pages that a sweep stores as they are listed, and rows that move between pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.connectors.kiotviet.client import ListPage, ShopClient
from integrations.contract.access import Access, AppAccess
from integrations.contract.reads import Answer, Change, Page
from integrations.models import Connection, InboxEvent
from inventory.models import Listing, Product, Shop, StockLevel, Warehouse
from inventory.snapshots import ListingSnapshot
from orders.models import Order
from orders.snapshots import LineSnapshot, OrderSnapshot, PosDocumentSnapshot
from tests.integrations.ingest.swept import BRANCH, NOON, NoTokens, Pos, Run, Toy, at, found, orders, pos_page
from tests.integrations.ingest.swept import connection as connection  # noqa: PLC0414
from tests.integrations.ingest.swept import run as run  # noqa: PLC0414

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def test_the_book_and_the_stock_of_a_pos_are_taken_as_listed(connection: Connection, run: Run) -> None:
    Shop.objects.update(keeps_stock=True)
    toy = run(Pos(pos_page(3), BRANCH))
    assert [kind for kind, *_ in toy.asked] == ["product", "stock", "order"]
    assert Warehouse.objects.get().name == "Chi nhánh 1"
    assert sorted(Product.objects.values_list("sku", flat=True)) == ["SP-0", "SP-1", "SP-2"]
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {Decimal(7)}
    assert found() == []


def test_orders_that_a_list_tells_whole_are_stored_at_once_and_only_once(connection: Connection, run: Run) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "order":
            line = LineSnapshot("1", "1", "", 1)
            whole = [OrderSnapshot(n, "to_ship", "1", "VND", NOON, until, (line,), version=at(5)) for n in ("A", "B")]
            ours = PosDocumentSnapshot("pos_order", "7", "DH7", until, version=at(5))
            truth = Answer((*whole, ours), ignored={"HD9": "its order tells"})
            yield Page(tuple(Change(n, at(5)) for n in ("A", "B", "DH7", "HD9", "READ-ME")), truth)

    for _ in range(2):
        run(Pos(told))
        ends = InboxEvent.objects.order_by("external_id").values_list("external_id", "state", "reason_code")
        assert list(ends) == [
            ("A", "processed", ""), ("B", "processed", ""), ("DH7", "processed", ""), ("HD9", "ignored", "ignored"),
            ("READ-ME", "pending", ""),
        ]  # fmt: skip
    assert sorted(Order.objects.values_list("number", flat=True)) == ["A", "B"]
    run(Pos(told), timedelta(days=1))
    assert InboxEvent.objects.filter(external_id="DH7").count() == 2


class Moving(Pos):
    """KiotViet's own way of reading a list page by page, over rows that a till keeps changing."""

    def __init__(self, codes: list[str], sold: list[str]) -> None:
        super().__init__(orders())
        self.codes, self.sold = codes, sold
        self.api = ShopClient(Access(AppAccess("k", {}), "900", NoTokens()))
        self.api.page = self.page  # type: ignore[method-assign]

    def page(self, path: str, params: object, offset: int) -> ListPage:
        rows = tuple({"id": code} for code in self.codes[offset : offset + 3])
        found = ListPage(rows, len(self.codes), ())
        if self.sold:
            code = self.sold.pop(0)
            self.codes.remove(code)
            self.codes.append(code)
        return found

    def changed(self, kind: str, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "order":
            for page in self.api.pages("/orders"):
                yield Page(tuple(Change(str(row["id"])) for row in page.rows))


@pytest.mark.parametrize("sold", [["1"], ["0", "1"], ["2", "5", "6"], ["0", "3", "0"]])
def test_no_row_is_missed_that_moves_between_pages_while_they_are_read(run: Run, sold: list[str]) -> None:
    run(Moving([str(n) for n in range(9)], sold))
    assert [row[1] for row in found()] == [str(n) for n in range(9)]


def test_a_page_that_cannot_be_stored_is_asked_for_thing_by_thing(connection: Connection, run: Run) -> None:
    def told(kind: str, since: datetime | None, until: datetime) -> Iterator[Page]:
        if kind == "product":
            prices = (("1", Decimal(1)), ("2", Decimal(10) ** 20))
            book = [ListingSnapshot(i, "", i, i, "active", until, price=price) for i, price in prices]
            yield Page((Change("1"), Change("2")), Answer(tuple(book)))

    Shop.objects.update(keeps_stock=True)
    run(Pos(told, BRANCH))
    assert found() == [("product", "1", "sweep"), ("product", "2", "sweep")]
    assert Listing.objects.count() == 0


def test_the_number_of_queries_does_not_grow_with_the_rows(connection: Connection, run: Run) -> None:
    def queries(count: int) -> int:
        with CaptureQueriesContext(
            database,
        ) as captured:
            run(Toy(orders([Change(f"{count}-{n}", at(n)) for n in range(count)])))
        return len(captured)

    first = queries(1)
    assert queries(300) == first
    assert InboxEvent.objects.count() == 301
