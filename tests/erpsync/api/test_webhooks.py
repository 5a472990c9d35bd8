"""Subscriptions by the API: made, listed, replayed and ended; never an address of our own network, never another's events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import Webhook

from core.outbox import OutboxEvent
from integrations.events.relay import SinkRelay
from integrations.models import EventSink
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import Api, MakeKey
from tests.integrations.events.receivers import Receiver, mapped, receiving, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


def subscribed(api: Api, url: str, **wanted: Any) -> Any:
    return api.post("/webhooks", {"name": "web shop", "url": url, "types": ["listing.mapped"]} | wanted)


def test_a_subscription_gets_what_happens_and_a_replay_what_has_happened(
    own: World, api: Api, receiver: Receiver
) -> None:
    write(mapped("before", shop_ids=(own.shop.pk,)))
    made = subscribed(api, receiver.url)
    assert made.status_code == 201
    hook = made.json()
    assert made["Location"] == f"/api/v1/webhooks/{hook['id']}"
    assert (hook["shops"], hook["types"], hook["url"]) == ([own.shop.pk], ["listing.mapped"], receiver.url)
    assert "secret" not in made.content.decode()
    write(mapped("after", shop_ids=(own.shop.pk,)))
    SinkRelay(hook["id"]).round()
    [got] = receiver.got
    secret = api.get(f"/webhooks/{hook['id']}/secret").json()["secret"]
    assert Webhook(secret).verify(got.body, got.headers)["subject"] == got.event["subject"]

    day = {"since": datetime.now(UTC) - timedelta(days=1), "until": datetime.now(UTC) + timedelta(hours=1)}
    span = {name: when.isoformat() for name, when in day.items()}
    assert api.post(f"/webhooks/{hook['id']}/replay", span).json() == {"webhook": hook["id"], "events": 2}
    SinkRelay(hook["id"]).round()
    assert len(receiver.got) == 3
    assert api.send("delete", f"/webhooks/{hook['id']}").status_code == 204
    assert not EventSink.objects.filter(pk=hook["id"]).exists()


def test_it_says_how_far_it_is_behind(own: World, api: Api, receiver: Receiver) -> None:
    keys = [subscribed(api, receiver.url).json()["id"] for _ in range(2)]
    write(*(mapped(str(n), shop_ids=(own.shop.pk,)) for n in range(3)))
    OutboxEvent.objects.update(time=datetime.now(UTC) - timedelta(seconds=100))
    SinkRelay(keys[1]).round()
    with CaptureQueriesContext(database) as queries:
        rows = {row["id"]: row for row in api.get("/webhooks").json()["items"]}
    assert len([q for q in queries if "integrations_eventdelivery" in q["sql"]]) == 1
    assert [rows[key]["events_behind"] for key in keys] == [3, 0]
    assert rows[keys[1]]["seconds_behind"] == 0
    assert 100 <= rows[keys[0]]["seconds_behind"] < 160
    with CaptureQueriesContext(database) as queries:
        api.get("/webhooks", {"fields": "id,name"})
    assert not [q for q in queries if "integrations_eventdelivery" in q["sql"]]


def test_it_is_switched_off_and_goes_on_where_it_stopped(own: World, api: Api, receiver: Receiver) -> None:
    key = subscribed(api, receiver.url).json()["id"]
    assert api.post(f"/webhooks/{key}/switch-off").json()["is_active"] is False
    write(mapped("meanwhile", shop_ids=(own.shop.pk,)))
    assert api.get(f"/webhooks/{key}").json()["off_reason"] == "person"
    assert api.post(f"/webhooks/{key}/switch-on", {}).json()["is_active"] is True
    SinkRelay(key).round()
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "private_address"), ("https://169.254.169.254/latest/meta-data/", "private_address"),
        ("https://[::ffff:10.0.0.1]/", "private_address"), ("https://2130706433/", "private_address"),
        ("https://0/", "private_address"), ("file:///etc/passwd", "not_an_address"), ("https://u:p@example.com/", "not_an_address"),
        ("https://[", "not_an_address"), ("gopher://x/", "not_an_address"), ("https://name.invalid/", "name_not_found"),
    ],
)  # fmt: skip
def test_nothing_is_sent_into_our_own_network(own: World, api: Api, url: str, code: str) -> None:
    count = EventSink.objects.count()
    answer = subscribed(api, url)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert answer.json()["errors"][0]["pointer"] == "/url"
    assert EventSink.objects.count() == count


def test_a_key_subscribes_only_to_what_it_may_read(
    own: World, other: World, key_of: MakeKey, receiver: Receiver
) -> None:
    narrow = key_of(own, "events:read", "events:write", "listings:read")
    assert subscribed(narrow, receiver.url, types=["order.shipped"]).json()["code"] == "scope"
    assert subscribed(narrow, receiver.url, types=["weather."]).json()["code"] == "unknown_types"
    assert subscribed(narrow, receiver.url, sends_personal=True).json()["scope"] == "customers:read"
    assert subscribed(narrow, receiver.url, shops=[own.shop.pk, other.shop.pk]).status_code == 404
    assert subscribed(key_of(own, "events:read"), receiver.url).json()["code"] == "scope"
