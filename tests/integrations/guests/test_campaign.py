"""Promotions of a marketplace: read into a resource of their own, and written as commands that are about no order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.db import columns, decode, encode, fetch
from core.results import Stored
from erpsync.admin.channels import backfill_form
from integrations import jobs
from integrations.accounts.connecting import connect_shop
from integrations.accounts.connections import NotPossible
from integrations.accounts.registrations import register_app
from integrations.documents.commands.request import ask_about
from integrations.inbox.refetch import refetch
from integrations.ingest.dry_run import Difference, dry_run
from integrations.ingest.dry_run_facts import Fact
from integrations.ingest.resources import Circumstances, Kind, Known, Resource
from integrations.models import BackfillRun, Command, Connection, InboxEvent
from inventory.models import Listing
from tests.integrations.connectors.scripted import Reply, Request, ScriptedPlatform, served
from tests.integrations.guests.conftest import House, MoveIn, Register, Table, a_day_passes, minutes_pass, page
from tests.integrations.guests.snapshots import PromotionSnapshot

KEY = "fake-key-0001"
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = (
    "code text, shop_id bigint, title text, prices jsonb, version timestamptz, asked_at timestamptz, is_history boolean,"
    " PRIMARY KEY (shop_id, code)"
)

_STORE = """
INSERT INTO guest_promotion AS known (code, shop_id, title, prices, version, asked_at, is_history)
SELECT n.code, %(shop)s, n.title, n.prices, n.version, n.asked_at, %(is_history)s
FROM unnest(%(codes)s::text[], %(titles)s::text[], %(prices)s::jsonb[], %(versions)s::timestamptz[], %(asked)s::timestamptz[])
    AS n(code, title, prices, version, asked_at)
ON CONFLICT (shop_id, code) DO UPDATE
SET title = excluded.title, prices = excluded.prices, version = excluded.version, asked_at = excluded.asked_at
WHERE known.version < excluded.version OR known.version = excluded.version AND known.asked_at < excluded.asked_at
RETURNING code
"""


def store(connection: Connection, found: Sequence[PromotionSnapshot], how: Circumstances) -> Stored:
    rows = [(s.code, s.title, encode(s.prices), s.version, s.asked_at) for s in found]
    codes, titles, prices, versions, asked = columns(rows, 5)
    written = fetch(
        _STORE, shop=connection.own_shop.pk, is_history=how.is_history, codes=codes, titles=titles, prices=prices,
        versions=versions, asked=asked,
    )  # fmt: skip
    return Stored(stale=frozenset(codes) - {code for (code,) in written})


def facts(connection: Connection, code: str) -> Iterator[Fact]:
    for item, price in sorted(prices(code).items()):
        yield Fact("Promotion price", f"{code}:{item}", price)


def prices(code: str) -> dict[str, str]:
    rows = fetch("SELECT prices FROM guest_promotion WHERE code = %s", code)
    found: dict[str, str] = decode(rows[0][0]) if rows else {}
    return found


PROMOTIONS = Resource(
    snapshot=PromotionSnapshot,
    key=lambda s: s.code,
    kinds=(Kind("promotion", "Promotion", history="Promotions"),),
    store=store,
    known=Known("FROM guest_promotion r WHERE r.shop_id = %(shop)s AND r.code = n.external_id"),
    facts=facts,
)


class Market:
    """The marketplace's promotions. `most`: the most writes about one item, and about all, that were under way at once."""

    def __init__(self, platform: ScriptedPlatform) -> None:
        self.platform = platform
        self.promotions: dict[str, dict[str, Any]] = {}
        self.written: list[tuple[str, str]] = []
        self.most: Counter[str] = Counter()
        self.loses = False
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        platform.check = self._check
        platform.on("GET", "/shop", (200, {"name": "Sạp Áo Thun", "opened": int(OPENED.timestamp())}))
        platform.on("GET", "/promotions", lambda r: (200, {"promotions": self._asked_for(r)}))
        platform.on("GET", "/promotions/changed", lambda r: (200, {"promotions": self._changed(r)}))
        platform.on("POST", "/promotions/items", self._write)

    def make(self, code: str, changed: datetime, **prices: int) -> None:
        title = f"Khuyến mãi {code}"
        self.promotions[code] = {
            "code": code, "title": title, "prices": prices, "changed": int(changed.timestamp())
        }  # fmt: skip

    def _check(self, request: Request) -> None:
        assert request.headers["x-key"] == KEY

    def _asked_for(self, request: Request) -> list[dict[str, Any]]:
        return [self.promotions[code] for _, code in request.pairs if code in self.promotions]

    def _changed(self, request: Request) -> list[dict[str, Any]]:
        since, until = int(request.query["from"]), int(request.query["to"])
        return [{"code": p["code"], "changed": p["changed"]} for p in self._all() if since <= p["changed"] <= until]

    def _all(self) -> list[dict[str, Any]]:
        return list(self.promotions.values())

    def _write(self, request: Request) -> Reply:
        sent = request.json()
        about = (f"{sent['promotion']}:{sent['item']}", "all")
        with self._lock:
            self._running.update(about)
            self.most |= self._running
        time.sleep(0.05)
        with self._lock:
            self._running.subtract(about)
            if int(sent["price"]) > 200_000:
                return 400, {"code": "price_too_high", "message": "The price is above the usual one"}
            self.promotions[sent["promotion"]]["prices"][sent["item"]] = int(sent["price"])
            self.written.append((about[0], sent["price"]))
        return None if self.loses else (200, {})


