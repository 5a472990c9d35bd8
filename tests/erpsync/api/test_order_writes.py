"""Notes and tags of orders by the API, one by one and in bulk; tags as a resource."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from orders.models import Order, OrderNote, OrderTag
from orders.services.desk import MOST_TAGS, tag_named, tag_orders
from tests.erpsync.admin.worlds import World, order
from tests.erpsync.api.conftest import Api, MakeKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def untagged(own: World, other: World) -> None:
    OrderTag.objects.all().delete()


def names(row: Order) -> list[str]:
    return list(row.tags.order_by("name").values_list("name", flat=True))


def test_a_note_is_added_once(own: World, api: Api) -> None:
    for replayed in (None, "true"):
        answer = api.post(f"/orders/{own.order.pk}/notes", {"text": " Gọi trước "}, Idempotency_Key="n")
        assert (answer.status_code, answer.get("Idempotent-Replayed")) == (201, replayed)
    note = OrderNote.objects.latest("pk")
    assert answer.json() == {"order": own.order.pk, "note": note.pk}
    assert (note.text, OrderNote.objects.filter(order=own.order).count()) == ("Gọi trước", 2)
    for text in ("", "  ", "x" * 2_001):
        assert api.post(f"/orders/{own.order.pk}/notes", {"text": text}).status_code == 400


def test_tags_are_set_added_and_removed(own: World, api: Api) -> None:
    url = f"/orders/{own.order.pk}/tags"
    for body, tags in (
        ({"tags": ["Gấp", " gói  quà "]}, ["Gấp", "gói quà"]),
        ({"add": ["GẤP", "mới"]}, ["Gấp", "gói quà", "mới"]),
        ({"add": ["sau"], "remove": ["Mới", "nobody's"]}, ["Gấp", "gói quà", "sau"]),
        ({"tags": ["sau"]}, ["sau"]),
        ({"tags": []}, []),
    ):
        answer = api.put(url, body)
        assert (answer.status_code, answer.json()) == (200, {"order": own.order.pk, "tags": tags})
        assert names(own.order) == tags
    assert OrderTag.objects.count() == 4
    for bad in ({}, {"tags": ["a"], "add": ["b"]}, {"tags": ["x" * 41]}, {"tags": [""]}, {"add": ["x"] * 21}):
        assert api.put(url, bad).status_code == 400
    assert names(own.order) == []


def test_tags_in_bulk_have_an_outcome_each(own: World, other: World, api: Api) -> None:
    second = order(own)
    OrderTag.objects.all().delete()
    rows: list[dict[str, Any]] = [
        {"order": own.order.pk, "add": ["a", "b"]},
        {"order": second.pk, "tags": ["b"]},
        {"order": other.order.pk, "tags": ["b"]},
        {"order": second.pk, "tags": ["c"]},
        {"order": own.order.pk},
    ]
    for replayed in (None, "true"):
        answer = api.post("/orders/tags", {"rows": rows}, Idempotency_Key="bulk")
        assert (answer.status_code, answer.get("Idempotent-Replayed")) == (200, replayed)
    said = answer.json()
    assert (said["done"], said["refused"]) == (2, 3)
    assert [row["status"] for row in said["rows"]] == [200, 200, 404, 400, 400]
    assert said["rows"][0]["result"] == {"order": own.order.pk, "tags": ["a", "b"]}
    assert (names(own.order), names(second), names(other.order)) == (["a", "b"], ["b"], [])


def test_the_statements_of_a_bulk_do_not_depend_on_its_rows(own: World, api: Api) -> None:
    orders = [own.order, *(order(own) for _ in range(9))]
    OrderTag.objects.all().delete()
    tag_named("a")
    counts = []
    # the first call of a key notes that it was used
    for some in (orders[:1], orders[:1], orders):
        with CaptureQueriesContext(database) as queries:
            answer = api.post("/orders/tags", {"rows": [{"order": row.pk, "tags": ["a"]} for row in some]})
        assert answer.json()["done"] == len(some)
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_a_row_that_needs_a_tag_too_many_is_refused_alone(own: World, api: Api) -> None:
    second = order(own)
    OrderTag.objects.all().delete()
    OrderTag.objects.bulk_create(OrderTag(name=f"T{n}") for n in range(MOST_TAGS))
    rows = [{"order": own.order.pk, "tags": ["t1", "new"]}, {"order": second.pk, "tags": ["t1"]}]
    said = api.post("/orders/tags", {"rows": rows}).json()["rows"]
    assert [(row["status"], row.get("problem", {}).get("code")) for row in said] == [(409, "too_many"), (200, None)]
    assert (names(own.order), names(second), OrderTag.objects.count()) == ([], ["T1"], MOST_TAGS)


def test_writing_needs_the_scope_and_an_operator(own: World, key_of: MakeKey) -> None:
    reader, viewer = key_of(own, "orders:read"), key_of(own, "orders:read", "orders:write", role="viewer")
    for api, code in ((reader, "scope"), (viewer, "role")):
        assert api.post(f"/orders/{own.order.pk}/notes", {"text": "x"}).json()["code"] == code
        assert api.put(f"/orders/{own.order.pk}/tags", {"tags": ["x"]}).json()["code"] == code
        assert api.post("/orders/tags", {"rows": [{"order": own.order.pk, "tags": ["x"]}]}).json()["code"] == code
    assert OrderNote.objects.filter(order=own.order).count() == 1
    assert not OrderTag.objects.exists()


def test_tags_are_listed_renamed_and_deleted_by_managers_of_all_their_shops(
    own: World, other: World, key_of: MakeKey
) -> None:
    mine, shared, theirs = (tag_named(name) for name in ("mine", "shared", "theirs"))
    tag_orders([own.order.pk], add=[mine, shared])
    tag_orders([other.order.pk], add=[theirs, shared])
    api = key_of(own, "orders:read", "orders:write", role="manager")
    assert [row["name"] for row in api.get("/tags").json()["items"]] == ["mine", "shared"]
    assert [row["id"] for row in api.get("/tags", {"name": "mine,theirs"}).json()["items"]] == [mine]
    assert api.send("patch", f"/tags/{mine}", {"name": "Shared"}).json()["code"] == "taken"
    renamed = api.send("patch", f"/tags/{mine}", {"name": " my  own ", "colour": "info"})
    assert renamed.json() == {"id": mine, "name": "my own", "colour": "info"}
    assert names(own.order) == ["my own", "shared"]
    operator = key_of(own, "orders:read", "orders:write")
    for caller, tag, status in ((api, shared, 403), (api, theirs, 404), (operator, mine, 403)):
        assert caller.send("patch", f"/tags/{tag}", {"name": "x"}).status_code == status
        assert caller.send("delete", f"/tags/{tag}").status_code == status
    assert api.send("delete", f"/tags/{mine}").status_code == 204
    assert sorted(OrderTag.objects.values_list("name", flat=True)) == ["shared", "theirs"]
    assert names(own.order) == ["shared"]
