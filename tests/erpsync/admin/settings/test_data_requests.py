"""The page of data requests: managers find and hand out what their shops hold, few may erase, and everything is recorded."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from core.permissions import PRIVACY
from erpsync.models import DataRequest
from erpsync.subjects import requests
from inventory.models import ShopMembership
from orders.models import Customer, CustomerIdentity, Order
from tests.erpsync.admin.worlds import World, world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("spread_at_once")]
PAGE = "/admin/erpsync/datarequest/find/"
PHONE = "0907 654 321"


@pytest.fixture
def hai(monkeypatch: pytest.MonkeyPatch) -> tuple[World, World]:
    """Two shops that know one person."""
    monkeypatch.setattr(requests, "wake", lambda: None)
    worlds = world("MOT"), world("HAI", channel="lazada")
    customer = Customer.objects.create(name="Hân", phone="+84907654321")
    for one in worlds:
        CustomerIdentity.objects.filter(shop=one.shop).update(
            customer=customer, name=f"Hân của {one.mark}", phone=PHONE
        )
        Order.objects.filter(shop=one.shop).update(customer=customer, status="completed")
    return worlds


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, **fields: str) -> Any:
    return client.post(PAGE, {"phone": PHONE, **fields})


def test_a_manager_finds_and_hands_out_what_the_own_shop_holds(hai: tuple[World, World]) -> None:
    client = client_of(hai[0].manager)
    page = ask(client, verb="find").content.decode()
    assert "Hand out as a file" in page
    assert "Erase this person" not in page
    assert ask(client, verb="export").status_code == 200
    assert DataRequest.objects.filter(reason="thư").count() == 0
    answer = ask(client, verb="export", reason="thư")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        data = json.loads(packed.read("data.json"))
    assert [row["name"] for row in data["tables"]["orders_customeridentity"]] == ["Hân của MOT"]
    assert "HAI" not in json.dumps(data)
    kept = DataRequest.objects.get(reason="thư")
    assert (kept.kind, kept.state, kept.shop_ids, kept.asked_by) == ("export", "done", [hai[0].shop.pk], hai[0].manager)
    assert LogEntry.objects.filter(object_id=str(kept.pk)).count() == 1


def test_a_manager_erases_nobody(hai: tuple[World, World]) -> None:
    ask(client_of(hai[0].manager), verb="erase", reason="thư", confirmed="yes")
    assert DataRequest.objects.filter(kind="erase").count() == 0


def test_the_privacy_group_erases_only_where_it_manages_all_shops(hai: tuple[World, World]) -> None:
    user = hai[0].manager
    user.groups.add(Group.objects.create(name=PRIVACY))
    ask(client_of(user), verb="erase", reason="thư", confirmed="yes")
    assert DataRequest.objects.filter(kind="erase").count() == 0
    ShopMembership.objects.create(user=user, shop=hai[1].shop, role="manager")
    ask(client_of(user), verb="erase", reason="thư", confirmed="yes")
    assert DataRequest.objects.get(kind="erase").state == "waiting"


def test_a_superuser_erases_after_confirming_and_the_job_does_it(hai: tuple[World, World]) -> None:
    root = get_user_model().objects.create_superuser("root")
    client = client_of(root)
    ask(client, verb="erase", reason="thư")
    ask(client, verb="erase", confirmed="yes")
    assert DataRequest.objects.filter(kind="erase").count() == 0
    answer = ask(client, verb="erase", reason="thư", confirmed="yes")
    row = DataRequest.objects.get(kind="erase")
    assert answer.headers["Location"].endswith(f"/datarequest/{row.pk}/change/")
    assert PHONE not in json.dumps(LogEntry.objects.filter(object_id=str(row.pk)).values_list("change_message")[0][0])

    requests.run_due()

    row.refresh_from_db()
    assert (row.state, row.terms) == ("done", {})
    assert CustomerIdentity.objects.exclude(name="").count() == 0
    page = client.get(f"/admin/erpsync/datarequest/{row.pk}/change/").content.decode()
    assert "Customer as a shop knows them: 2" in page


def test_an_open_order_is_said_on_the_page(hai: tuple[World, World]) -> None:
    Order.objects.filter(shop=hai[0].shop).update(status="to_ship")
    client = client_of(get_user_model().objects.create_superuser("root"))
    page = ask(client, verb="find").content.decode()
    assert "An order of this person is not over" in page
    assert "Erase this person" not in page
    ask(client, verb="erase", reason="thư", confirmed="yes")
    assert DataRequest.objects.filter(kind="erase").count() == 0


@pytest.mark.parametrize("terms", [{"phone": ""}, {"phone": "0907***321"}, {"phone": "", "email": "nobody"}])
def test_what_is_not_whole_finds_nobody(hai: tuple[World, World], terms: dict[str, str]) -> None:
    page = ask(client_of(hai[0].manager), verb="find", **terms).content.decode()
    assert "Hand out as a file" not in page