@pytest.fixture
def market() -> Iterator[Market]:
    with served(ScriptedPlatform()) as platform:
        yield Market(platform)


@pytest.fixture
def sap(house: House, market: Market, move_in: MoveIn, table: Table, register: Register) -> Connection:
    move_in("campaign")
    table("guest_promotion", COLUMNS)
    register(PROMOTIONS)
    app = register_app("campaign", "Phiên", {"key": KEY}, base_url=market.platform.base_url)
    connection = connect_shop(app, shop_id="SAP1", user=house.user)
    assert connection.own_shop.name == "Sạp Áo Thun"
    market.platform.requests.clear()
    return connection


def copies() -> list[tuple[str, str, bool]]:
    return fetch("SELECT code, title, is_history FROM guest_promotion ORDER BY code")


def commands() -> list[tuple[str, str, str]]:
    rows = Command.objects.order_by("id").values_list("subject", "state", "reason")
    return [(subject, state, str(reason)) for subject, state, reason in rows]


# --- reading ---


def test_a_sweep_reads_what_changed_once(sap: Connection, market: Market) -> None:
    market.make("P1", timezone.now() - timedelta(hours=1), i1=90_000)
    for _ in range(2):
        jobs.sweep(sap.pk)
        jobs.drain(sap.pk)
    assert (copies(), prices("P1")) == ([("P1", "Khuyến mãi P1", False)], {"i1": "90000"})
    assert list(InboxEvent.objects.values_list("kind", "external_id", "source", "state")) == [
        ("promotion", "P1", "sweep", "processed")
    ]
    assert market.platform.calls() == ["GET /promotions/changed", "GET /promotions", "GET /promotions/changed"]


def test_a_backfill_reads_its_past_from_the_beginning(sap: Connection, market: Market) -> None:
    for day in (1, 5, 9):
        market.make(f"P{day}", OPENED + timedelta(days=day), i1=90_000)
    call_command("backfill", connection=sap.pk, kind="promotion")
    assert copies() == [(f"P{day}", f"Khuyến mãi P{day}", True) for day in (1, 5, 9)]
    run = BackfillRun.objects.get()
    assert (run.kind, run.state, run.since) == ("promotion", "done", OPENED)


def test_a_dry_run_shows_what_would_change(sap: Connection, market: Market) -> None:
    market.make("P1", timezone.now(), i1=90_000)
    refetch(sap, "promotion", ["P1"], InboxEvent.Source.PERSON)
    event = InboxEvent.objects.select_related("connection__authorisation__app", "connection__shop").get()
    assert dry_run(event).differences == (Difference("Promotion price", "P1:i1", "", "90000"),)
    assert copies() == []


def test_a_promotion_that_is_gone_deletes_no_listing_with_its_id(sap: Connection, market: Market) -> None:
    listing = Listing.objects.create(shop=sap.own_shop, item_id="77", status="active")
    refetch(sap, "promotion", ["77"], InboxEvent.Source.PERSON)
    jobs.drain(sap.pk)
    assert InboxEvent.objects.get().reason_code == "gone"
    listing.refresh_from_db()
    assert listing.status == "active"


