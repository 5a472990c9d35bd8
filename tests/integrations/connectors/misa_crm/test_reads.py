"""The connector reads the simulated CRM, whatever the sources disagree about, and misses nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from redis import Redis

from integrations.connectors.misa_crm import client
from integrations.connectors.misa_crm.connector import CONNECTOR
from integrations.connectors.misa_crm.consent import renew
from integrations.connectors.misa_crm.simulator.book import Book
from integrations.connectors.misa_crm.simulator.wire import stamp
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from inventory.snapshots import ListingSnapshot
from orders.snapshots import CustomerSnapshot, OrderSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import Crm, Tokens

pytestmark = pytest.mark.usefixtures("redis")
NOW = datetime.now(UTC)
Make = Callable[..., Access]


@pytest.fixture
def connector(access: Make, redis: Redis) -> Bound:
    return Bound(CONNECTOR, access())


def listed(connector: Bound, kind: str, since: timedelta | None = None, until: datetime | None = None) -> list[str]:
    start = None if since is None else datetime.now(UTC) - since
    pages = connector.changed(kind, since=start, until=until or datetime.now(UTC))
    return [change.external_id for page in pages for change in page.changes]


def test_a_token_is_asked_for_with_our_credentials_and_lives_as_long_as_it_says(app: AppAccess) -> None:
    grant = renew(app, refresh_token="", shop_id="x")
    assert grant.expires_in is not None
    assert 86_300 < grant.expires_in <= 86_400


@pytest.mark.parametrize("status", [200, 400])
def test_wrong_credentials_are_not_authorised(crm: Crm, app: AppAccess, status: int) -> None:
    crm.book.switches.account_refusal = status
    wrong = AppAccess("key", {**app.credentials, "client_secret": "x"}, base_url=crm.base_url)
    with pytest.raises(NotAuthorised, match="Thông tin xác thực"):
        renew(wrong, refresh_token="", shop_id="x")


def test_a_dead_token_is_renewed_once_and_the_call_repeated(crm: Crm, access: Make) -> None:
    given = access()
    assert isinstance(given.tokens, Tokens)
    given.tokens.token = "dead"
    assert Bound(CONNECTOR, given).check().name == "NHAMINH"
    assert given.tokens.renewals == 1


@pytest.mark.parametrize("base", [None, 0, 1])
@pytest.mark.parametrize("brief", [False, True])
def test_everything_is_read_once_wherever_pages_begin(
    crm: Crm, connector: Bound, base: int | None, brief: bool
) -> None:
    crm.book.switches.page_base, crm.book.switches.brief_lookups = base, brief
    for kind, count in (("customer", 150), ("listing", 60), ("order", 25)):
        ids = listed(connector, kind)
        assert (len(ids), len(set(ids))) == (count, count), kind
        batch = ids[-50:]
        answer = connector.read(kind, batch, since=NOW, asked_at=NOW)
        found = [one.external_id for one in answer.of(CustomerSnapshot)] + [
            one.item_id for one in answer.of(ListingSnapshot)
        ]
        found += [one.number for one in answer.of(OrderSnapshot)]
        assert (sorted(found), answer.gone, answer.unreadable) == (sorted(batch), (), {}), kind


def test_a_sweep_reads_down_to_its_watermark_and_no_further(crm: Crm, connector: Bound) -> None:
    before = crm.simulation.world.book.traffic.calls["misa_crm"]
    assert listed(connector, "order", timedelta(days=4, hours=1)) == ["DH000001", "DH000002", "DH000003"]
    assert listed(connector, "order", timedelta(hours=1)) == []
    assert crm.simulation.world.book.traffic.calls["misa_crm"] - before == 2
    crm.call("PUT", "/SaleOrders", [{"sale_order_no": "DH000020", "status": "Hoàn thành"}])
    [page] = connector.changed("order", since=NOW - timedelta(minutes=1), until=datetime.now(UTC))
    assert [change.external_id for change in page.changes] == ["DH000020"]
    assert page.answer is not None
    assert [(order.number, order.status) for order in page.answer.of(OrderSnapshot)] == [("DH000020", "completed")]


def test_a_window_of_the_past_holds_nothing_younger(connector: Bound) -> None:
    until = datetime.now(UTC) - timedelta(days=3, hours=1)
    found = listed(connector, "order", timedelta(days=6, hours=1), until)
    assert found == ["DH000003", "DH000004", "DH000005"]


@pytest.mark.parametrize("base", [None, 0, 1])
def test_a_day_of_the_past_is_found_without_reading_all_that_is_younger(
    crm: Crm, connector: Bound, base: int | None
) -> None:
    crm.book.switches.page_base = base
    with crm.simulation.world.lock:
        table = crm.book.tables["SaleOrders"]
        some = dict(table[5001])
        start = int(datetime.now(UTC).timestamp()) - 86_400 * 20
        table.clear()
        for number in range(3000):
            at = stamp(start + 86_400 * 20 * number / 3000)
            table[number] = some | {"id": number, "sale_order_no": f"H{number}", "modified_date": at}
    day = datetime.fromtimestamp(start + 86_400 * 3, UTC)
    before = crm.simulation.world.book.traffic.calls["misa_crm"]
    pages = connector.changed("order", since=day, until=day + timedelta(days=1))
    found = [change.external_id for page in pages for change in page.changes]
    assert sorted(found) == sorted(f"H{number}" for number in range(450, 601))
    assert len(found) == len(set(found))
    # one for the length, five to find the place, a few around it; 25 without
    assert crm.simulation.world.book.traffic.calls["misa_crm"] - before <= 12
    oldest = connector.earliest("order")
    assert oldest is not None
    assert abs(oldest.timestamp() - start) < 1


def test_the_earliest_is_none_for_an_empty_or_unsorted_list(crm: Crm, connector: Bound) -> None:
    with crm.simulation.world.lock:
        crm.book.tables["SaleOrders"].clear()
        for row in crm.book.tables["Products"].values():
            row["modified_date"] = stamp(0)
    assert (connector.earliest("order"), connector.earliest("listing")) == (None, None)
    assert connector.earliest("customer") is not None


def test_an_unsorted_list_is_read_whole(crm: Crm, connector: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.connectors.misa_crm.reads._LATEST_FIRST", (("orderBy", "account_number"),))
    with crm.simulation.world.lock:
        last = sorted(crm.book.tables["Customers"].values(), key=lambda row: str(row["account_number"]))[-1]
        last["modified_date"] = stamp(datetime.now(UTC).timestamp())
    found = connector.changed("customer", since=datetime.now(UTC) - timedelta(seconds=5), until=datetime.now(UTC))
    assert str(last["id"]) == next(change.external_id for page in found for change in page.changes)


def test_rows_that_go_away_between_pages_hide_none(crm: Crm, connector: Bound) -> None:
    found: list[str] = []
    gone = 0
    for page in connector.changed("customer", since=None, until=datetime.now(UTC)):
        found += [change.external_id for change in page.changes]
        if not gone:
            # those already read: the next page would begin ten rows later
            rows = found[:10]
            assert crm.call("DELETE", "/Customers", [int(number) for number in rows]).status_code == 200
            gone = len(rows)
    assert len(found) == len(set(found)) == 150


def test_a_list_that_never_stands_still_is_tried_later(
    crm: Crm, connector: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = iter(range(1000, 0, -1))
    monkeypatch.setattr(client.TenantClient, "page", lambda self, *_: ([{"id": next(totals)}], next(totals)))
    with pytest.raises(TryLater, match="faster than it can be read"):
        list(connector.changed("customer", since=None, until=NOW))


def test_stock_comes_with_every_sweep_though_products_stay_the_same(crm: Crm, connector: Bound) -> None:
    pages = list(connector.changed("listing", since=NOW, until=datetime.now(UTC)))
    listings = {one.sku: one for page in pages if page.answer for one in page.answer.of(ListingSnapshot)}
    book = crm.simulation.world.book
    assert {change.version for page in pages for change in page.changes} == {None}
    assert listings.keys() == book.goods.keys()
    for good in book.goods.values():
        shown = {stock.warehouse: stock.sellable for stock in listings[good.sku].stock}
        names = dict(zip(("KHO01", "KHO02"), book.warehouses, strict=True))
        real = {code: book.stock.units[good.sku, place] for code, place in names.items()} if not good.components else {}
        assert (shown, listings[good.sku].status) == (real, "inactive")
    assert listings["ATCC001-S"].price == Decimal(book.goods["ATCC001-S"].price)


def test_without_the_ledger_only_changed_products_are_listed(crm: Crm, access: Make) -> None:
    connector = Bound(CONNECTOR, access(read_stock="no"))
    assert listed(connector, "listing", timedelta(hours=1)) == []
    crm.call("PUT", "/Products", [{"product_code": "ATCC001-S", "unit_price": 1}])
    assert listed(connector, "listing", timedelta(hours=1)) == ["ATCC001-S"]


def test_what_the_hub_wrote_and_what_is_not_there_is_named(crm: Crm, connector: Bound) -> None:
    with crm.simulation.world.lock:
        crm.book.tables["SaleOrders"][5001]["other_sys_order_code"] = "erpsync:251121ABC"
    answer = connector.read("order", ["DH000001", "DH000002", "none"], since=NOW, asked_at=NOW)
    ignored = {number: str(reason) for number, reason in answer.ignored.items()}
    assert ignored == {"DH000001": "A copy of an order that the hub wrote itself."}
    assert ([order.number for order in answer.of(OrderSnapshot)], answer.gone) == (["DH000002"], ("none",))
    people = connector.read("customer", ["1001", "contact-2001", "contact-9", "x"], since=NOW, asked_at=NOW)
    assert [one.external_id for one in people.of(CustomerSnapshot)] == ["1001", "contact-2001"]
    assert sorted(people.gone) == ["contact-9", "x"]


def test_an_odd_field_costs_no_record(crm: Crm, connector: Bound) -> None:
    with crm.simulation.world.lock:
        crm.book.tables["SaleOrders"][5001]["sale_order_amount"] = "nhiều"
    answer = connector.read("order", ["DH000001", "DH000002"], since=NOW, asked_at=NOW)
    found = {one.number: "odd_field:sale_order_amount" in one.problems for one in answer.of(OrderSnapshot)}
    assert (found, answer.unreadable) == ({"DH000001": True, "DH000002": False}, {})


def test_words_for_states_that_are_none_are_said_when_connecting(access: Make) -> None:
    with pytest.raises(Rejected, match="Chưa thực hiện") as caught:
        Bound(CONNECTOR, access(states="Chưa thực hiện")).check()
    assert caught.value.code == "states"


def test_no_delivery_is_believed_and_nothing_is_registered() -> None:
    assert CONNECTOR.webhooks is None
    assert CONNECTOR.queue is None


def test_a_list_and_a_read_by_id_bring_the_same_people(connector: Bound) -> None:
    [page, *_] = connector.changed("customer", since=None, until=NOW)
    assert page.answer is not None
    some: list[Any] = list(page.answer.of(CustomerSnapshot)[:50])
    again = connector.read("customer", [one.external_id for one in some], since=NOW, asked_at=NOW)
    assert sorted(again.of(CustomerSnapshot), key=lambda one: one.external_id) == sorted(
        some, key=lambda one: one.external_id
    )


def test_the_book_keeps_its_kinds() -> None:
    assert Book("x").tables.keys() == {"Customers", "Contacts", "Products", "SaleOrders"}
