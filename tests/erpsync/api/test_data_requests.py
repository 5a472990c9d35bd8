"""Data requests by the API: of managers, each over its own shops, carried out by the job; files for a day; erasure by few."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.utils import timezone

from erpsync.models import ApiKey, DataRequest
from erpsync.subjects import requests
from orders.models import Customer, CustomerIdentity, Order
from tests.erpsync.admin.worlds import World, world
from tests.erpsync.api.conftest import Api, MakeKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "spread_at_once")]
PHONE = "0907 654 321"
SCOPES = ("privacy:read", "privacy:write")


@pytest.fixture
def hai(monkeypatch: pytest.MonkeyPatch) -> tuple[World, World]:
    """Two shops that know one person."""
    monkeypatch.setattr(requests, "wake", lambda: None)
    worlds = world("MOT"), world("HAI", channel="lazada")
    DataRequest.objects.all().delete()
    customer = Customer.objects.create(name="Hân", phone="+84907654321")
    for one in worlds:
        CustomerIdentity.objects.filter(shop=one.shop).update(
            customer=customer, name=f"Hân của {one.mark}", phone=PHONE
        )
        Order.objects.filter(shop=one.shop).update(customer=customer, status="completed")
    return worlds


@pytest.fixture
def manager(hai: tuple[World, World], key_of: MakeKey) -> Api:
    return key_of(hai[0], *SCOPES, role="manager")


def ask(api: Api, kind: str, **more: Any) -> Any:
    return api.post("/data-requests", {"kind": kind, "phone": PHONE, "reason": "thư"} | more)


def test_an_export_is_made_by_the_job_of_own_shops_and_fetched_for_a_day(
    hai: tuple[World, World], manager: Api
) -> None:
    asked = ask(manager, "export")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    place = asked["Location"].removeprefix("/api/v1")
    assert manager.get(f"{place}/file").json()["code"] == "no_file"
    requests.run_due()
    row = manager.get(place).json()
    assert (row["state"], row["shops"], row["counts"]["orders_customeridentity"]) == ("done", [hai[0].shop.pk], 1)
    assert "terms" not in row
    answer = manager.get(f"{place}/file")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/octet-stream", "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        data = json.loads(packed.read("data.json"))
    assert {table: len(rows) for table, rows in data["tables"].items()} == row["counts"]
    assert [one["name"] for one in data["tables"]["orders_customeridentity"]] == ["Hân của MOT"]
    assert "HAI" not in json.dumps(data)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        assert manager.get(f"{place}/file").status_code == 404
        requests.run_due()
    kept = DataRequest.objects.get()
    assert (kept.terms, kept.file_until, kept.state) == ({}, None, "done")


def test_finding_counts_and_keeps_nothing_that_names_the_person(hai: tuple[World, World], manager: Api) -> None:
    place = ask(manager, "find")["Location"].removeprefix("/api/v1")
    requests.run_due()
    row = manager.get(place).json()
    assert (row["state"], row["counts"]["orders_customeridentity"], row["file_until"]) == ("done", 1, None)
    assert DataRequest.objects.get().terms == {}
    assert manager.get(f"{place}/file").json()["code"] == "no_file"
    assert [one["id"] for one in manager.get("/data-requests", {"kind": "find"}).json()["items"]] == [row["id"]]
    assert manager.get("/data-requests", {"kind": "export"}).json()["items"] == []


def test_operators_and_other_shops_see_and_get_nothing(hai: tuple[World, World], manager: Api, key_of: MakeKey) -> None:
    place = ask(manager, "export")["Location"].removeprefix("/api/v1")
    requests.run_due()
    operator, other = key_of(hai[0], *SCOPES), key_of(hai[1], *SCOPES, role="manager")
    for stranger in (operator, other):
        assert stranger.get("/data-requests").json()["items"] == []
        assert (stranger.get(place).status_code, stranger.get(f"{place}/file").status_code) == (404, 404)
    assert key_of(hai[0], "privacy:read", role="manager").get(f"{place}/file").json()["code"] == "scope"
    refused = ask(operator, "find")
    assert (refused.status_code, refused.json()["code"]) == (403, "role")
    assert DataRequest.objects.count() == 1


def erasing(api: Api) -> tuple[int, str]:
    answer = ask(api, "erase")
    return answer.status_code, answer.json().get("code", "")


def test_a_key_erases_only_in_all_shops_that_know_the_person_and_made_by_somebody_who_may(
    hai: tuple[World, World], key_of: MakeKey
) -> None:
    root = get_user_model().objects.create_superuser("root")
    mot, hai_ = hai
    assert erasing(key_of(mot, *SCOPES, role="manager")) == (403, "not_yours")
    assert erasing(key_of(mot, *SCOPES, role="manager", owner=mot.manager)) == (403, "not_yours")
    assert erasing(key_of(mot, *SCOPES, role="manager", owner=root)) == (403, "not_yours")
    assert DataRequest.objects.count() == 0
    both = key_of(mot, *SCOPES, role="manager", owner=root)
    ApiKey.objects.latest("pk").shops.add(hai_.shop)
    Order.objects.filter(shop=hai_.shop).update(status="to_ship")
    assert erasing(both) == (409, "open_orders")
    Order.objects.filter(shop=hai_.shop).update(status="completed")
    exported = ask(both, "export")["Location"].removeprefix("/api/v1")
    requests.run_due()
    place = ask(both, "erase")["Location"].removeprefix("/api/v1")

    requests.run_due()

    row = both.get(place).json()
    assert (row["kind"], row["state"], row["shops"]) == ("erase", "done", sorted([mot.shop.pk, hai_.shop.pk]))
    assert row["counts"]["orders_customeridentity"] == 2
    assert CustomerIdentity.objects.exclude(name="").count() == 0
    # the file was made of what the person was found by
    assert both.get(f"{exported}/file").json()["code"] == "no_file"
    assert [one.terms for one in DataRequest.objects.all()] == [{}, {}]
    assert both.post("/data-requests", {"kind": "erase", "phone": "0907***321", "reason": "thư"}).json()["code"] == (
        "not_whole"
    )


def test_a_person_who_signed_in_gets_the_file_of_shops_that_are_still_managed(hai: tuple[World, World]) -> None:
    client = Api()
    client.client.force_login(hai[0].manager)
    key = ask(client, "export").json()["id"]
    requests.run_due()
    assert client.get(f"/data-requests/{key}/file").status_code == 200
    hai[0].manager.shop_memberships.update(role="operator")
    assert client.get(f"/data-requests/{key}/file").status_code == 404
