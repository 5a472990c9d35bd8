"""A payment provider that notifies by GET, over real HTTP: the signed query is the fact, and the answer says what was stored."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import requests
from django.db import OperationalError
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from integrations import inbox
from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Applied, Delivery, Notice, Refused, Reply, Unreadable, Webhooks
from integrations.inbox import carried, receive, routing
from integrations.ingest.drain import drain
from integrations.models import AppRegistration, Connection, InboxEvent, Refusal
from orders.models import Order
from orders.snapshots import LineSnapshot
from tests.integrations.toy import connected, install, order, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = b"fake-secret-0001"
AT = datetime(2026, 11, 11, tzinfo=UTC)
PAID, KNOWN, NOT_FOUND, MALFORMED, OTHER = (Reply(body=code) for code in (b"00", b"02", b"01", b"99", b"ok"))


def sign(query: Sequence[tuple[str, str]]) -> str:
    return hmac.new(SECRET, urlencode(query).encode(), hashlib.sha256).hexdigest()


def open_payment(app: AppAccess, delivery: Delivery) -> list[Notice]:
    query = dict(delivery.query)
    signed = [(name, value) for name, value in delivery.query if name != "sign"]
    if not hmac.compare_digest(query.get("sign", "").encode(), sign(signed).encode()):
        raise Refused("bad_signature")
    if "order" not in query:
        raise Unreadable("no order")
    number, shop = query["order"], query.get("shop", "900")
    if "test" in query:
        return []
    line = LineSnapshot("1", "1", "", 1, price=Decimal(query["amount"]))
    paid = order(number, AT, status="to_ship", lines=(line,), currency=query.get("currency", "VND"))
    found = [Notice("payment", number, shop, delivery_id=query.get("id", ""), snapshot=paid)]
    return [*found, Notice("order", number, shop)] if "too" in query else found


def answer(applied: Sequence[Applied]) -> Reply:
    [one] = applied
    if one.code == routing.UNREADABLE:
        return MALFORMED
    return {carried.PROCESSED: PAID, carried.DUPLICATE: KNOWN, carried.STALE: KNOWN, carried.DEAD: NOT_FOUND}[one.state]


PAYMENTS = Webhooks(open=open_payment, methods=frozenset({"GET"}), acknowledgement=OTHER, answer=answer)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> Connection:
    monkeypatch.setattr(receive, "_noted", {})
    install(monkeypatch, replace(toy_connector(), webhooks=PAYMENTS))
    first = connected()
    connected(first.authorisation.app, "901")
    return first


Notify = Callable[..., requests.Response]


@pytest.fixture
def notify(shop: Connection, live_server: LiveServer) -> Notify:
    def send(method: str = "GET", signature: str = "", **query: str) -> requests.Response:
        pairs = [*({"order": "A", "amount": "1000", "id": "tx1"} | query).items()]
        pairs = [(name, value) for name, value in pairs if value]
        url = f"{live_server.url}/webhooks/toy/{shop.authorisation.app.key}/?"
        return requests.request(method, url + urlencode([*pairs, ("sign", signature or sign(pairs))]), timeout=20)

    return send


def events() -> list[tuple[str, str, str, str, int]]:
    rows = InboxEvent.objects.order_by("id")
    return [(e.kind, e.external_id, e.state, e.reason_code, e.seen) for e in rows]


def test_the_fact_is_stored_with_its_event_before_the_answer(notify: Notify, shop: Connection) -> None:
    reply = notify(order="Đ 1&2")
    assert (reply.status_code, reply.content) == (200, b"00")
    [event] = InboxEvent.objects.all()
    assert (event.kind, event.external_id, event.state, event.delivery_id) == ("payment", "Đ 1&2", "processed", "tx1")
    assert (event.connection, event.finished_at is not None, event.lease) == (shop, True, None)
    assert Order.objects.get().number == "Đ 1&2"
    shop.refresh_from_db()
    assert shop.last_webhook_at is not None


def test_a_repeated_delivery_is_applied_once_and_answered_as_known(
    notify: Notify, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = []
    store = carried._apply[0]

    def noting(connection_id: int, notices: Sequence[Notice]) -> list[Applied]:
        stored.append(len(notices))
        return store(connection_id, notices)

    monkeypatch.setattr(carried, "_apply", [noting])
    assert [notify().content for _ in range(3)] == [b"00", b"02", b"02"]
    assert notify(id="tx2").content == b"02", "another delivery of a state that is stored already"
    assert stored == [1, 1]
    assert events() == [("payment", "A", "processed", "", 3), ("payment", "A", "duplicate", "stale", 1)]
    assert inbox.accounting(shop.pk) == {
        "processed": 1, "duplicate": 3, "ignored": 0, "pending": 0, "dead": 0, "received": 4,
    }  # fmt: skip


def test_the_same_delivery_twice_at_once_is_applied_once(
    notify: Notify, threads: Callable[..., Future[requests.Response]]
) -> None:
    sent = [threads(notify) for _ in range(6)]
    assert sorted(reply.result(30).content for reply in sent) == [b"00", *[b"02"] * 5]
    assert events() == [("payment", "A", "processed", "", 6)]


def test_what_is_not_signed_stores_nothing(notify: Notify) -> None:
    assert notify(signature="0" * 64).status_code == 401
    assert (events(), Order.objects.count()) == ([], 0)
    assert dict(Refusal.objects.values_list("reason", "count")) == {"bad_signature": 1}


def test_a_fact_that_cannot_be_stored_is_a_dead_letter_and_is_tried_again_when_it_comes_again(notify: Notify) -> None:
    assert notify(amount="1e40").content == b"01"
    assert notify(amount="1e40").content == b"01"
    assert events() == [("payment", "A", "dead", "DataError", 1)] * 2
    assert not Order.objects.exists()
    assert notify(order="B", id="tx2").content == b"00"
    assert notify().content == b"00", "the provider sends again what was not taken"


def test_a_fact_of_an_unknown_shop_is_a_dead_letter(notify: Notify) -> None:
    assert notify(shop="999").content == b"01"
    [event] = InboxEvent.objects.all()
    assert (event.state, event.reason_code, event.connection) == ("dead", "unknown_shop", None)
    assert event.body == {"shop_id": "999"}


def test_content_that_makes_no_sense_is_kept_and_answered_as_such(notify: Notify, shop: Connection) -> None:
    assert notify(order="").content == b"99"
    assert notify(order="x" * 300).content == b"99"
    assert [(kind, state) for kind, _, state, _, _ in events()] == [("unreadable", "pending")] * 2
    assert bytes(InboxEvent.objects.order_by("id")[0].raw or b"").startswith(b"amount=1000&id=tx1&sign=")


def test_a_delivery_without_facts_is_acknowledged(notify: Notify) -> None:
    assert notify(test="1").content == b"ok"
    assert events() == []


def test_a_hint_beside_a_fact_waits_in_the_inbox(notify: Notify) -> None:
    assert notify(too="1").content == b"00"
    assert events() == [("payment", "A", "processed", "", 1), ("order", "A", "pending", "", 1)]


def test_an_older_fact_is_stale_and_answered_as_such(notify: Notify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "_apply", [lambda _, notices: [Applied(n, carried.STALE) for n in notices]])
    assert notify().content == b"02"
    assert events() == [("payment", "A", "duplicate", "stale", 1)]


def test_when_the_database_goes_away_in_mid_store_neither_event_nor_fact_is_there(
    notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(carried, "_add_finished", gone)
        assert notify().status_code == 503
    assert (events(), Order.objects.count()) == ([], 0)
    assert notify().content == b"00"


def test_an_answer_that_fails_is_an_acknowledgement(notify: Notify, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_answer(applied: Sequence[Applied]) -> Reply:
        raise KeyError(applied[0].state)

    broken = replace(PAYMENTS, answer=broken_answer)
    install(monkeypatch, replace(toy_connector(), webhooks=broken))
    assert notify().content == b"ok"
    assert events() == [("payment", "A", "processed", "", 1)]


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS"])
def test_other_methods_are_turned_away(notify: Notify, method: str) -> None:
    reply = notify(method)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET")
    assert (events(), Refusal.objects.count()) == ([], 0)


def test_a_channel_may_use_both_methods(shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def note(app: AppAccess, delivery: Delivery) -> list[Notice]:
        seen.append((delivery.method, delivery.query))
        return []

    both = Webhooks(open=note, methods=frozenset({"GET", "POST"}))
    install(monkeypatch, replace(toy_connector(), webhooks=both))
    path = f"/webhooks/toy/{AppRegistration.objects.get().key}/?b=2&a=%C4%91+1&b=&a=%00"
    assert [Client().get(path).status_code, Client().post(path).status_code] == [200, 200]
    query = (("b", "2"), ("a", "đ 1"), ("b", ""), ("a", "\x00"))
    assert seen == [("GET", query), ("POST", query)]


def test_a_snapshot_that_only_a_shop_can_have_is_a_dead_letter_of_an_account_without(
    shop: Connection, notify: Notify
) -> None:
    Connection.objects.filter(pk=shop.pk).update(shop=None)
    assert notify(order="A", amount="100").content == NOT_FOUND.body
    event = InboxEvent.objects.get()
    assert (event.state, event.connection_id) == ("dead", shop.pk)


def test_a_dead_fact_stays_one_when_tried_again_however_its_channel_is_answered(
    shop: Connection, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row holds its snapshot: "ignored" would take the last trace of it from the list of what to see to."""
    silent = replace(
        PAYMENTS, answer=None, open=lambda app, d: [replace(n, kind="return") for n in open_payment(app, d)]
    )
    install(monkeypatch, replace(toy_connector(), webhooks=silent))
    Connection.objects.filter(pk=shop.pk).update(shop=None)
    assert notify(order="A", amount="100").content == OTHER.body
    inbox.retry_dead(list(InboxEvent.objects.values_list("pk", flat=True)))
    drain(shop.pk)
    assert InboxEvent.objects.filter(state="dead").values_list("external_id", "reason_code").get() == (
        "A",
        "cannot_be_read",
    )