def test_the_admin_knows_its_kind(sap: Connection, market: Market, house: House) -> None:
    market.make("P1", timezone.now(), i1=90_000)
    refetch(sap, "promotion", ["P1"], InboxEvent.Source.PERSON)
    jobs.drain(sap.pk)
    assert backfill_form.kinds_of(sap) == [("promotion", "Promotions")]
    status, text = page(house.manager, "backfillrun", action="add", connection=sap.pk)
    assert (status, "Promotions" in text) == (200, True)
    status, text = page(house.manager, "inboxevent", about="promotion")
    assert (status, "P1" in text, "Promotion" in text) == (200, True, True)
    assert page(house.stranger, "backfillrun", action="add", connection=sap.pk)[0] == 404
    assert "P1" not in page(house.stranger, "inboxevent", about="promotion")[1]


# --- writing ---


def test_items_are_written_as_commands_without_an_order(sap: Connection, market: Market, house: House) -> None:
    market.make("P1", timezone.now())
    wanted = [
        ask_about(sap, "promotion_item", subject="P1:i1", options={"price": "80000"}, actor=house.user)
        for _ in range(2)
    ]
    assert wanted[0] == wanted[1]
    jobs.perform(sap.pk)
    assert market.written == [("P1:i1", "80000")]
    done = Command.objects.get()
    assert (done.state, done.external_id, done.order, done.actor) == ("done", "P1:i1", None, house.user)
    assert not InboxEvent.objects.exists()
    with pytest.raises(NotPossible):
        ask_about(sap, "refund", subject="P1:i1")


def test_of_one_item_one_command_is_in_flight_in_the_order_they_were_wanted(sap: Connection, market: Market) -> None:
    market.make("P1", timezone.now())
    subjects = [f"P1:i{n}" for n in range(3)]
    for price in ("80000", "70000", "60000"):
        for subject in subjects:
            ask_about(sap, "promotion_item", subject=subject, options={"price": price})
    while Command.objects.filter(state="wanted").exists():
        jobs.perform(sap.pk)
    assert [market.most[subject] for subject in subjects] == [1, 1, 1]
    assert 1 < market.most["all"] <= len(subjects)
    for subject in subjects:
        assert [price for about, price in market.written if about == subject] == ["80000", "70000", "60000"]


def test_a_lost_answer_is_looked_up(sap: Connection, market: Market) -> None:
    market.make("P1", timezone.now())
    market.loses = True
    ask_about(sap, "promotion_item", subject="P1:i1", options={"price": "80000"})
    jobs.perform(sap.pk)
    assert [state for _, state, _ in commands()] == ["sent"]
    minutes_pass()
    jobs.perform(sap.pk)
    assert commands() == [("P1:i1", "done", "")]
    assert market.platform.calls() == ["POST /promotions/items", "GET /promotions"]


def test_what_was_refused_is_seen_by_the_shops_manager(sap: Connection, market: Market, house: House) -> None:
    market.make("P1", timezone.now())
    ask_about(sap, "promotion_item", subject="P1:i1", options={"price": "900000"})
    ask_about(sap, "promotion_item", subject="P1:i2", options={"price": "80000"})
    jobs.perform(sap.pk)
    assert commands() == [("P1:i1", "refused", "The price is above the usual one"), ("P1:i2", "done", "")]
    refused = Command.objects.get(state="refused")
    status, text = page(house.manager, "command", in_state="refused")
    assert (status, "P1:i1" in text, "P1:i2" in text, "above the usual one" in text) == (200, True, False, True)
    status, text = page(house.manager, "command", refused.pk)
    assert (status, "P1:i1" in text, "above the usual one" in text) == (200, True, True)
    status, text = page(house.stranger, "command")
    assert (status, "P1:i1" in text, "P1:i2" in text) == (200, False, False)
    assert page(house.stranger, "command", refused.pk)[0] == 404


def test_every_job_of_a_day_runs(sap: Connection, market: Market) -> None:
    market.make("P1", timezone.now(), i1=90_000)
    a_day_passes()
    assert [code for code, _, _ in copies()] == ["P1"]
