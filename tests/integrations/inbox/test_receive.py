"""What comes in at the door: believed, refused or kept as unreadable, and never a crash. KiotViet's words and a toy's."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from redis import Redis
from structlog.testing import capture_logs

from integrations import inbox
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import (
    Delivery,
    Notice,
    Refused,
    Reply,
    Unreadable,
    Webhooks,
)
from integrations.inbox import receive, routing
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent, Refusal
from integrations.wire import lossless
from inventory.models import Shop
from tests.integrations.toy import connected, install, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "fake-secret-0001"


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    monkeypatch.setattr(routing, "_known", {})
    monkeypatch.setattr(receive, "_noted", {})


def refusals() -> dict[tuple[str, str], int]:
    return {(r.channel, r.reason): r.count for r in Refusal.objects.all()}


def events() -> list[tuple[str, str, str, int]]:
    return [(e.kind, e.external_id, e.state, e.seen) for e in InboxEvent.objects.order_by("id")]


# --- KiotViet: HMAC over the raw bytes, and an answer of 200 whatever happens ---


@pytest.fixture
def pos() -> Connection:
    app = AppRegistration.objects.create(channel="kiotviet", name="POS", credentials={"webhook_secret": SECRET})
    return Connection.objects.create(
        authorisation=Authorisation.objects.create(app=app),
        shop=Shop.objects.create(name="Cửa hàng", channel="kiotviet"), external_id="shop0001",
    )  # fmt: skip


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message(*codes: str, delivery: str = "d1", **more: Any) -> bytes:
    rows = [{"Id": number, "Code": code, **more} for number, code in enumerate(codes)]
    return json.dumps({"Id": delivery, "Notifications": [{"Action": "order.update.1", "Data": rows}]}).encode()


def deliver(pos: Connection, body: bytes, header: str | None = None, **headers: str) -> Reply:
    signed = {"x-hub-signature": signature(body) if header is None else header} if header != "" else {}
    delivery = Delivery(body, {"content-type": "application/json", **signed, **headers}, "order-update")
    return receive.receive("kiotviet", pos.authorisation.app.key, delivery)


def test_what_is_signed_is_stored_before_it_is_acknowledged(pos: Connection) -> None:
    assert deliver(pos, message("DH1", "DH2")) == Reply(200)
    assert events() == [("order", "DH1", "pending", 1), ("order", "DH2", "pending", 1)]
    assert refusals() == {}
    pos.refresh_from_db()
    assert pos.last_webhook_at is not None


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing_signature"),
        ("sha1=", "bad_signature"),
        ("sha1=" + "0" * 64, "bad_signature"),
        (signature(message("DH1"), "another secret"), "bad_signature"),
        (signature(json.dumps(json.loads(message("DH1")), indent=1).encode()), "bad_signature"),
        ("sha1=ünïcode", "bad_signature"),
    ],
    ids=["missing", "empty", "zeros", "wrong secret", "re-serialised", "not ASCII"],
)
def test_what_is_not_signed_is_counted_and_not_stored(pos: Connection, header: str, reason: str) -> None:
    assert deliver(pos, message("DH1"), header) == Reply(200)
    deliver(pos, message("DH1"), header)
    assert events() == []
    assert refusals() == {("kiotviet", reason): 2}
    deliver(pos, message("DH2"))
    assert events() == [("order", "DH2", "pending", 1)]


def test_a_refusal_keeps_a_sample_without_secrets_or_body(pos: Connection) -> None:
    deliver(pos, message("DH1"), "sha1=secret-in-a-header", authorization="Bearer t0ken", **{"user-agent": "x" * 999})
    sample = Refusal.objects.get().sample
    assert sample == {
        "headers": {
            "authorization": "(12 characters)",
            "content-type": "application/json",
            "user-agent": "x" * 200,
            "x-hub-signature": "(23 characters)",
        },
        "size": len(message("DH1")),
        "topic": "order-update",
    }


DEEP = b'{"Id":"d","Notifications":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
QUITE_DEEP = b'{"Id":"d","Notifications":[{"Action":"order.update.1","Data":[{"Code":"DH1","Status":%s}]}]}' % (
    b"[" * 900 + b"]" * 900
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"not json", "no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"Id":"d","Notifications":NaN}', "no JSON: NaN is no JSON number"),
        (b"{}", "neither notifications nor deleted ids of a known type"),
        (b'{"Notifications":{}}', "Notifications is no list"),
        (b'{"Notifications":[{"Action":"order.update.1","Data":[{"Status":1}]}]}', "no Code"),
        (b'{"Notifications":[{"Action":"order.update.1","Data":[{"Code":"%s"}]}]}' % (b"9" * 300), "order with a malformed id"),
        (b'{"Notifications":[{"Action":"order.update.1","Data":[{"Code":"\\u0000"}]}]}', "no Code"),
        (DEEP, "no JSON: nested too deeply"),
        ('{"Id":"đơn hàng"}'.encode("utf-16-le") + b"\xff", None),
        ('{"Id":"Hà Nội"}'.encode("latin-1", "replace") + b"\xe9\xff", None),
    ],
    ids=[
        "empty", "not JSON", "a list", "null", "NaN", "empty object", "no list", "no id", "long id", "NUL id", "deep", "UTF-16",
        "Latin-1",
    ],
)  # fmt: skip
def test_signed_but_malformed_content_is_kept_whole_and_blocks_nothing(
    pos: Connection, body: bytes, reason: str | None
) -> None:
    with capture_logs() as logs:
        assert deliver(pos, body) == Reply(200)
        deliver(pos, body)
    assert [entry for entry in logs if entry["log_level"] in ("error", "critical")] == []
    event = InboxEvent.objects.get()
    assert (event.kind, event.state, event.seen, event.connection) == ("unreadable", "pending", 2, pos)
    if reason is not None:
        assert event.body["reason"] == reason
    if reason != "no Code":  # a row of a readable delivery: its own notice says it all
        assert bytes(event.raw or b"") == body
    assert refusals() == {}
    deliver(pos, message("DH2"))
    assert events()[-1] == ("order", "DH2", "pending", 1)


def test_a_malformed_part_deep_inside_costs_no_more_than_itself(pos: Connection) -> None:
    assert deliver(pos, QUITE_DEEP) == Reply(200)
    assert [kind for kind, *_ in events()] in (["order"], ["unreadable"])


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "𝒳" * 60, "Đơn hàng số 1"])
def test_any_text_can_be_stored(pos: Connection, text: str) -> None:
    deliver(pos, message("DH1", StatusValue=text))
    stored = InboxEvent.objects.get()
    assert (stored.kind, stored.external_id) == ("order", "DH1")
    assert stored.body["StatusValue"] == text.replace("\x00", "").replace("\ud800", "?")


def test_an_event_of_an_unknown_type_is_kept(pos: Connection) -> None:
    deliver(pos, b'{"Id":"d","Notifications":[{"Action":"weather.update.1","Data":[{"Id":7}]}]}')
    assert events() == [("message", "7", "pending", 1)]


def test_a_replay_is_counted_and_asks_nothing_twice(pos: Connection) -> None:
    deliver(pos, message("DH1"))
    InboxEvent.objects.update(state="processed")
    deliver(pos, message("DH1"))
    assert events() == [("order", "DH1", "processed", 2)]
    assert inbox.accounting(pos.id) == {
        "processed": 1, "duplicate": 1, "ignored": 0, "pending": 0, "dead": 0, "received": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00", "1999-12-31T23:59:59", "9999-12-31T23:59:59-12:00", "yesterday"]
)
def test_an_odd_time_is_no_reason_to_lose_an_event(pos: Connection, moment: str) -> None:
    assert deliver(pos, message("DH1", ModifiedDate=moment)) == Reply(200)
    assert [event[1:] for event in events()] == [("DH1", "pending", 1)]


def test_an_unknown_app_and_an_unknown_channel_are_counted(pos: Connection) -> None:
    body = message("DH1")
    delivery = Delivery(body, {"x-hub-signature": signature(body)}, "order-update")
    assert receive.receive("kiotviet", "no-such-key", delivery) == Reply(200)
    assert receive.receive("amazon", pos.authorisation.app.key, delivery) == Reply(404, b"no such channel")
    AppRegistration.objects.update(is_active=False)
    assert receive.receive("kiotviet", pos.authorisation.app.key, delivery) == Reply(200)
    assert events() == []
    assert refusals() == {("kiotviet", "unknown_app"): 2, ("?", "unknown_channel"): 1}


def test_an_empty_secret_accepts_no_signature(pos: Connection) -> None:
    app = pos.authorisation.app
    app.credentials = {}
    app.save()
    body = message("DH1")
    deliver(pos, body, signature(body, ""))
    assert events() == []
    assert refusals() == {("kiotviet", "bad_signature"): 1}


@pytest.mark.parametrize(("size", "stored"), [(receive.MAX_BODY, True), (receive.MAX_BODY + 1, False)])
def test_the_limit_is_one_megabyte(pos: Connection, size: int, *, stored: bool) -> None:
    frame = len(message("DH1", Pad=""))
    body = message("DH1", Pad="x" * (size - frame))
    assert len(body) == size
    assert deliver(pos, body) == Reply(200)
    assert (len(events()), refusals()) == ((1, {}) if stored else (0, {("kiotviet", "too_large"): 1}))
    if not stored:
        assert Refusal.objects.get().sample["size"] == size


def test_with_the_database_away_the_answer_is_503(pos: Connection) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("connection refused")

    for warm in (False, True):
        if warm:
            deliver(pos, message("DH0"))
        with database.execute_wrapper(away), capture_logs() as logs:
            assert deliver(pos, message("DH1")) == Reply(503, b"try again later")
            assert deliver(pos, message("DH1"), "sha1=0") == Reply(503, b"try again later")
        assert {entry["event"] for entry in logs} <= {"database_away", "delivery_refused"}
    assert events() == [("order", "DH0", "pending", 1)]


def test_with_its_key_missing_in_the_ring_the_answer_is_503(pos: Connection, settings: Settings) -> None:
    right = settings.FIELD_KEYS
    settings.FIELD_KEYS = {"new": b"n" * 32}
    with capture_logs() as logs:
        assert deliver(pos, message("DH1")) == Reply(503, b"try again later")
    assert [entry["event"] for entry in logs] == ["secret_unreadable"]
    settings.FIELD_KEYS = right
    assert deliver(pos, message("DH1")) == Reply(200)
    assert (events(), refusals()) == ([("order", "DH1", "pending", 1)], {})


def test_an_accepted_webhook_costs_two_statements_and_one_without_a_delivery_id(pos: Connection) -> None:
    deliver(pos, message("DH0"))
    for delivery, statements in (("d2", 2), ("", 1)):
        with CaptureQueriesContext(database) as queries:
            deliver(pos, message("DH1", delivery=delivery))
        assert len(queries) == statements


# --- a channel that names shops and answers each refusal in its own way ---


def check_named(app: AppAccess, delivery: Delivery) -> None:
    if delivery.headers.get("sign") != "good":
        raise Refused("bad_signature")


def open_named(app: AppAccess, delivery: Delivery) -> list[Notice]:
    check_named(app, delivery)
    message: Mapping[str, Any] = lossless.parse(delivery.body)
    if message.get("stumble"):
        return [message["stumble"]["no such key"]]
    if message.get("senseless"):
        raise Unreadable("a sentence about it")
    version = datetime.fromisoformat(message["at"]) if "at" in message else None
    return [Notice("order", message["order"], message["shop"], version)] if message else []


NAMED = Webhooks(
    open=open_named,
    check=check_named,
    acknowledgement=Reply(200, b'{"code":0}', "application/json"),
    refusals={"": Reply(401), "too_large": Reply(413, b"too large"), "unknown_app": Reply(410)},
)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Connection:
    install(monkeypatch, replace(toy_connector(), webhooks=NAMED))
    first = connected()
    connected(first.authorisation.app, "901")
    return first


def say(connection: Connection, content: Mapping[str, Any], sign: str = "good", **size: int) -> Reply:
    delivery = Delivery(json.dumps(content).encode(), {"sign": sign})
    return receive.receive("toy", connection.authorisation.app.key, delivery, **size)


def test_the_connector_s_tables_give_the_answers(shop: Connection) -> None:
    assert say(shop, {"order": "A", "shop": "900"}) == Reply(200, b'{"code":0}', "application/json")
    assert say(shop, {}) == Reply(200, b'{"code":0}', "application/json")
    assert say(shop, {}, sign="bad") == Reply(401)
    assert say(shop, {}, announced=1_000_001) == Reply(413, b"too large")
    assert receive.receive("toy", "nobody", Delivery(b"{}", {})) == Reply(410)
    assert events() == [("order", "A", "pending", 1)]
    assert refusals() == {("toy", "bad_signature"): 1, ("toy", "too_large"): 1, ("toy", "unknown_app"): 1}
    assert Refusal.objects.get(reason="too_large").sample["size"] == 1_000_001


def test_an_unknown_shop_is_kept_until_it_is_connected(shop: Connection) -> None:
    assert say(shop, {"order": "A", "shop": "999"}).status == 200
    stored = InboxEvent.objects.get()
    assert (stored.connection, stored.state, stored.body) == (None, "pending", {"shop_id": "999"})
    new = connected(shop.authorisation.app, "999")
    assert say(shop, {"order": "B", "shop": "999"}).status == 200  # known at once, not after the cache's seconds
    assert InboxEvent.objects.get(external_id="B").connection == new


def test_an_unexpected_error_of_a_connector_keeps_the_delivery_as_unreadable(shop: Connection) -> None:
    assert say(shop, {"stumble": {}, "order": "A"}).status == 200
    assert say(shop, {"stumble": {"x": 1}}).status == 200
    assert say(shop, {"senseless": True}).status == 200
    reasons = [event.body["reason"] for event in InboxEvent.objects.order_by("id")]
    assert reasons == [
        "unexpected error of the connector: KeyError",
        "unexpected error of the connector: KeyError",
        "a sentence about it",
    ]
    assert refusals() == {}


@pytest.mark.parametrize("hours", [-1, 1, -24 * 365 * 20])
def test_a_clock_that_is_off_loses_nothing(shop: Connection, hours: int) -> None:
    at = datetime.now(UTC) + timedelta(hours=hours)
    say(shop, {"order": "A", "shop": "900", "at": at.isoformat()})
    [event] = InboxEvent.objects.all()
    assert event.version == at
    claimed = inbox.claim(shop.id, limit=1, seconds=60)
    assert claimed is not None


def test_the_last_webhook_is_noted_once_in_a_while(shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    say(shop, {"order": "A", "shop": "900"})
    with CaptureQueriesContext(database) as queries:
        say(shop, {"order": "B", "shop": "900"})
    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]
    monkeypatch.setattr(receive, "NOTED_SECONDS", 0.0)
    with CaptureQueriesContext(database) as queries:
        say(shop, {"order": "B", "shop": "900"})
    assert ["UPDATE" in query["sql"] for query in queries] == [True, True]
    assert "last_webhook_at" in queries[1]["sql"]
