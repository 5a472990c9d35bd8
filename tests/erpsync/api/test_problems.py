"""Errors as problem details, in the caller's language, with the id of their request."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from structlog.testing import capture_logs

from erpsync.api.resources.orders import Orders
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import ROOT, Api

pytestmark = pytest.mark.django_db


def test_a_problem_has_what_rfc_9457_says(api: Api) -> None:
    answer = api.get("/orders/999999", X_Request_Id="partner-42-abc")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:erpsync:problem:not_found", "title": "Not found", "status": 404, "code": "not_found",
        "detail": "Not found.", "request_id": "partner-42-abc",
    }  # fmt: skip
    assert answer["X-Request-Id"] == "partner-42-abc"


def test_problems_speak_the_callers_language(api: Api) -> None:
    said = api.get("/orders", {"limit": "x"}, Accept_Language="vi").json()
    assert (said["title"], said["detail"]) == ("Không hiểu được yêu cầu", "limit là số từ 1 đến 200.")


def test_a_request_id_of_ours_where_the_caller_has_none_or_an_odd_one(api: Api) -> None:
    ids = {api.get("/shops")["X-Request-Id"], api.get("/shops", X_Request_Id="a b\n")["X-Request-Id"]}
    assert len(ids) == 2
    assert all(len(each) == 36 for each in ids)


def test_every_request_is_a_line_in_the_log(own: World, api: Api) -> None:
    with capture_logs() as lines:
        api.get("/orders", {"fields": "id"})
    [line] = [line for line in lines if line["event"] == "api_request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", f"{ROOT}/orders", 200)
    assert line["caller"].startswith("key:")


@pytest.mark.parametrize("path", ["/nothing", "/orders/x", "/orders/1/nothing", "/orders/-1"])
def test_an_address_that_is_not_there_is_a_problem_too(api: Api, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_slash_too_many_leads_on(api: Api) -> None:
    answer = api.get("/orders/", {"limit": 1})
    assert (answer.status_code, answer["Location"]) == (301, f"{ROOT}/orders?limit=1")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(OperationalError("gone"), 503, "database_away"), (RuntimeError("a secret of ours"), 500, "internal")],
)
def test_what_goes_wrong_here_is_said_without_its_insides(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(Orders, "get_queryset", fail)
    answer = api.get("/orders")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret" not in answer.content.decode()
    assert ("Retry-After" in answer) is (status == 503)


def test_malformed_bodies_say_where(own: World, api: Api) -> None:
    answer = api.put(f"/listings/{own.listing.pk}/mapping", {"product": "x", "units": 0, "unit": 3})
    assert answer.status_code == 400
    errors = {each["pointer"]: each["code"] for each in answer.json()["errors"]}
    assert errors == {"/product": "invalid", "/units": "min_value"}
    unknown = api.put(f"/listings/{own.listing.pk}/mapping", {"product": None, "unit": 3}).json()["errors"]
    assert unknown == [
        {"pointer": "/unit", "code": "unknown", "detail": "There is no member unit here, but: product, units."}
    ]
    for body in ("[]", '"x"', "{", "null"):
        sent = Client().put(
            f"{ROOT}/listings/{own.listing.pk}/mapping", body, content_type="application/json", headers=api.headers
        )
        assert sent.status_code == 400, body
    assert api.client.put(
        f"{ROOT}/listings/1/mapping", "a=1", content_type="text/plain", headers=api.headers
    ).status_code in (404, 415)


def test_methods_that_are_not_there(api: Api) -> None:
    for method in ("delete", "patch", "options"):
        assert api.send(method, "/orders").status_code == 405
