"""Files that somebody worked on, cut, doubled or mixed up: held whole, each with its own words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from commissions.models import StatementFile, StatementLine
from core.reasons import Reason
from integrations.statements.examining import Upload
from inventory.models import Shop

from .books import Book, changed
from .conftest import checked, codes, imported
from .samples import content

DETAIL = "Chi tiết đơn hàng"


def put(sheet: str, cell: str, value: object) -> Callable[[Book], None]:
    return lambda book: book.put(sheet, cell, value)


def problem(shop: Shop, upload: Upload) -> Reason:
    """The first problem of a file that is held."""
    [file] = imported(shop, upload)
    assert file.state == StatementFile.State.REFUSED
    assert not StatementLine.objects.exists()
    return Reason.from_json(file.problems[0])


SETTLED, INCOME, DAILY, BALANCE = (
    "tiktok_income_vi.xlsx", "shopee_income_vn.xlsx", "lazada_income_overview_vi.xlsx", "shopee_balance_vn.xlsx",
)  # fmt: skip
CASES: dict[str, tuple[str, Callable[[Book], None], str, dict[str, str]]] = {
    "an id that Excel made a number": (
        SETTLED, put(DETAIL, "A3", 584100000000000002), "cell_id_lost",
        {"sheet": DETAIL, "row": "3", "column": "ID đơn hàng/điều chỉnh"},
    ),
    "an id in scientific notation": (
        SETTLED, put(DETAIL, "A3", "5,841E+17"), "cell_id_lost", {"value": "5,841E+17"},
    ),
    "an amount that is a text": (
        SETTLED, put(DETAIL, "F3", "n/a"), "cell_no_amount", {"row": "3", "column": "Tổng số tiền quyết toán", "value": "n/a"},
    ),
    "an amount with a fraction of a group": (
        SETTLED, put(DETAIL, "F3", "83.5.43"), "cell_no_amount", {"value": "83.5.43"},
    ),
    "a date with day and month turned": (
        SETTLED, put(DETAIL, "D3", "09/06/2026"), "cell_no_day", {"column": "Thời gian quyết toán đơn hàng"},
    ),
    "a date that is missing": (SETTLED, put(DETAIL, "D3", None), "cell_empty", {"row": "3"}),
    "one row in another currency": (
        SETTLED, put(DETAIL, "E4", "THB"), "file_other_currency", {"row": "4", "currency": "THB", "own": "VND"},
    ),
    "one dong too much": (
        SETTLED, put(DETAIL, "F2", "232181"), "file_order_differs", {"order": "584100000000000001", "difference": "1"},
    ),
    "a row that was taken out": (
        SETTLED, lambda book: book.delete_row(DETAIL, 2), "file_total_differs",
        {"sheet": "Báo cáo", "parts": "178043", "said": "410223", "difference": "-232180"},
    ),
    "a correction that was taken out": (
        INCOME, lambda book: book.delete_row("Adjustment", 14), "file_total_differs", {"sheet": "Adjustment", "difference": "54000"},
    ),
    "a fee that was changed": (
        INCOME, put("Doanh thu", "AA4", -21_599), "file_order_differs", {"row": "4", "order": "260502TSTA0001"},
    ),
    "a summary in another currency": (
        INCOME, put("Summary", "B5", "THB"), "file_other_currency", {"sheet": "Summary", "row": "5", "currency": "THB"},
    ),
    "a balance with a gap": (
        BALANCE, lambda book: book.delete_row("Transaction Report", 22), "file_balance_breaks", {"row": "21", "difference": "-54000"},
    ),
    "a ledger's amount that is a formula": (
        DAILY, put("Income Overview", "E2", "=460000+1"), "file_has_formulas", {},
    ),
    "a new column with money that does not add up": (
        INCOME, lambda book: _new_column(book, -5, paid=185_183), "file_order_differs", {"order": "260502TSTA0001"},
    ),
}  # fmt: skip


def _new_column(book: Book, amount: int, paid: int) -> None:
    book.put("Doanh thu", "M4", paid)
    book.insert_column("Doanh thu", 32)
    book.put("Doanh thu", "AF3", "Phí mới toanh")
    book.put("Doanh thu", "AF4", amount)


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_not_as_it_was_exported_is_held_whole(
    case: str, shopee: Shop, tiktok: Shop, lazada: Shop
) -> None:
    name, change, code, values = CASES[case]
    shop = {"shopee": shopee, "tiktok": tiktok, "lazada": lazada}[name.split("_")[0]]
    found = problem(shop, changed(name, change))
    assert found.code == code
    assert {key: found.values[key] for key in values} == values


def test_a_new_column_that_explains_the_rest_is_imported_with_a_warning(shopee: Shop) -> None:
    def change(book: Book) -> None:
        _new_column(book, -5, paid=185_185)
        book.put("Summary", "D33", 658_085)

    [file] = imported(shopee, changed(INCOME, change))
    assert (file.state, codes(file.warnings)) == (StatementFile.State.IMPORTED, ["file_column_unknown"])
    assert file.warnings[0]["values"] == {"sheet": "Doanh thu", "column": "Phí mới toanh", "sum": "-5"}
    line = StatementLine.objects.get(amount=-5)
    assert (line.kind, line.fee, line.order_number) == ("other", "Phí mới toanh", "260502TSTA0001")


def test_a_new_column_beside_orders_that_add_up_is_no_money(shopee: Shop) -> None:
    [file] = imported(shopee, changed(INCOME, lambda book: _new_column(book, -5, paid=185_190)))
    assert (file.state, codes(file.warnings)) == (StatementFile.State.IMPORTED, ["file_column_unknown"])
    assert not StatementLine.objects.filter(amount=-5).exists()


def test_a_heading_twice_is_read_once_and_said(lazada: Shop) -> None:
    def change(book: Book) -> None:
        book.put("Income Overview", "L1", "Mã đơn hàng")
        book.put("Income Overview", "L2", "999")

    [file] = imported(lazada, changed(DAILY, change))
    assert file.state == StatementFile.State.IMPORTED
    assert codes(file.warnings) == ["file_column_twice", "file_fee_unknown", "file_no_total"]
    assert not StatementLine.objects.filter(order_number="999").exists()


def test_a_block_that_stands_in_a_file_twice_counts_once(tiktok: Shop) -> None:
    def change(book: Book) -> None:
        book[DETAIL] += [list(row) for row in book[DETAIL][1:5]]

    [file] = imported(tiktok, changed(SETTLED, change))
    assert file.state == StatementFile.State.IMPORTED
    assert set(codes(file.warnings)) == {"file_row_repeated"}
    assert sum(line.amount for line in StatementLine.objects.all()) == 410_223


@pytest.mark.parametrize(
    ("written", "amount"),
    [("−9.200,00", -9200), ("-9200", -9200), ("–9.200", -9200), ("-9,200.00", -9200), ("-9 200", -9200)],
)
def test_amounts_in_every_form_that_was_seen(written: str, amount: int, lazada: Shop) -> None:
    def change(book: Book) -> None:
        book.put("Income Overview", "E4", written)

    [file] = imported(lazada, changed(DAILY, change))
    assert file.state == StatementFile.State.IMPORTED
    assert StatementLine.objects.get(fee="Payment Fee", order_number="5200000000000001").amount == Decimal(amount)


def test_ids_that_excel_rounded_and_shows_whole_are_known_by_their_zeros(tiktok: Shop) -> None:
    def change(book: Book) -> None:
        for row in book[DETAIL][1:]:
            row[0] = row[0][:15] + "0" * (len(row[0]) - 15)

    found = problem(tiktok, changed(SETTLED, change))
    assert (found.code, found.values["row"], found.values["value"]) == ("cell_id_lost", "2", "584100000000000000")


def test_a_preamble_with_a_line_more_is_no_matter(shopee: Shop) -> None:
    def change(book: Book) -> None:
        book["Doanh thu"].insert(0, [])

    [file] = checked(shopee, changed(INCOME, change))
    assert (file.state, file.rows) == (StatementFile.State.CHECKED, 13)


def test_many_bad_cells_are_listed_up_to_twenty(lazada: Shop) -> None:
    rows = content("lazada_statement_en.csv").decode("utf-8-sig").splitlines()
    bad = [rows[0], *(rows[1].replace("460,000.00", "x") for _ in range(33))]
    [file] = checked(lazada, Upload("a.csv", "\n".join(bad).encode()))
    assert codes(file.problems) == ["cell_no_amount"] * 20 + ["file_more_problems"]
    assert file.problems[-1]["values"] == {"n": "13"}


def test_product_names_that_look_like_formulas_are_never_stored(lazada: Shop) -> None:
    text = content("lazada_statement_en.csv").decode("utf-8-sig").replace("Hàng mẫu; loại 1", "=cmd|' /C calc'!A0")
    [file] = imported(lazada, Upload("a.csv", text.encode()))
    assert file.state == StatementFile.State.IMPORTED
    assert not StatementLine.objects.filter(raw__icontains="cmd").exists()


def test_a_file_saved_on_vietnamese_windows_is_read_with_a_warning(lazada: Shop) -> None:
    text = content("lazada_statement_en.csv").decode("utf-8-sig").replace("Hàng mẫu; loại 1", "Áo đỏ").replace("ắ", "a")
    plain = text.encode("cp1258", errors="ignore")
    [file] = checked(lazada, Upload("a.csv", plain))
    assert (file.state, codes(file.warnings)[0]) == (StatementFile.State.CHECKED, "file_other_encoding")


def test_what_is_no_statement_at_all_says_what_it_has(lazada: Shop) -> None:
    [file] = checked(lazada, Upload("a.csv", "Họ tên;Lương\nAn;1\n".encode()))
    found = Reason.from_json(file.problems[0])
    assert (found.code, found.values) == ("file_not_recognised", {"sheets": "–", "seen": "Họ tên, Lương"})
