"""Every sample is recognised, and says or refuses exactly what `expected.json` states."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from core.reasons import as_reason
from integrations.contract.statement_files import Contents, FileRefused
from integrations.statements.recognising import count
from integrations.wire.statements import finding
from integrations.wire.workbooks import open_workbook

from .samples import CHANNELS, EXPECTED, FOLDER, content, read_sample, recognised

PROTECTED = "protected_stub.xlsx"
KNOWN = sorted(EXPECTED.keys() - {PROTECTED})
SIGHT = {"orders", "income_unsettled", "products"}
READ = [name for name in KNOWN if EXPECTED[name]["kind"] not in SIGHT]
# refused by what the hub has: no order known, another name, a transfer that differs. The file alone is in order.
BY_THE_BOOKS = ("no order", "shop name", "statement VNMAU")
IN_ORDER = [
    name for name in READ
    if EXPECTED[name]["status"] == "ok" or any(words in EXPECTED[name]["status"] for words in BY_THE_BOOKS)
]  # fmt: skip


def test_all_samples_are_there() -> None:
    assert {path.name for path in FOLDER.glob("*.[xc][ls][sv]*")} == set(EXPECTED)
    assert len(EXPECTED) == 30


@pytest.mark.parametrize("name", KNOWN)
def test_a_sample_is_recognised_with_its_row_of_headings(name: str) -> None:
    expected, found = EXPECTED[name], recognised(name)
    platform = expected["platform"]
    assert found.channel == CHANNELS.get(platform, platform)
    assert found.profile.kind == expected["kind"]
    if found.workbook.encoding:
        # one sample does not say its encoding: it has no mark, and is UTF-8
        assert found.workbook.encoding == expected.get("encoding", "utf-8-sig")
        assert found.workbook.delimiter == expected["delimiter"]
    if "refuse: missing" not in expected["status"]:
        parts = finding.parts(found.workbook, found.profile)
        assert {part.header_row for part in parts} == (
            {expected["header_row"]} - {None} if "header_row" in expected else {1}
        )
        assert found.is_cover == (expected["status"] == "empty")
        if "language" in expected:
            assert {part.language for part in parts} == {expected["language"]}


@pytest.mark.parametrize("name", [name for name in KNOWN if EXPECTED[name]["kind"] in SIGHT])
def test_other_kinds_are_refused_by_what_they_are(name: str) -> None:
    expected, found = EXPECTED[name], recognised(name)
    with pytest.raises(FileRefused) as refused:
        read_sample(name)
    reason = refused.value.reason
    if expected["status"] != "ok":
        assert reason.code == "cell_id_lost"
        assert reason.values == {"sheet": "–", "row": "2", "column": "Order ID", "value": "5,841E+17"}
        return
    assert reason.code == {
        "orders": "file_not_a_statement", "income_unsettled": "file_not_final", "products": "file_product_list",
    }[expected["kind"]]  # fmt: skip
    assert reason.values == {"kind": str(found.title)}
    parts = finding.parts(found.workbook, found.profile)
    rows, things = count(parts, found.profile)
    assert rows == expected["rows"]
    assert things == expected.get("orders", expected["rows"])


def test_a_heading_that_is_there_twice_is_known_as_such() -> None:
    found = recognised("tiktok_unsettled_vi.xlsx")
    [part] = finding.parts(found.workbook, found.profile)
    assert part.twice == ("ID đơn hàng liên quan",)
    assert len(part.sheet.rows[part.header_row - 1]) == EXPECTED["tiktok_unsettled_vi.xlsx"]["columns"]


def test_a_protected_file_says_so() -> None:
    with pytest.raises(FileRefused) as refused:
        open_workbook(content(PROTECTED))
    assert refused.value.reason.code == "file_protected_or_old"


@pytest.mark.parametrize("name", [name for name in READ if "missing column" in EXPECTED[name]["status"]])
def test_a_renamed_column_is_named(name: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_sample(name)
    reason = refused.value.reason
    assert reason.code == "file_column_missing"
    assert EXPECTED[name]["status"] == f"refuse: missing column {reason.values['column']}"


def test_a_sum_that_is_wrong_is_told_with_its_difference() -> None:
    shopee = [as_reason(problem) for problem in read_sample("shopee_income_vn_wrong_sum.xlsx").problems]
    assert [problem.code for problem in shopee] == ["file_order_differs", "file_total_differs"]
    assert shopee[0].values == {
        "sheet": "Doanh thu", "row": "4", "order": "260502TSTA0001", "parts": "185190", "said": "186190", "difference": "1000",
    }  # fmt: skip
    assert shopee[1].values["difference"] == "1000"
    [tiktok] = [as_reason(problem) for problem in read_sample("tiktok_income_vi_wrong_sum.xlsx").problems]
    assert (tiktok.code, tiktok.values["order"], tiktok.values["difference"]) == (
        "file_order_differs", "584100000000000002", "-1",
    )  # fmt: skip


@pytest.mark.parametrize("name", IN_ORDER)
def test_what_a_file_says_is_what_is_expected(name: str) -> None:
    expected, found = EXPECTED[name], read_sample(name)
    assert found.problems == ()
    CHECKS[expected["platform"], expected["kind"]](found, dict(expected))


def by_order(found: Contents) -> dict[str, Decimal]:
    """The sums of the lines that are stored, by order or own id."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in found.lines:
        sums[line.order_number] += line.amount
    return sums


