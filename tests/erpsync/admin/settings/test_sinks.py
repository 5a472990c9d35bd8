"""The pages of event sinks: made by managers for their shops, tested, switched, sent again; seen by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.outbox import BrokenEvent, OutboxEvent, uuid7
from erpsync.admin.settings.sink_forms import SinkForm
from integrations.events.mails import tell_contacts
from integrations.events.relay import SinkRelay
from integrations.events.switching import switch_off, switch_on
from integrations.models import DeliveryAttempt, EventDelivery, EventSink
from inventory.models import ShopMembership
from tests.erpsync.admin import worlds
from tests.erpsync.admin.worlds import World
from tests.integrations.events.receivers import Receiver, mapped, receiving, sink, write

pytestmark = pytest.mark.django_db

LIST = "admin:integrations_eventsink_changelist"
NOTHING_FOUND = {302, 403, 404}


def world(mark: str, **more: str) -> World:
    """Return a world without the sink that all others have."""
    made = worlds.world(mark, **more)
    EventSink.objects.filter(name=f"{mark} sink").delete()
    return made


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


@pytest.fixture
def mine() -> World:
    return world("MINE", channel="shopee")


@pytest.fixture
def hook(mine: World, receiver: Receiver) -> EventSink:
    made = sink("webhook", settings={"url": receiver.url})
    made.only_shops.add(mine.shop)
    return made


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:integrations_eventsink_{name}", args=args)


def act(client: Client, name: str, made: EventSink, **data: Any) -> Any:
    return client.post(page(name, made.pk), {"_form_submitted": "1", **data}, headers={"HX-Request": "true"})


def test_a_manager_adds_a_webhook_of_own_shops_that_starts_now(client: Client, mine: World, receiver: Receiver) -> None:
    write(mapped())
    client.force_login(mine.manager)
    add = page("add")
    assert [choice["url"] for choice in client.get(add).context["offered"]] == ["?kind=webhook"]
    fields = {"name": "Kho", "declared_url": receiver.url, "only_shops": [mine.shop.pk], "types": ["order.created"]}
    answer = client.post(f"{add}?kind=webhook", fields)
    assert answer.status_code == 302, answer.context["errors"]
    made = EventSink.objects.get()
    assert (made.name, made.kind, made.types, made.settings) == (
        "Kho",
        "webhook",
        ["order.created"],
        {"url": receiver.url},
    )
    assert (list(made.only_shops.all()), made.cursor) == (
        [mine.shop],
        OutboxEvent.objects.exclude(position=None).count(),
    )
    assert made.secrets["current"] in client.get(page("change", made.pk)).content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"declared_url": "https://10.0.0.1/"}, "declared_url"), ({"declared_url": ""}, "declared_url"), ({"only_shops": []}, "only_shops")],
)  # fmt: skip
def test_what_a_webhook_cannot_be_is_said_at_its_field(client: Client, mine: World, wrong: Any, field: str) -> None:
    client.force_login(mine.manager)
    fields = {"name": "Kho", "declared_url": "https://1.1.1.1/", "only_shops": [mine.shop.pk]} | wrong
    form = client.post(f"{page('add')}?kind=webhook", fields).context["adminform"].form
    assert list(form.errors) == [field]
    assert not EventSink.objects.exists()


def test_a_manager_may_neither_make_a_sink_for_operators_nor_one_of_all_shops(client: Client, mine: World) -> None:
    client.force_login(mine.manager)
    assert "offered" in client.get(f"{page('add')}?kind=redis_streams").context
    foreign = world("FOREIGN", channel="shopee")
    fields = {"name": "x", "declared_url": "https://1.1.1.1/", "only_shops": [mine.shop.pk, foreign.shop.pk]}
    assert client.post(f"{page('add')}?kind=webhook", fields).context["adminform"].form.errors.keys() == {"only_shops"}


def test_a_form_that_is_saved_late_takes_nothing_back_of_what_was_sent_meanwhile(
    client: Client, hook: EventSink, mine: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay moves the cursor while the form is validated; saved whole, the row would send its events again."""
    hook.only_shops.set([mine.shop])
    client.force_login(mine.manager)
    checked = SinkForm.clean

    def meanwhile(form: SinkForm) -> dict[str, Any]:
        EventSink.objects.filter(pk=hook.pk).update(cursor=77, progress={"a": 1}, failures=3)
        return checked(form)

    monkeypatch.setattr(SinkForm, "clean", meanwhile)
    secret = hook.secrets["current"]
    fields = {"name": "Kho 2", "declared_url": hook.settings["url"], "only_shops": [mine.shop.pk], "types": []}
    assert client.post(page("change", hook.pk), fields).status_code == 302
    hook.refresh_from_db()
    assert (hook.name, hook.cursor, hook.progress, hook.failures) == ("Kho 2", 77, {"a": 1}, 3)
    assert hook.secrets["current"] == secret


