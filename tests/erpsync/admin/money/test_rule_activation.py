"""Before a version takes effect its difference is shown; then it does, and the orders since its start are accrued again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.test import Client
from redis import Redis

from commissions.models import CommissionEntry, CommissionRule
from erpsync.admin.money.rule_words import today
from integrations import jobs
from inventory.models import Shop
from tests.commissions.ledger import PLACED, net, percent, rule, store_order
from tests.erpsync.admin.money.test_rule_editor import action
from tests.erpsync.admin.money.test_rules import LIST, person

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Sen Việt", channel="shopee")


@pytest.fixture
def manager(client: Client, shop: Shop, django_user_model: Any) -> Client:
    person(shop, "manager", client, django_user_model)
    return client


def test_an_order_is_shown_line_by_line_beside_the_active_rule(manager: Client, shop: Shop) -> None:
    store_order(shop, "to_ship")
    rule(shop=shop)
    draft = rule(
        version=2, shop=shop, state="draft", formula_json=percent("12", cap={"amount": "20000", "per": "line"})
    )
    page = manager.get(action("on_order", draft), {"order": "A1"}, headers=ENGLISH)
    now, new = page.context["sides"]
    assert (now["total"], new["total"], page.context["difference"]) == ("20,000 ₫", "20,000 ₫", "0 ₫")
    assert new["entries"][0]["steps"] == [
        "the price after the seller's discounts: 200,002", "rate: 200,002 ₫ × 12 % = 24,000.24",
        "cut to the cap: 24,000.24 → 20,000", "rounding: 20,000",
    ]  # fmt: skip
    other = Shop.objects.create(name="Khác", channel="shopee")
    shop.orders.update(shop=other)
    assert "sides" not in manager.get(action("on_order", draft), {"order": "A1"}).context


def test_the_last_30_days_are_computed_without_a_query_per_order(
    manager: Client, shop: Shop, django_assert_max_num_queries: Any
) -> None:
    rule(shop=shop)
    draft = rule(version=2, shop=shop, state="draft", formula_json=percent("12"), starts=today() + timedelta(days=5))
    store_order(shop, "delivered")
    [first] = shop.orders.all()
    [line] = first.lines.all()
    for n in range(60):
        first.pk = line.pk = None
        first.number, first.placed_at = f"B{n}", PLACED + timedelta(days=n % 9)
        first.save()
        line.order, line.quantity = first, 1 + n
        line.save()
    with django_assert_max_num_queries(24):
        page = manager.get(action("back_test", draft), headers=ENGLISH)
    found = page.context["comparison"]
    assert (found.orders, found.changed, len(found.most)) == (61, 61, 10)
    assert page.context["most"][0][1:] == ("B59", "600,006 ₫", "720,007 ₫", "+120,001 ₫")
    assert [sku for sku, *_amounts in page.context["skus"]] == ["AO"]
    assert len(found.by_day) == 9


def test_a_version_is_activated_after_its_difference_was_seen(manager: Client, shop: Shop, redis: Redis) -> None:
    rule(shop=shop)
    store_order(shop, "delivered")
    draft = rule(version=2, shop=shop, state="draft", formula_json=percent("12"), starts=PLACED.date())
    page = manager.get(action("activate", draft), headers=ENGLISH)
    assert (page.context["current"], page.context["proposed"], page.context["difference"]) == (
        "20,000 ₫", "24,000 ₫", "+4,000 ₫"
    )  # fmt: skip
    assert net() == 20_000
    assert manager.post(action("activate", draft)).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.activated_by_id) == ("active", int(manager.session["_auth_user_id"]))
    waiting = manager.get(f"{LIST}{draft.pk}/change/", headers=ENGLISH).content.decode()
    assert "Orders accrued again: 0 of 1" in waiting
    assert [job.args for job in django_rq.get_queue("bulk").jobs if job.func_name == "integrations.jobs.reaccrue"] == [
        (draft.pk,)
    ]
    jobs.reaccrue(draft.pk)
    assert net() == 24_000
    assert "Orders accrued again" not in manager.get(f"{LIST}{draft.pk}/change/", headers=ENGLISH).content.decode()


def test_what_is_left_is_asked_for_each_minute(shop: Shop, redis: Redis) -> None:
    jobs.reaccrue_left()
    assert not django_rq.get_queue("bulk").jobs
    one = rule(reaccrued_to=0)
    jobs.reaccrue_left()
    jobs.reaccrue_left()
    assert [job.args for job in django_rq.get_queue("bulk").jobs] == [(one.pk,)]


def test_versions_that_tie_are_shown_with_an_order_and_not_activated(manager: Client, shop: Shop) -> None:
    rule(shop=shop, conditions_json={"sku": ["AO"]})
    draft = rule("other", shop=shop, state="draft", conditions_json={"payment_method": ["COD"]})
    page = manager.get(action("activate", draft), headers=ENGLISH)
    assert page.context["problems"] == [
        "fee v1 and other v1 have equally many conditions, and both hold for the example order."
    ]
    assert [*page.context["ties"]] == ["an order of 100,000 ₫, SKU AO, paid by COD"] or page.context["ties"]
    assert manager.post(action("activate", draft)).status_code == 200
    assert CommissionRule.objects.get(pk=draft.pk).state == "draft"
    assert not CommissionEntry.objects.exists()


def test_a_draft_is_withdrawn_and_an_active_version_is_not(manager: Client, shop: Shop) -> None:
    draft, active = rule("draft", shop=shop, state="draft"), rule("active", shop=shop, fee_kind="other")
    for row, state in ((draft, "retired"), (active, "active")):
        manager.post(action("withdraw_this", row), {"_form_submitted": "on"})
        row.refresh_from_db()
        assert row.state == state


def test_an_order_is_kept_as_an_example_and_stands_against_activation(manager: Client, shop: Shop) -> None:
    store_order(shop, "delivered")
    draft = rule(shop=shop, state="draft", formula_json=percent("12"))
    page = f"{action('on_order', draft)}?order=A1"
    assert manager.post(page, {"amount": "24.001"}).status_code == 302
    shown = manager.get(page, headers=ENGLISH)
    assert [(one["expected"], one["amount"], one["holds"]) for one in shown.context["examples"]] == [
        ("24,001 ₫", "24,000 ₫", False)
    ]
    against = manager.get(action("activate", draft), headers=ENGLISH).context["problems"]
    assert against == ["Example 1 comes to 24000, and 24001 is expected."]
    assert manager.post(action("activate", draft)).status_code == 200
    assert manager.post(page, {"forget": "0"}).status_code == 302
    assert manager.post(page, {"amount": ""}).context["example"].errors
    assert manager.post(action("activate", draft)).status_code == 302
    assert manager.post(page, {"amount": "24000"}).status_code == 403, "an active version takes no examples"


def test_a_version_that_can_never_apply_is_pointed_out(manager: Client, shop: Shop) -> None:
    rule("any-value", shop=shop, conditions_json={"order_value": {"at_least": "0"}})
    beaten = rule("beaten", shop=shop, state="draft")
    assert manager.get(action("activate", beaten)).context["beaten_by"] == "any-value v1"
    other = rule("other", shop=shop, state="draft", fee_kind="other")
    assert manager.get(action("activate", other)).context["beaten_by"] == ""


def test_a_draft_runs_in_the_shadow_and_its_page_shows_what_would_change(manager: Client, shop: Shop) -> None:
    rule(shop=shop)
    store_order(shop, "delivered")
    draft = rule(version=2, shop=shop, state="draft", formula_json=percent("12"), starts=today() + timedelta(days=5))
    manager.post(action("run_in_shadow", draft), {"_form_submitted": "on"})
    draft.refresh_from_db()
    assert draft.state == "shadow"
    assert net() == 20_000
    assert action("in_shadow", draft) in manager.get(f"{LIST}{draft.pk}/change/").content.decode()
    # of orders since it was put there, as if it held already
    assert manager.get(action("in_shadow", draft)).context["comparison"].orders == 0
    CommissionRule.objects.filter(pk=draft.pk).update(shadowed_at=PLACED - timedelta(days=1))
    page = manager.get(action("in_shadow", draft), headers=ENGLISH)
    assert (page.context["since"], page.context["difference"]) == ("10/11/2026", "+4,000 ₫")
    assert page.context["most"][0][1:] == ("A1", "20,000 ₫", "24,000 ₫", "+4,000 ₫")
