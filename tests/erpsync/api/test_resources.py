"""Every list and every row of the API: what they show, and that a page of fifty costs as many queries as one of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpsync.api.urls import RESOURCES
from inventory.models import Listing, ListingStock, Product
from tests.erpsync.admin.worlds import World, order
from tests.erpsync.api.conftest import Api, MakeKey

pytestmark = pytest.mark.django_db


def queries_of(api: Api, path: str, query: dict[str, Any]) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as seen:
        answer = api.get(path, query)
    assert answer.status_code == 200, answer.content
    return len(seen), answer.json()


@pytest.mark.parametrize("name", list(RESOURCES))
def test_a_list_and_its_rows_say_the_same(own: World, key_of: MakeKey, name: str) -> None:
    manager = key_of(own, role="manager")
    [row, *_more] = manager.get(f"/{name}").json()["items"]
    assert manager.get(f"/{name}/{row['id']}").json() == row


@pytest.mark.parametrize("name", [name for name, resource in RESOURCES.items() if resource.expands])
def test_all_parts_come_when_asked_for(own: World, api: Api, name: str) -> None:
    parts = RESOURCES[name].expands
    rows = api.get(f"/{name}", {"expand": ",".join(parts)}).json()["items"]
    assert all(set(parts) <= set(row) for row in rows)
    assert {part for part in parts if any(row[part] for row in rows)} == set(parts)
    assert not set(parts) & set(api.get(f"/{name}").json()["items"][0])


def test_no_list_asks_per_row(own: World, api: Api) -> None:
    for _ in range(50):
        order(own)
    for n in range(50):
        product = Product.objects.create(sku=f"MANY-{n}", name=f"many {n}")
        listing = Listing.objects.create(shop=own.shop, item_id=f"many-{n}", title="many", product=product)
        ListingStock.objects.create(listing=listing, wanted=1)
    many = {name: resource for name, resource in RESOURCES.items() if resource.model.objects.count() >= 50}
    assert {
        "orders",
        "order-lines",
        "parcels",
        "returns",
        "products",
        "listings",
        "commands",
        "stock-movements",
    } <= set(many)
    for name, resource in RESOURCES.items():
        expand = {"expand": ",".join(resource.expands)} if resource.expands else {}
        one, _found = queries_of(api, f"/{name}", {"limit": 1, **expand})
        fifty, found = queries_of(api, f"/{name}", {"limit": 50, **expand})
        assert fifty <= one, name
        assert len(found["items"]) == 50 or name not in many


def test_an_order_with_all_its_parts(own: World, api: Api) -> None:
    found = api.get(f"/orders/{own.order.pk}", {"expand": "lines,parcels,history"}).json()
    assert found["number"] == own.order.number
    assert found["total"] == "199000"
    assert found["recipient"] == {"name": "OWNSHOP recipient"}
    assert found["placed_at"].endswith("Z")
    assert [line["sku"] for line in found["lines"]] == ["OWNSHOP-SKU"]
    assert [parcel["number"] for parcel in found["parcels"]] == [f"{own.order.number}-P"]
    assert [(step["before"], step["after"]) for step in found["history"]] == [("unpaid", "to_ship")]


def test_buyers_are_seen_with_the_scope_for_customers_only(own: World, key_of: MakeKey) -> None:
    api = key_of(own, "orders:read")
    found = api.get(f"/orders/{own.order.pk}").json()
    assert not {"recipient", "buyer_name", "buyer_id", "note"} & set(found)
    asked = api.get(f"/orders/{own.order.pk}", {"fields": "recipient"})
    assert (asked.status_code, asked.json()["scope"]) == (403, "customers:read")


def test_cost_is_for_managers(own: World, key_of: MakeKey) -> None:
    Product.objects.filter(pk=own.product.pk).update(cost=600)
    costs = {
        role: key_of(own, "products:read", role=role).get(f"/products/{own.product.pk}").json()["cost"]
        for role in ("viewer", "operator", "manager")
    }
    assert costs == {"viewer": None, "operator": None, "manager": "600"}


def test_a_customer_is_told_as_the_own_shops_know_them(own: World, other: World, api: Api) -> None:
    [person] = api.get("/customers", {"expand": "identities"}).json()["items"]
    assert person["name"] == "OWNSHOP buyer"
    assert [identity["shop"] for identity in person["identities"]] == [own.shop.pk]


def test_a_levels_numbers_are_decimals_in_text(own: World, api: Api) -> None:
    found = api.get(f"/stock-levels/{own.level.pk}").json()
    assert (found["on_hand"], found["reserved"], found["available"]) == ("8", "1", "7")


def test_a_level_explains_its_numbers(own: World, api: Api) -> None:
    found = api.get(f"/stock-levels/{own.level.pk}/explanation").json()
    assert found == {
        "level": own.level.pk, "on_hand": "8", "available": "7",
        "movements": [{"kind": "receipt", "quantity": "1"}],
        "reservations": [{"shop": own.shop.pk, "quantity": "1"}],
        "reserved_by_other_shops": "0", "reserved_at_pos": "0",
        "listings": [{"listing": own.listing.pk, "shop": own.shop.pk, "wanted": 7, "expected": 7}],
    }  # fmt: skip


def test_a_connection_shows_its_health(own: World, api: Api) -> None:
    [found] = api.get("/connections").json()["items"]
    assert found["channel"] == "kiotviet"
    assert set(found["health"]) == {"overall", "token", "webhook", "lag", "pending", "dead"}
    assert found["health"]["dead"]["colour"] == "amber"
    in_vietnamese = api.get("/connections", Accept_Language="vi").json()["items"][0]
    assert in_vietnamese["health"]["dead"]["advice"] == "Mở hộp sự kiện: mỗi mục có ghi cách xử lý."


def test_filters_find_what_they_name(own: World, api: Api) -> None:
    older = order(own, placed_at=timezone.now() - timedelta(days=3), status="shipped")
    ids = lambda **query: [row["id"] for row in api.get("/orders", query).json()["items"]]  # noqa: E731
    assert ids() == [own.order.pk, older.pk]
    assert ids(sort="placed_at") == [older.pk, own.order.pk]
    assert ids(status="shipped") == ids(status="shipped,completed") == [older.pk]
    assert ids(number=f"{own.order.number},none") == [own.order.pk]
    assert ids(placed_before=(timezone.now() - timedelta(days=1)).isoformat()) == [older.pk]
    assert ids(shop=own.shop.pk + 1000) == []
    assert ids(has_problem="true") == []
    assert [row["id"] for row in api.get("/order-lines", {"is_mapped": "false"}).json()["items"]] == []