def test_a_manager_looks_at_a_sink_of_the_hubs_own_systems_and_changes_nothing(client: Client, mine: World) -> None:
    made = EventSink.objects.create(kind="redis_streams", name="Redis", settings={"maxlen": "100"}, cursor=0)
    made.only_shops.set([mine.shop])
    client.force_login(mine.manager)
    assert client.get(page("change", made.pk)).status_code == 200
    fields = {"name": "x", "declared_maxlen": "7", "only_shops": [mine.shop.pk], "types": []}
    assert client.post(page("change", made.pk), fields).status_code == 403
    assert act(client, "switch_off", made).status_code == 403
    made.refresh_from_db()
    assert (made.name, made.settings, made.is_active) == ("Redis", {"maxlen": "100"}, True)


@pytest.mark.parametrize("shared", [False, True])
def test_a_sink_is_seen_by_those_who_manage_all_its_shops_only(
    client: Client, hook: EventSink, mine: World, shared: bool
) -> None:
    foreign = world("FOREIGN", channel="shopee")
    if shared:
        hook.only_shops.add(foreign.shop)
    attempt = DeliveryAttempt.objects.create(sink=hook, event_id=uuid7(), type="x", outcome="failed")
    viewer = mine.manager if shared else foreign.manager
    client.force_login(viewer)
    assert list(client.get(reverse(LIST)).context["cl"].result_list) == []
    assert client.get(page("change", hook.pk)).status_code in NOTHING_FOUND
    assert act(client, "switch_off", hook).status_code in NOTHING_FOUND
    assert (
        client.get(reverse("admin:integrations_deliveryattempt_change", args=[attempt.pk])).status_code in NOTHING_FOUND
    )
    hook.refresh_from_db()
    assert hook.is_active


def test_the_test_button_says_what_was_answered(
    client: Client, hook: EventSink, receiver: Receiver, mine: World
) -> None:
    client.force_login(mine.manager)
    assert act(client, "send_test", hook).headers["HX-Redirect"] == page("change", hook.pk)
    assert receiver.got[0].event["test"] is True
    receiver.answer = lambda _got: (418, {}, b"no tea")
    act(client, "send_test", hook)
    shown = client.get(page("change", hook.pk)).content.decode()
    assert "The test event arrived." in shown
    assert "418 no tea" in shown


def test_switching_on_asks_from_where(client: Client, hook: EventSink, mine: World) -> None:
    client.force_login(mine.manager)
    act(client, "switch_off", hook)
    write(mapped())
    act(client, "switch_on", hook, where="since")
    hook.refresh_from_db()
    assert (hook.is_active, hook.off_reason, hook.cursor) == (False, "person", 0)
    act(client, "switch_on", hook, where="now")
    hook.refresh_from_db()
    assert (hook.is_active, hook.off_reason, hook.cursor) == (True, "", 2)


def test_past_events_and_dead_letters_are_sent_again(
    client: Client, hook: EventSink, receiver: Receiver, mine: World
) -> None:
    client.force_login(mine.manager)
    write(replace(mapped(), shop_ids=(mine.shop.pk,)))
    SinkRelay(hook.pk).round()
    day = timezone.localtime()
    span = {
        "since_0": (day - timedelta(days=1)).strftime("%Y-%m-%d"), "since_1": "00:00:00",
        "until_0": (day + timedelta(days=1)).strftime("%Y-%m-%d"), "until_1": "00:00:00",
    }  # fmt: skip
    act(client, "send_again", hook, **span)
    SinkRelay(hook.pk).round()
    assert [got.event.get("replay") for got in receiver.got] == [None, True]
    [attempt, _] = DeliveryAttempt.objects.all()
    shown = client.get(reverse("admin:integrations_deliveryattempt_change", args=[attempt.pk])).content.decode()
    assert "erpsync.listing.mapped.v1" in shown
    event = OutboxEvent.objects.earliest("position")
    parked = EventDelivery.objects.create(
        sink=hook, event_id=event.pk, type=event.type, entity=event.entity, entity_id="1", position=1, state="parked", tries=10
    )  # fmt: skip
    chosen = {"action": "try_again", "_selected_action": [parked.pk]}
    client.post(reverse("admin:integrations_eventdelivery_changelist"), chosen)
    parked.refresh_from_db()
    assert (parked.state, parked.tries) == ("waiting", 0)


def test_a_sink_that_was_switched_off_says_why(client: Client, hook: EventSink, mine: World) -> None:
    switch_off(hook.pk, "failing")
    client.force_login(mine.manager)
    assert "Nearly everything failed for a day" in client.get(reverse(LIST)).content.decode()


