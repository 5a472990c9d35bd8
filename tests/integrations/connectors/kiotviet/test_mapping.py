"""Raw documents -> snapshots, by hand-written expectations; every status and error code of the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.kiotviet.mapping import documents, errors, fields, products
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.wire import answers, lossless
from orders.snapshots import PosDocumentSnapshot

from .samples import expected, raw, short

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
LINE = {"productId": 1, "quantity": 1, "price": 10}
ORDER = {"id": 7, "code": "DH1", "purchaseDate": "2026-10-07T14:40:00", "status": 1, "orderDetails": [LINE]}


@pytest.mark.parametrize("name", ["invoice__till_sale", "invoice__of_an_order"])
def test_an_invoice_as_sale(name: str) -> None:
    assert short(documents.invoice(raw(name), NOW)) == expected(name)


@pytest.mark.parametrize(("mode", "tax"), [(1, Decimal("11037")), (0, None), (None, None)])
def test_the_tax_of_a_line_counts_only_where_prices_hold_it(mode: int | None, tax: Decimal | None) -> None:
    taxes = [{"detailTax": 11000, "name": "VAT 8%"}, {"detailTax": 37}]
    row = {
        "code": "HD1",
        "pricingMode": mode,
        "invoiceDetails": [{"productId": 1, "quantity": 1, "price": 149000, "invoiceDetailTaxs": taxes}],
    }
    [line] = documents.invoice(row, NOW).lines
    assert line.tax == tax


def test_an_order_taken_at_the_pos() -> None:
    assert short(documents.order(raw("order__taken_at_pos"), NOW)) == expected("order__taken_at_pos")


@pytest.mark.parametrize(
    ("name", "kind"), [("orders__imported_from_shopee", "pos_order"), ("invoices__imported_from_shopee", "pos_invoice")]
)
def test_what_kiotviet_imported_is_a_hand_over(name: str, kind: str) -> None:
    assert short(documents.pos_document(kind, raw(name)["data"][0], NOW)) == expected(name)


@pytest.mark.parametrize(
    "name", ["product__grocery", "product__combo", "product__carton_of_24", "products__with_inventory"]
)
def test_a_product(name: str) -> None:
    sample = raw(name)
    row = sample["data"][0] if "data" in sample else sample
    found = {"listing": products.listing(row, NOW), "readings": products.readings(row, NOW)}
    assert short(found) == expected(name)


@pytest.mark.parametrize(
    ("flags", "sells_inactive", "status"),
    [
        ({}, False, "active"),
        ({"isActive": False}, False, "inactive"),
        ({"isActive": False}, True, "active"),
        # a part of combos is not sold on its own at the till, and may be sold
        ({"allowsSale": False}, False, "active"),
    ],
)
def test_a_product_that_is_no_longer_traded_is_not_for_sale_unless_the_shop_says_so(
    flags: dict[str, bool], sells_inactive: bool, status: str
) -> None:
    found = products.listing({"id": 1, "code": "AO", "name": "Áo", **flags}, NOW, sells_inactive=sells_inactive)
    assert found.status == status


def test_a_list_without_inventories_has_no_readings_and_names_the_deleted() -> None:
    sample = raw("products__without_inventory")
    row = sample["data"][0]
    found = {"listing": products.listing(row, NOW), "readings": products.readings(row, NOW)}
    assert short(found) == expected("products__without_inventory")
    assert fields.deleted(sample) == ("51499990", "51499991")


def test_the_raw_answer_is_kept_for_a_json_column_with_every_digit() -> None:
    assert documents.invoice(raw("invoice__till_sale"), NOW).raw["total"] == "1129800.0000"


@pytest.mark.parametrize(
    ("status", "ours"), [(1, "on_hold"), (2, "packed"), (3, "completed"), (4, "cancelled"), (5, "to_ship"), (9, "")]
)
def test_order_status(status: int, ours: str) -> None:
    found = documents.order({**ORDER, "status": status}, NOW)
    assert (found.status, found.channel_status) == (ours, str(status))


@pytest.mark.parametrize(
    ("status", "ours"), [(1, "completed"), (2, "cancelled"), (3, "shipped"), (4, ""), (5, "failed"), (None, "")]
)
def test_invoice_status(status: int | None, ours: str) -> None:
    assert documents.invoice({**ORDER, "status": status}, NOW).status == ours


@pytest.mark.parametrize(
    ("delivery", "ours"),
    [
        (1, "shipped"),
        (2, "shipped"),
        (3, "delivered"),
        (4, "returning"),
        (5, "returned"),
        (6, "failed"),
        (7, "shipped"),
        (8, "shipped"),
        (9, "shipped"),
        (10, "shipped"),
        (11, "shipped"),
        (12, "returning"),
        (99, "shipped"),
    ],
)
def test_delivery_status_of_an_invoice_under_way(delivery: int, ours: str) -> None:
    row = {**ORDER, "status": 3, "invoiceDelivery": {"status": delivery}}
    assert documents.invoice(row, NOW).status == ours
    assert documents.invoice({**row, "status": 1}, NOW).status == "completed"


@pytest.mark.parametrize(
    ("lines", "problems", "quantities"),
    [
        ([], ("no_lines",), []),
        ([{**LINE, "quantity": 0}], ("zero_quantity",), [0]),
        ([{**LINE, "quantity": -2}], ("negative_quantity",), [0]),
        ([{**LINE, "quantity": Decimal("1.5")}], ("fractional_quantity",), [2]),
        ([{**LINE, "quantity": Decimal("2.0000")}], (), [2]),
        ([{**LINE, "price": Decimal("0.5")}], ("fractional_money",), [1]),
        (LINE, (), [1]),
    ],
)
def test_odd_lines_are_shown_and_not_fatal(lines: Any, problems: tuple[str, ...], quantities: list[int]) -> None:
    found = documents.order({**ORDER, "orderDetails": lines}, NOW)
    assert (found.problems, [line.quantity for line in found.lines]) == (problems, quantities)


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ({"purchaseDate": None}, "odd_field:purchaseDate"),
        ({"purchaseDate": "yesterday"}, "odd_field:purchaseDate"),
        ({"total": True}, "odd_field:total"),
        ({"total": Decimal("1E+999999")}, "odd_field:total"),
        ({"orderDetails": [{**LINE, "quantity": "two"}]}, "odd_field:quantity"),
        ({"orderDetails": [{**LINE, "productId": None}]}, "line_without_product"),
    ],
)
def test_an_odd_field_is_named(broken: dict[str, Any], problem: str) -> None:
    found = documents.order({**ORDER, **broken}, NOW)
    assert problem in found.problems
    assert len(found.lines) == len(
        documents.order({**ORDER, "orderDetails": broken.get("orderDetails", ORDER["orderDetails"])}, NOW).lines
    )


def test_without_a_code_it_is_no_order() -> None:
    with pytest.raises(ValueError, match="without code"):
        documents.order({**ORDER, "code": ""}, NOW)


@pytest.mark.parametrize(
    ("kind", "row", "found"),
    [
        ("pos_order", {"description": "2611 [erpsync:abc-1]"}, ("abc-1", "", False)),
        ("pos_order", {"description": "gọi trước [erpsync:abc-1] sửa", "status": 4}, ("abc-1", "", True)),
        ("pos_order", {"code": "DHSPE_2611AB", "status": 2}, ("", "2611AB", False)),
        ("pos_invoice", {"code": "HDSPE_2611AB", "status": 2}, ("", "2611AB", True)),
        ("pos_invoice", {"code": "HD1", "status": 4, "description": "x [erpsync:r]"}, ("r", "", False)),
        ("pos_order", {"description": "erpsync: abc"}, None),
        ("pos_order", {"code": "DHSPE1"}, None),
        ("pos_order", {}, None),
    ],
)
def test_hand_overs(kind: str, row: dict[str, Any], found: tuple[str, str, bool] | None) -> None:
    snapshot = documents.pos_document(kind, {**ORDER, **row}, NOW)
    assert (snapshot and (snapshot.reference, snapshot.order_number, snapshot.is_void)) == found


@given(reference=st.from_regex(r"[A-Za-z0-9:_.-]{1,80}", fullmatch=True), number=st.text(max_size=30))
def test_a_reference_is_found_in_what_we_write(reference: str, number: str) -> None:
    row = {**ORDER, "description": documents.described(number.replace("[", ""), reference)}
    assert documents.reference_in(row) == reference
    assert isinstance(documents.pos_document("pos_order", row, NOW), PosDocumentSnapshot)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("KvValidateProductException", Rejected),
        ("KvValidateCustomerException", Rejected),
        ("KvValidateOrderException", Rejected),
        ("KvValidateInvoiceException", Rejected),
        ("KvValidatePaymentException", Rejected),
        ("KvException", Rejected),
        ("KvUnauthorizedException", NotAuthorised),
        ("TokenException", NotAuthorised),
        ("KvNewException", Rejected),
    ],
)
def test_error_codes(code: str, kind: type[Exception]) -> None:
    found = errors.failure(420, {"responseStatus": {"errorCode": code, "message": "Lý do"}})
    assert type(found) is kind
    assert found.code == code
    assert str(found.reason).endswith("Lý do")


def test_recorded_errors() -> None:
    refused = errors.failure(420, raw("error__validation_420"))
    expired = errors.failure(401, raw("error__token_expired_401"))
    assert (type(refused), refused and refused.code) == (Rejected, "KvValidateProductException")
    assert (type(expired), expired and expired.code) == (NotAuthorised, "TokenException")


@pytest.mark.parametrize(
    ("status", "body", "kind", "after"),
    [
        (429, None, TryLater, 15.0),
        (500, {"responseStatus": {"errorCode": "SerializationException"}}, TryLater, 5.0),
        (503, None, TryLater, 5.0),
        (420, {"responseStatus": {"errorCode": "KvException", "message": "Empty list"}}, TryLater, 30.0),
        (420, {"responseStatus": {"message": "Danh sách hàng hóa rỗng"}}, TryLater, 30.0),
        (401, None, NotAuthorised, None),
        (403, None, Rejected, None),
        (404, ["not an object"], Rejected, None),
    ],
)
def test_statuses(status: int, body: object, kind: type[Exception], after: float | None) -> None:
    found = errors.failure(status, body)
    assert type(found) is kind
    assert getattr(found, "after", None) == after


@pytest.mark.parametrize("status", [200, 201])
def test_both_answers_to_a_create_are_a_success(status: int) -> None:
    assert errors.failure(status, {}) is None


@pytest.mark.parametrize("name", ["removedIds", "removeIds", "removeId", "removedId"])
def test_four_names_for_deleted_ids(name: str) -> None:
    assert fields.deleted({name: [5, 6, 5], "data": []}) == ("5", "6")


def test_times_are_vietnam_local_without_offset_both_ways() -> None:
    body, stamp = "2026-08-12T00:57:26.0730000", "2026-10-07T14:39:09.4969693+07:00"
    assert fields.moment({"t": body}, "t") == datetime(2026, 8, 11, 17, 57, 26, 73000, tzinfo=UTC)
    assert fields.moment({"t": stamp}, "t") == datetime(2026, 10, 7, 7, 39, 9, 496969, tzinfo=UTC)
    when = datetime(2026, 8, 11, 17, 57, 26, 1, tzinfo=UTC)
    assert (fields.local(when), fields.local(when, up=True)) == ("2026-08-12T00:57:26", "2026-08-12T00:57:27")


@given(value=st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_decimals_keep_every_digit(value: Decimal) -> None:
    parsed = lossless.parse(f'{{"n": {value:f}}}')
    assert fields.number(parsed, "n") == value
    assert "E" not in format(fields.number(parsed, "n"), "f")


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 100_000, b"\xff\xfe\xff", '{"a": Infinity}'])
def test_what_is_no_json(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        lossless.parse(text)


def test_what_postgresql_cannot_store_is_taken_out() -> None:
    row = lossless.parse(r'{"name": " a\u0000b\ud800 ", "list": ["\u0000"]}')
    assert fields.text(row, "name") == "ab?"
    assert answers.plain(row) == {"name": " ab? ", "list": [""]}
