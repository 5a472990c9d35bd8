"""Samples become snapshots as a person wrote them down; odd values never become a crash or a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.misa_crm.mapping import errors, fields, goods, people, sales, states
from integrations.contract.errors import NotAuthorised, Rejected, TryLater

from .samples import expected, raw, short

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LABELS = states.read("Chưa thực hiện = to_ship; Hoàn thành = completed")


def held() -> goods.Held:
    return goods.held({"KHO01": raw("ledger__success_false")["data"]}, "main_stock_quantity")


MAPPED: dict[str, Callable[[Any], Any]] = {
    "customers__list": lambda row: people.customer(row, NOW),
    "contacts__list": lambda row: people.contact(row, NOW),
    "products__list": lambda row: goods.listing(row, NOW, held()),
    "sale_orders__list": lambda row: sales.order(row, LABELS, NOW),
    "sale_orders__odd": lambda row: sales.order(row, LABELS, NOW),
}


@pytest.mark.parametrize("name", MAPPED)
def test_a_sample_becomes_what_a_person_expects(name: str) -> None:
    assert [short(MAPPED[name](row)) for row in raw(name)["data"]] == expected(name)


def test_which_quantity_is_on_hand_is_a_setting_and_a_missing_one_is_not_zero() -> None:
    rows = [
        {"product_code": " ao ", "main_stock_quantity": "18.00", "amount_summary": 3},
        {"product_code": "QUAN", "amount_summary": -2},
        {"product_code": "NON", "main_stock_quantity": "nhiều", "amount_summary": 1},
    ]
    assert goods.held({"K": rows}, "main_stock_quantity") == {"ao": {"K": Decimal(18)}}
    found = goods.held({"K": rows}, "amount_summary")
    assert found == {"ao": {"K": Decimal(3)}, "quan": {"K": Decimal(-2)}, "non": {"K": Decimal(1)}}
    short_one = goods.listing({"product_code": "Quan "}, NOW, found)
    assert [(stock.warehouse, stock.sellable) for stock in short_one.stock] == [("K", 0)]


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ({"sale_order_date": "2026-10-07"}, {"no_lines"}),
        ({}, {"odd_field:sale_order_date", "no_lines"}),
        ({"sale_order_date": "soon"}, {"odd_field:sale_order_date", "no_lines"}),
        ({"sale_order_date": "2026-10-07", "sale_order_amount": []}, {"odd_field:sale_order_amount", "no_lines"}),
    ],
)
def test_what_makes_no_sense_in_a_sale_order_is_named(row: dict[str, Any], problems: set[str]) -> None:
    assert set(sales.order({"sale_order_no": "1"} | row, LABELS, NOW).problems) == problems


def test_who_sold_it_is_named_by_the_code_of_the_employee() -> None:
    found = sales.order({"sale_order_no": "1", "employee_code": "NV007", "owner_name": "Lê Minh Quân"}, LABELS, NOW)
    assert (found.staff_id, found.staff_name) == ("NV007", "Lê Minh Quân")


def test_without_a_number_it_is_no_sale_order() -> None:
    with pytest.raises(ValueError, match="without number"):
        sales.order({"sale_order_date": "2026-10-07"}, LABELS, NOW)


def test_states_are_read_as_typed_and_written_by_their_first_label() -> None:
    found = states.read("Mới = to_ship;\n Đã đóng gói = packed ; Chờ = to_ship;")
    assert found == {"Mới": "to_ship", "Đã đóng gói": "packed", "Chờ": "to_ship"}
    assert [states.word_of(found, label) for label in ("mới ", "Chờ", "Khác", "")] == ["to_ship", "to_ship", "", ""]
    assert [states.label_of(found, word) for word in ("to_ship", "packed", "cancelled")] == ["Mới", "Đã đóng gói", ""]


@pytest.mark.parametrize("setting", ["Mới", "Mới = neu", "= to_ship", "Mới ="])
def test_a_list_of_states_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        states.read(setting)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("07/10/2026", "2026-10-06T17:00:00+00:00"),
        ("2026-10-07", "2026-10-06T17:00:00+00:00"),
        ("2026-10-07T00:00:00.000+07:00", "2026-10-06T17:00:00+00:00"),
        ("2026-10-07T15:00:01.340", "2026-10-07T08:00:01.340000+00:00"),
    ],
)
def test_all_forms_of_a_date_are_vietnams_unless_they_say_otherwise(text: str, iso: str) -> None:
    found = fields.moment({"at": text}, "at")
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize("value", [True, [], {}, "x", "NaN", "1e99", 10**16])
def test_no_number_is_taken_for_one(value: Any) -> None:
    with pytest.raises(ValueError, match="n is"):
        fields.amount({"n": value}, "n")


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, raw("customers__list"), None, ""),
        (200, raw("ledger__success_false"), None, ""),
        (200, raw("customer__by_code_empty"), None, ""),
        (200, {"success": True, "code": 200}, TryLater, "unreadable_answer"),
        (200, {"success": False, "code": 0, "data": [], "error_message": "Sai"}, Rejected, "200"),
        (200, {"success": False, "code": 401, "data": None}, NotAuthorised, "401"),
        (401, None, NotAuthorised, "401"),
        (403, {}, Rejected, "403"),
        (400, raw("account__refused"), Rejected, "400"),
        (429, {}, TryLater, "429"),
        (500, None, TryLater, "500"),
        (200, {"code": 503}, TryLater, "503"),
    ],
)
def test_an_answer_is_judged_by_status_words_and_what_is_missing(
    status: int, body: Any, kind: type[Exception] | None, code: str
) -> None:
    found = errors.failure(status, body, "data")
    assert (type(found) if found else None, found.code if found else "") == (kind, code)


@pytest.mark.parametrize("status", [200, 400])
def test_refused_credentials_say_so_at_either_status(status: int) -> None:
    found = errors.token_failure(status, raw("account__refused"))
    assert isinstance(found, NotAuthorised)
    assert "Thông tin xác thực không hợp lệ" in str(found.reason)
    assert errors.token_failure(200, raw("account__granted")) is None


@pytest.mark.parametrize(
    "result",
    [
        raw("write__refused_at_200")["results"][0],
        {
            "success": False,
            "validate_result": {"FieldName": "tax_code", "ErrorMessage": "Giá trị của Mã số thuế đã bị trùng."},
        },
    ],
)
def test_a_refused_record_names_its_field_in_either_spelling(result: dict[str, Any]) -> None:
    found = errors.row_refusal(result)
    assert found is not None
    assert (found.code, "Mã số thuế đã bị trùng" in str(found.reason)) == ("tax_code", True)
    assert errors.row_refusal(raw("write__taken")["results"][0]) is None
    assert errors.row_refusal({}) is not None
