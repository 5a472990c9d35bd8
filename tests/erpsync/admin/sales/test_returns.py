"""Returns in the admin: answered once, received once, put back only by a person; customers and money to look at."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from integrations.documents.commands.request import POSSIBLE_FOR, possible_for
from integrations.models import Command
from inventory.models import StockMovement, Warehouse
from orders.models import Customer, CustomerIdentity, Order, OrderLine, ParcelPhoto, Return, ReturnLine
from orders.services.customers import store_customers
from orders.snapshots import CustomerSnapshot
from tests.erpsync.admin.pages import CONFIRMED, page, said
from tests.erpsync.admin.worlds import World, order, world
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    made.order.lines.update(parts={str(made.product.pk): "2"})
    ReturnLine.objects.update(condition="", restock="", warehouse=None)
    client.force_login(made.manager)
    return made


@pytest.fixture
def ret(own: World) -> Return:
    return Return.objects.get()


def parcel(
    ret: Return, warehouse: Warehouse, condition: str = "sellable", *, put_back: bool = True
) -> dict[str, object]:
    line = ret.lines.get()
    told = {f"line_{line.pk}": condition, "warehouse": warehouse.pk} | CONFIRMED
    return told | ({"put_back": "on"} if put_back else {})


def test_goods_go_back_on_sale_only_when_a_person_says_so_and_once(client: Client, own: World, ret: Return) -> None:
    Warehouse.objects.update(shop=None)
    own.shop.sells_from.set([own.warehouse])
    client.post(page(ret, "receive"), parcel(ret, own.warehouse))
    assert "on sale again" in said(client.get(page(ret)))
    own.level.refresh_from_db()
    assert own.level.on_hand == 10
    assert StockMovement.objects.filter(note=f"return {ret.number}").get().quantity == 2
    client.post(page(ret, "receive"), parcel(ret, own.warehouse))
    assert "received this return already" in said(client.get(page(ret)))
    own.level.refresh_from_db()
    assert own.level.on_hand == 10
    assert page(ret, "receive") not in client.get(page(ret)).content.decode()


@pytest.mark.parametrize(("condition", "put_back"), [("damaged", True), ("missing", True), ("sellable", False)])
def test_what_is_not_sellable_or_not_wanted_stays_off_sale(
    client: Client, own: World, ret: Return, condition: str, put_back: bool
) -> None:
    client.post(page(ret, "receive"), parcel(ret, own.warehouse, condition, put_back=put_back))
    own.level.refresh_from_db()
    line = ReturnLine.objects.get()
    assert (own.level.on_hand, line.condition, line.restock) == (8, condition, "no")


def test_of_two_pieces_one_goes_back_and_one_is_damaged(client: Client, own: World, ret: Return) -> None:
    Warehouse.objects.update(shop=None)
    own.shop.sells_from.set([own.warehouse])
    OrderLine.objects.update(quantity=2)
    ReturnLine.objects.update(quantity=2)
    line = ret.lines.get()
    dialog = client.get(page(ret, "receive")).content.decode()
    assert f'name="line_{line.pk}_0" value="2"' in dialog
    answer = parcel(ret, own.warehouse)
    del answer[f"line_{line.pk}"]
    wrong = client.post(page(ret, "receive"), answer | {f"line_{line.pk}_0": 2, f"line_{line.pk}_1": 1})
    assert "Together it must be 2 pieces." in wrong.content.decode()
    empty = client.post(page(ret, "receive"), answer | {f"line_{line.pk}_{place}": "" for place in range(3)})
    assert "This field is required." in empty.content.decode()
    client.post(
        page(ret, "receive"), answer | {f"line_{line.pk}_0": 1, f"line_{line.pk}_1": 1, f"line_{line.pk}_2": ""}
    )
    own.level.refresh_from_db()
    line.refresh_from_db()
    assert (own.level.on_hand, line.condition, line.pieces_to_sell) == (10, "mixed", 1)
    shown = client.get(page(ret)).content.decode()
    assert "1 × Sellable" in shown
    assert "1 × Damaged" in shown


def test_a_photo_is_taken_of_a_line(client: Client, own: World, ret: Return, tmp_path: Path, settings: Any) -> None:
    settings.PHOTO_URL = str(tmp_path)
    line = ret.lines.get()
    for place in (page(ret), page(ret, "receive")):
        assert f'data-subject="line" data-id="{line.pk}"' in client.get(place).content.decode()
    answer = client.post("/admin/orders/parcelphoto/upload/", {
        "piece": SimpleUploadedFile("piece", jpeg(8, 8)), "position": 0, "last": 1, "line": line.pk,
    })  # fmt: skip
    photo = ParcelPhoto.objects.get(pk=answer.json()["photo"])
    assert (photo.ret, photo.return_line, photo.number, list(photo.orders.all())) == (
        ret,
        line,
        ret.number,
        [own.order],
    )
    for place in (page(ret), page(ret, "receive"), page(own.order)):
        assert f'src="/admin/orders/parcelphoto/{photo.pk}/file/"' in client.get(place).content.decode()


def test_a_pos_gets_a_list_and_the_list_gets_done(client: Client, own: World, ret: Return) -> None:
    type(own.shop).objects.update(keeps_stock=True)
    client.post(page(ret, "receive"), parcel(ret, own.warehouse))
    line = ReturnLine.objects.get()
    assert line.restock == "at_pos"
    listed = "/admin/orders/returnline/"
    assert page(line, "done") in client.get(page(line)).content.decode()
    client.post(page(line, "done"), CONFIRMED)
    line.refresh_from_db()
    assert line.restock == "posted"
    assert page(line, "done") not in client.get(page(line)).content.decode()
    assert list(client.get(listed, {"done": "no"}).context["cl"].result_list) == []
    answer = client.post(listed, {"action": "mark_posted", "_selected_action": [line.pk]}, follow=True)
    assert "0 lines are done." in said(answer)


def test_where_returned_goods_go_is_offered_first(client: Client, own: World, ret: Return) -> None:
    place = Warehouse.objects.create(name="Returns corner", shop=own.shop, external_id="r")
    nothing = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    policy = {"safety_stock": 0, "share_percent": 100, "scarce_below": 10, "priority": 100, "price_move_percent": 50}
    client.post(page(own.shop), {"sells_from": [own.warehouse.pk], "returns_to": place.pk, **policy, **nothing})
    own.shop.refresh_from_db()
    assert own.shop.returns_to == place
    assert f'<option value="{place.pk}" selected>' in client.get(page(ret, "receive")).content.decode()


@pytest.mark.parametrize(
    ("action", "kind", "told"),
    [("accept", "accept_return", {}), ("reject", "reject_return", {"email": "shop@example.test"})],
)
def test_a_buyers_wish_is_answered_once(
    client: Client, own: World, ret: Return, action: str, kind: str, told: dict[str, str]
) -> None:
    assert page(ret, action) not in client.get(page(ret)).content.decode()
    Return.objects.update(status="requested")
    assert page(ret, action) in client.get(page(ret)).content.decode()
    for _press in range(3):
        client.post(page(ret, action), CONFIRMED | {f"declared_{name}": value for name, value in told.items()})
    wanted = Command.objects.get(state="wanted")
    assert (wanted.kind, wanted.order, wanted.options, wanted.actor) == (
        kind, own.order, told | {"return_number": ret.number}, own.manager,
    )  # fmt: skip


def test_two_returns_of_one_order_are_answered_each(client: Client, own: World, ret: Return) -> None:
    second = Return.objects.create(
        shop=own.shop, number="SECOND", order=own.order, order_number=own.order.number, status="requested",
        channel_status="R", asked_at=timezone.now(),
    )  # fmt: skip
    Return.objects.update(status="requested")
    for thing in (ret, second):
        client.post(page(thing, "accept"), CONFIRMED)
    numbers = {row.options["return_number"] for row in Command.objects.filter(state="wanted")}
    assert numbers == {ret.number, "SECOND"}


def test_a_return_without_its_order_waits_for_it(client: Client, own: World, ret: Return) -> None:
    Return.objects.update(status="requested", order=None)
    ret.refresh_from_db()
    assert possible_for(ret) == frozenset()
    client.post(page(ret, "accept"), CONFIRMED)
    assert "not known here yet" in said(client.get(page(ret)))
    assert set(POSSIBLE_FOR) == {"accept_return", "reject_return"}


@pytest.mark.parametrize("term", ["number", "order_number"])
def test_a_return_is_found_by_its_number_and_its_orders(client: Client, own: World, ret: Return, term: str) -> None:
    order(own)
    found = client.get("/admin/orders/return/", {"q": getattr(ret, term)}).context["cl"].result_list
    assert [row.pk for row in found] == [ret.pk]


def test_a_customer_is_found_by_telephone_however_it_is_written(client: Client, own: World) -> None:
    store_customers(own.shop.pk, [CustomerSnapshot("OWN-buyer", "OWN buyer", timezone.now(), phone="0901234567")])
    [identity] = CustomerIdentity.objects.all()
    for term in ("0901234567", "+84 901 234 567", "4567", "OWN"):
        found = client.get("/admin/orders/customer/", {"q": term}).context["cl"].result_list
        assert [row.pk for row in found] == [identity.customer_id], term


def test_a_customer_of_two_shops_shows_each_member_only_the_own_orders(client: Client, own: World) -> None:
    other = world("ZZOTHER")
    Order.objects.filter(pk=other.order.pk).update(customer=Customer.objects.get(name="OWN customer"))
    shown = client.get(page(Customer.objects.get(name="OWN customer"))).content.decode()
    assert own.order.number in shown
    assert "ZZOTHER" not in shown


def test_fees_stand_on_the_orders_page(client: Client, own: World) -> None:
    shown = client.get(page(own.order)).content.decode()
    assert "OWN fee" in shown
    assert "OWN-week" in shown
    found = client.get("/admin/commissions/statementline/", {"q": "OWN-week"}).context["cl"].result_list
    assert [row.amount for row in found] == [Decimal(-5000)]
