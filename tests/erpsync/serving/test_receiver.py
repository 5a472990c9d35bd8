"""The lean shell: the same addresses, answers and rows as the plain view's, and nothing read that need not be."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from redis import Redis
from structlog.testing import capture_logs

from erpsync.serving.bodies import Bodies
from erpsync.serving.receiver import Receiver
from erpsync.serving.threads import Threads
from integrations.inbox import receive, routing
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent, Refusal
from inventory.models import Shop

from .asgi import Answer, ask

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "fake-secret-0001"
BODY = json.dumps({"Id": "d1", "Notifications": [{"Action": "order.update.1", "Data": [{"Code": "DH1"}]}]}).encode()
SIGNED = {"x-hub-signature": "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()}


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(1, waiting=10)
    yield made
    asyncio.run(made.run(connections.close_all))


@pytest.fixture
def receiver(threads: Threads) -> Receiver:
    return Receiver(threads=threads, bodies=Bodies(0.2, 10, 10**7), behind_proxy=False)


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


def refusals() -> dict[str, int]:
    return dict(Refusal.objects.values_list("reason", "count"))


def test_both_shells_answer_alike(receiver: Receiver, key: str) -> None:
    asked = [
        ("POST", f"/webhooks/kiotviet/{key}", BODY), ("POST", f"/webhooks/kiotviet/{key}/order-update/?noecho", BODY),
        ("POST", f"/webhooks/kiotviet/{key}/a/b/c/", BODY), ("POST", "/webhooks/amazon/k/", BODY),
        ("POST", "/webhooks/KIOTVIET/k/", BODY), ("POST", "/webhooks/kiotviet/%00/", BODY), ("POST", "/webhooks/kio tviet/k/", BODY),
        ("POST", "/webhooks/kiotviet/%F0%9F%90%9F/", BODY), ("POST", f"/webhooks/kiotviet/{'k' * 3000}/", BODY),
        ("POST", f"/webhooks/kiotviet/{key}/{'t' * 900}%00/", BODY), ("POST", f"/webhooks/kiotviet/{key}/", b"x"),
        ("POST", f"/webhooks/kiotviet/{key}/", b"x" * (receive.MAX_BODY + 1)), ("GET", f"/webhooks/kiotviet/{key}/", b""),
        ("PUT", f"/webhooks/kiotviet/{key}/", BODY), ("GET", "/healthz", b""), ("GET", "/readyz", b""),
    ]  # fmt: skip
    found: list[list[Any]] = []
    for lean in (True, False):
        Refusal.objects.all().delete()
        InboxEvent.objects.all().delete()
        answers = []
        for method, path, body in asked:
            if lean:
                answer = ask(receiver, method, path, body, SIGNED | {"content-type": "application/json"})
                status, allow = answer.status, answer.headers.get("allow")
            else:
                plain = Client().generic(method, path, body, content_type="application/json", headers=SIGNED)
                status, allow = plain.status_code, plain.headers.get("Allow")
            answers.append((method, path[:60], status, allow))
        events = sorted(InboxEvent.objects.values_list("kind", "external_id", "seen"))
        found.append([answers, refusals(), events])
    assert found[0] == found[1]
    assert [status for *_, status, _allow in found[0][0]] == [
        200, 200, 404, 404, 404, 200, 404, 200, 200, 200, 200, 200, 405, 405, 200, 200,
    ]  # fmt: skip
    assert found[0][2] == [("order", "DH1", 2 + 1)]


@pytest.mark.parametrize(
    ("path", "headers", "reason"),
    [
        ("/webhooks/kiotviet/unknown/", {}, "unknown_app"),
        ("/webhooks/amazon/k/", {}, "unknown_channel"),
        ("/webhooks/kiotviet/{key}/", {"content-length": "1000001"}, "too_large"),
    ],
)
def test_what_need_not_be_read_is_refused_unread(
    receiver: Receiver, key: str, path: str, headers: dict[str, str], reason: str
) -> None:
    receiver._bodies.seconds = 3600.0  # who waits for this body waits for ever
    assert ask(receiver, "POST", path.format(key=key), [b"x"], headers, ends=False).status in (200, 404)
    assert refusals() == {reason: 1}


def test_a_body_that_drips_is_counted_and_asked_for_again(receiver: Receiver, key: str) -> None:
    for part in (b"", b'{"Id":'):
        assert ask(receiver, "POST", f"/webhooks/kiotviet/{key}/", [part], SIGNED, ends=False).status == 408
    assert (refusals(), InboxEvent.objects.count()) == ({"too_slow": 2}, 0)
    assert ask(receiver, "POST", f"/webhooks/kiotviet/{key}/", [BODY[:9], BODY[9:]], SIGNED).status == 200
    assert InboxEvent.objects.get().external_id == "DH1"


def test_a_body_in_chunks_is_read_up_to_the_limit(receiver: Receiver, key: str) -> None:
    answer = ask(receiver, "POST", f"/webhooks/kiotviet/{key}/", [b"x" * 400_000] * 20, SIGNED, ends=False)
    assert (answer.status, refusals()) == (200, {"too_large": 1})


def test_with_all_threads_busy_or_a_fault_of_ours_it_is_asked_for_again(key: str) -> None:
    busy = Receiver(threads=Threads(1, waiting=-1), bodies=Bodies(1, 1, 10), behind_proxy=False)
    answer = ask(busy, "POST", f"/webhooks/kiotviet/{key}/", BODY, SIGNED)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")

    class Broken(Threads):
        async def run(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("by design")

    broken = Receiver(threads=Broken(1, waiting=0), bodies=Bodies(1, 1, 10), behind_proxy=False)
    with capture_logs() as logs:
        found: Answer = ask(broken, "POST", f"/webhooks/kiotviet/{key}/", BODY, SIGNED)
    assert (found.status, [entry["event"] for entry in logs]) == (503, ["webhook_failed"])


def test_nobody_s_host_header_decides_anything(receiver: Receiver, key: str) -> None:
    assert ask(receiver, "POST", f"/webhooks/kiotviet/{key}/", BODY, SIGNED | {"host": "evil.example"}).status == 200
    assert InboxEvent.objects.count() == 1
