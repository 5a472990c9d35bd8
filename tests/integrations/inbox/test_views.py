"""The webhook address over HTTP: methods, sizes, spellings, and that nobody's Host header decides anything."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.db import connection as database
from django.test import Client, RequestFactory
from django.urls import reverse
from redis import Redis

from integrations.inbox import receive, routing, views
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent, Refusal
from inventory.models import Shop

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "fake-secret-0001"
BODY = json.dumps({"Id": "d1", "Notifications": [{"Action": "order.update.1", "Data": [{"Code": "DH1"}]}]}).encode()
SIGNATURE = "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> str:
    monkeypatch.setattr(routing, "_known", {})
    monkeypatch.setattr(receive, "_noted", {})
    app = AppRegistration.objects.create(channel="kiotviet", name="POS", credentials={"webhook_secret": SECRET})
    Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app),
        shop=Shop.objects.create(name="Cửa hàng", channel="kiotviet"), external_id="shop0001",
    )  # fmt: skip
    return app.key


def post(path: str, body: bytes = BODY, **extra: Any) -> tuple[int, bytes]:
    headers = {"X-Hub-Signature": SIGNATURE} | extra.pop("headers", {})
    answer = Client(raise_request_exception=True).post(
        path, body, content_type="application/json", headers=headers, **extra
    )
    return answer.status_code, answer.content


def refusals() -> dict[str, int]:
    return dict(Refusal.objects.values_list("reason", "count"))


@pytest.mark.parametrize("end", ["", "/", "/order-update", "/order-update/", "/order-update/?noecho"])
def test_every_spelling_of_the_address_is_taken(key: str, end: str) -> None:
    assert post(f"/webhooks/kiotviet/{key}{end}") == (200, b"")
    assert list(InboxEvent.objects.values_list("external_id", flat=True)) == ["DH1"]


def test_the_address_has_a_name() -> None:
    assert reverse("webhook", args=["kiotviet", "k"]) == "/webhooks/kiotviet/k/"
    assert reverse("webhook_topic", args=["kiotviet", "k", "t"]) == "/webhooks/kiotviet/k/t/"


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch", "options"])
def test_only_posts_are_read(key: str, method: str) -> None:
    answer = getattr(Client(), method)(f"/webhooks/kiotviet/{key}/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert (InboxEvent.objects.count(), refusals()) == (0, {})


def test_no_cookie_no_form_token_and_no_session_is_asked_for(key: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        f"/webhooks/kiotviet/{key}/", BODY, content_type="application/json", headers={"X-Hub-Signature": SIGNATURE}
    )
    assert (answer.status_code, answer.cookies) == (200, {})


@pytest.mark.parametrize(
    ("path", "status", "reasons"),
    [
        ("/webhooks/amazon/{key}/", 404, {"unknown_channel": 1}),
        ("/webhooks/kiotviet/unknown/", 200, {"unknown_app": 1}),
        ("/webhooks/kiotviet/%00/", 200, {"unknown_app": 1}),
        ("/webhooks/kiotviet/%F0%9F%90%9F/", 200, {"unknown_app": 1}),
        ("/webhooks/kiotviet/" + "k" * 3000 + "/", 200, {"unknown_app": 1}),
        ("/webhooks/kiotviet/{key}/a/b/c/", 404, {}),
        ("/webhooks/KIOTVIET/{key}/", 404, {"unknown_channel": 1}),
    ],
    ids=["channel", "app", "NUL", "fish", "long", "too deep", "capitals"],
)
def test_addresses_that_lead_nowhere(key: str, path: str, status: int, reasons: dict[str, int]) -> None:
    assert post(path.format(key=key))[0] == status
    assert (InboxEvent.objects.count(), refusals()) == (0, reasons)


def test_a_long_or_odd_topic_is_data(key: str) -> None:
    body = b'{"Id":"d","Nothing":1}'
    signed = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    status, _ = post(f"/webhooks/kiotviet/{key}/{'t' * 900}%00/", body, headers={"X-Hub-Signature": signed})
    assert status == 200
    assert InboxEvent.objects.get().kind == "unreadable"
    assert len(InboxEvent.objects.get().body["topic"]) == 200


def test_a_body_over_the_limit_is_counted_and_not_even_read(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> bytes:
        raise AssertionError("it was read")

    monkeypatch.setattr(WSGIRequest, "read", read)
    assert post(f"/webhooks/kiotviet/{key}/", b"x" * (receive.MAX_BODY + 1)) == (200, b"")
    assert refusals() == {"too_large": 1}
    assert Refusal.objects.get().sample["size"] == receive.MAX_BODY + 1


@pytest.mark.parametrize(("size", "reasons"), [(receive.MAX_BODY, {"bad_signature": 1}), (10**7, {"too_large": 1})])
def test_a_body_in_chunks_is_read_up_to_the_limit(key: str, size: int, reasons: dict[str, int]) -> None:
    stream = io.BytesIO(b"x" * size)
    request = RequestFactory().generic("POST", "/", headers={"X-Hub-Signature": SIGNATURE})
    assert "CONTENT_LENGTH" not in request.META
    request.META |= {"wsgi.input": stream, "wsgi.input_terminated": True}
    answer = views.webhook(request, channel="kiotviet", app_key=key)
    assert answer.status_code == 200
    assert stream.tell() <= receive.MAX_BODY + 1
    assert refusals() == reasons


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "²"])
def test_a_content_length_that_is_no_number_is_ignored(key: str, length: str) -> None:
    request = RequestFactory().generic("POST", "/", BODY, headers={"X-Hub-Signature": SIGNATURE})
    request.META["CONTENT_LENGTH"] = length
    assert views.webhook(request, channel="kiotviet", app_key=key).status_code == 200
    assert Refusal.objects.count() + InboxEvent.objects.count() == 1


def test_with_the_database_away_it_is_503_in_a_few_words(key: str) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("connection refused")

    with database.execute_wrapper(away):
        assert post(f"/webhooks/kiotviet/{key}/") == (503, b"try again later")
    assert post(f"/webhooks/kiotviet/{key}/") == (200, b"")
    assert InboxEvent.objects.count() == 1


def test_the_row_is_committed_before_the_answer(key: str) -> None:
    seen: list[tuple[int, bool]] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((len(seen), context["connection"].in_atomic_block))
        return execute(sql, params, many, context)

    with database.execute_wrapper(look):
        post(f"/webhooks/kiotviet/{key}/")
    assert seen
    assert not any(atomic for _, atomic in seen)


def test_a_foreign_host_is_turned_away_before_anything_is_read(key: str) -> None:
    assert post(f"/webhooks/kiotviet/{key}/", headers={"Host": "evil.example"})[0] == 400
    assert InboxEvent.objects.count() == 0
