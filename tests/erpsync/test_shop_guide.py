"""The guide for a new shop: ticks computed from what is stored, shown to its managers until done or hidden."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commissions.models import CommissionRule
from erpsync.models import EndedShopGuide
from erpsync.shop_guide import STEPS, open_guides
from integrations.models import BackfillRun, Link
from inventory.models import Listing, Shop, ShopMembership
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> World:
    """A shop that is connected and of which two listings are read, one mapped."""
    return world("OWN", channel="shopee")


def ticks(shop: Shop) -> dict[str, bool]:
    [guide] = open_guides([shop.pk])
    return dict(guide.steps)


def members(shop: Shop, n: int) -> None:
    for number in range(n):
        user = User.objects.create_user(f"member-{number}", is_staff=True)
        ShopMembership.objects.create(user=user, shop=shop)


def rule(**fields: Any) -> None:
    CommissionRule.objects.create(
        key="phi", version=1, title="Phí", fee_kind="commission", strategy="PERCENT", formula_json={}, charged_when=["delivered"],
        given_back="in_proportion", starts=date(2026, 1, 1), source_json={}, **fields,
    )  # fmt: skip


def finish(own: World) -> None:
    """Do every step that is open."""
    Listing.objects.filter(shop=own.shop).update(product=own.product)
    pos = world("POS").connection
    Link.objects.create(connection=own.connection, role="pos", target=pos)
    Shop.objects.filter(pk=own.shop.pk).update(stock_since=timezone.now())
    BackfillRun.objects.filter(connection=own.connection).update(state="done")
    rule(channel="shopee", state="active")
    members(own.shop, 1)


def test_each_step_is_ticked_by_what_is_stored(own: World) -> None:
    done = {"connected": True, "catalogue": True}
    assert ticks(own.shop) == dict.fromkeys(STEPS, False) | done
    [guide] = open_guides([own.shop.pk])
    assert (guide.mapped, guide.listings, guide.done) == (1, 2, 2)
    type(own.connection).objects.update(is_active=False)
    assert not ticks(own.shop)["connected"]
    Listing.objects.filter(product=None).update(status="inactive")
    assert ticks(own.shop)["mapped"]
    BackfillRun.objects.update(state="failed")
    assert not ticks(own.shop)["history"]
    rule(channel="tiki", state="active")
    CommissionRule.objects.filter(shop=own.shop).update(state="shadow")
    assert not ticks(own.shop)["fees"]
    CommissionRule.objects.filter(shop=own.shop).update(state="active")
    assert ticks(own.shop)["fees"]
    members(own.shop, 1)
    assert ticks(own.shop)["people"]
    User.objects.filter(username="member-0").update(is_active=False)
    assert not ticks(own.shop)["people"]


def test_a_shop_without_listings_has_nothing_mapped() -> None:
    shop = Shop.objects.create(channel="shopee", name="Empty")
    assert ticks(shop) == dict.fromkeys(STEPS, False)


def test_a_pos_has_only_the_steps_that_it_can_take() -> None:
    shop = Shop.objects.create(channel="kiotviet", name="POS", keeps_stock=True)
    assert list(ticks(shop)) == ["connected", "catalogue", "history", "people"]


def test_a_finished_guide_goes_and_does_not_come_back(own: World) -> None:
    finish(own)
    assert open_guides([own.shop.pk]) == []
    assert EndedShopGuide.objects.get().ended_by is None
    ShopMembership.objects.filter(shop=own.shop).delete()
    assert open_guides([own.shop.pk]) == []


def test_all_shops_together_cost_one_query(own: World) -> None:
    shops = [own.shop.pk, *(Shop.objects.create(channel="shopee", name=str(n)).pk for n in range(4))]
    with CaptureQueriesContext(connection) as counted:
        assert len(open_guides(shops)) == 5
    assert len(counted) == 1


def shop_page(shop: Shop) -> str:
    return f"/admin/inventory/shop/{shop.pk}/change/"


@pytest.mark.parametrize(("role", "sees"), [("viewer", False), ("operator", False), ("manager", True)])
def test_its_managers_see_it_on_the_dashboard_and_on_the_shops_page(
    client: Client, own: World, role: str, sees: bool
) -> None:
    ShopMembership.objects.filter(user=own.manager).update(role=role)
    client.force_login(own.manager)
    for page in ("/admin/", shop_page(own.shop)):
        shown = client.get(page).content.decode()
        assert ("First steps of OWN shop: 2 of 8 done" in shown) is sees
        assert ("Map the listings to products: 1 of 2" in shown) is sees
    other = Client()
    other.force_login(world("ZZ", channel="shopee").manager)
    assert "First steps of OWN" not in other.get("/admin/").content.decode()


def test_a_superuser_sees_the_newest_five(client: Client) -> None:
    for n in range(6):
        Shop.objects.create(channel="shopee", name=f"Shop {n}")
    client.force_login(User.objects.create_superuser("root", password="x"))
    shown = client.get("/admin/").content.decode()
    assert [n for n in range(6) if f"First steps of Shop {n}:" in shown] == [1, 2, 3, 4, 5]


def test_every_open_step_leads_to_a_page_that_opens(client: Client, own: World) -> None:
    client.force_login(own.manager)
    [guide] = client.get(shop_page(own.shop)).context["guides"]
    assert {client.get(step["url"]).status_code for step in guide["steps"]} == {200}


def test_a_manager_hides_it_and_the_log_says_so(client: Client, own: World) -> None:
    hide = f"/admin/inventory/shop/{own.shop.pk}/dismiss_guide/"
    ShopMembership.objects.filter(user=own.manager).update(role="operator")
    client.force_login(own.manager)
    assert client.post(hide, {"_form_submitted": "on"}).status_code == 403
    assert not EndedShopGuide.objects.exists()
    ShopMembership.objects.filter(user=own.manager).update(role="manager")
    assert client.post(hide, {"_form_submitted": "on"}).headers["HX-Redirect"] == shop_page(own.shop)
    assert EndedShopGuide.objects.get().ended_by == own.manager
    for page in ("/admin/", shop_page(own.shop)):
        assert "First steps of" not in client.get(page).content.decode()
    assert hide not in client.get(shop_page(own.shop)).content.decode()
    log = f"/admin/inventory/shop/{own.shop.pk}/history/"
    assert "Guide for the new shop hidden" in client.get(log).content.decode()


def test_it_speaks_vietnamese(client: Client, own: World) -> None:
    client.force_login(own.manager)
    client.cookies["django_language"] = "vi"
    shown = client.get("/admin/").content.decode()
    for text in (
        "Các bước đầu tiên của OWN shop: đã xong 2/8",
        "Liên kết sản phẩm trên sàn với hàng hóa: 1/2",
        "Mời thêm người thứ hai",
    ):
        assert text in shown
