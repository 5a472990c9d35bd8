"""What a careless or hostile partner sends: each is a clear refusal, and none an error of ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import ROOT, Api

pytestmark = pytest.mark.django_db


def sent(api: Api, path: str, body: bytes, content_type: str = "application/json") -> Any:
    return api.client.post(f"{ROOT}{path}", body, content_type=content_type, headers=api.headers)


@pytest.mark.parametrize("depth", [21, 900, 100_000])
def test_a_body_nested_without_end_is_refused(own: World, api: Api, depth: int) -> None:
    for body in (b"[" * depth + b"]" * depth, b'{"rows":' * depth + b"1" + b"}" * depth):
        answer = sent(api, "/commands/bulk", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
        assert "at most 20 levels" in answer.json()["detail"]


def test_a_body_that_is_too_large_is_said_to_be(own: World, api: Api) -> None:
    answer = sent(api, "/commands/bulk", b" " * 2_621_441)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "2621440 bytes" in answer.json()["detail"]
    # five hundred rows with long keys and texts fit many times over
    row = b'{"listing": 9223372036854775807, "price": "123456789012.1234", "confirm": true}'
    assert sent(api, "/listings/prices", b'{"rows": [' + b",".join([row] * 500) + b"]}").json()["refused"] == 500


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"a":', "application/json", 400), (b'{"kind": "\xff", "order": 1}', "application/json", 400),
        (b'{"kind": "a\\u0000b", "order": 1}', "application/json", 400), (b'{"kind": "ship", "order": NaN}', "application/json", 400),
        (b'{"kind": "ship", "order": ' + b"9" * 6000 + b"}", "application/json", 400), (b"[1, 2]", "application/json", 400),
        (b'"x"', "application/json", 400), (b"", "application/json", 400), (b"<a/>", "text/xml", 415),
        (b"kind=ship", "application/x-www-form-urlencoded", 415),
    ],
)  # fmt: skip
def test_a_body_of_another_kind_is_refused(own: World, api: Api, body: bytes, content_type: str, status: int) -> None:
    answer = sent(api, "/commands", body, content_type)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_bulk_of_ten_thousand_is_refused_as_a_whole(own: World, api: Api) -> None:
    answer = api.post("/listings/mappings", {"rows": [{"listing": own.listing.pk, "product": None}] * 10_000})
    assert answer.status_code == 400
    [wrong] = answer.json()["errors"]
    assert (wrong["pointer"], "1 to 500" in wrong["detail"]) == ("/rows", True)
    own.listing.refresh_from_db()
    assert own.listing.product is not None


def test_a_parameter_twice_is_no_guess(own: World, api: Api) -> None:
    answer = api.get("/orders?status=to_ship&status=packed")
    assert (answer.status_code, answer.json()["code"]) == (400, "repeated_parameter")
    assert "status" in answer.json()["detail"]
    assert api.get("/orders?status=to_ship,packed").status_code == 200


@pytest.mark.parametrize("path", ["/orders/%00", "/nothing", "/orders/1/nothing"])
def test_an_address_that_is_none_is_a_problem_whatever_the_method(own: World, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for answer in (strict.get(f"{ROOT}{path}"), strict.post(f"{ROOT}{path}", "{}", content_type="application/json")):
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("name", ["types", "entity"])
def test_a_nul_in_the_feed_is_named(own: World, api: Api, name: str) -> None:
    answer = api.get(f"/changes?after=0&{name}=%00")
    assert (answer.status_code, answer.json()["detail"]) == (400, f"{name} has a NUL character.")