def test_a_password_is_stored_encrypted_never_shown_and_kept_when_left_empty(admin_client: Client) -> None:
    add = f"{page('add')}?kind=kafka"
    fields = {
        "name": "Kho",
        "declared_brokers": "k:9093",
        "declared_security": "SASL_SSL",
        "declared_mechanism": "SCRAM-SHA-512",
    }
    refused = admin_client.post(add, fields)
    assert refused.status_code == 200
    assert set(refused.context["adminform"].form.errors) == {"declared_username", "declared_password"}
    sound = {**fields, "declared_username": "hub", "declared_password": "s3cret-word"}
    assert admin_client.post(add, sound).status_code == 302
    made = EventSink.objects.get()
    assert (made.secrets, made.settings["username"]) == ({"password": "s3cret-word"}, "hub")
    assert "password" not in made.settings
    shown = admin_client.get(page("change", made.pk))
    assert "s3cret-word" not in shown.content.decode()
    admin_client.post(page("change", made.pk), {**sound, "declared_password": "", "declared_order_events": "mine"})
    made.refresh_from_db()
    assert (made.secrets, made.settings["order_events"]) == ({"password": "s3cret-word"}, "mine")


def test_pubsub_begins_with_new_orders_and_says_when_a_key_is_none(admin_client: Client) -> None:
    add = f"{page('add')}?kind=pubsub"
    assert admin_client.get(add).context["adminform"].form.initial["types"] == ["new_order"]
    refused = admin_client.post(add, {"name": "OMS", "declared_project": "shop", "declared_credentials": "{"})
    assert set(refused.context["adminform"].form.errors) == {"declared_credentials"}
    assert EventSink.objects.count() == 0


def test_a_sink_that_the_hub_switched_off_is_told_to_its_contact_once(
    hook: EventSink, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    EventSink.objects.update(contact="ky-thuat@example.com", name="Kho", trouble="410 gone")
    switch_off(hook.pk, EventSink.Off.PERSON)
    assert tell_contacts() == 0
    switch_on(hook.pk)
    switch_off(hook.pk, EventSink.Off.GONE)

    def refuse(*_: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr("django.core.mail.EmailMessage.send", refuse)
        assert tell_contacts() == 0
    assert (tell_contacts(), tell_contacts()) == (1, 0)
    [mail] = mailoutbox
    assert mail.to == ["ky-thuat@example.com"]
    assert "Kho" in mail.subject
    assert f"/admin/integrations/eventsink/{hook.pk}/change/" in mail.body
    assert "410 gone" in mail.body


def test_a_broken_event_is_left_out_with_a_reason_and_shows_no_values(client: Client, mine: World) -> None:
    [broken] = BrokenEvent.objects.all()
    client.force_login(mine.manager)
    place = reverse("admin:core_brokenevent_change", args=[broken.pk])
    shown = client.get(place).content.decode()
    assert (broken.flaw in shown, "MINE data" in shown) == (True, False)
    again = client.post(
        reverse("admin:core_brokenevent_leave_out", args=[broken.pk]), {"_form_submitted": "1", "reason": "test"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert again.headers["HX-Redirect"] == place
    broken.refresh_from_db()
    assert broken.is_left_out
    assert LogEntry.objects.filter(object_id=str(broken.pk), change_message__contains="test").count() == 1
    theirs = world("THEIRS", channel="lazada")
    client.force_login(theirs.manager)
    assert client.get(place).status_code in NOTHING_FOUND


def test_the_dashboard_names_the_sink_that_is_furthest_behind_to_whoever_manages_it(
    mine: World, hook: EventSink, client: Client
) -> None:
    other = world("OTHER", channel="lazada")
    worse = sink("webhook", settings={"url": hook.settings["url"]})
    worse.only_shops.add(other.shop)
    write(*(mapped(str(n), shop_ids=(mine.shop.pk,)) for n in range(3)))
    OutboxEvent.objects.update(time=timezone.now() - timedelta(seconds=400))
    EventSink.objects.filter(pk=hook.pk).update(name="Kho", cursor=1)

    def line(user: Any) -> Any:
        client.force_login(user)
        return client.get("/admin/").context["sink_lag"]

    said = "Events: “Kho” is furthest behind, by 6 minutes; 2 events are not sent yet."
    assert line(mine.manager) == {"text": said, "url": "/admin/integrations/eventsink/", "alarm": True}
    assert said in client.get("/admin/").content.decode()
    EventSink.objects.update(cursor=3)
    assert line(mine.manager)["text"] == "Events: no receiver is behind."
    EventSink.objects.update(is_active=False)
    assert line(mine.manager) is None
    EventSink.objects.update(is_active=True)
    ShopMembership.objects.filter(user=mine.manager).update(role="viewer")
    assert line(mine.manager) is None
