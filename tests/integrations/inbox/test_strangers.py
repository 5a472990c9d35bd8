"""What a stranger can bring in at any channel's address: nothing, whatever the connector stumbles over."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from core.db import execute
from integrations.connectors import channels, connector_of
from integrations.contract.webhooks import Delivery, Refused, Webhooks
from integrations.inbox import receive, routing
from integrations.models import AppRegistration, Connection, InboxEvent, Refusal
from tests.integrations.toy import connected, install, toy_connector

pytestmark = pytest.mark.django_db(transaction=True)

WITH_WEBHOOKS = [channel for channel in sorted(channels()) if connector_of(channel).webhooks is not None]
SHOWING = [channel for channel in WITH_WEBHOOKS if connector_of(channel).webhooks.shows_key]  # type: ignore[union-attr]
ODD_BODIES = (
    b'{"a":1e99999999999999999999}', b'{"a":-1e-99999999999999999999}', b'{"a":%s}' % (b"9" * 5000), b"[" * 100_000, b"\xff",
    b'{"a":"\\ud800"}', b"[1e99999999999999999999]", b"",
)  # fmt: skip


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> None:
    monkeypatch.setattr(routing, "_known", {})


def registered(channel: str) -> AppRegistration:
    fields = connector_of(channel).account_fields
    return AppRegistration.objects.create(
        channel=channel, name=channel, credentials={field.name: f"the-{field.name}-key" for field in fields}
    )


@pytest.mark.parametrize("channel", WITH_WEBHOOKS)
@pytest.mark.parametrize("headers", [{}, {"authorization": "00", "x-hub-signature": "sha1=00", "sign": "00"}])
def test_a_stranger_s_body_is_counted_and_never_kept(channel: str, headers: dict[str, str]) -> None:
    app = registered(channel)
    for body in ODD_BODIES:
        receive.receive(channel, app.key, Delivery(body, headers))
    assert InboxEvent.objects.count() == 0
    assert sum(Refusal.objects.values_list("count", flat=True)) == len(ODD_BODIES)


def test_some_channel_shows_its_key_in_a_body() -> None:
    assert SHOWING, "the next test would run over nothing"


@pytest.mark.parametrize("channel", SHOWING)
@pytest.mark.parametrize(
    "message",
    [
        {"type": "PRODUCT.UPDATE", "data": {"product_id": 0}}, {"type": "SALESORDER.UPDATE", "data": [1]}, {},
        {"type": "SALESORDER.UPDATE", "data": {"order_number": "9" * 119 + "\x00"}}, {"type": "SHOP.CLOSED"},
    ],
)  # fmt: skip
def test_a_key_shown_in_a_body_is_stored_nowhere(channel: str, message: dict[str, Any]) -> None:
    app = registered(channel)
    shown = {name: value for name, value in app.credentials.items() if name.endswith("key")}
    receive.receive(channel, app.key, Delivery(json.dumps(message | shown).encode(), {}))
    [event] = InboxEvent.objects.all()
    assert event.raw is None
    assert not any(value in json.dumps(event.body) for value in shown.values())


def test_two_bodies_that_are_not_kept_are_still_two_things() -> None:
    [channel] = SHOWING
    app = registered(channel)
    for number in (1, 2, 1):
        body = {"type": "PRODUCT.UPDATE", "data": {"product_id": 0, "n": number}} | app.credentials
        receive.receive(channel, app.key, Delivery(json.dumps(body).encode(), {}))
    assert sorted(InboxEvent.objects.values_list("seen", flat=True)) == [1, 2]


def stumbling(*_: Any) -> list[Any]:
    return [{}["no such key"]]


def refusing(*_: Any) -> None:
    raise Refused("bad_signature")


@pytest.mark.parametrize(
    ("check", "reason"), [(None, "not_understood"), (stumbling, "not_understood"), (refusing, "bad_signature")]
)
def test_a_stumble_makes_nothing_genuine(monkeypatch: pytest.MonkeyPatch, check: Any, reason: str) -> None:
    app = toy(monkeypatch, Webhooks(open=stumbling, check=check)).authorisation.app
    assert receive.receive("toy", app.key, Delivery(b"{}", {})).status == 401
    assert InboxEvent.objects.count() == 0
    assert list(Refusal.objects.values_list("reason", flat=True)) == [reason]


def test_what_was_proved_is_kept_whole_however_the_connector_stumbles(monkeypatch: pytest.MonkeyPatch) -> None:
    app = toy(monkeypatch, Webhooks(open=stumbling, check=lambda app, delivery: None)).authorisation.app
    assert receive.receive("toy", app.key, Delivery(b"{}", {})).status == 200
    assert [bytes(event.raw or b"") for event in InboxEvent.objects.all()] == [b"{}"]


def toy(monkeypatch: pytest.MonkeyPatch, webhooks: Webhooks) -> Connection:
    install(monkeypatch, replace(toy_connector(), webhooks=webhooks))
    return connected()


def test_bodies_that_showed_a_key_are_forgotten_by_the_migration() -> None:
    [channel] = SHOWING
    other = next(name for name in WITH_WEBHOOKS if name != channel)
    for name in (channel, other):
        InboxEvent.objects.create(
            app=registered(name),
            kind="unreadable",
            external_id=name,
            source="webhook",
            body={"reason": "?"},
            raw=b"raw",
        )
    execute(importlib.import_module("integrations.migrations.0015_no_body_that_shows_a_key")._FORGET)
    kept = {event.external_id: event.raw for event in InboxEvent.objects.all()}
    assert kept[channel] is None
    assert bytes(kept[other] or b"") == b"raw"
