"""The gauges against rows whose numbers are known, and the door that gives them to nobody of the public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from core.db import execute
from erpsync.metrics import hub
from erpsync.models import Alert
from integrations.models import Authorisation, InboxEvent
from integrations.wire import concurrency
from tests.erpsync.admin.worlds import world

pytestmark = pytest.mark.django_db
PATH = "/metrics/hub"


@pytest.fixture(autouse=True)
def fresh() -> None:
    hub.forget()


def scraped(text: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_gauges_count_what_stands_in_the_tables(client: Client, redis: Redis) -> None:
    made = world("OWN", channel="shopee")
    InboxEvent.objects.all().delete()
    now = timezone.now()
    common = {
        "app": made.connection.authorisation.app,
        "connection": made.connection,
        "kind": "order",
        "source": "webhook",
    }
    for n in range(1, 5):
        InboxEvent.objects.create(
            **common,
            external_id=f"done {n}",
            state="processed",
            received_at=now - timedelta(seconds=n),
            finished_at=now,
        )
    InboxEvent.objects.create(**common, external_id="dead", state="dead")
    InboxEvent.objects.create(**common, external_id="new", due_at=now - timedelta(hours=1))
    InboxEvent.objects.create(**common, external_id="again", tries=2, due_at=now + timedelta(hours=1))
    Authorisation.objects.update(state="red")
    redis.set(concurrency.key(concurrency.scope(made.app.key, "7")), "0.5")
    found = scraped(client.get(PATH).content.decode())
    shown = {
        ("erpsync_inbox_events", "shopee", "dead"): 1, ("erpsync_inbox_events", "shopee", "pending"): 1,
        ("erpsync_inbox_events", "shopee", "retried"): 1, ("erpsync_inbox_finished_events", "shopee", "processed"): 4,
        ("erpsync_inbox_finished_events", "shopee", "dead"): 1, ("erpsync_event_seconds", "shopee", "0.5"): 2.5,
        ("erpsync_red_connections", "shopee"): 1, ("erpsync_refused_deliveries", "shopee", "bad_signature"): 3,
        ("erpsync_alerts_firing", "dead_letters"): Alert.objects.filter(resolved_at=None).count(),
        ("erpsync_undelivered_events", "webhook", "waiting"): 1, ("erpsync_jobs_waiting", "orders"): 0,
        ("erpsync_calls_at_once_share", "shopee"): 0.5, ("erpsync_up", "database"): 1, ("erpsync_up", "redis"): 1,
    }  # fmt: skip
    assert {key: found.get(key) for key in shown} == shown
    # the transaction, whose time this is, began before the rows were made
    assert found["erpsync_queue_age_seconds", "orders"] >= 3540
    assert {key[1] for key in found if key[0] == "erpsync_queue_age_seconds"} == {"orders", "pushes", "bulk"}


def test_every_gauge_can_be_measured() -> None:
    measured = {gauge.name: list(gauge.measured(lambda read: read())) for gauge in hub.GAUGES}
    assert set(measured) == {gauge.name for gauge in hub.GAUGES}


def test_scrapes_within_five_seconds_cost_one_measurement(client: Client, django_assert_num_queries: Any) -> None:
    first = client.get(PATH).content
    with django_assert_num_queries(0):
        assert client.get(PATH).content == first


def test_a_database_that_is_away_is_said_and_the_rest_still_told(client: Client) -> None:
    execute("ALTER TABLE integrations_inboxevent RENAME TO away")
    found = scraped(client.get(PATH).content.decode())
    assert (found["erpsync_up", "database"], found["erpsync_up", "redis"]) == (0, 1)
    assert ("erpsync_jobs_waiting", "orders") in found


@pytest.mark.parametrize(
    ("token", "asked", "status"),
    [
        ("", {"REMOTE_ADDR": "127.0.0.1"}, 200), ("", {"REMOTE_ADDR": "10.1.2.3"}, 200),
        ("", {"REMOTE_ADDR": "8.8.8.8"}, 404), ("", {"REMOTE_ADDR": ""}, 404),
        ("", {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "8.8.8.8"}, 404),
        ("", {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.0.0.1"}, 404),
        ("s3cret", {"REMOTE_ADDR": "127.0.0.1"}, 404),
        ("s3cret", {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": "Bearer other"}, 404),
        ("s3cret", {"REMOTE_ADDR": "8.8.8.8", "HTTP_AUTHORIZATION": "Bearer s3cret"}, 200),
    ],
)  # fmt: skip
def test_only_a_scraper_gets_them(
    client: Client, settings: Any, token: str, asked: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = token
    assert client.get(PATH, **asked).status_code == status


def test_they_are_read_only(client: Client) -> None:
    assert client.post(PATH).status_code == 404
