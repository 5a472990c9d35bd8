"""People, stock policies, and what a newcomer is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory.models import Product, Shop, ShopMembership
from tests.erpsync.admin.pages import page
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def test_a_manager_lets_people_into_the_own_shop_only(client: Client, own: World, django_user_model: Any) -> None:
    colleague = django_user_model.objects.create_user("colleague", is_staff=True)
    ShopMembership.objects.create(user=colleague, shop=own.shop, role="viewer")
    second = Shop.objects.create(name="Second", channel="shopee")
    add = "/admin/inventory/shopmembership/add/"
    client.post(add, {"user": colleague.pk, "shop": second.pk, "role": "manager"})
    assert not ShopMembership.objects.filter(shop=second).exists()
    ShopMembership.objects.create(user=own.manager, shop=second, role="operator")
    client.post(add, {"user": colleague.pk, "shop": second.pk, "role": "manager"})
    assert ShopMembership.objects.filter(shop=second).count() == 1
    ShopMembership.objects.filter(user=own.manager, shop=second).update(role="manager")
    client.post(add, {"user": colleague.pk, "shop": second.pk, "role": "viewer"})
    assert ShopMembership.objects.get(shop=second, user=colleague).role == "viewer"


def test_saving_a_stock_policy_computes_the_listings_anew(client: Client, own: World) -> None:
    fields = {
        "sells_from": [own.warehouse.pk], "safety_stock": 5, "share_percent": 100, "scarce_below": 0, "priority": 1,
        "price_move_percent": 50,
        "stock_since_0": "", "stock_since_1": "", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = client.post(page(own.shop), fields)
    assert answer.status_code == 302
    assert own.listing.stocks.get().wanted == 2  # 8 on hand, 1 reserved, 5 never offered
    assert Product.objects.filter(pk=own.product.pk).exists()


def test_the_dashboard_tells_a_newcomer_what_to_do(
    client: Client, admin_client: Client, django_user_model: Any
) -> None:
    assert "Connect your first shop" in admin_client.get("/admin/").content.decode()
    client.force_login(django_user_model.objects.create_user("new", is_staff=True))
    assert "not a member of any shop" in client.get("/admin/").content.decode()
