"""A ledger: a journal entry from each completed order, over a session of two cookies; nothing is read from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from core.db import fetch
from core.money import smallest_step
from integrations import jobs
from integrations.accounts.connecting import connect_shop
from integrations.accounts.registrations import register_app
from integrations.contract.writes import WriteRequest
from integrations.documents import targets
from integrations.documents.commands.store import Claimed
from integrations.documents.difference import Desired, Document, Existing, Situation
from integrations.documents.targets import Target
from integrations.models import Authorisation, Command, Connection, Link
from orders.models import Status
from tests.integrations.guests.conftest import NOON, House, MoveIn, a_day_passes, minutes_pass, page

PASSWORD = "very-secret"


@dataclass
class Ledger:
    """The ledger's books. `calls` as they came; `loses`: entries by order that are written without an answer."""

    url: str = ""
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    loses: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, method: str, target: str, cookies: str, sent: Any) -> tuple[int, list[str], Any] | None:
        """Return (status, cookies to set, body); None: close the connection."""
        path = urlsplit(target).path
        self.calls.append(f"{method} {path}")
        if path == "/Login":
            return self._login(sent)
        if cookies not in self.sessions:
            return 401, [], {"error": {"code": 301, "message": "Invalid session"}}
        if path == "/Company":
            return 200, [], {"Name": "Công ty Áo Thun"}
        if method == "GET":
            reference = parse_qs(urlsplit(target).query)["Reference"][0]
            return 200, [], {"value": [entry for entry in self.entries if entry["Reference"] == reference]}
        return self._write(sent)

    def _login(self, sent: Any) -> tuple[int, list[str], Any]:
        if sent != {"Company": "AO", "user": "hub", "password": PASSWORD}:
            return 401, [], {"error": {"code": 100, "message": "Wrong password"}}
        self.logins += 1
        self.sessions.add(f"SESSION=s{self.logins}; ROUTE=.node{self.logins}")
        return 200, [f"SESSION=s{self.logins}; HttpOnly", f"ROUTE=.node{self.logins}; path=/"], {}

    def _write(self, sent: Any) -> tuple[int, list[str], Any] | None:
        if sent["Memo"] in self.refuses:
            return 400, [], {"error": {"code": -10, "message": "The period is locked"}}
        self.entries.append({"Number": len(self.entries) + 1, **sent})
        return None if sent["Memo"] in self.loses else (201, [], self.entries[-1])


@pytest.fixture
def books() -> Iterator[Ledger]:
    ledger = Ledger()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with ledger.lock:
                cookies = self.headers.get("Cookie", "")
                reply = ledger.respond(self.command, self.path, cookies, json.loads(body) if body else None)
            if reply is None:
                return
            status, cookies_set, content = reply
            self.send_response(status)
            for cookie in cookies_set:
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        ledger.url = f"http://127.0.0.1:{running.server_port}"
        yield ledger
        running.shutdown()


# --- what the hub wants a ledger to have: one row of the table of targets ---


def desired(situation: Situation, existing: Sequence[Existing]) -> Desired:
    if existing or situation.status != Status.COMPLETED:
        return existing
    return [Document("journal_entry", 1)]


def build(ledger: Connection, claimed: Claimed) -> WriteRequest:
    [(total, currency)] = fetch("SELECT total, currency FROM orders_order WHERE id = %s", claimed.order_id)
    amount = str(total.quantize(smallest_step(currency)))
    lines = [{"Account": "131", "Debit": amount}, {"Account": "511", "Credit": amount}]
    return WriteRequest(claimed.kind, claimed.order_number, claimed.reference, options={"lines": lines})


@pytest.fixture
def ledger(house: House, books: Ledger, move_in: MoveIn, monkeypatch: pytest.MonkeyPatch) -> Connection:
    move_in("ledger")
    monkeypatch.setitem(
        targets.TARGETS, "ledger", Target(kinds=frozenset({"journal_entry"}), build=build, desired=desired)
    )
    app = register_app("ledger", "Sổ", {"user": "hub", "password": PASSWORD}, base_url=books.url)
    connection = connect_shop(app, shop_id="AO", user=house.user, serves=[house.market])
    assert books.calls == ["POST /Login", "GET /Company"]
    books.calls.clear()
    return connection


def commands() -> list[tuple[str, str, str]]:
    rows = Command.objects.order_by("id").values_list("order__number", "state", "code")
    return [(number, state, code) for number, state, code in rows]


def test_it_is_connected_with_its_credentials_and_without_a_shop(ledger: Connection, house: House) -> None:
    assert (ledger.shop, ledger.name, str(ledger)) == (None, "Công ty Áo Thun", "Công ty Áo Thun")
    assert Authorisation.objects.get(pk=ledger.authorisation_id).access_token == "SESSION=s1; ROUTE=.node1"
    assert list(Link.objects.values_list("connection", "role", "target")) == [(house.market.pk, "ledger", ledger.pk)]


