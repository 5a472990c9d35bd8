"""Rules as the admin lists them: whose they are, and how those of a channel are begun with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from commissions.models import CommissionRule
from commissions.rules.starting import starting_rules
from core.permissions import FINANCE
from erpsync.admin.money.rule_words import today
from inventory.models import Shop, ShopMembership
from tests.commissions.ledger import percent, rule

pytestmark = pytest.mark.django_db
LIST = "/admin/commissions/commissionrule/"
STARTING = f"{LIST}starting/"


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Sen Việt", channel="shopee")


def person(shop: Shop, role: str, client: Client, user_model: Any, *, finance: bool = False) -> Any:
    user = user_model.objects.create_user(f"{role}-{shop.pk}", is_staff=True)
    ShopMembership.objects.create(user=user, shop=shop, role=role)
    if finance:
        user.groups.add(Group.objects.get_or_create(name=FINANCE)[0])
    client.force_login(user)
    return user


def test_a_row_is_a_sentence_with_its_days(client: Client, shop: Shop, django_user_model: Any) -> None:
    person(shop, "viewer", client, django_user_model)
    later = today() + timedelta(days=9)
    rule(shop=shop)
    rule(version=2, starts=later, formula_json=percent("4.5"))
    answer = client.get(LIST, headers={"accept-language": "vi"})
    page = answer.content.decode()
    assert "Shopee, gian hàng “Sen Việt”: phí hoa hồng trả cho sàn bằng 10 % của" in page
    assert "Đã kích hoạt, chưa đến ngày áp dụng" in page
    rows = {row.version: row.ends for row in answer.context["cl"].result_list}
    assert rows == {1: later, 2: None}


def test_rules_of_a_channel_are_seen_by_its_shops_only(client: Client, shop: Shop, django_user_model: Any) -> None:
    other = Shop.objects.create(name="Khác", channel="shopee")
    rule("whole")
    rule("own", shop=shop)
    rule("others", shop=other)
    rule("elsewhere", channel="tiki")
    person(shop, "viewer", client, django_user_model)
    assert {row.key for row in client.get(LIST).context["cl"].result_list} == {"whole", "own"}
    filtered = client.get(LIST, {"of_channel": "tiki"}).context["cl"].result_list
    assert {row.key for row in filtered} == {"whole", "own"}, "a channel that is not offered filters nothing"
    assert not client.get(LIST, {"of_fee": "payment_fee"}).context["cl"].result_list
    assert len(client.get(LIST, {"of_fee": "commission", "in_state": "active"}).context["cl"].result_list) == 2


@pytest.mark.parametrize(("role", "finance", "may"), [("manager", False, False), ("viewer", True, True)])
def test_starting_rules_are_for_finance(
    client: Client, shop: Shop, django_user_model: Any, role: str, finance: bool, may: bool
) -> None:
    person(shop, role, client, django_user_model, finance=finance)
    empty = client.get(LIST, headers={"accept-language": "vi"}).content.decode()
    assert ("Thêm quy tắc phí mẫu của Shopee" in empty) is may
    assert "Thêm quy tắc phí mẫu của Tiki" not in empty
    assert client.get(STARTING).status_code == (200 if may else 403)
    assert client.post(STARTING, {"channel": "shopee"}).status_code == (302 if may else 403)
    assert client.post(STARTING, {"channel": "tiki"}).status_code == (404 if may else 403)
    assert CommissionRule.objects.count() == (len(starting_rules("shopee").rules) if may else 0)
    assert not CommissionRule.objects.exclude(state="draft").exists()


def test_a_superuser_puts_a_person_in_finance(admin_client: Client, shop: Shop, django_user_model: Any) -> None:
    user = person(shop, "viewer", Client(), django_user_model)
    address = reverse("admin:auth_user_change", args=(user.pk,))
    stored = {"username": user.username, "is_active": "on", "is_staff": "on"}
    assert admin_client.post(address, stored | {"in_finance": "on"}).status_code == 302
    assert user.groups.filter(name=FINANCE).exists()
    assert admin_client.get(address).context["adminform"].form.fields["in_finance"].initial is True
    assert admin_client.post(address, stored).status_code == 302
    assert not user.groups.filter(name=FINANCE).exists()


def test_a_rule_that_another_always_beats_says_so_on_its_page(
    client: Client, shop: Shop, django_user_model: Any
) -> None:
    person(shop, "viewer", client, django_user_model)
    beaten = rule("beaten", shop=shop, conditions_json={"sku": ["AO"]})
    assert "can never apply" not in client.get(f"{LIST}{beaten.pk}/change/").content.decode()
    rule("better", shop=shop, conditions_json={"sku": ["AO"], "order_value": {"at_least": "0"}})
    page = client.get(f"{LIST}{beaten.pk}/change/", headers={"accept-language": "en"}).content.decode()
    assert "This version can never apply: wherever it holds, better v1 wins" in page
