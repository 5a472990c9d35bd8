"""State of the alerts: one per condition, channel and shop; one message per change; quiet hours; back-off; a gone receiver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from erpsync.alerts import deliver, evaluate
from erpsync.models import Alert, AlertMessage, ContactPoint
from integrations.models import Authorisation, Connection, InboxEvent
from inventory.models import StockDrift
from orders.models import Order
from tests.erpsync.admin.worlds import World, world
from tests.erpsync.alerts.fakes import Fake, playing

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> World:
    """A shop with nothing to be told of."""
    made = world("OWN", channel="shopee")
    Alert.objects.all().delete()
    ContactPoint.objects.all().delete()
    InboxEvent.objects.all().delete()
    Order.objects.update(ship_by=None)
    Connection.objects.update(last_webhook_at=timezone.now())
    Authorisation.objects.update(state="ok", consent_ends_at=None, refresh_expires_at=None)
    evaluate.evaluate(_at(0))
    assert not Alert.objects.exists()
    return made


@pytest.fixture
def chat(settings: Any) -> Iterator[Fake]:
    with playing({"body": "ok"}) as fake:
        settings.ALERT_URLS = {"slack": fake.url}
        yield fake


def _at(minutes: float) -> datetime:
    """Noon in Vietnam, and so many minutes."""
    return datetime(2026, 11, 30, 5, 0, tzinfo=UTC) + timedelta(minutes=minutes)


def point(fake: Fake, **fields: Any) -> ContactPoint:
    values = {"kind": "slack", "name": "Kho", "language": "en", "secrets": {"url": f"{fake.url}/x"}}
    return ContactPoint.objects.create(**(values | fields))


def go_red(made: World, state: str = "red") -> None:
    Authorisation.objects.filter(connections=made.connection).update(state=state)


def states() -> list[tuple[str, str, int | None, bool]]:
    return [(a.kind, a.channel, a.shop_id, a.resolved_at is None) for a in Alert.objects.order_by("id")]


def titles(fake: Fake) -> list[str]:
    return [body["text"] for _path, body in fake.calls]


def test_a_change_is_told_once_and_so_is_its_end(own: World, chat: Fake) -> None:
    point(chat)
    go_red(own)
    for minute in (1, 2, 3):
        evaluate.evaluate(_at(minute))
        deliver.deliver_due()
    name = f"A shop must be connected again: Shopee {own.shop.name}"
    assert (states(), titles(chat)) == ([("red_connection", "shopee", own.shop.pk, True)], [name])
    go_red(own, "ok")
    for minute in (4, 5, 6, 7, 8):
        evaluate.evaluate(_at(minute))
        deliver.deliver_due()
    assert states() == [("red_connection", "shopee", own.shop.pk, False)]
    assert titles(chat) == [name, f"Resolved: {name}"]
    assert Alert.objects.get().resolved_at == _at(6)


def test_a_condition_that_comes_and_goes_within_minutes_is_one_alert(own: World, chat: Fake) -> None:
    point(chat)
    for minute in range(1, 9):
        go_red(own, "red" if minute % 2 else "ok")
        evaluate.evaluate(_at(minute))
        deliver.deliver_due()
    assert (len(states()), len(chat.calls)) == (1, 1)


def test_only_those_who_chose_the_kind_and_the_shop_are_told(own: World, chat: Fake) -> None:
    other = world("OTHER", channel="lazada")
    Alert.objects.all().delete()
    ContactPoint.objects.all().delete()
    point(chat, name="of it", alert_kinds=["red_connection", "drift"]).only_shops.add(own.shop)
    point(chat, name="of another kind", alert_kinds=["drift"])
    point(chat, name="of another shop").only_shops.add(other.shop)
    point(chat, name="off", is_active=False)
    go_red(own)
    evaluate.evaluate(_at(1))
    about = AlertMessage.objects.filter(alert__kind="red_connection")
    assert list(about.values_list("contact_point__name", flat=True)) == ["of it"]


def test_in_quiet_hours_only_what_is_critical_is_told_and_what_passed_is_not_sent(own: World, chat: Fake) -> None:
    point(chat, quiet_from=time(11), quiet_until=time(14))
    InboxEvent.objects.create(
        app=own.connection.authorisation.app, connection=own.connection, kind="order", external_id="1", source="webhook",
        state="dead",
    )  # fmt: skip
    go_red(own)
    evaluate.evaluate(_at(1))
    assert dict(AlertMessage.objects.values_list("alert__kind", "due_at")) == {
        "red_connection": _at(1),
        "dead_letters": _at(120),
    }
    InboxEvent.objects.update(closed_at=timezone.now())
    evaluate.evaluate(_at(5))
    assert list(AlertMessage.objects.values_list("alert__kind", flat=True)) == ["red_connection"]


@pytest.mark.parametrize(
    ("begin", "end", "hour", "until"),
    [(22, 6, 23, 30), (22, 6, 5, 6), (22, 6, 6, 6), (22, 6, 21, 21), (12, 13, 12, 13), (12, 12, 12, 12)],
)
def test_quiet_hours_may_span_midnight(begin: int, end: int, hour: int, until: int) -> None:
    midnight = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)  # of Vietnam
    quiet = ContactPoint(quiet_from=time(begin), quiet_until=time(end))
    due = evaluate.quiet.due_at(quiet, evaluate.KINDS["drift"].severity, midnight + timedelta(hours=hour))
    assert due == midnight + timedelta(hours=until)


def test_a_service_that_asks_to_wait_is_left_alone_as_long(own: World, chat: Fake) -> None:
    chat.replies = [{"status": 429, "headers": {"Retry-After": "120"}}, {"body": "ok"}]
    told = point(chat)
    go_red(own)
    evaluate.evaluate(_at(1))
    before = timezone.now()
    for _again in range(3):
        assert deliver.deliver_due() == 0
    told.refresh_from_db()
    assert len(chat.calls) == 1
    assert told.paused_until is not None
    assert timedelta(seconds=119) < told.paused_until - before < timedelta(seconds=125)
    ContactPoint.objects.update(paused_until=before)
    AlertMessage.objects.update(due_at=before)
    assert deliver.deliver_due() == 1
    told.refresh_from_db()
    assert (told.trouble, told.paused_until, told.is_active) == ("", None, True)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_receiver_that_wants_no_more_is_switched_off_and_the_others_hear_of_it(
    own: World, chat: Fake, status: int
) -> None:
    chat.replies = [{"status": status, "body": "gone"}, {"body": "ok"}]
    gone, other = point(chat, alert_kinds=["red_connection"]), point(chat, alert_kinds=["contact_point_off"])
    go_red(own)
    evaluate.evaluate(_at(1))
    deliver.deliver_due()
    gone.refresh_from_db()
    assert (gone.is_active, gone.off_at is None, gone.trouble) == (False, False, f"{status} gone")
    evaluate.evaluate(_at(2))
    deliver.deliver_due()
    assert titles(chat)[1:] == ["A contact point gets no more alerts"]
    assert AlertMessage.objects.get(contact_point=other).state == "sent"


def test_a_dead_contact_point_with_many_that_wait_holds_up_nobody(own: World, chat: Fake) -> None:
    dead = point(chat, name="Cũ", secrets={"url": "http://127.0.0.1:1/x"})
    odd = point(chat, name="Lạ", secrets={})
    alive = point(chat)
    alerts = Alert.objects.bulk_create(
        Alert(kind="drift", channel=f"c{n}", value=1, fired_at=_at(n), seen_at=_at(n)) for n in range(60)
    )
    AlertMessage.objects.bulk_create(
        AlertMessage(alert=alert, contact_point=to, change="fired", due_at=_at(-60 + n))
        for to in (dead, odd)
        for n, alert in enumerate(alerts)
    )
    AlertMessage.objects.create(alert=alerts[0], contact_point=alive, change="fired", due_at=_at(0))
    assert deliver.deliver_due() == 1
    assert AlertMessage.objects.get(contact_point=alive).state == "sent"
    tried = AlertMessage.objects.filter(tries=1).order_by("id").values_list("contact_point__name", "reason")
    assert list(tried) == [("Cũ", "ConnectionError"), ("Lạ", "KeyError")]


def test_a_message_is_given_up_after_ten_tries(own: World, chat: Fake) -> None:
    chat.replies = [{"status": 500, "body": "away"}]
    point(chat)
    go_red(own)
    evaluate.evaluate(_at(1))
    for _try in range(12):
        AlertMessage.objects.update(due_at=_at(0))
        deliver.deliver_due()
    assert len(chat.calls) == 10
    assert list(AlertMessage.objects.values_list("state", "tries", "reason")) == [("refused", 10, "500 away")]


def test_each_condition_is_measured_beyond_its_limit_only(own: World) -> None:
    """Twenty events of which two are dead are 10 %: not above the limit; three are. The same at each other limit."""
    now = timezone.now()
    common = {"app": own.connection.authorisation.app, "connection": own.connection, "kind": "order", "source": "sweep"}
    events = [
        InboxEvent(**common, external_id=str(n), state="dead" if n < 2 else "processed", received_at=now)
        for n in range(20)
    ]
    InboxEvent.objects.bulk_create(events)
    stock = StockDrift.objects.all()[0].stock
    StockDrift.objects.all().delete()
    ended = [
        StockDrift(shop=own.shop, stock=stock, expected=1, observed=2, decision="left", found_at=now, ended_at=now)
        for _n in range(50)
    ]
    StockDrift.objects.bulk_create(ended)
    kinds = evaluate.KINDS

    def measured() -> dict[str, list[tuple[int | None, float]]]:
        found = {key: [(r.shop, float(r.value)) for r in kind.measure()] for key, kind in kinds.items()}
        return {key: values for key, values in found.items() if values}

    assert measured() == {"dead_letters": [(own.shop.pk, 2.0)]}
    InboxEvent.objects.filter(external_id="2").update(state="dead")
    StockDrift.objects.create(
        shop=own.shop, stock=stock, expected=1, observed=2, decision="left", found_at=now, ended_at=now
    )
    Connection.objects.update(last_webhook_at=now - timedelta(minutes=61))
    Authorisation.objects.update(consent_ends_at=now + timedelta(days=3, hours=1))
    late = Order.objects.filter(shop=own.shop, status="to_ship").first()
    assert late is not None
    Order.objects.filter(pk=late.pk).update(ship_by=now - timedelta(minutes=1))
    InboxEvent.objects.create(
        **common,
        external_id="late",
        state="pending",
        received_at=now - timedelta(minutes=7, seconds=30),
        due_at=now - timedelta(minutes=1),
    )
    assert measured() == {
        "dead_letters": [(own.shop.pk, 3.0)],
        "failure_rate": [(own.shop.pk, 15.0)],
        "drift": [(own.shop.pk, 51.0)],
        "silence": [(own.shop.pk, 21.0)],
        "consent_ending": [(own.shop.pk, 3.0)],
        "late_orders": [(own.shop.pk, 1.0)],
        "backlog": [(own.shop.pk, 7.0)],
    }
