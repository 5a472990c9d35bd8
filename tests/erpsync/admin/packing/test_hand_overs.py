"""Hand-overs in the admin: a courier is chosen, parcels are scanned out, the note is printed, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from redis import Redis

from inventory.models import Shop, ShopMembership
from orders.models import HandOver, Order, PackedParcel
from tests.erpsync.admin.pages import CONFIRMED, said
from tests.erpsync.admin.pages import page as page_of
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db

ROOM = "/admin/orders/handover/"


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN", channel="shopee", role="operator")
    HandOver.objects.all().delete()
    client.force_login(made.manager)
    return made


def arranged(made: World) -> Order:
    return order(made, status="packed", carrier="SPX")


def opened(client: Client) -> HandOver:
    client.post(f"{ROOM}open/", {"carrier": "SPX"})
    return HandOver.objects.get(carrier="SPX")


def scanned(client: Client, handover: HandOver, code: str) -> Any:
    answer = client.post(f"{ROOM}{handover.pk}/scan/code/", {"code": code})
    assert answer.status_code == 200
    return answer.json()


def test_a_pick_up_from_the_choice_of_the_courier_to_the_signed_note(client: Client, own: World) -> None:
    went, missing, gone = (arranged(own) for _ in range(3))
    PackedParcel.objects.create(shop=own.shop, number=f"{missing.number}-P", packed_at=missing.placed_at)
    page = client.get(f"{ROOM}open/")
    assert page.context["carriers"] == [{"name": "SPX", "n": "3"}]
    answer = client.post(f"{ROOM}open/", {"carrier": "SPX"})
    pick_up = HandOver.objects.get()
    assert answer.url == f"{ROOM}{pick_up.pk}/scan/"
    assert (pick_up.shop_ids, pick_up.opened_by) == ([own.shop.pk], own.manager)
    assert f'data-scan="{ROOM}{pick_up.pk}/scan/code/"' in client.get(answer.url).content.decode()
    out = scanned(client, pick_up, f"{went.number}-T")
    assert (out["outcome"], out["sound"]) == ("out", "good")
    assert "Went out: 1" in out["html"]
    again = scanned(client, pick_up, f"{went.number}-P")
    assert (again["sound"], "nothing to do" in again["text"]) == ("good", True)
    Order.objects.filter(pk=gone.pk).update(status="cancelled")
    stopped = scanned(client, pick_up, f"{gone.number}-T")
    assert (stopped["outcome"], stopped["sound"]) == ("cancelled", "bad")
    note = client.get(f"{ROOM}{pick_up.pk}/note/")
    assert [scan.orders for scan in note.context["went"]] == [went.number]
    assert [row.order for row in note.context["missing"]] == [missing.number]
    assert [scan.orders for scan in note.context["unasked"]] == [gone.number]
    assert "Received by (courier)" in note.content.decode()
    client.post(page_of(pick_up, "close_this"), CONFIRMED)
    assert scanned(client, pick_up, f"{missing.number}-T")["sound"] == "bad"
    assert pick_up.scans.count() == 2
    for code, text in (("X", "did not go out"), (f"{went.number}-T", "Taken back")):
        client.post(page_of(pick_up, "take_back"), CONFIRMED | {"code": code})
        assert text in client.get(page_of(pick_up)).content.decode()
    assert list(pick_up.scans.values_list("outcome", flat=True)) == ["cancelled"]
    assert opened(client).closed_at is None


def test_a_courier_without_orders_is_not_opened(client: Client, own: World) -> None:
    answer = client.post(f"{ROOM}open/", {"carrier": "SPX"}, follow=True)
    assert "No arranged order goes with this courier" in said(answer)
    assert "No arranged order waits for a courier" in answer.content.decode()
    assert not HandOver.objects.exists()


def test_only_operators_of_all_its_shops_scan_out_and_others_do_not_see_it(client: Client, own: World) -> None:
    row, other = arranged(own), world("ZZ")
    pick_up = opened(client)
    foreign = HandOver.objects.create(carrier="GHN", day=pick_up.day, shop_ids=[own.shop.pk, other.shop.pk])
    for place in ("change/", "scan/", "note/"):
        assert client.get(f"{ROOM}{foreign.pk}/{place}").status_code == 404, place
    assert client.post(f"{ROOM}{foreign.pk}/scan/code/", {"code": "x"}).status_code == 404
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    assert client.get(f"{ROOM}{pick_up.pk}/note/").status_code == 200
    assert client.get(f"{ROOM}{pick_up.pk}/scan/").status_code == 403
    assert client.post(f"{ROOM}{pick_up.pk}/scan/code/", {"code": f"{row.number}-T"}).status_code == 403
    assert client.post(f"{ROOM}open/", {"carrier": "SPX"}).status_code == 403
    assert not pick_up.scans.exists()
    assert Shop.objects.count() == 2
