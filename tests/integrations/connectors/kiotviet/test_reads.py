"""Reads over real HTTP: one by one, by list, lists that move, tokens that die, malformed answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.kiotviet.connector import CONNECTOR
from integrations.connectors.kiotviet.consent import renew
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, TryLater
from integrations.contract.reads import Answer, Change
from inventory.snapshots import ListingSnapshot, StockReading, WarehouseSnapshot
from orders.snapshots import OrderSnapshot, PosDocumentSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import Asked, Shop, Tokens, refusal
from .samples import raw, raw_text

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 21, 1, 0, 0, 999_000, tzinfo=UTC)
MISSING = "không tồn tại hoặc đã bị xóa"
Connect = Callable[..., Bound]


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "code": f"DH{number}",
        "purchaseDate": "2026-11-21T08:30:00",
        "modifiedDate": "2026-11-21T08:31:00",
        "status": 5,
        "orderDetails": [{"productId": 1, "quantity": 1, "price": 10}],
    } | more


def invoice(number: int, **more: Any) -> dict[str, Any]:
    found = order(number, code=f"HD{number}", status=1)
    return found | {"invoiceDetails": found.pop("orderDetails")} | more


def stock(number: int, **more: Any) -> dict[str, Any]:
    shelves = [{"branchId": 11, "onHand": number, "reserved": 1}, {"branchId": 12, "onHand": -1}]
    return {"id": number, "code": f"SP{number}", "inventories": shelves} | more


def listing(rows: list[dict[str, Any]], **more: Any) -> Callable[[Asked], tuple[int, Any]]:
    """A list that pages by record offset, at most 100 rows, and leaves `data` out of an empty page."""

    def answer(asked: Asked) -> tuple[int, Any]:
        first, size = int(asked.query["currentItem"]), min(100, int(asked.query["pageSize"]))
        shown = rows[first : first + size]
        return 200, {"total": len(rows), "pageSize": size} | ({"data": shown} if shown else {}) | more

    return answer


def read(connector: Bound, kind: str, *ids: str) -> Answer:
    return connector.read(kind, ids, since=SINCE, asked_at=NOW)


def test_up_to_five_are_read_one_by_one(shop: Shop, connector: Bound) -> None:
    for number in range(1, 6):
        shop.on("GET", f"/orders/code/DH{number}", (200, order(number)))
    answer = read(connector, "order", *[f"DH{number}" for number in range(1, 6)])
    assert [found.number for found in answer.of(OrderSnapshot)] == ["DH1", "DH2", "DH3", "DH4", "DH5"]
    assert {found.asked_at for found in answer.of(OrderSnapshot)} == {NOW}
    assert len(shop.asked) == 5


def test_more_are_one_list(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders", listing([order(number) for number in range(1, 41)]))
    answer = read(connector, "order", *[f"DH{number}" for number in range(1, 31)])
    assert {found.number for found in answer.of(OrderSnapshot)} == {f"DH{number}" for number in range(1, 31)}
    assert len(shop.asked) == 1
    assert shop.asked[0].query == {
        "includePayment": "true",
        "includeOrderDelivery": "true",
        "orderBy": "modifiedDate",
        "orderDirection": "Asc",
        "lastModifiedFrom": "2026-11-21T08:00:00",
        "pageSize": "100",
        "currentItem": "0",
    }


def test_what_the_list_lacks_is_read_or_gone(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders", listing([order(number) for number in range(1, 6)]))
    shop.on("GET", "/orders/code/DH6", (200, order(6)))
    shop.on("GET", "/orders/code/DH7", refusal("KvValidateOrderException", MISSING))
    answer = read(connector, "order", *[f"DH{number}" for number in range(1, 8)])
    assert len(answer.of(OrderSnapshot)) == 6
    assert answer.gone == ("DH7",)


def test_a_list_longer_than_the_ids_is_not_read_on(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders", listing([order(number) for number in range(1000, 3000)]))
    for number in range(1, 7):
        shop.on("GET", f"/orders/code/DH{number}", (200, order(number)))
    assert len(read(connector, "order", *[f"DH{number}" for number in range(1, 7)]).of(OrderSnapshot)) == 6
    assert shop.calls().count("GET /orders") == 1


def test_a_switched_off_feature_is_not_a_missing_order(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders/code/DH1", refusal("KvValidateOrderException", "Thiết lập đang không được bật"))
    shop.on("GET", "/orders/code/DH2", (200, order(2)))
    answer = read(connector, "order", "DH1", "DH2")
    assert answer.gone == ()
    assert list(answer.unreadable) == ["DH1"]
    assert [found.number for found in answer.of(OrderSnapshot)] == ["DH2"]


def test_an_odd_field_costs_no_order(shop: Shop, connector: Bound) -> None:
    rows = [order(number, total=10) for number in range(1, 8)]
    rows[2]["total"] = "a lot"
    shop.on("GET", "/orders", listing(rows))
    answer = read(connector, "order", *[f"DH{number}" for number in range(1, 8)])
    assert answer.unreadable == {}
    assert [one.total for one in answer.of(OrderSnapshot)].count(None) == 1


def test_a_code_is_one_part_of_the_path(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders/code/DH1%2F..%2Fx%3Fy", (200, order(1, code="DH1/../x?y")))
    assert read(connector, "order", "DH1/../x?y").of(OrderSnapshot)[0].number == "DH1/../x?y"


def test_our_order_is_a_hand_over_and_never_a_sale(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders/code/DH1", (200, order(1, description="26SN [erpsync:ref-1]", status=4)))
    answer = read(connector, "order", "DH1")
    assert answer.of(OrderSnapshot) == ()
    assert [
        (found.kind, found.external_id, found.code, found.reference, found.is_void)
        for found in answer.of(PosDocumentSnapshot)
    ] == [("pos_order", "1", "DH1", "ref-1", True)]


@pytest.mark.parametrize(
    ("detail", "order_row", "expected"),
    [
        ({}, None, "sale"),
        ({"orderCode": "DH9"}, order(9), "ignored"),
        ({"orderCode": "DH9"}, order(9, description="26SN [erpsync:ref-9]"), "ref-9"),
        ({"orderCode": "DH9", "description": "26SN [erpsync:own]"}, None, "own"),
        ({"orderCode": "DH9", "code": "HDSPE_26SN"}, order(9), "26SN"),
    ],
)
def test_whose_invoice_it_is(
    shop: Shop, connector: Bound, detail: dict[str, Any], order_row: dict[str, Any] | None, expected: str
) -> None:
    row = invoice(4, **detail)
    shop.on("GET", f"/invoices/code/{row['code']}", (200, row))
    shop.on("GET", "/orders/code/DH9", (200, order_row) if order_row else (500, {}))
    answer = read(connector, "invoice", row["code"])
    kinds = [found.reference or found.order_number for found in answer.of(PosDocumentSnapshot)]
    kinds += ["sale" for found in answer.of(OrderSnapshot) if found.number == row["code"]]
    kinds += ["ignored" for _ in answer.ignored]
    assert kinds == [expected]


def test_an_invoice_whose_order_is_deleted_is_the_orders_business(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/invoices/code/HD4", (200, invoice(4, orderCode="DH9")))
    shop.on("GET", "/orders/code/DH9", refusal("KvValidateOrderException", MISSING))
    [reason] = read(connector, "invoice", "HD4").ignored.values()
    assert (reason.code, reason.values) == ("kiotviet.its_order_tells", {"order": "DH9"})


def test_a_list_that_names_no_order_is_no_proof_of_a_till_sale(shop: Shop, connector: Bound) -> None:
    rows = [invoice(number) for number in range(1, 7)]
    rows[0]["description"] = "26SN [erpsync:ref-1]"
    shop.on("GET", "/invoices", listing(rows))
    for number in range(2, 7):
        shop.on("GET", f"/invoices/code/HD{number}", (200, invoice(number)))
    answer = read(connector, "invoice", *[f"HD{number}" for number in range(1, 7)])
    assert [found.code for found in answer.of(PosDocumentSnapshot)] == ["HD1"]
    assert {found.number for found in answer.of(OrderSnapshot)} == {"HD2", "HD3", "HD4", "HD5", "HD6"}
    assert "GET /invoices/code/HD1" not in shop.calls()


def test_a_sweep_leaves_such_invoices_to_a_read(shop: Shop, connector: Bound) -> None:
    ours = invoice(2, description="26SN [erpsync:r]")
    shop.on("GET", "/invoices", listing([invoice(1), ours, {"id": 3, "code": "HDSPE_26SN", "status": 1}]))
    (page,) = connector.changed("invoice", since=SINCE, until=NOW)
    assert [change.external_id for change in page.changes] == ["HD1", "HD2", "HDSPE_26SN"]
    assert page.answer is not None
    assert page.answer.of(OrderSnapshot) == ()
    assert [found.code for found in page.answer.of(PosDocumentSnapshot)] == ["HD2", "HDSPE_26SN"]


def test_a_product_and_its_stock(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/products/17300001", (200, raw_text("product__grocery")))
    shop.on("GET", "/products/8", refusal("KvValidateProductException", "Hàng hóa được chọn " + MISSING))
    answer = read(connector, "product", "17300001", "8")
    assert answer.gone == ("8",)
    assert [found.sku for found in answer.of(ListingSnapshot)] == ["8930000000001"]
    assert [(found.warehouse, found.on_hand) for found in answer.of(StockReading)] == [("200001", Decimal(12))]


def test_stock_of_a_few_is_read_from_the_products(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/products/3", (200, stock(3, type=2)))
    shop.on("GET", "/products/4", (200, stock(4, type=1, productFormulas=[{"materialId": 3, "quantity": 2}])))
    answer = read(connector, "stock", "3", "4")
    assert [(found.item_id, found.warehouse, found.on_hand, found.reserved) for found in answer.of(StockReading)] == [
        ("3", "11", Decimal(3), Decimal(1)),
        ("3", "12", Decimal(-1), Decimal(0)),
    ]
    assert {thing: str(reason) for thing, reason in answer.ignored.items()} == {"4": "It has no stock of its own."}
    assert answer.of(ListingSnapshot) == ()


def test_stock_of_many_is_read_from_the_whole_list_since_sales_do_not_mark_a_product(
    shop: Shop, connector: Bound
) -> None:
    shop.on("GET", "/productOnHands", listing([stock(number) for number in range(1, 151)]))
    answer = read(connector, "stock", *[str(number) for number in range(91, 101)], "120")
    assert {found.item_id for found in answer.of(StockReading)} == {*map(str, range(91, 101)), "120"}
    assert shop.calls() == ["GET /productOnHands"] * 2
    assert "lastModifiedFrom" not in shop.asked[0].query


def test_stock_may_be_asked_by_change_time_by_setting(shop: Shop, connect: Connect) -> None:
    shop.on("GET", "/productOnHands", listing([]))
    (page,) = connect(stock_list="changed").changed("stock", since=SINCE, until=NOW)
    assert page.changes == ()
    assert shop.asked[0].query["lastModifiedFrom"] == "2026-11-21T08:00:00"


def test_the_other_spelling_of_on_hand(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/products/3", (200, stock(3, inventories=[{"branchId": 1, "onhand": 2.5, "reserved": 0.5}])))
    (reading,) = read(connector, "stock", "3").of(StockReading)
    assert (reading.on_hand, reading.reserved) == (Decimal("2.5"), Decimal("0.5"))


def test_deleted_products_come_with_the_sweep(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/products", listing([stock(1, modifiedDate="2026-11-21T08:31:00")], removeId=[77]))
    (page,) = connector.changed("product", since=SINCE, until=NOW)
    when = datetime(2026, 11, 21, 1, 31, tzinfo=UTC)
    assert page.changes == (Change("1", when), Change("77", None))
    assert page.answer is not None
    assert page.answer.gone == ("77",)
    assert shop.asked[0].query["includeRemoveIds"] == "true"


def test_everything_there_is_has_no_lower_bound(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/products", listing([stock(1)]))
    list(connector.changed("product", since=None, until=NOW))
    assert not {"lastModifiedFrom", "includeRemoveIds", "toDate"} & shop.asked[0].query.keys()
    assert shop.asked[0].query["includeInventory"] == "true"


@pytest.mark.parametrize(("age", "bound"), [(timedelta(days=2), True), (timedelta(minutes=5), False)])
def test_only_windows_of_the_past_have_an_upper_bound(
    shop: Shop, connector: Bound, age: timedelta, bound: bool
) -> None:
    shop.on("GET", "/orders", listing([]))
    until = datetime.now(UTC) - age
    assert [page.changes for page in connector.changed("order", since=SINCE, until=until)] == [()]
    assert ("toDate" in shop.asked[0].query) is bound


def test_pages_overlap_by_one_row_and_advance_by_rows_received(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/orders", listing([order(number) for number in range(250)]))
    pages = list(connector.changed("order", since=SINCE, until=NOW))
    assert [asked.query["currentItem"] for asked in shop.asked] == ["0", "99", "198"]
    assert [change.external_id for page in pages for change in page.changes] == [f"DH{n}" for n in range(250)]


def test_a_row_that_moved_while_pages_were_read_is_not_missed(shop: Shop, connector: Bound) -> None:
    rows = [order(number) for number in range(150)]
    plain = listing(rows)

    def moving(asked: Asked) -> tuple[int, Any]:
        answer = plain(asked)
        if len(shop.asked) == 1:
            # the first row changes and goes to the end: every later row is now one place earlier
            rows.append(rows.pop(0))
        return answer

    shop.on("GET", "/orders", moving)
    pages = list(connector.changed("order", since=SINCE, until=NOW))
    assert {change.external_id for page in pages for change in page.changes} == {f"DH{n}" for n in range(150)}
    assert [asked.query["currentItem"] for asked in shop.asked] == ["0", "99", "0", "99"]


def test_a_list_that_never_stands_still_is_asked_for_later(shop: Shop, connector: Bound) -> None:
    rows = [order(number) for number in range(150)]
    plain = listing(rows)

    def moving(asked: Asked) -> tuple[int, Any]:
        answer = plain(asked)
        rows.append(rows.pop(0))
        return answer

    shop.on("GET", "/orders", moving)
    with pytest.raises(TryLater):
        list(connector.changed("order", since=SINCE, until=NOW))
    assert len(shop.asked) == 10


@pytest.mark.parametrize("data", [{}, {"data": []}, {"data": None}])
def test_a_total_that_promises_more_than_comes_ends(shop: Shop, connector: Bound, data: dict[str, Any]) -> None:
    shop.on("GET", "/orders", (200, {"total": 5, "pageSize": 100} | data))
    assert [page.changes for page in connector.changed("order", since=SINCE, until=NOW)] == [()]


def test_branches(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/branches", (200, raw_text("branches__list")))
    assert connector.warehouses() == (WarehouseSnapshot("200001", "Chi nhánh trung tâm"),)


def test_check_reads_the_settings(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/settings", (200, raw_text("settings__read")))
    health = connector.check()
    assert (health.name, health.detail) == ("TuiMau", raw("settings__read"))
    assert (shop.asked[0].headers["Retailer"], shop.asked[0].headers["Authorization"]) == ("TuiMau", "Bearer token-1")


def test_a_dead_token_is_renewed_once(shop: Shop, connector: Bound, tokens: Tokens) -> None:
    shop.on("GET", "/settings", (401, raw_text("error__token_expired_401")), (200, {}))
    connector.check()
    assert tokens.renewals == ["token-1"]
    assert [asked.headers["Authorization"] for asked in shop.asked] == ["Bearer token-1", "Bearer token-2"]


def test_a_second_refusal_is_final(shop: Shop, connector: Bound, tokens: Tokens) -> None:
    shop.on("GET", "/settings", (401, raw_text("error__token_expired_401")))
    with pytest.raises(NotAuthorised):
        connector.check()
    assert len(shop.asked) == 2


@pytest.mark.parametrize(
    "answer", [None, (500, "oops"), (502, ""), (200, "<html>"), (429, {}), (200, ""), (200, "[" * 100_000)]
)
def test_a_read_without_an_answer_may_be_tried_later(
    shop: Shop, connector: Bound, answer: tuple[int, Any] | None
) -> None:
    shop.on("GET", "/settings", answer)
    with pytest.raises(TryLater) as caught:
        connector.check()
    assert caught.value.maybe_done is False


def test_nothing_secret_is_in_an_error(shop: Shop, connector: Bound) -> None:
    shop.on("GET", "/settings", None)
    with pytest.raises(TryLater) as caught:
        connector.check()
    assert "token-1" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_token_call(shop: Shop, app: AppAccess) -> None:
    shop.on("POST", "/connect/token", (200, raw_text("token__granted")))
    grant = renew(app, refresh_token="", shop_id="TuiMau")
    assert (grant.access_token[:5], grant.expires_in, grant.refresh_token) == ("eyJhb", 86_400.0, "")
    assert shop.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert shop.asked[0].body == (
        "scopes=PublicApi.Access&grant_type=client_credentials&client_id=id&client_secret=hidden"
    )


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"error": "invalid_client"}), NotAuthorised),
        ((401, "no"), NotAuthorised),
        ((500, ""), TryLater),
        ((429, ""), TryLater),
        ((200, "{}"), TryLater),
        ((200, "<html>"), TryLater),
        (None, TryLater),
    ],
)
def test_no_token(shop: Shop, app: AppAccess, answer: Any, kind: type[Exception]) -> None:
    shop.on("POST", "/connect/token", answer)
    with pytest.raises(kind) as caught:
        renew(app, refresh_token="", shop_id="TuiMau")
    assert "hidden" not in str(caught.value)


def test_these_kinds_are_read_in_pages_of_a_hundred() -> None:
    assert {kind: reader.batch for kind, reader in CONNECTOR.reads.items()} == dict.fromkeys(
        ("order", "invoice", "product", "stock", "customer"), 100
    )
