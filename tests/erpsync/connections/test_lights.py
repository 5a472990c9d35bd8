"""Lights of connections: each has its reason, and the worst counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erpsync.connections.health import AMBER, GREEN, OFF, RED, lights, measured, overall
from integrations.models import Authorisation, Connection, InboxEvent
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


@pytest.mark.parametrize(
    ("row", "fields", "aspect", "colour"),
    [
        ("authorisation", {}, "token", GREEN),
        ("authorisation", {"state": "red", "reason": "revoked"}, "token", RED),
        ("authorisation", {"refresh_expires_at": timedelta(days=3)}, "token", AMBER),
        ("authorisation", {"consent_ends_at": -timedelta(days=1)}, "token", RED),
        ("connection", {"last_webhook_at": timedelta()}, "webhook", GREEN),
        ("connection", {"last_webhook_at": -timedelta(days=2)}, "webhook", AMBER),
        ("connection", {"created_at": timedelta()}, "webhook", GREEN),
        ("connection", {"created_at": -timedelta(days=2)}, "webhook", AMBER),
        ("connection", {"last_sweep_at": -timedelta(hours=2)}, "lag", RED),
        ("event", {"received_at": -timedelta(seconds=90), "state": "pending"}, "lag", AMBER),
        ("event", {"received_at": -timedelta(hours=1), "state": "pending"}, "lag", RED),
        ("event", {"state": "dead"}, "dead", AMBER),
        ("event", {"state": "processed"}, "dead", GREEN),
    ],
)
def test_each_light_has_its_reason(own: World, row: str, fields: dict[str, Any], aspect: str, colour: str) -> None:
    event = InboxEvent.objects.get()
    rows: dict[str, Any] = {
        "authorisation": own.authorisation, "connection": own.connection, "event": event, "shop": own.connection.shop,
    }  # fmt: skip
    told = {name: timezone.now() + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    type(rows[row]).objects.filter(pk=rows[row].pk).update(**told)
    light = lights(measured(Connection.objects.all()).get())[aspect]
    assert light.colour == colour
    assert light.text
    assert bool(light.advice) is (colour != GREEN)


def test_the_worst_light_counts_and_a_switched_off_link_is_dark(own: World) -> None:
    Authorisation.objects.update(state="red", reason="revoked")
    worst = overall(measured(Connection.objects.all()).get())
    assert (worst.colour, worst.advice) == (RED, "revoked")
    Connection.objects.update(is_active=False)
    assert overall(measured(Connection.objects.all()).get()).colour == OFF
