"""The editor: what is filled in is what is stored, what is wrong stands at its field, and nobody edits others' rules."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse

from commissions.models import CommissionRule, RateTable
from commissions.rules.reading import read_formula, rule_as_json
from commissions.rules.starting import covered
from commissions.services.rule_book import as_rule
from commissions.services.rule_storage import add_starting_rules
from erpsync.admin.money.rule_form import RuleForm
from inventory.models import Shop
from tests.commissions.ledger import percent, rule
from tests.erpsync.admin.money.rule_posts import FIXED, NONE, PERCENT, TIERED, posted
from tests.erpsync.admin.money.test_rules import LIST, person

pytestmark = pytest.mark.django_db
NEW = f"{LIST}add/"
VIETNAMESE = {"accept-language": "vi"}


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Sen Việt", channel="shopee")


@pytest.fixture
def manager(client: Client, shop: Shop, django_user_model: Any) -> Client:
    person(shop, "manager", client, django_user_model)
    return client


def action(name: str, row: CommissionRule) -> str:
    return reverse(f"admin:commissions_commissionrule_{name}", args=(row.pk,))


def scoped(shop: Shop, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return values | {"scope": f"shop:{shop.pk}"} | more


@pytest.mark.parametrize(
    ("values", "formula"),
    [
        (PERCENT, {"base": {"kind": "after_seller_discount"}, "rate": "4.5"}),
        (FIXED, {"amount": "3000", "per": "order"}),
        (TIERED, {
            "base": {"kind": "after_seller_discount"}, "mode": "marginal",
            "tiers": [{"at_least": "0", "rate": "5", "below": "1000000"}, {"at_least": "1000000", "rate": "3.5"}],
        }),
        (NONE, {}),
    ],
)  # fmt: skip
def test_each_strategy_is_saved_as_a_draft(
    manager: Client, shop: Shop, values: dict[str, Any], formula: dict[str, Any]
) -> None:
    answer = manager.post(NEW, scoped(shop, values))
    assert answer.status_code == 302, answer.context["form"].errors
    [row] = CommissionRule.objects.all()
    assert (row.state, row.version, row.channel, row.shop, row.created_by_id) == (
        "draft", 1, "shopee", shop, int(manager.session["_auth_user_id"])
    )  # fmt: skip
    strategy = values["strategy"]
    assert read_formula(strategy, row.formula_json) == read_formula(strategy, formula)
    assert answer["Location"] == f"{LIST}{row.pk}/change/"


@pytest.mark.parametrize("channel", covered())
def test_starting_rules_pass_through_the_form_unchanged(
    channel: str, rf: RequestFactory, django_user_model: Any
) -> None:
    Shop.objects.create(name="S", channel=channel)
    request = rf.get("/")
    request.user = django_user_model.objects.create_superuser("super")
    add_starting_rules(channel, actor_id=None)
    for row in CommissionRule.objects.order_by("pk"):
        stored = as_rule(row)
        data = QueryDict(mutable=True)
        for name, value in posted(stored).items():
            data.setlist(name, value if isinstance(value, list) else [value])
        form = RuleForm(request, data, row=row, is_draft=True, initial={
            "scope": f"channel:{channel}", "payee": row.payee, "fee_kind": row.fee_kind,
        })  # fmt: skip
        assert form.is_valid(), (row.key, form.errors)
        assert form.rule is not None
        assert replace(form.rule, version=stored.version, active=stored.active) == stored, row.key


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"rate": "120"}, "rate", "A rate is from 0 % to 100 %, and this is 120 %."),
        ({"rate": "1E9"}, "rate", "“1E9”: a number is written without an exponent."),
        ({"rate": ""}, "rate", "Give a rate or a rate table, or let the order line tell the rate."),
        ({"floor_amount": "60.000", "cap_amount": "50.000"}, "floor_amount", "The floor of 60000 is above the cap of 50000."),
        ({"cap_amount": "-5"}, "cap_amount", "-5 is below zero."),
        ({"vat_rate": "x"}, "vat_rate", "“x” is not a number like 12.5."),
        ({"order_from": "90.000", "order_below": "90.000"}, "order_below", "It ends at 90000, which is not above its beginning, 90000."),
        ({"rate_from": "table"}, "rate", "Give a rate or a rate table, or let the order line tell the rate."),
        (TIERED | {"tiers_from": ["5", "9"]}, "tiers", "Row 1: The first tier begins at 5: tiers begin at 0."),
        (TIERED | {"tiers_from": ["0", "0"]}, "tiers", "Row 1: It ends at 0, which is not above its beginning, 0."),
        (TIERED | {"tiers_from": ["0", "1,5"]}, "tiers", "Row 2: Amounts in VND have no decimals: type 1 or 1,500."),
        (
            TIERED | {"tier_period": "shop_month", "starts": "2026-11-02"}, "starts",
            "A rule by shop and month starts on the first of a month.",
        ),
        (FIXED | {"amount": ""}, "amount", "“amount” is missing."),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field(
    manager: Client, shop: Shop, change: dict[str, Any], field: str, said: str
) -> None:
    answer = manager.post(NEW, scoped(shop, PERCENT | change), headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert {name: list(texts) for name, texts in answer.context["form"].errors.items()} == {field: [said]}
    assert not CommissionRule.objects.exists()


def test_the_sentence_is_read_back_in_both_languages_and_nothing_is_stored(manager: Client, shop: Shop) -> None:
    answer = manager.post(NEW, scoped(shop, PERCENT), headers={"hx-request": "true", **VIETNAMESE})
    said = answer.context["sentences"]
    assert [language for language, _text in said] == ["vi", "en"]
    assert said[0][1].startswith("Shopee, gian hàng “Sen Việt”: phí hoa hồng trả cho sàn bằng 4,5 % của")
    assert said[1][1].startswith("Shopee, shop “Sen Việt”: commission for the marketplace of 4.5 % of")
    assert json.loads(answer.context["json"])["formula"]["rate"] == "4.5"
    missing = manager.post(NEW, scoped(shop, PERCENT, source_name=""), headers={"hx-request": "true"})
    assert [str(field) for field, _text in missing.context["problems"]] == ["Source"]
    assert not CommissionRule.objects.exists()


def test_a_new_version_starts_from_the_one_before_and_keeps_its_fee(manager: Client, shop: Shop) -> None:
    row = rule("fee", shop=shop, starts=date(2026, 1, 1), formula_json=percent("10"))
    page = action("new_version", row)
    assert manager.get(page).context["form"].initial["rate"] == Decimal(10)
    other = Shop.objects.create(name="X", channel="tiki")
    sent = scoped(other, PERCENT, fee_kind="other", rate="12")
    assert manager.post(page, sent).status_code == 302
    draft = CommissionRule.objects.get(version=2)
    assert (draft.key, draft.shop, draft.fee_kind, draft.formula_json["rate"], draft.state) == (
        "fee", shop, "commission", "12", "draft"
    )  # fmt: skip
    row.refresh_from_db()
    assert row.formula_json["rate"] == "10"


def test_a_version_that_starts_before_the_active_one_is_refused(manager: Client, shop: Shop) -> None:
    row = rule("fee", shop=shop, starts=date(2026, 12, 1))
    answer = manager.post(action("new_version", row), scoped(shop, PERCENT), headers={"accept-language": "en"})
    assert answer.context["form"].errors["starts"] == ["fee v2 starts before fee v1: a later version starts later."]
    assert CommissionRule.objects.count() == 1


def test_a_copy_is_a_rule_of_its_own(manager: Client, shop: Shop) -> None:
    row = rule("whole", title="Phí Shopee")
    page = manager.get(action("duplicate", row))
    assert page.context["form"].initial["title"] == "Phí Shopee (copy)"
    assert [value for value, _label in page.context["form"].fields["scope"].choices] == [f"shop:{shop.pk}"]
    assert manager.post(action("duplicate", row), scoped(shop, PERCENT)).status_code == 302
    assert CommissionRule.objects.get(shop=shop).key == f"shopee-{shop.pk}-commission"


def test_json_is_put_into_the_form(manager: Client, shop: Shop) -> None:
    rule("own", shop=shop)
    found = rule_as_json(as_rule(CommissionRule.objects.get())) | {
        "formula": {"amount": "1500", "per": "unit"},
        "strategy": "FIXED",
    }
    del found["key"], found["version"]
    answer = manager.post(NEW, {"use_json": "1", "json": json.dumps(found)})
    assert answer.context["form"].initial["amount"] == 1500
    broken = manager.post(
        NEW, {"use_json": "1", "json": json.dumps(found | {"colour": "red", "formula": {"per": "box"}})}
    )
    assert [problem.path for problem in broken.context["wrong"]] == ["", "formula", "formula.per"]
    assert CommissionRule.objects.count() == 1


def test_only_a_draft_is_edited(manager: Client, shop: Shop) -> None:
    draft, active = rule("draft", shop=shop, state="draft"), rule("active", fee_kind="other", shop=shop)
    for row, rate in ((draft, "7"), (active, "10")):
        manager.post(action("edit", row), scoped(shop, PERCENT, rate="7"))
        row.refresh_from_db()
        assert row.formula_json["rate"] == rate


@pytest.mark.parametrize(
    ("role", "finance", "of_shop", "may"),
    [("manager", False, True, True), ("operator", True, True, False), ("manager", False, False, False), ("viewer", True, False, True)],
)  # fmt: skip
def test_who_may_make_versions(
    client: Client, shop: Shop, django_user_model: Any, role: str, finance: bool, of_shop: bool, may: bool
) -> None:
    person(shop, role, client, django_user_model, finance=finance)
    row = rule("fee", shop=shop if of_shop else None)
    answer = client.get(action("new_version", row))
    assert answer.status_code == (200 if may else 403)


def test_nobody_takes_over_a_rule_of_others_by_its_key(manager: Client, shop: Shop) -> None:
    """A version takes the place of the one before: one of an own shop would end the rule of the whole channel."""
    rule("fee")
    draft = rule("fee", 2, shop=shop, state="draft", starts=date(2026, 2, 1))
    for name in ("new_version", "activate", "edit"):
        assert manager.get(action(name, draft)).status_code == 403, name


def test_a_rate_table_of_the_channel_is_chosen(manager: Client, shop: Shop) -> None:
    RateTable.objects.create(channel="shopee", name="shopee-fees", version=1, rates={"100": "5"})
    RateTable.objects.create(channel="tiki", name="tiki-fees", version=1, rates={"100": "5"})
    page = manager.get(NEW)
    assert [value for value, _label in page.context["form"].fields["table"].choices] == ["", "shopee-fees/1"]
    assert manager.post(NEW, scoped(shop, PERCENT, rate_from="table", table="shopee-fees/1")).status_code == 302
    assert CommissionRule.objects.get().formula_json["table"] == "shopee-fees/1"


def test_two_versions_are_compared_field_by_field(manager: Client, shop: Shop) -> None:
    rule("fee", shop=shop)
    second = rule("fee", 2, shop=shop, state="draft", starts=date(2026, 12, 1), formula_json=percent("12.5"))
    page = manager.get(action("compare", second), headers={"accept-language": "vi"})
    assert [tuple(map(str, row)) for row in page.context["differences"]] == [
        ("Tỷ lệ", "10", "12,5"), ("Từ", "01/01/2026", "01/12/2026"),
    ]  # fmt: skip
    assert "bằng 10 % của" in page.context["other_sentence"]
    assert "bằng 12,5 % của" in page.context["sentence"]
    assert manager.get(action("compare", second), {"with": 999}).status_code == 404
