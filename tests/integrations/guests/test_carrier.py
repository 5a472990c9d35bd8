"""A carrier: quotes and labels through its ports, and a copy of where its parcels are, told by notices and by sweeps."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.utils import timezone

from core.db import columns, fetch
from core.results import Stored
from integrations import jobs
from integrations.accounts.connecting import connect_shop
from integrations.accounts.connections import account_of
from integrations.accounts.registrations import register_app
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.quotes import Consignment, Quote
from integrations.ingest.dry_run import Difference, dry_run
from integrations.ingest.dry_run_facts import Fact
from integrations.ingest.resources import Circumstances, Kind, Known, Resource
from integrations.models import Connection, InboxEvent
from tests.integrations.connectors.scripted import Request, ScriptedPlatform, served
from tests.integrations.guests.conftest import House, MoveIn, Register, Table, a_day_passes, page
from tests.integrations.guests.snapshots import ParcelSnapshot

SECRET, TOKEN = "fake-secret-0001", "fake-token-0001"
COLUMNS = "number text, account_id bigint, state text, version timestamptz, asked_at timestamptz, PRIMARY KEY (account_id, number)"

_STORE = """
INSERT INTO guest_parcel AS known (account_id, number, state, version, asked_at)
SELECT %(account)s, n.* FROM unnest(%(numbers)s::text[], %(states)s::text[], %(versions)s::timestamptz[], %(asked)s::timestamptz[]) n
ON CONFLICT (account_id, number) DO UPDATE
SET state = excluded.state, version = excluded.version, asked_at = excluded.asked_at WHERE known.version < excluded.version
RETURNING number
"""


def store(account: Connection, found: Sequence[ParcelSnapshot], how: Circumstances) -> Stored:
    numbers, states, versions, asked = columns([(s.number, s.state, s.version, s.asked_at) for s in found], 4)
    rows = fetch(_STORE, account=account.pk, numbers=numbers, states=states, versions=versions, asked=asked)
    return Stored(stale=frozenset(numbers) - {number for (number,) in rows})


def facts(account: Connection, number: str) -> Iterator[Fact]:
    for (state,) in fetch("SELECT state FROM guest_parcel WHERE account_id = %s AND number = %s", account.pk, number):
        yield Fact("Parcel", number, state)


PARCELS = Resource(
    snapshot=ParcelSnapshot,
    key=lambda s: s.number,
    kinds=(Kind("parcel", "Parcel"),),
    store=store,
    known=Known("FROM guest_parcel r WHERE r.number = n.external_id"),
    facts=facts,
)


class Carrier:
    """The carrier's parcels by number, served by a scripted platform."""

    def __init__(self, platform: ScriptedPlatform) -> None:
        self.platform = platform
        self.parcels: dict[str, dict[str, Any]] = {}
        platform.check = self._check
        platform.on("GET", "/me", (200, {"name": "Kho Áo Thun"}))
        platform.on("POST", "/parcels", lambda r: (200, {"parcels": self._asked_for(r)}))
        platform.on("GET", "/parcels", lambda r: (200, {"parcels": self._moved(r.query)}))

    def move(self, number: str, state: str) -> None:
        self.parcels[number] = {"number": number, "state": state, "moved_at": timezone.now().isoformat()}

    def _check(self, request: Request) -> None:
        assert request.headers["token"] == TOKEN

    def _asked_for(self, request: Request) -> list[dict[str, Any]]:
        return [self.parcels[number] for number in request.json()["numbers"] if number in self.parcels]

    def _moved(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        return [p for p in self.parcels.values() if query["since"] <= self._utc(p["moved_at"]) <= query["until"]]

    def _utc(self, text: str) -> str:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with served(ScriptedPlatform()) as platform:
        yield Carrier(platform)


@pytest.fixture
def account(house: House, carrier: Carrier, move_in: MoveIn, table: Table, register: Register) -> Connection:
    move_in("carrier")
    table("guest_parcel", COLUMNS)
    register(PARCELS)
    app = register_app("carrier", "Xe", {"webhook_secret": SECRET}, base_url=carrier.platform.base_url)
    connection = connect_shop(app, shop_id="KHO1", user=house.user, access_token=TOKEN, serves=[house.market])
    assert connection.shop is None
    carrier.platform.requests.clear()
    return connection


Notify = Callable[..., tuple[int, bytes]]


@pytest.fixture
def notify(account: Connection, carrier: Carrier) -> Notify:
    def send(number: str, *, secret: str = SECRET) -> tuple[int, bytes]:
        body = json.dumps(carrier.parcels.get(number, {"number": number})).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        url = account.authorisation.app.callback_url
        reply = requests.post(url, data=body, headers={"X-Signature": signature}, timeout=20)
        return reply.status_code, reply.content

    return send


def parcels() -> dict[str, str]:
    return dict(fetch("SELECT number, state FROM guest_parcel"))


def events() -> list[tuple[str, str, str]]:
    return list(InboxEvent.objects.order_by("id").values_list("external_id", "source", "state"))


def test_a_quote_is_the_cheapest_first(account: Connection, carrier: Carrier) -> None:
    services = [
        {"service": "express", "fee": 42_000, "days": 1}, {"service": "slow", "fee": 18_500, "days": 4},
        {"service": "odd", "fee": 30_000},
    ]  # fmt: skip
    carrier.platform.on("POST", "/fee", (200, {"services": services}))
    quotes = account_of(account).connector.quotes
    assert quotes is not None
    consignment = Consignment("HCM-Q1", "HN-HK", 1200, cash_on_delivery=Decimal(300_000))
    assert quotes.get(account_of(account).access, consignment) == (
        Quote("slow", Decimal(18_500), days=4), Quote("odd", Decimal(30_000)), Quote("express", Decimal(42_000), days=1),
    )  # fmt: skip
    [asked] = carrier.platform.requests
    assert asked.json() == {"from": "HCM-Q1", "to": "HN-HK", "grams": 1200, "collect": 300_000}


def test_a_label_comes_as_a_file_once_it_is_made(account: Connection, carrier: Carrier) -> None:
    carrier.platform.on("GET", "/label", (425, "{}"), (200, "%PDF-1.4 parcel"), (404, "no such parcel"))
    labels, access = account_of(account).connector.labels, account_of(account).access
    assert labels is not None
    with pytest.raises(TryLater, match="being made"):
        labels.fetch(access, "A1", "XO1")
    label = labels.fetch(access, "A1", "XO1")
    assert (label.content, label.content_type, label.name) == (b"%PDF-1.4 parcel", "application/pdf", "XO1.pdf")
    with pytest.raises(Rejected, match="no such parcel"):
        labels.fetch(access, "A1", "XO2")
    assert [request.query for request in carrier.platform.requests] == [{"number": n} for n in ("XO1", "XO1", "XO2")]


def test_a_notice_has_its_parcel_read_and_stored(account: Connection, carrier: Carrier, notify: Notify) -> None:
    carrier.move("XO1", "picked_up")
    assert notify("XO1") == (200, b'{"ok":true}')
    assert parcels() == {}, "a notice is a hint"
    jobs.drain(account.pk)
    assert parcels() == {"XO1": "picked_up"}
    carrier.move("XO1", "delivered")
    assert [notify("XO1"), notify("XO1")] == [(200, b'{"ok":true}')] * 2
    jobs.drain(account.pk)
    assert parcels() == {"XO1": "delivered"}
    assert events() == [("XO1", "webhook", "processed")] * 2
    assert carrier.platform.calls() == ["POST /parcels"] * 2
    assert notify("XO1", secret="another")[0] == 401
    assert len(events()) == 2


def test_a_move_without_a_notice_is_found_by_the_sweep_once(account: Connection, carrier: Carrier) -> None:
    carrier.move("XO1", "picked_up")
    for _ in range(2):
        jobs.sweep(account.pk)
        jobs.drain(account.pk)
    assert (parcels(), events()) == ({"XO1": "picked_up"}, [("XO1", "sweep", "processed")])
    assert carrier.platform.calls() == ["GET /parcels", "POST /parcels", "GET /parcels"]


def test_what_cannot_be_read_is_a_dead_letter_that_a_manager_tries_without_consequences(
    account: Connection, carrier: Carrier, notify: Notify, house: House
) -> None:
    carrier.move("XO1", "")
    notify("XO1")
    notify("GONE")
    jobs.drain(account.pk)
    assert events() == [("XO1", "webhook", "dead"), ("GONE", "webhook", "ignored")]
    event = InboxEvent.objects.select_related("connection__authorisation__app").get(state="dead")
    carrier.move("XO1", "picked_up")
    tried = dry_run(event)
    assert (tried.state, tried.differences) == ("processed", (Difference("Parcel", "XO1", "", "picked_up"),))
    assert parcels() == {}, "rolled back"

    status, text = page(house.manager, "inboxevent", about="parcel", in_state="dead")
    assert (status, "XO1" in text, "Kho Áo Thun" in text) == (200, True, True)
    status, text = page(house.manager, "inboxevent", event.pk, action="dry_run")
    assert (status, "picked_up" in text) == (200, True)
    assert "XO1" not in page(house.stranger, "inboxevent")[1]
    assert page(house.stranger, "inboxevent", event.pk)[0] == 404
    assert page(house.stranger, "inboxevent", event.pk, action="dry_run")[0] == 404


def test_every_job_of_a_day_runs_for_an_account_without_a_shop(
    account: Connection, carrier: Carrier, notify: Notify
) -> None:
    carrier.move("XO1", "picked_up")
    notify("XO1")
    a_day_passes()
    assert parcels() == {"XO1": "picked_up"}
    account.refresh_from_db()
    assert timezone.now() - datetime.fromisoformat(account.watermarks["parcel"]) < timedelta(minutes=1)
