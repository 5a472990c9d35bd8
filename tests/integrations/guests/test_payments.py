"""A payment provider: a signed GET is the fact, the answer says what was stored of it, and a refund is a command."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from urllib.parse import urlencode

import pytest
import requests
from django.urls import reverse

from core.db import execute, fetch
from core.results import Stored
from erpsync.admin.channels.inbox import KindFilter
from integrations import jobs
from integrations.accounts.connecting import connect_shop
from integrations.accounts.registrations import register_app
from integrations.documents.commands.request import ask_about
from integrations.ingest.resources import Circumstances, Kind, Resource
from integrations.models import Command, Connection, InboxEvent
from tests.integrations.connectors.scripted import ScriptedPlatform, served
from tests.integrations.guests.conftest import House, MoveIn, Register, Table, a_day_passes, minutes_pass, page
from tests.integrations.guests.snapshots import PaymentSnapshot

SECRET = "fake-secret-0001"
COLUMNS = "transaction text PRIMARY KEY, order_id bigint, amount numeric, version timestamptz"

# the order is looked for in the shops that are paid through this account
_STORE = """
INSERT INTO guest_payment AS known (transaction, order_id, amount, version)
SELECT %(tx)s, o.id, %(amount)s, %(version)s FROM orders_order o
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_link link ON link.connection_id = mine.id AND link.role = 'payments' AND link.target_id = %(account)s
WHERE o.number = %(order)s
ON CONFLICT (transaction) DO UPDATE SET amount = excluded.amount, version = excluded.version
WHERE known.version < excluded.version
"""
_IS_KNOWN = "SELECT FROM guest_payment WHERE transaction = %s"


class UnknownOrder(LookupError):
    """A payment of an order that is in none of the shops."""


def store(account: Connection, found: Sequence[PaymentSnapshot], how: Circumstances) -> Stored:
    stale = set()
    for paid in found:
        written = execute(
            _STORE, tx=paid.transaction, order=paid.order_number, amount=paid.amount, version=paid.version,
            account=account.pk,
        )  # fmt: skip
        if not written and not fetch(_IS_KNOWN, paid.transaction):
            raise UnknownOrder(paid.order_number)
        stale |= set() if written else {paid.transaction}
    return Stored(stale=frozenset(stale))


PAYMENTS = Resource(
    snapshot=PaymentSnapshot, key=lambda s: s.transaction, kinds=(Kind("payment", "Payment"),), store=store
)


@pytest.fixture
def provider() -> Iterator[ScriptedPlatform]:
    with served(ScriptedPlatform()) as platform:
        platform.on("GET", "/merchant", (200, {"name": "Ví Áo Thun"}))
        yield platform


@pytest.fixture
def account(house: House, provider: ScriptedPlatform, move_in: MoveIn, table: Table, register: Register) -> Connection:
    move_in("payments")
    table("guest_payment", COLUMNS)
    register(PAYMENTS)
    app = register_app("payments", "Cổng", {"hash_secret": SECRET}, base_url=provider.base_url)
    connection = connect_shop(app, shop_id="AO", user=house.user, serves=[house.market])
    provider.requests.clear()
    return connection


Notify = Callable[..., tuple[int, bytes]]


@pytest.fixture
def notify(account: Connection) -> Notify:
    def send(*, method: str = "GET", secret: str = SECRET, **differs: str) -> tuple[int, bytes]:
        paid = {"merchant": "AO", "tx": "T1", "order": "A1", "amount": "30000000", "paid_at": "20261111050000"}
        query = sorted((paid | differs).items())
        signature = hmac.new(secret.encode(), urlencode(query).encode(), hashlib.sha512).hexdigest()
        url = f"{account.authorisation.app.callback_url}?{urlencode([*query, ('sign', signature)])}"
        reply = requests.request(method, url, timeout=20)
        return reply.status_code, reply.content

    return send


def code(answer: str) -> tuple[int, bytes]:
    return 200, b'{"RspCode":"%s"}' % answer.encode()


def payments() -> list[tuple[str, str, Decimal]]:
    statement = "SELECT p.transaction, o.number, p.amount FROM guest_payment p JOIN orders_order o ON o.id = p.order_id ORDER BY 1"
    return [(transaction, number, amount) for transaction, number, amount in fetch(statement)]


def events() -> list[tuple[str, str, str, str, int]]:
    rows = InboxEvent.objects.order_by("id")
    return [(e.kind, e.external_id, e.state, e.reason_code, e.seen) for e in rows]


def test_the_answer_says_what_was_stored(notify: Notify, house: House, provider: ScriptedPlatform) -> None:
    house.order("A1")
    assert notify() == code("00")
    assert payments() == [("T1", "A1", Decimal(300_000))]
    assert [notify(), notify()] == [code("02"), code("02")]
    assert notify(tx="T2", order="NONE") == code("01")
    assert notify(amount="much") == code("99")
    assert payments() == [("T1", "A1", Decimal(300_000))]
    malformed = InboxEvent.objects.get(kind="unreadable").external_id
    assert events() == [
        ("payment", "T1", "processed", "", 3), ("payment", "T2", "dead", "UnknownOrder", 1),
        ("unreadable", malformed, "pending", "", 1),
    ]  # fmt: skip
    assert provider.calls() == [], "the notice is the fact: nothing is read"


def test_a_payment_that_came_before_its_order_is_taken_when_it_is_sent_again(notify: Notify, house: House) -> None:
    assert notify() == code("01")
    house.order("A1")
    assert notify() == code("00")
    assert payments() == [("T1", "A1", Decimal(300_000))]


def test_only_an_order_of_a_shop_that_is_paid_through_this_account_counts(
    notify: Notify, house: House, account: Connection
) -> None:
    house.order("A1")
    account.serves.all().delete()
    assert notify() == code("01")
    assert payments() == []


def test_what_is_not_signed_or_comes_by_another_method_is_refused(notify: Notify, house: House) -> None:
    house.order("A1")
    assert notify(secret="another") == code("97")
    assert notify(method="POST")[0] == 405
    assert (payments(), events()) == ([], [])


def test_a_refund_is_made_once_and_its_order_is_not_read_for_it(
    account: Connection, house: House, provider: ScriptedPlatform
) -> None:
    order = house.order("A1", "returning")
    provider.on("POST", "/refunds", None)
    provider.on("GET", "/refunds", (200, {"refund": "R77"}))
    wanted = [
        ask_about(account, "refund", subject="T1", order=order, options={"amount": "50000"}, actor=house.user).pk
        for _ in range(2)
    ]
    assert wanted[0] == wanted[1]
    jobs.perform(account.pk)
    assert Command.objects.get().state == "sent"
    minutes_pass()
    jobs.perform(account.pk)
    done = Command.objects.get()
    assert (done.state, done.external_id, done.order, done.subject) == ("done", "R77", order, "T1")
    assert provider.calls() == ["POST /refunds", "GET /refunds"]
    assert provider.requests[0].json() == {"tx": "T1", "amount": "50000", "reference": done.reference}
    assert provider.requests[1].query == {"reference": done.reference}
    assert events() == []


def test_a_refund_without_an_order_asks_for_no_order(
    account: Connection, house: House, provider: ScriptedPlatform
) -> None:
    provider.on("POST", "/refunds", (200, {"refund": "R78"}))
    ask_about(account, "refund", subject="T9", options={"amount": "1000"})
    jobs.perform(account.pk)
    done = Command.objects.get()
    assert (done.state, done.external_id, done.order) == ("done", "R78", None)
    assert events() == []


def test_a_manager_sees_the_account_its_dead_letters_and_refused_refunds(
    notify: Notify, account: Connection, house: House, provider: ScriptedPlatform
) -> None:
    assert notify(tx="T2", order="NONE") == code("01")
    provider.on("POST", "/refunds", (200, {"code": "13", "message": "Refunded already"}))
    refund = ask_about(account, "refund", subject="T1", options={"amount": "50000"})
    jobs.perform(account.pk)
    event = InboxEvent.objects.get()

    dashboards = [client.get(reverse("admin:index")).content.decode() for client in (house.manager, house.stranger)]
    assert ["Ví Áo Thun" in text for text in dashboards] == [True, False]
    for model, words in (
        ("connection", ["Ví Áo Thun"]), ("inboxevent", ["T2", "Ví Áo Thun", "UnknownOrder"]),
        ("command", ["T1", "Refunded already"]),
    ):  # fmt: skip
        status, text = page(house.manager, model)
        assert (status, [word for word in words if word not in text]) == (200, [])
        status, text = page(house.stranger, model)
        assert (status, [word for word in words if word in text]) == (200, [])
    status, text = page(house.manager, "inboxevent", event.pk)
    assert (status, "UnknownOrder" in text, "dry_run" in text) == (200, True, True)
    status, text = page(house.manager, "inboxevent", event.pk, action="dry_run")
    assert (status, "nothing about this kind of news" in text) == (200, True)
    assert page(house.manager, "inboxevent", about="payment", in_state="dead")[1].count("T2") >= 1
    for model, row in (("connection", account.pk), ("inboxevent", event.pk), ("command", refund.pk)):
        assert page(house.manager, model, row)[0] == 200
        assert page(house.stranger, model, row)[0] == 404
    assert page(house.stranger, "inboxevent", event.pk, action="dry_run")[0] == 404


def test_a_payment_that_is_tried_again_before_it_is_sent_again_stays_a_dead_letter(
    notify: Notify, account: Connection, house: House
) -> None:
    assert notify() == code("01")
    house.order("A1")
    event = InboxEvent.objects.get()
    again = reverse("admin:integrations_inboxevent_retry_this", args=[event.pk])
    assert house.stranger.post(again, {"_form_submitted": "on"}).status_code == 404
    assert house.manager.post(again, {"_form_submitted": "on"}).status_code == 200
    jobs.drain(account.pk)
    assert events() == [
        ("payment", "T1", "duplicate", "UnknownOrder", 1), ("payment", "T1", "dead", "cannot_be_read", 1)
    ]  # fmt: skip
    again_dead = InboxEvent.objects.get(state="dead")
    assert "send the notice again" in page(house.manager, "inboxevent", again_dead.pk)[1]
    assert notify() == code("00")
    assert payments() == [("T1", "A1", Decimal(300_000))]
    assert [state for _, _, state, _, _ in events()] == ["duplicate", "duplicate", "processed"], "nothing is left to do"


def test_its_kind_is_offered_although_nothing_reads_it(account: Connection) -> None:
    offered = dict(KindFilter.lookups(KindFilter.__new__(KindFilter), None, None))  # type: ignore[arg-type]
    assert offered["payment"] == "Payment"


def test_every_job_of_a_day_runs_for_an_account_without_a_shop(
    notify: Notify, account: Connection, house: House, provider: ScriptedPlatform
) -> None:
    house.order("A1")
    assert notify() == code("00")
    a_day_passes()
    assert (payments(), provider.calls()) == ([("T1", "A1", Decimal(300_000))], [])
