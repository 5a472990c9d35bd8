"""A rule is read back as one sentence, in English and in Vietnamese."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from commissions.rules import words
from commissions.rules.formula import Base, Nothing
from commissions.rules.rule import Conditions, OrderValue, Rounding, Rule, Vat
from commissions.rules.sentences import sentence
from commissions.snapshots import FEE_KINDS
from tests.commissions.rules.make import SOURCE, D, bound, fixed, percent, rule, tiered


def made(formula: Any, **more: Any) -> Rule:
    return replace(rule(formula), **more)


SAID: list[tuple[Rule, str, str]] = [
    (
        made(
            percent("12.5", Base(kind="after_seller_discount", shipping=True), cap=bound("50000")), shop_type="mall",
            charged_when=("delivered", "refunded_at_once"), source=replace(SOURCE, check_contract=True),
            conditions=Conditions(sku=frozenset({"B", "A"}), order_value=OrderValue(at_least=D(100_000), below=D(2_000_000))),
        ),
        ("Bazaar, mall shop: commission for the marketplace of 12.5 % of the price after the seller's discounts, with shipping"
        " paid by the buyer, at most 50,000 ₫ per item; only SKU A, B; only orders of 100,000 ₫ to less than 2,000,000 ₫;"
        " charged when delivered, refunded at once; given back in proportion; VAT inside; rounded half up for each line;"
        " for orders created from 01/01/2026; check with your contract."),
        ("Bazaar, gian hàng Mall: phí hoa hồng trả cho sàn bằng 12,5 % của giá sau giảm giá của người bán, gồm phí vận chuyển"
        " người mua trả, tối đa 50.000 ₫ mỗi sản phẩm; chỉ với SKU A, B; chỉ với đơn từ 100.000 ₫ đến dưới 2.000.000 ₫;"
        " thu khi giao thành công, hoàn tiền ngay; hoàn lại theo tỷ lệ; đã gồm VAT; làm tròn 0,5 lên theo từng dòng;"
        " áp dụng cho đơn tạo từ 01/01/2026; hãy đối chiếu với hợp đồng của bạn."),
    ),
    (
        made(fixed(), shop="s1", payee="staff", payee_id="Lan", given_back="never", vat=Vat(mode="added", rate=D(8))),
        ("Bazaar, shop s1: commission for the staff member Lan of 3,000 ₫ per order; charged when delivered; never given back;"
        " 8 % VAT added; rounded half up for each line; for orders created from 01/01/2026."),
        ("Bazaar, gian hàng s1: phí hoa hồng trả cho nhân viên Lan là 3.000 ₫ mỗi đơn; thu khi giao thành công; không hoàn lại;"
        " cộng 8 % VAT; làm tròn 0,5 lên theo từng dòng; áp dụng cho đơn tạo từ 01/01/2026."),
    ),
    (
        made(tiered(("0", "5"), ("1000000", "3"), period="shop_month"), rounding=Rounding(mode="down", level="order")),
        ("Bazaar: commission for the marketplace of the price after the seller's discounts in tiers per shop and month (5 % from"
        " 0 ₫, 3 % from 1,000,000 ₫), each part at the rate of its tier; charged when delivered; given back in proportion; VAT"
        " inside; rounded down for the whole order; for orders created from 01/01/2026."),
        ("Bazaar: phí hoa hồng trả cho sàn tính trên giá sau giảm giá của người bán theo bậc mỗi gian hàng mỗi tháng (5 % từ"
        " 0 ₫, 3 % từ 1.000.000 ₫), mỗi phần theo tỷ lệ của bậc đó; thu khi giao thành công; hoàn lại theo tỷ lệ; đã gồm"
        " VAT; làm tròn xuống theo cả đơn; áp dụng cho đơn tạo từ 01/01/2026."),
    ),
    (
        made(Nothing(), strategy="NONE", conditions=Conditions(legal_form=frozenset({"household"}))),
        "Bazaar: no commission for the marketplace; only for a shop of household business; for orders created from 01/01/2026.",
        "Bazaar: không có phí hoa hồng trả cho sàn; chỉ với gian hàng của hộ kinh doanh; áp dụng cho đơn tạo từ 01/01/2026.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("one", "english", "vietnamese"), SAID)
def test_a_rule_reads_back_as_one_sentence(one: Rule, english: str, vietnamese: str) -> None:
    with translation.override("en"):
        assert sentence(one, "Bazaar") == english
    with translation.override("vi"):
        assert sentence(one, "Bazaar") == vietnamese


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (
            percent(None, table="t"),
            "of the category's rate in the table “t” of the price after the seller's discounts;",
        ),
        (
            percent("1", floor=bound("9", "order")),
            "of 1 % of the price after the seller's discounts, at least 9 ₫ per order;",
        ),
        (
            percent("1", Base(kind="item", without_tax=True, less_fees=("affiliate", "payment_fee"))),
            "of 1 % of the item's price, less the product's tax, less affiliate commission, payment fee;",
        ),
    ],
)
def test_the_parts_of_a_percent_are_said(formula: Any, said: str) -> None:
    assert said in sentence(rule(formula))


def test_every_fee_kind_meets_a_kind_of_statement_line() -> None:
    assert set(words.STATEMENT_KIND.values()) <= set(FEE_KINDS)
