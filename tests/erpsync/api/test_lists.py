"""Pages, chosen fields, what nobody knows, and answers that the caller has already."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import search
from inventory.models import Shop
from orders.models import Order, OrderLine
from tests.erpsync.admin.worlds import World, order
from tests.erpsync.api.conftest import Api

pytestmark = pytest.mark.django_db


def pages(api: Api, path: str, **query: Any) -> list[list[int]]:
    found, cursor = [], None
    while True:
        answer = api.get(path, {**query, **({"cursor": cursor} if cursor else {})}).json()
        found.append([row["id"] for row in answer["items"]])
        if (cursor := answer["next_cursor"]) is None:
            return found


@pytest.fixture
def many(own: World) -> list[int]:
    """Ten orders, newest first; in threes placed at the same moment."""
    Order.objects.filter(pk=own.order.pk).update(placed_at=timezone.now() - timedelta(days=1))
    for n in range(9):
        order(own, placed_at=timezone.now().replace(microsecond=0) + timedelta(seconds=n // 3))
    return list(Order.objects.order_by("-placed_at", "-id").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("sort", "backwards"), [("-placed_at", False), ("placed_at", True), ("id", True), ("-id", False)]
)
def test_pages_have_every_row_once_in_order(many: list[int], api: Api, sort: str, backwards: bool) -> None:
    found = pages(api, "/orders", limit=4, sort=sort)
    assert [len(page) for page in found] == [4, 4, 2]
    by_id = sorted(many, reverse=not backwards)
    expected = by_id if "id" in sort else many[::-1] if backwards else many
    assert [key for page in found for key in page] == expected


def test_a_page_is_no_place_in_the_table(own: World, many: list[int], api: Api) -> None:
    first = api.get("/orders", {"limit": 4}).json()
    newer = order(own, placed_at=timezone.now() + timedelta(days=1))
    second = api.get("/orders", {"limit": 4, "cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in second["items"]] == many[4:8]
    assert newer.pk not in [row["id"] for row in second["items"]]


def test_the_next_page_is_a_link_too(many: list[int], api: Api) -> None:
    answer = api.get("/orders", {"limit": 9, "status": "to_ship"})
    link = answer["Link"].removeprefix("<").removesuffix('>; rel="next"')
    following = api.client.get(link, headers=api.headers).json()
    assert ([row["id"] for row in following["items"]], following["next_cursor"]) == (many[9:], None)


def test_a_cursor_is_of_one_list_only_and_nobody_makes_one(many: list[int], api: Api) -> None:
    cursor = api.get("/orders", {"limit": 1}).json()["next_cursor"]
    for query in (
        {"cursor": cursor, "status": "shipped"},
        {"cursor": cursor, "sort": "id"},
        {"cursor": cursor[:-1] + "x"},
    ):
        answer = api.get("/orders", query)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor")
    assert api.get("/parcels", {"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", ""])
def test_a_limit_out_of_range_is_said(api: Api, limit: str) -> None:
    assert api.get("/orders", {"limit": limit}).json()["code"] == "limit"


def test_what_nobody_knows_is_refused_with_what_there_is(api: Api) -> None:
    answer = api.get("/orders", {"statuss": "x"}).json()
    assert (answer["status"], answer["code"]) == (400, "unknown_parameter")
    assert {"status", "cursor", "fields", "expand", "sort"} <= set(answer["allowed"])
    assert api.get("/orders", {"sort": "total"}).json()["allowed"] == ["-placed_at", "placed_at", "-id", "id"]
    assert "number" in api.get("/orders", {"fields": "nummer"}).json()["allowed"]
    assert api.get("/orders", {"expand": "linez"}).json()["allowed"] == [
        "lines",
        "parcels",
        "notes",
        "tags",
        "tracking",
        "history",
    ]
    assert api.get(f"/orders/{1}", {"status": "x"}).json()["allowed"] == ["fields", "expand"]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "sold"}, {"shop": "x"}, {"shop": "99999999999999999999999"}, {"shop": "-1"}, {"placed_since": "yesterday"},
        {"has_problem": "perhaps"}, {"number": "\x00"}, {"search": "a\x00"}, {"shop": ",".join(map(str, range(101)))},
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(api: Api, query: dict[str, str]) -> None:
    answer = api.get("/orders", query)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_only_the_fields_that_were_asked_for(own: World, api: Api) -> None:
    found = api.get(f"/orders/{own.order.pk}", {"fields": "number,status", "expand": "lines"}).json()
    assert set(found) == {"number", "status", "lines"}
    assert set(api.get("/orders", {"fields": "id"}).json()["items"][0]) == {"id"}


def test_what_the_caller_has_is_not_sent_again(own: World, api: Api) -> None:
    first = api.get("/shops")
    again = api.get("/shops", If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert api.get("/shops", If_None_Match=f"W/{first['ETag']}").status_code == 304
    Shop.objects.filter(pk=own.shop.pk).update(priority=1)
    changed = api.get("/shops", If_None_Match=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_search_finds_words_without_accents(own: World, api: Api) -> None:
    Order.objects.filter(pk=own.order.pk).update(
        search_text=" nguyen thi hoa ", search_grams=["nguy", "guye", "uyen", "thi", "hoa"]
    )
    assert len(api.get("/orders", {"search": "Nguyễn"}).json()["items"]) == 1
    assert api.get("/orders", {"search": "Trần"}).json()["items"] == []
    assert api.get("/orders", {"search": "…"}).json()["items"] == []


def test_a_frequent_word_is_met_on_the_way_through_the_list(
    own: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    Order.objects.filter(pk=own.order.pk).update(
        search_text=" nguyen thi hoa ", search_grams=["nguy", "guye", "uyen", "thi", "hoa"]
    )
    monkeypatch.setattr(search, "MOST_BY_ID", 0)
    with CaptureQueriesContext(connection) as queries:
        [found] = api.get("/orders", {"search": "Nguyễn"}).json()["items"]
    assert found["id"] == own.order.pk
    # one row is asked for, to know that there are too many; no index yields all of them for the page
    page = [query["sql"] for query in queries if 'FROM "orders_order"' in query["sql"]][-1]
    assert "search_text" in page
    assert "search_grams" not in page


def test_sales_are_found_by_what_decides_their_fees(own: World, api: Api) -> None:
    sold = order(own, payment_method="Cash", staff_id="7", branch_id="200001")
    [line] = [OrderLine.objects.create(order=sold, key="2", item_id="i", quantity=1, category_id="100", campaigns=["flash_sale", "779"],
                                       affiliate_id="creator-7", affiliate_rate="7.5")]  # fmt: skip
    own.listing.category_id = "100"
    own.listing.save()
    for path, pk, query in (
        ("/orders", sold.pk, {"payment_method": "Cash"}),
        ("/orders", sold.pk, {"staff_id": "7"}),
        ("/orders", sold.pk, {"branch_id": "200001,200002"}),
        ("/order-lines", line.pk, {"category_id": "100"}),
        ("/order-lines", line.pk, {"campaign": "779,780"}),
        ("/order-lines", line.pk, {"affiliate_id": "creator-7"}),
        ("/listings", own.listing.pk, {"category_id": "100"}),
    ):
        assert pages(api, path, **query) == [[pk]], (path, query)
        assert pages(api, path, **dict.fromkeys(query, "another")) == [[]], (path, query)
