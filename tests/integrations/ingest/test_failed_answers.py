"""Answers that nothing could be made of: kept with the dead letter, of the thing alone, without names, bounded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations import inbox
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer
from integrations.inbox.store import Event, Incoming
from integrations.ingest.failed_answers import MOST_CHARACTERS, calls_of
from integrations.models import InboxEvent
from integrations.wire import transport
from integrations.wire.transport import Exchanged, Heard
from tests.integrations.ingest.test_pipeline import Scripted, connection, order, run

__all__ = ["connection"]
URL = "https://toy.example/orders?ids=A1,B1"
NAME, PHONE = "Nguyễn Thị Hồng", "0912345678"


def row(number: str) -> dict[str, Any]:
    return {"order_sn": number, "item_id": 7, "status": "PAID", "recipient": {"name": NAME, "phone": PHONE}}


def said(ids: Sequence[str], status: int = 200) -> None:
    """Note an answer about these things, as the HTTP client does."""
    transport.note(URL, status, json.dumps({"orders": [row(number) for number in ids]}).encode())


def kept(external_id: str) -> Any:
    text = InboxEvent.objects.get(external_id=external_id).answer
    for word in (*NAME.split(), PHONE):
        assert word not in text
    return json.loads(text) if text else None


def body_of(found: Any) -> Any:
    [call] = found["calls"]
    assert (call["path"], call["status"]) == ("/orders", 200)
    return [(order["order_sn"], order["item_id"], order["status"]) for order in call["body"]["orders"]]


@pytest.mark.django_db(transaction=True)
def test_unreadable_ones_keep_their_own_row_and_the_others_nothing(connection: Any) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        said(ids)
        return Answer((order("A1", at),), unreadable={"B1": "no date"})

    assert run(connection, Scripted(answer), "A1", "B1") == {"A1": ("processed", ""), "B1": ("dead", "unreadable")}
    assert (kept("A1"), body_of(kept("B1"))) == (None, [("B1", 7, "PAID")])


@pytest.mark.django_db(transaction=True)
def test_a_refused_read_keeps_what_was_said_last(connection: Any) -> None:
    def answer(ids: Sequence[str], at: datetime) -> Answer:
        said(ids)
        raise Rejected("no such order", code="gone_away")

    assert run(connection, Scripted(answer), "A1", "B1") == {"A1": ("dead", "gone_away"), "B1": ("dead", "gone_away")}
    assert [body_of(kept(one)) for one in ("A1", "B1")] == [[("A1", 7, "PAID")], [("B1", 7, "PAID")]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_last", [False, True])
def test_what_failed_for_the_last_time_is_kept(connection: Any, is_last: bool) -> None:
    """C breaks the reader, D is not mentioned, E cannot be stored."""

    def answer(ids: Sequence[str], at: datetime) -> Answer:
        said([one for one in ids if one != "D1"])
        if "C1" in ids:
            raise KeyError("lines")
        too_much = order("E1", at, Decimal(10**20))
        return Answer((replace(too_much, raw=row("E1")),) if "E1" in ids else ())

    tries = len(inbox.RETRY_AFTER) if is_last else 0
    app = connection.authorisation.app_id
    inbox.add([Incoming(app, connection.id, "order", one, "webhook") for one in ("C1", "D1", "E1")])
    InboxEvent.objects.update(tries=tries)
    ends = run(connection, Scripted(answer))
    state = "dead" if is_last else "pending"
    assert ends == {"C1": (state, "KeyError"), "D1": (state, "no_answer"), "E1": (state, "DataError")}
    if not is_last:
        assert [kept(one) for one in ("C1", "D1", "E1")] == [None, None, None]
        return
    assert (body_of(kept("C1")), body_of(kept("D1"))) == ([("C1", 7, "PAID")], [])
    assert {key: kept("E1")["row"][key] for key in ("order_sn", "item_id", "status")} == {
        "order_sn": "E1", "item_id": 7, "status": "PAID",
    }  # fmt: skip


def event(external_id: str) -> Event:
    return Event(1, "order", external_id, None, "webhook", 0, datetime(2026, 11, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b"<html>", "this answer was no JSON"),
        (b"[" * 100_000, "too deep to be kept"),
        (b'["\\u0000"]', ["\0"]),
        (json.dumps({"price": "1" * 30_000}).encode(), "30070 characters, more than are kept"),
    ],
)
def test_odd_bodies_are_bounded_text_that_the_database_takes(content: bytes, body: Any) -> None:
    text = calls_of([event("A1")], [Exchanged("/orders", 502, content)])[1]
    assert json.loads(text) == {"calls": [{"path": "/orders", "status": 502, "body": body}]}
    assert text.isascii()
    assert "\0" not in text
    assert len(text) <= MOST_CHARACTERS


def test_secrets_are_replaced_whatever_they_are_called() -> None:
    found = {"access_token": "a1b2c3d4e5", "api_secret_key": "s9s8s7s6", "sign": 123456789, "page_token": "eyJwYWdl"}
    text = calls_of([event("A1")], [Exchanged("/orders", 200, json.dumps(found).encode())])[1]
    for value in found.values():
        assert str(value) not in text


def test_no_more_than_the_last_answers_are_held_in_memory() -> None:
    heard = Heard()
    for number in range(10):
        heard.add(Exchanged(str(number), 200, bytes(1_000_000)))
    assert [one.path for one in heard.exchanged] == ["6", "7", "8", "9"]
