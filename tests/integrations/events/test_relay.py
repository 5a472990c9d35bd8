"""The relay: filters, order per entity, retries, dead letters, gaps, replays, and sinks that do not block each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from core.db import execute
from core.feed import number_events
from core.outbox import Event, OutboxEvent, emit
from integrations.events import leases, running, store
from integrations.events.judging import lags, switch_off_failing
from integrations.events.relay import SinkRelay
from integrations.events.switching import replay, retry_parked, switch_off, switch_on
from integrations.models import DeliveryAttempt, EventDelivery, EventSink
from inventory.models import Shop
from tests.published import emitted
from tests.waiting import wait_until

from .receivers import OK, Got, Receiver, mapped, receiving, sink, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


@pytest.fixture
def hook(receiver: Receiver) -> EventSink:
    return sink("webhook", settings={"url": receiver.url})


def send(hook: EventSink, rounds: int = 1) -> None:
    relay = SinkRelay(hook.pk)
    for _ in range(rounds):
        relay.round()
    hook.refresh_from_db()


def due_now() -> None:
    EventDelivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    EventSink.objects.update(paused_until=None)


def failing(*things: str) -> Callable[[Got], tuple[int, dict[str, str], bytes]]:
    return lambda got: (500, {}, b"") if got.event["subject"].split("/")[1] in things else OK


def test_a_new_sink_starts_at_now_and_gets_each_event_once_in_order(receiver: Receiver) -> None:
    write(mapped())
    hook = sink("webhook", settings={"url": receiver.url})
    write(mapped("1"), mapped("2"), mapped("1"))
    send(hook, 3)
    assert sorted(receiver.steps()) == [("listing/1", 2), ("listing/1", 3), ("listing/2", 1)]
    assert [step for step in receiver.steps() if step[0] == "listing/1"] == [("listing/1", 2), ("listing/1", 3)]
    assert hook.cursor == 4


def test_a_sink_gets_its_types_and_its_shops_only(receiver: Receiver) -> None:
    mine, other = (Shop.objects.create(name=name, channel="toy") for name in "AB")
    of_shop = sink("webhook", settings={"url": receiver.url}, types=["listing."])
    of_shop.only_shops.add(mine)
    for shops in ((mine.pk,), (other.pk,), (), (mine.pk, other.pk)):
        write(replace(mapped(str(shops)), shop_ids=shops))
    write(Event("order.status_changed", "/x", "order", "1", {}, (mine.pk,)))
    send(of_shop)
    assert sorted(got.event["subject"] for got in receiver.got) == [
        f"listing/({mine.pk}, {other.pk})", f"listing/({mine.pk},)",
    ]  # fmt: skip
    assert of_shop.cursor == 5
    EventSink.objects.update(types=["order.created"])
    write(replace(mapped(), shop_ids=(mine.pk,)))
    send(of_shop)
    assert (len(receiver.got), of_shop.cursor) == (2, 6)


def test_buyer_data_go_out_only_where_the_sink_may_have_them(hook: EventSink, receiver: Receiver) -> None:
    whole = {
        "order": {"channel": "toy", "shop_id": "1", "order_id": "A", "hub_order_id": "1"}, "status": "to_ship", "lines": [],
        "created_at": "2026-11-11T05:00:00Z", "updated_at": "2026-11-11T05:00:00Z", "revision": 1,
        "totals": {"goods": {"amount": "1", "currency": "VND"}}, "buyer": {"name": "A"}, "ship_to": {"phone": "09"}, "note": "n",
    }  # fmt: skip
    for allowed in (False, True):
        EventSink.objects.update(sends_personal=allowed)
        write(Event("order.normalized", "/x", "order", "1", whole))
        send(hook)
    assert [[got.event["data"][name] for name in ("buyer", "ship_to", "note")] for got in receiver.got] == [
        [None, None, None], [{"name": "A"}, {"phone": "09"}, "n"],
    ]  # fmt: skip


def test_who_may_have_buyers_data_is_told_to_erase_them_whatever_was_chosen(hook: EventSink) -> None:
    for allowed, types in ((False, ["order.created"]), (True, ["order.created", "customer.erased"])):
        EventSink.objects.update(sends_personal=allowed, types=["order.created"])
        assert store.sent_types(store.state_of(hook.pk)) == types


def test_what_fails_holds_back_its_own_entity_only(hook: EventSink, receiver: Receiver) -> None:
    receiver.answer = failing("1")
    write(mapped("1"), mapped("2"), mapped("1"))
    send(hook)
    assert sorted(receiver.steps()) == [("listing/1", 1), ("listing/2", 1)]
    write(mapped("1"), mapped("2"))
    send(hook)
    assert receiver.steps()[2:] == [("listing/2", 2)]
    assert list(EventDelivery.objects.values_list("position", "tries")) == [(1, 1), (3, 0), (4, 0)]
    receiver.answer = lambda _got: OK
    due_now()
    send(hook, 3)
    assert receiver.steps()[3:] == [("listing/1", 1), ("listing/1", 2), ("listing/1", 3)]
    assert not EventDelivery.objects.exists()
    assert not any("gap" in got.event for got in receiver.got)


def test_after_a_day_the_later_ones_go_on_with_a_gap_while_it_is_still_tried(
    hook: EventSink, receiver: Receiver
) -> None:
    receiver.answer = failing("1")
    write(mapped("1"), mapped("1"))
    send(hook)
    EventDelivery.objects.filter(position=1).update(first_tried_at=timezone.now() - timedelta(hours=25))
    receiver.answer = lambda _got: OK
    send(hook)
    assert [(got.step, got.event.get("gap")) for got in receiver.got[1:]] == [(("listing/1", 2), True)]
    due_now()
    send(hook)
    assert [(got.step, got.event.get("gap")) for got in receiver.got[2:]] == [(("listing/1", 1), None)]


def test_after_the_last_try_it_is_parked_and_the_entity_goes_on_with_a_gap(hook: EventSink, receiver: Receiver) -> None:
    receiver.answer = failing("1")
    write(mapped("1"), mapped("1"))
    send(hook)
    EventDelivery.objects.filter(position=1).update(tries=9)
    due_now()
    send(hook)
    assert list(EventDelivery.objects.values_list("position", "state", "tries")) == [
        (1, "parked", 10),
        (2, "waiting", 0),
    ]
    receiver.answer = lambda _got: OK
    due_now()
    send(hook)
    assert (receiver.got[-1].step, receiver.got[-1].event["gap"]) == (("listing/1", 2), True)
    [parked] = EventDelivery.objects.all()
    assert retry_parked(hook.pk, [parked.pk]) == 1
    send(hook)
    assert (receiver.got[-1].step, receiver.got[-1].event.get("gap")) == (("listing/1", 1), None)
    assert not EventDelivery.objects.exists()


def test_a_receiver_that_is_down_is_tried_with_single_events_and_longer_pauses(
    hook: EventSink, receiver: Receiver
) -> None:
    receiver.answer = lambda _got: (500, {}, b"down")
    for n in range(6):
        write(*(mapped(f"{n}-{m}") for m in range(5)))
        EventSink.objects.update(paused_until=None)
        send(hook)
    assert (hook.failures, hook.trouble, len(receiver.got)) == (6, "500 down", 5 * 3 + 3)
    assert hook.cursor == 5 * 3 + 3
    assert hook.paused_until is not None
    assert hook.paused_until > timezone.now() + timedelta(seconds=10)


def test_a_replay_sends_the_same_events_again_marked_and_in_order(hook: EventSink, receiver: Receiver) -> None:
    write(mapped("1"), mapped("2"), mapped("1"))
    send(hook)
    first = {got.event["id"] for got in receiver.got}
    since, until = datetime(2020, 1, 1, tzinfo=UTC), timezone.now() + timedelta(hours=1)
    assert replay(hook.pk, since=since, until=until, types=["order."]) == 0
    assert replay(hook.pk, since=until, until=until) == 0
    assert replay(hook.pk, since=since, until=until, entity="listing/1") == 2
    send(hook, 3)
    again = receiver.got[3:]
    assert [(got.step, got.event["replay"]) for got in again] == [(("listing/1", 1), True), (("listing/1", 2), True)]
    assert {got.event["id"] for got in again} <= first


def test_switched_off_it_keeps_its_place_and_goes_on_from_where_it_is_told(hook: EventSink, receiver: Receiver) -> None:
    write(mapped("1"))
    switch_off(hook.pk, "person")
    switch_off(hook.pk, "person")
    send(hook)
    assert receiver.got == []
    [told] = emitted("sink.switched_off")
    assert (told.data["name"], told.data["reason"], told.data["cursor"]) == ("webhook", "person", 0)
    number_events()
    switch_on(hook.pk)
    send(hook)
    # no order is promised between two entities
    assert sorted(receiver.steps()) == [("listing/1", 1), (f"sink/{hook.pk}", 1)]
    write(mapped("2"))
    switch_on(hook.pk, now=True)
    send(hook)
    assert len(receiver.got) == 2
    OutboxEvent.objects.filter(position__lt=3).update(time=timezone.now() - timedelta(days=2))
    switch_on(hook.pk, since=timezone.now() - timedelta(days=1))
    send(hook)
    assert receiver.steps()[2:] == [("listing/2", 1)]


def attempts(hook: EventSink, hours: int, failed: int, delivered: int) -> None:
    event = OutboxEvent.objects.first()
    for outcome, number in (("failed", failed), ("delivered", delivered)):
        DeliveryAttempt.objects.bulk_create(
            DeliveryAttempt(sink=hook, event_id=event.pk, type="x", outcome=outcome, at=timezone.now() - timedelta(hours=hours * n / number))
            for n in range(number)
        )  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "failed", "delivered", "is_off"),
    [(24, 100, 1, True), (24, 100, 20, False), (10, 500, 0, False), (24, 10, 0, False)],
)
def test_a_sink_is_switched_off_when_nearly_everything_failed_for_a_day(
    hook: EventSink, hours: int, failed: int, delivered: int, is_off: bool
) -> None:
    write(mapped())
    attempts(hook, hours, failed, delivered)
    assert switch_off_failing() == ([hook.pk] if is_off else [])
    hook.refresh_from_db()
    assert hook.off_reason == ("failing" if is_off else "")


def test_the_lag_of_a_sink_counts_positions_seconds_and_what_waits(hook: EventSink, receiver: Receiver) -> None:
    receiver.answer = failing("1")
    write(mapped("1"), mapped("2"))
    send(hook)
    write(mapped("3"), mapped("4"))
    OutboxEvent.objects.update(time=timezone.now() - timedelta(seconds=30))
    [lag] = lags()
    assert (lag.events, lag.waiting, lag.parked) == (2, 1, 0)
    assert 29 < lag.seconds < 40


@pytest.mark.django_db(transaction=True)
def test_one_relay_at_a_time_sends_to_a_sink_and_a_dead_one_holds_up_nobody(
    hook: EventSink, threads: Callable[..., Future[bool]]
) -> None:
    done = Flag()

    def hold() -> bool:
        taken = leases.take(hook.pk)
        held.set()
        assert done.wait(10)
        return taken

    held = Flag()
    first = threads(hold)
    assert held.wait(10)
    assert not leases.take(hook.pk)
    done.set()
    assert first.result(10)
    # its session ends with its thread, and PostgreSQL sees that a moment later
    wait_until(lambda: threads(leases.take, hook.pk).result(10))
    wait_until(lambda: leases.take(hook.pk))
    leases.release(hook.pk)


def test_what_was_sent_without_the_lease_is_not_stored(hook: EventSink, receiver: Receiver) -> None:
    def lose(_got: Got) -> tuple[int, dict[str, str], bytes]:
        return OK

    receiver.answer = lose
    write(mapped())
    relay = SinkRelay(hook.pk)
    kept = leases.take

    def take(sink_id: int) -> bool:
        taken = kept(sink_id)
        execute("UPDATE integrations_eventsink SET lease_pid = 1 WHERE id = %s", sink_id)
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases, "take", take)
        with pytest.raises(leases.LeaseLost):
            relay.round()
    hook.refresh_from_db()
    assert hook.cursor == 0
    execute("UPDATE integrations_eventsink SET lease_pid = NULL, lease_session = NULL, lease_until = NULL")
    send(hook)
    assert receiver.steps() == [("listing/1", 1)] * 2


def test_a_broken_event_reaches_no_sink_and_holds_back_its_entity_only(hook: EventSink, receiver: Receiver) -> None:
    with transaction.atomic():
        emit([replace(mapped("1"), data={}), mapped("1"), mapped("2")])
    number_events()
    send(hook)
    assert sorted(got.event["type"] for got in receiver.got) == ["erpsync.event.failed.v1", "erpsync.listing.mapped.v1"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_does_not_answer_holds_up_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, mailing, answered = Flag(), Flag(), Flag()
    announced: list[bool] = []

    def tell() -> None:
        mailing.set()
        answered.wait(30)

    def announce() -> None:
        announced.append(mailing.is_set() and not answered.is_set())
        if announced[-1]:
            stop.set()

    monkeypatch.setattr(running, "JUDGE_SECONDS", 0.01)
    monkeypatch.setattr(running, "ANNOUNCE_SECONDS", 0.01)
    monkeypatch.setattr(running, "tell_contacts", tell)
    monkeypatch.setattr(running, "announce_stock", announce)
    relay = Thread(target=running.Relay(stop).run)
    relay.start()
    went_on = stop.wait(20)
    stop.set()
    answered.set()
    relay.join(20)
    assert went_on
    assert announced[-1]
