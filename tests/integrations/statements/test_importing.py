"""Imports: every sample is stored or refused as `expected.json` says, in one transaction, once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models import Sum

from commissions.models import StatementFile, StatementLine
from commissions.services import statement_files
from commissions.services.statement_files import Comparison, forget_content
from commissions.services.statements import adopt_statement_lines
from commissions.signals import statement_lines_changed
from integrations.accounts.connections import NotPossible
from integrations.statements.examining import Upload
from integrations.statements.importing import MOST_FILES, import_upload, preview, upload
from inventory.models import Shop
from orders.models import Order

from .conftest import checked, codes, imported, know, uploaded
from .samples import EXPECTED, NOW, content

State = StatementFile.State


def total(shop: Shop) -> Decimal:
    return StatementLine.objects.filter(shop=shop).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_sample_is_stored_or_refused_as_expected(name: str, shopee: Shop, tiktok: Shop, lazada: Shop) -> None:
    expected = EXPECTED[name]
    shops = {"shopee": shopee, "tiktok": tiktok, "lazada": lazada}
    shop = shops.get(expected.get("platform", ""), shopee)
    beside = ["lazada_wallet_en.csv"] if "wallet" in expected["status"] else []
    [file, *_] = imported(shop, name, *beside)
    is_statement = expected.get("kind") in {
        "income_released", "balance", "income_settled", "statement_daily", "statement_weekly", "wallet",
    }  # fmt: skip
    refused = expected["status"].startswith("refuse") or not is_statement
    assert file.state == (State.REFUSED if refused else State.IMPORTED)
    assert bool(file.problems) == refused
    assert file.content is None
    sums = {
        "income_released": lambda: expected["summary_total"] + sum(expected["adjustments"]),
        "income_settled": lambda: expected["total_settlement"],
        "statement_daily": lambda: expected["total"],
        "statement_weekly": lambda: expected["total"],
    }
    stored = sums.get(expected.get("kind", ""), lambda: 0)()
    assert total(shop) == (0 if refused else stored)
    assert StatementLine.objects.exclude(file=file).count() == 0


REFUSALS = {
    "shopee_income_vn_other_shop.xlsx": "file_shop_other_name",
    "tiktok_income_vi_other_shop.xlsx": "file_shop_unknown",
    "lazada_income_overview_vi_other_shop.xlsx": "file_shop_unknown",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_file_that_is_not_of_the_shop_says_so(name: str, shopee: Shop, tiktok: Shop, lazada: Shop) -> None:
    shop = {"shopee": shopee, "tiktok": tiktok, "lazada": lazada}[EXPECTED[name]["platform"]]
    [file] = checked(shop, name)
    assert codes(file.problems) == [REFUSALS[name]]


def test_a_file_of_another_shop_of_ours_names_that_shop(tiktok: Shop) -> None:
    other = Shop.objects.create(name="Tre Xanh", channel="tiktok_shop")
    [file] = checked(other, "tiktok_income_vi.xlsx", visible=[other.pk, tiktok.pk], confirmed=True)
    assert codes(file.problems) == ["file_shop_of_other"]
    assert file.problems[0]["values"] == {
        "n": "2", "all": "5", "here": "0", "other": "Hoa Sen TikTok", "shop": "Tre Xanh",
    }  # fmt: skip
    [file] = checked(other, "tiktok_income_vi.xlsx", visible=[other.pk])
    assert codes(file.problems) == ["file_shop_of_another"]
    assert "Hoa Sen" not in str(file.problems)


def test_lines_of_an_import_tell_whose_a_file_is_as_orders_do(tiktok: Shop) -> None:
    Order.objects.all().delete()
    [mine] = imported(tiktok, "tiktok_income_vi.xlsx", confirmed=True)
    assert (mine.state, codes(mine.warnings)) == (State.IMPORTED, ["file_shop_not_proven"])
    other = Shop.objects.create(name="Tre Xanh", channel="tiktok_shop")
    [file] = checked(other, "tiktok_income_vi.xlsx", visible=[other.pk, tiktok.pk], confirmed=True)
    assert codes(file.problems) == ["file_shop_of_other"]


def test_a_shop_renamed_here_is_known_by_the_tax_code_of_an_earlier_file(shopee: Shop) -> None:
    shopee.name = "Hoa Sen Shopee"
    shopee.save()
    [file] = checked(shopee, "shopee_income_vn.xlsx")
    assert codes(file.problems) == ["file_shop_other_name"]
    imported(shopee, "shopee_income_vn_layout_2026_03.xlsx", confirmed=True)
    [file] = checked(shopee, "shopee_income_vn.xlsx")
    assert (file.state, file.warnings) == (State.CHECKED, [])


def test_a_file_of_another_channel_says_which(shopee: Shop) -> None:
    [file] = checked(shopee, "tiktok_income_vi.xlsx")
    assert codes(file.problems) == ["file_other_channel"]
    assert file.problems[0]["values"]["channel"] == "TikTok Shop"


def test_checking_writes_no_line_and_a_dry_run_says_what_would_come(tiktok: Shop) -> None:
    key = uploaded(tiktok, "tiktok_income_vi.xlsx")
    assert not StatementLine.objects.exists()
    [(file, found)] = preview(key, visible=[tiktok.pk])
    assert found
    assert (file.new_lines, file.same_lines, file.changed_lines) == (len(found.comparison.new), 0, 0)
    assert sum(line.amount for line in found.comparison.new) == 410_223
    assert (file.totals["settlement"], file.first_day.isoformat()) == ("410223", "2026-06-09")  # type: ignore[union-attr]
    assert not StatementLine.objects.exists()


def test_importing_again_or_overlapping_brings_only_what_is_new(tiktok: Shop) -> None:
    [first] = imported(tiktok, "tiktok_income_vi.xlsx")
    before = list(StatementLine.objects.order_by("pk").values())
    [again] = imported(tiktok, "tiktok_income_vi.xlsx")
    assert (again.new_lines, again.same_lines, again.changed_lines) == (0, first.new_lines, 0)
    assert codes(again.warnings) == ["file_same_again"]
    assert list(StatementLine.objects.order_by("pk").values()) == before
    assert import_upload(again.upload, actor=None, visible=[tiktok.pk])
    [overlap] = imported(tiktok, "tiktok_income_vi_overlap.xlsx")
    fresh = StatementLine.objects.filter(file=overlap)
    assert {line.order_number for line in fresh} == {"584100000000000006"}
    assert (overlap.new_lines, overlap.changed_lines) == (fresh.count(), 0)
    assert total(tiktok) == 410_223 + 45_000


def test_both_schemas_and_languages_import_as_the_same(lazada: Shop) -> None:
    [daily] = imported(lazada, "lazada_income_overview_vi.xlsx")
    for name in ("lazada_transaction_overview_en.xlsx", "lazada_statement_en.csv"):
        [file] = imported(lazada, name)
        assert (file.state, file.new_lines, file.same_lines, file.changed_lines) == (
            State.IMPORTED, 0, daily.new_lines, 0,
        )  # fmt: skip
    assert total(lazada) == EXPECTED["lazada_income_overview_vi.xlsx"]["total"]


def test_a_changed_amount_is_a_new_version_that_names_both_files(lazada: Shop) -> None:
    imported(lazada, "lazada_statement_en.csv")
    changed = content("lazada_statement_en.csv").replace(b'"-9,200.00"', b'"-9,201.00"')
    key = uploaded(lazada, Upload("thang6.csv", changed))
    [(_file, found)] = preview(key, visible=[lazada.pk])
    assert found
    [change] = found.comparison.changed
    assert (change.line.amount, change.before.amount) == (Decimal(-9201), Decimal(-9200))  # type: ignore[union-attr]
    assert import_upload(key, actor=None, visible=[lazada.pk])
    line = StatementLine.objects.get(amount=-9201)
    assert line.raw["file"] == "thang6.csv"
    assert line.raw["before"] == {"file": "lazada_statement_en.csv", "amount": "-9200.0000"}
    assert total(lazada) == 599_993


def test_a_row_that_a_later_file_no_longer_has_is_gone_and_its_order_counts_anew(lazada: Shop) -> None:
    imported(lazada, "lazada_statement_en.csv")
    told: list[set[int]] = []

    def listen(order_ids: set[int], **_: object) -> None:
        told.append(order_ids)

    rows = content("lazada_statement_en.csv").splitlines(keepends=True)
    key = uploaded(lazada, Upload("later.csv", b"".join(row for row in rows if b"LazCoins" not in row)))
    statement_lines_changed.connect(listen)
    try:
        assert import_upload(key, actor=None, visible=[lazada.pk])
    finally:
        statement_lines_changed.disconnect(listen)
    assert total(lazada) == 599_994 + 2_300
    file = StatementFile.objects.get(upload=key)
    assert (file.new_lines, file.changed_lines) == (0, 1)
    assert told == [{Order.objects.get(shop=lazada).pk}]


def test_a_statement_against_its_transfer(lazada: Shop) -> None:
    both = ("lazada_income_overview_vi_wrong_sum.xlsx", "lazada_wallet_en.csv")
    files = imported(lazada, *both)
    assert [file.state for file in files] == [State.REFUSED, State.CHECKED]
    [problem] = files[0].problems
    assert problem["code"] == "file_transfer_differs"
    assert problem["values"] == {
        "statement": "VNMAU-2026-0601", "parts": "726594", "file": "lazada_wallet_en.csv", "said": "744994",
        "difference": "-18400",
    }  # fmt: skip
    assert not StatementLine.objects.exists()
    good = imported(lazada, "lazada_income_overview_vi.xlsx", "lazada_wallet_en.csv")
    assert [file.state for file in good] == [State.IMPORTED, State.IMPORTED]
    assert codes(good[0].warnings) == ["file_fee_unknown"]
    assert good[1].payouts[0]["amount"] == "-744994"
    # the transfer stays known: a later file of the same statement is held against it
    [later] = checked(lazada, "lazada_income_overview_vi_wrong_sum.xlsx")
    assert codes(later.problems) == ["file_transfer_differs"]


def test_a_wallet_that_comes_later_finds_the_statement_that_differs(lazada: Shop) -> None:
    [wrong] = imported(lazada, "lazada_income_overview_vi_wrong_sum.xlsx")
    assert (wrong.state, codes(wrong.warnings)) == (State.IMPORTED, ["file_fee_unknown", "file_no_total"])
    [wallet] = checked(lazada, "lazada_wallet_en.csv")
    assert codes(wallet.problems) == ["file_transfer_differs"]


def test_income_against_the_balance(shopee: Shop) -> None:
    files = imported(shopee, "shopee_income_vn.xlsx", "shopee_balance_vn.xlsx")
    assert [file.state for file in files] == [State.IMPORTED, State.IMPORTED]
    assert StatementLine.objects.filter(file=files[1]).count() == 0
    assert codes(files[1].warnings) == ["file_only_checked"]


def test_one_refused_file_holds_back_the_whole_upload(tiktok: Shop) -> None:
    files = imported(tiktok, "tiktok_income_vi_overlap.xlsx", "tiktok_income_vi_wrong_sum.xlsx")
    assert [file.state for file in files] == [State.CHECKED, State.REFUSED]
    assert not StatementLine.objects.exists()


def test_orders_that_are_not_known_do_not_stop_a_file_and_join_later(tiktok: Shop) -> None:
    imported(tiktok, "tiktok_income_vi.xlsx")
    number = "584100000000000003"
    assert set(StatementLine.objects.filter(order_number=number).values_list("order", flat=True)) == {None}
    order = Order.objects.create(shop=tiktok, number=number, placed_at=NOW, asked_at=NOW)
    adopt_statement_lines([order.pk])
    assert set(StatementLine.objects.filter(order_number=number).values_list("order", flat=True)) == {order.pk}


def test_lines_of_shopee_say_when_they_were_paid(shopee: Shop) -> None:
    imported(shopee, "shopee_income_vn.xlsx")
    line = StatementLine.objects.get(external_id="260502TSTA0001:commission_fee")
    assert (line.kind, line.fee, line.amount, line.is_paid) == ("commission", "commission_fee", -21_600, True)
    assert line.paid_at is not None
    assert line.paid_at.isoformat() == "2026-05-07T17:00:00+00:00"
    assert {key: line.raw[key] for key in ("file", "sheet", "row", "heading")} == {
        "file": "shopee_income_vn.xlsx", "sheet": "Doanh thu", "row": 4, "heading": "Phí cố định",
    }  # fmt: skip


def test_what_nobody_imported_is_forgotten_after_a_day(tiktok: Shop) -> None:
    key = uploaded(tiktok, "tiktok_income_vi.xlsx")
    assert forget_content() == 0
    StatementFile.objects.update(uploaded_at=NOW.replace(year=2025))
    assert forget_content() == 1
    assert [found for _file, found in preview(key, visible=[tiktok.pk])] == [None]
    assert not import_upload(key, actor=None, visible=[tiktok.pk])
    file = StatementFile.objects.get()
    assert (file.state, codes(file.problems)) == (State.REFUSED, ["file_expired"])
    assert not StatementLine.objects.exists()


def test_what_changed_between_check_and_import_is_seen(tiktok: Shop) -> None:
    key = uploaded(tiktok, "tiktok_income_vi.xlsx")
    other = Shop.objects.create(name="Tre Xanh", channel="tiktok_shop")
    for number in EXPECTED["tiktok_income_vi.xlsx"]["order_settlement"]:
        Order.objects.create(shop=other, number=number, placed_at=NOW, asked_at=NOW)
    assert not import_upload(key, actor=None, visible=[tiktok.pk])
    assert StatementFile.objects.get().state == State.REFUSED
    assert not StatementLine.objects.exists()


def test_a_failure_in_the_middle_leaves_nothing(tiktok: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    key = uploaded(tiktok, "tiktok_income_vi.xlsx", "tiktok_income_vi_overlap.xlsx")

    store = statement_files.store

    def store_first(file: StatementFile, found: Comparison) -> None:
        store(file, found)
        if "overlap" in file.name:
            raise RuntimeError

    monkeypatch.setattr(statement_files, "store", store_first)
    with pytest.raises(RuntimeError):
        import_upload(key, actor=None, visible=[tiktok.pk])
    assert not StatementLine.objects.exists()
    assert set(StatementFile.objects.values_list("state", flat=True)) == {State.CHECKED}


def test_no_file_and_too_many_are_refused(tiktok: Shop) -> None:
    for files in ([], [Upload("a.csv", b"a;b")] * (MOST_FILES + 1)):
        with pytest.raises(NotPossible):
            upload(tiktok, files, actor=None, confirmed=False, visible=[])
    assert not StatementFile.objects.exists()


def test_a_shop_in_another_currency_refuses_the_whole_file(tiktok: Shop, shopee: Shop) -> None:
    Shop.objects.update(currency="THB")
    for shop, name in ((tiktok, "tiktok_income_vi.xlsx"), (shopee, "shopee_income_vn.xlsx")):
        shop.refresh_from_db()
        [file] = imported(shop, name)
        assert file.state == State.REFUSED
        assert codes(file.problems)[0] == "file_other_currency"
    assert not StatementLine.objects.exists()


def test_two_shops_with_one_order_number_each_keep_their_file(lazada: Shop) -> None:
    """An order's number is unique within a store only: with as many known here as there, the file is taken."""
    other = Shop.objects.create(name="Tre Xanh", channel="lazada")
    know(other, "lazada_income_overview_vi.xlsx")
    [file] = checked(lazada, "lazada_income_overview_vi.xlsx")
    assert file.state == State.CHECKED
