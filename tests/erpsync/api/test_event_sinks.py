"""Event sinks of every kind by the API: made, changed, tested and switched; what signs in is written and never read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from standardwebhooks.webhooks import Webhook

from core.db import fetch
from core.event_types import event_types
from core.feed import feed_position
from core.permissions import SCOPES
from erpsync.api.keys import services
from integrations.events import switching
from integrations.events.relay import SinkRelay
from integrations.models import DeliveryAttempt, EventDelivery, EventSink
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import Api, MakeKey
from tests.integrations.events.receivers import Receiver, mapped, receiving, write

pytestmark = pytest.mark.django_db

KAFKA = {
    "kind": "kafka", "name": "lake", "types": ["order."],
    "settings": {"brokers": "kafka.example.com:9093", "username": "hub", "password": "s3cret-word"},
}  # fmt: skip


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


@pytest.fixture
def hub(own: World, django_user_model: Any) -> Api:
    """A key of the role manager that a superuser made."""
    owner = django_user_model.objects.create_superuser("root", password="x")
    return Api(services.create("hub", [own.shop], SCOPES, role="manager", owner=owner).text)


def webhook(api: Api, url: str, **wanted: Any) -> Any:
    body = {"kind": "webhook", "name": "shop", "settings": {"url": url}, "types": ["listing.mapped"]} | wanted
    return api.post("/event-sinks", body)


def test_a_sink_with_credentials_is_made_and_changed_and_they_are_never_read(own: World, hub: Api) -> None:
    made = hub.post("/event-sinks", KAFKA, Idempotency_Key="once")
    assert made.status_code == 201
    sink = made.json()
    assert made["Location"] == f"/api/v1/event-sinks/{sink['id']}"
    assert (sink["kind"], sink["secrets"], sink["shops"], sink["cursor"]) == (
        "kafka",
        ["password"],
        [own.shop.pk],
        feed_position(),
    )
    assert sink["settings"]["brokers"] == "kafka.example.com:9093"
    assert sink["settings"]["order_events"] == "order_events"
    assert hub.post("/event-sinks", KAFKA, Idempotency_Key="once").json()["id"] == sink["id"]
    changed = hub.send("patch", f"/event-sinks/{sink['id']}", {"name": "lake 2", "settings": {"username": "hub2"}})
    assert changed.status_code == 200
    row = EventSink.objects.get(pk=sink["id"])
    assert (row.name, row.settings["username"], row.secrets["password"]) == ("lake 2", "hub2", "s3cret-word")
    assert row.settings["brokers"] == "kafka.example.com:9093"
    hub.send("patch", f"/event-sinks/{sink['id']}", {"settings": {"password": "an0ther"}})
    row.refresh_from_db()
    assert row.secrets["password"] == "an0ther"
    read = [made, changed, hub.get("/event-sinks"), hub.get(f"/event-sinks/{sink['id']}")]
    assert not any(word in answer.content.decode() for answer in read for word in ("s3cret", "an0ther"))


def test_the_password_of_an_address_is_not_read_and_stays(own: World, hub: Api) -> None:
    url = "redis://hub:s3cret-word@redis.example.com:6379/0"
    made = hub.post("/event-sinks", {"kind": "redis_streams", "name": "r", "settings": {"url": url}}).json()
    assert made["settings"] == {"prefix": "erpsync:events:", "maxlen": "100000"}
    changed = hub.send("patch", f"/event-sinks/{made['id']}", {"settings": {"maxlen": "500"}})
    assert changed.json()["settings"] == made["settings"] | {"maxlen": "500"}
    row = EventSink.objects.get(pk=made["id"])
    assert (row.secrets, row.settings) == ({"url": url}, changed.json()["settings"])
    assert fetch("SELECT secrets::text LIKE '%%s3cret%%' FROM integrations_eventsink WHERE name = 'r'") == [(False,)]
    assert "s3cret" not in changed.content.decode()


def test_a_key_that_reads_no_type_gets_none_instead_of_all(own: World, key_of: MakeKey, receiver: Receiver) -> None:
    """No types stand for all of them: a key that only writes made a sink that got every event of its shops."""
    url = receiver.url
    blind = key_of(own, "events:write")
    row = switching.add_sink("webhook", "all", {"url": url}, shops=[own.shop.pk])
    body = {"kind": "webhook", "name": "shop", "settings": {"url": url}}
    range_of = {"since": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}
    for refused in (
        blind.post("/event-sinks", body),
        blind.post("/event-sinks", body | {"types": []}),
        blind.send("patch", f"/event-sinks/{row.pk}", {"name": "mine"}),
        blind.post(f"/event-sinks/{row.pk}/replay", range_of),
    ):
        assert (refused.status_code, refused.json().get("scope")) == (403, "events:read"), refused.content
    assert list(EventSink.objects.filter(settings__url=url).values_list("pk", "name")) == [(row.pk, "all")]


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"kind": "pigeon"}, "/kind"), ({"settings": {}}, "/settings/brokers"), ({"settings": {"broker": "x"}}, "/settings/broker"),
        ({"settings": {"brokers": "x:1", "username": "a"}}, "/settings/password"),
        ({"settings": {"brokers": "x:1", "security": "none at all"}}, "/settings/security"), ({"shops": []}, "/shops"),
        ({"contact": "nobody"}, "/contact"), ({"secrets": {}}, "/secrets"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_by_its_member(own: World, hub: Api, wanted: Any, pointer: str) -> None:
    count = EventSink.objects.count()
    answer = hub.post("/event-sinks", KAFKA | wanted)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]][:1]) == (400, [pointer])
    assert EventSink.objects.count() == count


def test_only_those_who_run_the_hub_reach_into_its_systems(own: World, hub: Api, key_of: MakeKey) -> None:
    manager, operator = key_of(own, role="manager"), key_of(own)
    sink = hub.post("/event-sinks", KAFKA).json()["id"]
    for api in (manager, operator):
        assert api.post("/event-sinks", KAFKA).json()["code"] == "role"
        assert [kind["kind"] for kind in api.get("/event-sinks/kinds").json()["items"]] == ["webhook"]
    assert {kind["kind"] for kind in hub.get("/event-sinks/kinds").json()["items"]} == {
        "webhook", "redis_streams", "kafka", "pubsub",
    }  # fmt: skip
    assert manager.get(f"/event-sinks/{sink}").status_code == 200
    assert manager.send("patch", f"/event-sinks/{sink}", {"settings": {"brokers": "evil.example.com:1"}}).json()[
        "code"
    ] == ("role")
    assert manager.post(f"/event-sinks/{sink}/switch-off").json() == {"sink": sink, "is_active": False}
    assert operator.get(f"/event-sinks/{sink}").status_code == 404
    assert operator.post(f"/event-sinks/{sink}/switch-on", {}).status_code == 404
    assert EventSink.objects.get(pk=sink).settings["brokers"] == "kafka.example.com:9093"


def test_a_key_cannot_turn_a_sink_with_more_than_it_may_read_to_itself(
    own: World, hub: Api, key_of: MakeKey, receiver: Receiver
) -> None:
    sink = webhook(hub, receiver.url, sends_personal=True, types=[]).json()
    assert sink["types"] == []
    assert set(event_types()) > {"listing.mapped"}
    narrow = key_of(own, "events:read", "events:write", "listings:read")
    moved = {"settings": {"url": receiver.url + "?mine"}}
    refused = narrow.send("patch", f"/event-sinks/{sink['id']}", moved)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope")
    listed = narrow.send("patch", f"/event-sinks/{sink['id']}", moved | {"types": ["listing.mapped"]})
    assert listed.json()["scope"] == "customers:read"
    assert EventSink.objects.get(pk=sink["id"]).settings["url"] == receiver.url
    both = moved | {"types": ["listing.mapped"], "sends_personal": False}
    assert narrow.send("patch", f"/event-sinks/{sink['id']}", both).status_code == 200


def test_a_test_event_is_sent_and_its_attempt_is_listed(own: World, api: Api, receiver: Receiver) -> None:
    sink = webhook(api, receiver.url).json()["id"]
    for replayed in (None, "true"):
        answer = api.post(f"/event-sinks/{sink}/test", Idempotency_Key="t")
        assert answer.get("Idempotent-Replayed") == replayed
    assert (answer.json()["delivered"], answer.json()["status"], len(receiver.got)) == (True, 200, 1)
    [attempt] = api.get("/delivery-attempts", {"sink": sink}).json()["items"]
    assert (attempt["outcome"], attempt["is_test"], attempt["status"]) == ("delivered", True, 200)
    receiver.answer = lambda _got: (500, {}, b"no")
    failed = api.post(f"/webhooks/{sink}/test").json()
    assert (failed["delivered"], failed["status"]) == (False, 500)
    assert [
        row["status"] for row in api.get("/delivery-attempts", {"outcome": "failed", "sink": sink}).json()["items"]
    ] == [500]


def test_a_new_secret_signs_beside_the_one_before(own: World, api: Api, hub: Api, receiver: Receiver) -> None:
    sink = webhook(api, receiver.url).json()["id"]
    before = api.get(f"/webhooks/{sink}/secret").json()["secret"]
    answer = api.post(f"/event-sinks/{sink}/rotate-secret")
    assert datetime.now(UTC) < datetime.fromisoformat(answer.json()["previous_until"])
    after = api.get(f"/webhooks/{sink}/secret").json()["secret"]
    assert after != before
    assert "whsec" not in answer.content.decode()
    write(mapped("x", shop_ids=(own.shop.pk,)))
    SinkRelay(sink).round()
    [got] = receiver.got
    for secret in (before, after):
        assert Webhook(secret).verify(got.body, got.headers)
    lake = hub.post("/event-sinks", KAFKA).json()["id"]
    assert hub.post(f"/event-sinks/{lake}/rotate-secret").json()["code"] == "no_secret"


@pytest.mark.parametrize(("place", "got"), [({}, 2), ({"now": True}, 0), ({"since": "hour"}, 3)])
def test_it_goes_on_from_where_it_is_told_to(
    own: World, api: Api, receiver: Receiver, place: dict[str, Any], got: int
) -> None:
    write(mapped("before", shop_ids=(own.shop.pk,)))
    sink = webhook(api, receiver.url).json()["id"]
    api.post(f"/event-sinks/{sink}/switch-off")
    write(*(mapped(str(n), shop_ids=(own.shop.pk,)) for n in range(2)))
    if "since" in place:
        place = {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    assert api.post(f"/event-sinks/{sink}/switch-on", place).json() == {"sink": sink, "is_active": True}
    SinkRelay(sink).round()
    assert len(receiver.got) == got
    both = {"now": True, "since": datetime.now(UTC).isoformat()}
    assert api.post(f"/event-sinks/{sink}/switch-on", both).status_code == 400


def test_dead_letters_are_counted_listed_and_tried_again(own: World, api: Api) -> None:
    row = EventDelivery.objects.get(sink__only_shops=own.shop)
    sink = f"/event-sinks/{row.sink_id}"
    assert [api.get(sink).json()[name] for name in ("waiting", "dead_letters")] == [1, 0]
    assert api.post(f"/event-deliveries/{row.pk}/retry").json()["code"] == "not_possible"
    EventDelivery.objects.filter(pk=row.pk).update(state="parked", tries=10)
    assert [api.get(sink).json()[name] for name in ("waiting", "dead_letters")] == [0, 1]
    [listed] = api.get("/event-deliveries", {"state": "parked"}).json()["items"]
    assert (listed["id"], listed["tries"], listed["sink"]) == (row.pk, 10, row.sink_id)
    assert api.post(f"/event-deliveries/{row.pk}/retry").json() == {"delivery": row.pk, "state": "waiting"}
    row.refresh_from_db()
    assert (row.state, row.tries) == ("waiting", 0)


def test_attempts_of_others_sinks_are_not_seen(own: World, other: World, api: Api, redis: Redis) -> None:
    assert DeliveryAttempt.objects.count() == 2
    assert len(api.get("/delivery-attempts").json()["items"]) == 1