def test_a_completed_order_is_entered_once(ledger: Connection, books: Ledger, house: House) -> None:
    for status in ("to_ship", "shipped"):
        house.order("A1", status)
    assert commands() == []
    for _ in range(3):
        house.order("A1", "completed")
        jobs.perform(ledger.pk)
    assert commands() == [("A1", "done", "JE1")]
    [entry] = books.entries
    assert entry == {
        "Number": 1, "Reference": Command.objects.get().reference, "Memo": "A1",
        "Lines": [{"Account": "131", "Debit": "300000"}, {"Account": "511", "Credit": "300000"}],
    }  # fmt: skip
    assert books.calls == ["POST /JournalEntries"]


def test_an_entry_whose_answer_was_lost_is_looked_up_and_not_written_again(
    ledger: Connection, books: Ledger, house: House
) -> None:
    books.loses.add("A1")
    house.order("A1", "completed")
    jobs.perform(ledger.pk)
    assert commands() == [("A1", "sent", "")]
    minutes_pass()
    jobs.perform(ledger.pk)
    assert commands() == [("A1", "done", "JE1")]
    assert books.calls == ["POST /JournalEntries", "GET /JournalEntries"]
    assert len(books.entries) == 1


def test_a_session_that_ends_in_mid_day_is_renewed_once(ledger: Connection, books: Ledger, house: House) -> None:
    house.order("A1", "completed")
    jobs.perform(ledger.pk)
    books.sessions.clear()
    for number in ("A2", "A3", "A4"):
        house.order(number, "completed")
    jobs.perform(ledger.pk)
    assert sorted(commands()) == [(f"A{n}", "done", code) for n, code in zip((1, 2, 3, 4), codes(), strict=True)]
    assert sorted(entry["Memo"] for entry in books.entries) == ["A1", "A2", "A3", "A4"]
    assert books.logins == 2
    assert books.calls.count("POST /Login") == 1


def codes() -> list[str]:
    return list(Command.objects.order_by("order__number").values_list("code", flat=True))


def test_history_is_not_entered(ledger: Connection, books: Ledger, house: House) -> None:
    shop = house.market.own_shop
    shop.stock_since = NOON
    shop.save()
    house.order("OLD", "completed", placed=NOON - timedelta(days=1))
    house.order("NEW", "completed", placed=NOON)
    jobs.perform(ledger.pk)
    assert commands() == [("NEW", "done", "JE1")]


def test_orders_of_a_shop_that_is_not_linked_are_not_entered(ledger: Connection, books: Ledger, house: House) -> None:
    Link.objects.all().delete()
    house.order("A1", "completed")
    jobs.perform(ledger.pk)
    assert (commands(), books.calls) == ([], [])


def test_a_manager_of_the_linked_shop_sees_the_ledger_and_what_it_refused(
    ledger: Connection, books: Ledger, house: House
) -> None:
    books.refuses.add("A1")
    house.order("A1", "completed")
    jobs.perform(ledger.pk)
    assert commands() == [("A1", "refused", "")]
    refused = Command.objects.get()

    status, text = page(house.manager, "connection")
    assert (status, "Công ty Áo Thun" in text) == (200, True)
    status, text = page(house.manager, "connection", ledger.pk)
    assert (status, "Công ty Áo Thun" in text, "check_now" in text) == (200, True, True)
    status, text = page(house.manager, "command")
    assert (status, "A1" in text, "The period is locked" in text) == (200, True, True)
    status, text = page(house.manager, "command", refused.pk)
    assert (status, "The period is locked" in text, "retry_this" in text) == (200, True, True)

    for model in ("connection", "command"):
        status, text = page(house.stranger, model)
        assert (status, "Công ty Áo Thun" in text, "A1" in text) == (200, False, False)
    assert page(house.stranger, "connection", ledger.pk)[0] == 404
    assert page(house.stranger, "command", refused.pk)[0] == 404
    assert page(house.stranger, "connection", ledger.pk, action="check_now")[0] == 404
    assert page(house.stranger, "command", refused.pk, action="retry_this")[0] == 404

    books.refuses.clear()
    retry = reverse("admin:integrations_command_retry_this", args=[refused.pk])
    assert house.stranger.post(retry, {"_form_submitted": "on"}).status_code == 404
    assert house.manager.post(retry, {"_form_submitted": "on"}).status_code == 200
    jobs.perform(ledger.pk)
    assert commands() == [("A1", "done", "JE1")]


def test_a_shop_that_shares_the_ledger_sees_none_of_the_others_entries(
    ledger: Connection, books: Ledger, house: House
) -> None:
    other = Connection.objects.get(external_id="901")
    Link.objects.create(connection=other, role="ledger", target=ledger)
    books.refuses.add("A1")
    house.order("A1", "completed")
    jobs.perform(ledger.pk)
    assert "Công ty Áo Thun" in page(house.stranger, "connection")[1]
    assert "The period is locked" not in page(house.stranger, "command")[1]
    assert page(house.stranger, "command", Command.objects.get().pk)[0] == 404


def test_every_job_of_a_day_runs_for_a_connection_without_a_shop(
    ledger: Connection, books: Ledger, house: House
) -> None:
    house.order("A1", "completed")
    a_day_passes()
    assert commands() == [("A1", "done", "JE1")]
    assert books.calls == ["POST /JournalEntries"], "nothing is read"
