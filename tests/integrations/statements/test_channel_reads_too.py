"""A shop that connects later: the channel's own reading replaces what files said, and no money is there twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from commissions.models import StatementFile, StatementLine
from commissions.services.statements import store_settlements
from commissions.snapshots import SettlementSnapshot
from integrations.connectors.lazada.mapping import statements as lazada_statements
from integrations.connectors.shopee.mapping import income
from integrations.connectors.tiktok_shop.mapping import statements as tiktok_statements
from inventory.models import Shop

from .conftest import checked, codes, imported
from .samples import NOW

LATER = NOW + timedelta(days=1)
ORDER = "260502TSTA0001"
# the escrow of the sample's first order as the API has it, with a correction that the file lists too
ESCROW = {
    "escrow_amount": 185_190, "original_cost_of_goods_sold": 250_000, "buyer_paid_shipping_fee": 16_500,
    "actual_shipping_fee": 32_700, "shopee_shipping_rebate": 16_200, "voucher_from_seller": 10_000, "commission_fee": 21_600,
    "service_fee": 12_600, "seller_transaction_fee": 15_390, "delivery_seller_protection_fee_premium_amount": 1_620,
    "withholding_vat_tax": 2_400, "withholding_pit_tax": 1_200,
    "order_adjustment": [{"amount": -54_000, "adjustment_reason": "Chương trình Marketing", "date": 1_778_400_000}],
}  # fmt: skip
TRANSACTION = {
    "id": "7500000000000000001", "type": "ORDER", "order_id": "584100000000000002", "currency": "VND",
    "settlement_amount": "83543", "revenue_amount": "120450", "shipping_cost_amount": "-5000", "fee_tax_amount": "-31907",
    "fee_tax_breakdown": {
        "fee": {
            "transaction_fee_amount": "-7227", "platform_commission_amount": "-15056", "voucher_xtra_service_fee_amount": "-4818",
            "vn_fix_infrastructure_fee": "-3000",
        },
        "tax": {"local_vat_amount": "-1204", "pit_amount": "-602"},
    },
}  # fmt: skip
STATEMENT = {"id": "9000", "statement_time": 1_781_000_000, "payment_status": "PAID"}


def total(shop: Shop, order: str = "") -> Decimal:
    lines = StatementLine.objects.filter(shop=shop)
    return (lines.filter(order_number=order) if order else lines).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def read_shopee(shop: Shop, **change: int) -> None:
    detail = {"order_sn": ORDER, "order_income": ESCROW | change}
    store_settlements(shop, [SettlementSnapshot(ORDER, income.lines(detail, LATER, currency="VND"))])


def read_tiktok(shop: Shop) -> None:
    store_settlements(shop, [SettlementSnapshot("9000", tiktok_statements.lines(TRANSACTION, STATEMENT, LATER))])


def ledger_rows() -> list[dict[str, str]]:
    """A day of the sample as the API has it: in other words, and with a fee type."""
    rows = (("Item Price Credit", "460000"), ("Commission", "-18400"), ("Payment Fee", "-9200"), ("Sponsored Affiliates", "-4600"),
            ("LazCoins Discount", "-2300"))  # fmt: skip
    return [
        {"order_no": "5200000000000001", "orderItem_no": "77", "transaction_date": "02 Jun 2026", "fee_name": name, "fee_type": "13",
         "amount": amount, "paid_status": "paid", "statement": "01 Jun 2026 - 07 Jun 2026"}
        for name, amount in rows
    ]  # fmt: skip


def read_lazada(shop: Shop) -> None:
    lines = lazada_statements.lines(ledger_rows(), LATER, time_zone=shop.time_zone, currency="VND")
    store_settlements(shop, [SettlementSnapshot("2026-06-02", tuple(lines))])


def test_an_escrow_takes_the_place_of_the_file(shopee: Shop) -> None:
    imported(shopee, "shopee_income_vn.xlsx")
    before = total(shopee)
    read_shopee(shopee)
    assert total(shopee) == before
    lines = StatementLine.objects.filter(shop=shopee, order_number=ORDER)
    assert set(lines.values_list("file", flat=True)) == {None}
    # a fee that the file knew under another name of the API is there once
    fees = set(lines.filter(amount=-1620).values_list("fee", flat=True))
    assert fees == {"delivery_seller_protection_fee_premium_amount"}
    assert lines.filter(kind="adjustment").count() == 1
    # released by the file, which the escrow alone does not know
    assert not lines.filter(is_paid=False).exists()


def test_a_transaction_takes_the_place_of_the_file(tiktok: Shop) -> None:
    imported(tiktok, "tiktok_income_vi.xlsx")
    read_tiktok(tiktok)
    assert total(tiktok) == 410_223
    order = StatementLine.objects.filter(order_number="584100000000000002")
    # the order's own settlement is the channel's now, the platform's later compensation still the file's
    assert set(order.filter(file=None).values_list("statement", flat=True)) == {"9000"}
    assert [line.amount for line in order.exclude(file=None)] == [50_000]


def test_a_day_takes_the_place_of_the_file(lazada: Shop) -> None:
    imported(lazada, "lazada_income_overview_vi.xlsx")
    read_lazada(lazada)
    assert total(lazada) == 599_994
    day = StatementLine.objects.filter(order_number="5200000000000001", happened_at__date="2026-06-02")
    assert set(day.values_list("file", "line_key")) == {(None, "77")}
    assert StatementLine.objects.filter(order_number="5200000000000001").exclude(file=None).count() == 1


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        ("shopee", "shopee_income_vn.xlsx"),
        ("tiktok", "tiktok_income_vi.xlsx"),
        ("lazada", "lazada_income_overview_vi.xlsx"),
    ],
)
def test_a_file_of_what_the_channel_told_us_adds_only_the_rest(
    channel: str, name: str, shopee: Shop, tiktok: Shop, lazada: Shop
) -> None:
    shop, read = {
        "shopee": (shopee, read_shopee), "tiktok": (tiktok, read_tiktok), "lazada": (lazada, read_lazada),
    }[channel]  # fmt: skip
    read(shop)
    own = set(StatementLine.objects.values_list("pk", "amount"))
    [file] = imported(shop, name)
    assert file.state == StatementFile.State.IMPORTED
    assert set(StatementLine.objects.filter(file=None).values_list("pk", "amount")) == own
    whole = {"shopee": 658_090 - 22_000, "tiktok": 410_223, "lazada": 599_994}[channel]
    assert total(shop) == whole


def test_a_file_that_differs_from_the_channel_by_one_dong_is_held(shopee: Shop) -> None:
    read_shopee(shopee, escrow_amount=185_191, buyer_paid_shipping_fee=16_501)
    [file] = checked(shopee, "shopee_income_vn.xlsx")
    assert (file.state, codes(file.problems)) == (StatementFile.State.REFUSED, ["file_channel_differs"])
    assert file.problems[0]["values"] == {
        "order": ORDER, "parts": "185190", "said": "185191", "difference": "-1",
    }  # fmt: skip


def test_an_answer_that_was_asked_for_before_the_import_takes_the_place_whole(shopee: Shop) -> None:
    imported(shopee, "shopee_income_vn.xlsx")
    detail = {"order_sn": ORDER, "order_income": ESCROW}
    old = income.lines(detail, NOW - timedelta(days=900), currency="VND")
    store_settlements(shopee, [SettlementSnapshot(ORDER, old)])
    assert total(shopee) == 658_090 - 22_000