def check_shopee_income(found: Contents, expected: dict) -> None:  # type: ignore[type-arg]
    assert found.shop_name == expected["shop"]
    assert found.tax_codes == (expected["tax_code"],)
    assert [day.isoformat() for day in found.period or ()] == expected["period"]
    assert found.totals["paid"] == expected["summary_total"]
    assert found.orders_paid == expected["order_totals"]
    assert found.rows == expected["orders"] + expected["sku_rows"] + len(expected["adjustments"])
    moved = [line.amount for line in found.lines if line.kind == "adjustment"]
    assert moved == expected["adjustments"]
    stored = {order: by_order(found)[order] for order in found.sums}
    assert stored == found.sums
    assert sum(stored.values()) == expected["summary_total"] + sum(expected["adjustments"])


def check_shopee_balance(found: Contents, expected: dict) -> None:  # type: ignore[type-arg]
    assert found.lines == ()
    assert found.rows == expected["rows"]
    assert found.totals == {
        "in": expected["sum_in"], "out": expected["sum_out"], "opening": expected["opening"], "closing": expected["closing"],
    }  # fmt: skip
    income = EXPECTED["shopee_income_vn.xlsx"]
    assert found.orders_paid == income["order_totals"]
    assert [movement.amount for movement in found.movements if movement.is_payout] == [-500_000]


def check_tiktok(found: Contents, expected: dict) -> None:  # type: ignore[type-arg]
    assert found.rows == expected["rows"]
    assert found.sums == expected["order_settlement"] | expected.get("adjustments", {})
    assert found.totals["settlement"] == expected["total_settlement"]
    assert "total_fees" not in expected or found.totals["fees"] == expected["total_fees"]
    assert sum(line.amount for line in found.lines) == expected["total_settlement"]
    assert not {line.fee for line in found.lines} & {"fee_tax_amount", "difference"}


def check_ledger(found: Contents, expected: dict) -> None:  # type: ignore[type-arg]
    assert found.rows == expected["rows"]
    assert found.totals == {"total": expected["total"]}
    if "by_order" in expected:
        assert {order or "(none)": amount for order, amount in found.sums.items()} == expected["by_order"]
        assert found.statements == expected["by_statement"]
        assert list(found.unknown_fees) == expected["unknown_fee_names"]
    assert sum(line.amount for line in found.lines) == expected["total"]


def check_wallet(found: Contents, expected: dict) -> None:  # type: ignore[type-arg]
    assert found.lines == ()
    assert found.totals == {"withdrawn": expected["withdrawn"]}
    assert found.rows == expected["rows"]


CHECKS = {
    ("shopee", "income_released"): check_shopee_income,
    ("shopee", "balance"): check_shopee_balance,
    ("tiktok", "income_settled"): check_tiktok,
    ("lazada", "statement_daily"): check_ledger,
    ("lazada", "statement_weekly"): check_ledger,
    ("lazada", "wallet"): check_wallet,
}


def test_both_schemas_of_a_ledger_and_both_languages_of_a_settlement_make_the_same_rows() -> None:
    def rows(name: str, among: set[str] | None = None) -> set[tuple[object, ...]]:
        return {
            (line.external_id, line.kind, line.fee, line.amount, line.scope)
            for line in read_sample(name).lines
            if "2026" not in line.fee and (among is None or line.order_number in among)
        }

    ledgers = [
        rows(f"lazada_{name}")
        for name in ("income_overview_vi.xlsx", "transaction_overview_en.xlsx", "statement_en.csv")
    ]
    assert ledgers[0] == ledgers[1] == ledgers[2]
    orders = {"584100000000000001", "584100000000000003"}
    assert rows("tiktok_income_en.xlsx", orders) == rows("tiktok_income_vi.xlsx", orders)


def test_cut_and_whole_exports_make_the_same_rows() -> None:
    cut, whole = (read_sample(f"shopee_income_vn{part}.xlsx").lines for part in ("_two_sheets", ""))
    keys = [{(line.external_id, line.amount) for line in lines} for lines in (cut, whole)]
    assert keys[0] == keys[1]
