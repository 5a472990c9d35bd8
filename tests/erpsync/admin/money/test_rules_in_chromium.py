"""The editor of rules as a store manager uses it: one rule of each strategy in Vietnamese, one of them activated."""

from __future__ import annotations

from typing import Any

import pytest

from commissions.models import CommissionRule
from commissions.services.rule_storage import add_starting_rules
from inventory.models import Shop
from orders.models import Order
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak

pytestmark = IN_CHROMIUM
SIZES = {"1280": {"width": 1280, "height": 900}, "390": {"width": 390, "height": 844}}
LIST = "/admin/commissions/commissionrule/"

# name, fee, strategy, what else is filled in or chosen, part of the sentence, kept as
RULES = (
    ("Phí cố định 2026", "commission", "PERCENT", {"rate": "4,5", "cap_amount": "50000"},
     "phí hoa hồng trả cho sàn bằng 4,5 % của giá sau giảm giá của người bán, tối đa 50.000 ₫"),
    ("Phí hạ tầng", "order_fee", "FIXED", {"amount": "3000"}, "3.000 ₫ mỗi đơn"),
    ("Thưởng doanh số", "other", "TIERED", {"tiers": (("0", "5"), ("1000000", "3,5"))}, "3,5 % từ 1.000.000 ₫"),
    ("Bỏ phí chương trình", "campaign_fee", "NONE", {}, "không có phí chiến dịch"),
)  # fmt: skip


def fill(page: Any, shop: Shop, name: str, fee: str, strategy: str, values: dict[str, Any]) -> None:
    page.fill("[name=title]", name)
    page.select_option("[name=scope]", f"shop:{shop.pk}")
    page.select_option("[name=fee_kind]", fee)
    page.select_option("[name=strategy]", strategy)
    if "cap_amount" in values:
        page.locator("summary", has_text="Mức tối thiểu").click()
    for field, value in values.items():
        if field != "tiers":
            page.locator(f"[name={field}]").press_sequentially(value)
    for n, (start, rate) in enumerate(values.get("tiers", ())):
        page.locator("[name=tiers_from]").nth(n).fill(start)
        page.locator("[name=tiers_rate]").nth(n).fill(rate)
    page.fill("[name=starts]", "2026-01-01")
    page.fill("[name=source_name]", "Hợp đồng 2026")


def test_a_rule_of_each_strategy_is_entered_and_one_activated(page: Any, live_server: Any) -> None:
    shop = Shop.objects.filter(channel="shopee").order_by("pk")[0]
    Order.objects.filter(shop=shop).update(status="delivered")
    speak(page, live_server.url, "vi")
    for name, fee, strategy, values, said in RULES:
        page.goto(f"{live_server.url}{LIST}add/")
        fill(page, shop, name, fee, strategy, values)
        sentence = page.locator("#rule-sentence [lang=vi]")
        page.wait_for_function(
            "text => document.querySelector('#rule-sentence [lang=vi]')?.innerText.includes(text)", arg=said
        )
        assert shop.name in sentence.inner_text()
        shown = page.locator("fieldset:visible").evaluate_all("all => all.map(one => one.dataset.strategies)")
        assert all(strategy in one.split() for one in shown if one)
        keep(page, f"rule-form-{strategy}")
        page.get_by_role("button", name="Lưu bản nháp").click()
        page.wait_for_url("**/change/")
    assert dict(CommissionRule.objects.values_list("strategy", "state")) == dict.fromkeys(
        ("PERCENT", "FIXED", "TIERED", "NONE"), "draft"
    )
    first = CommissionRule.objects.get(strategy="PERCENT")
    page.goto(f"{live_server.url}{LIST}{first.pk}/change/")
    page.locator(f'a[href$="/{first.pk}/activate"], a[href$="/{first.pk}/activate/"]').first.click()
    page.locator("canvas.chart").wait_for()
    page.get_by_role("button", name="Kích hoạt từ").click()
    page.wait_for_url("**/change/")
    page.get_by_text("Đã tính lại: 0 /").wait_for()
    first.refresh_from_db()
    assert (first.state, first.activated_by.username) == ("active", "quanly")  # type: ignore[union-attr]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_pages_fit_on_a_screen_and_on_a_phone(page: Any, live_server: Any, language: str, size: str) -> None:
    shop = Shop.objects.filter(channel="shopee").order_by("pk")[0]
    Order.objects.filter(shop=shop).update(status="delivered")
    page.set_viewport_size(SIZES[size])
    speak(page, live_server.url, language)

    def show(name: str, place: str) -> None:
        answer = page.goto(f"{live_server.url}{LIST}{place}")
        assert answer.status == 200, place
        page.wait_for_load_state("networkidle")
        keep(page, f"{name}-{size}-{language}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name

    show("rules-empty", "")
    add_starting_rules("shopee", actor_id=None)
    row = CommissionRule.objects.filter(strategy="PERCENT", fee_kind="payment_fee").order_by("pk")[0]
    number = Order.objects.filter(shop=shop).order_by("-placed_at").values_list("number", flat=True)[0]
    show("rules", "")
    show("rules-starting", "starting/")
    show("rule", f"{row.pk}/change/")
    show("rule-edit", f"{row.pk}/edit/")
    show("rule-compare", f"{row.pk}/compare/")
    show("rule-on-order", f"{row.pk}/on_order/?order={number}")
    show("rule-back-test", f"{row.pk}/back_test/")
    show("rule-activate", f"{row.pk}/activate/")
    show("rates", "rates/")
    show("rates-upload", "rates/upload/")
