"""Reading the steps of parcels: twice is once, news is read by itself, and what the channel will not tell is not asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from django_rq import get_queue
from redis import Redis

from integrations.accounts.connections import NotPossible
from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.errors import ChannelError, Rejected, TryLater
from integrations.jobs import track_all, tracking
from integrations.models import AppRegistration, Connection
from integrations.tracking import MOST, refresh
from orders.models import Order, Parcel, ParcelEvent, TrackingRead
from orders.services.tracking import store_steps
from orders.snapshots import ParcelStepSnapshot
from tests.integrations.toy import connected, install

NOW = timezone.now()
PICKED_UP = ParcelStepSnapshot(NOW - timedelta(hours=2), "picked_up", "Taken", "P1", "Hà Nội")
DELIVERED = ParcelStepSnapshot(NOW - timedelta(hours=1), "delivered", "Delivered", "P1")


@dataclass
class Channel:
    steps: list[ParcelStepSnapshot] = field(default_factory=lambda: [PICKED_UP])
    raises: dict[str, ChannelError | ValueError] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def read(self, access: Access, number: str, parcels: Sequence[str]) -> list[ParcelStepSnapshot]:
        self.asked.append((number, list(parcels)))
        if number in self.raises:
            raise self.raises[number]
        return self.steps


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    """The channel `toy`; `plain` is one that does not tell."""
    found = Channel()
    roles, check = frozenset({Role.MARKETPLACE}), lambda access: Health(access.shop_id)
    toy = Connector(channel="toy", title="Toy", roles=roles, check=check, tracking=found.read)
    install(monkeypatch, toy, Connector(channel="plain", title="Plain", roles=roles, check=check))
    return found


@pytest.fixture
def shop(db: None, channel: Channel) -> Connection:
    return connected()


def sold(shop: Connection, number: str, status: str = "shipped", hours: int = 5) -> Order:
    at = NOW - timedelta(hours=hours)
    order = Order.objects.create(
        shop=shop.own_shop, number=number, status=status, placed_at=at, asked_at=at, raw={}, total=1
    )
    Parcel.objects.create(order=order, number="OLD", replaced_at=at)
    Parcel.objects.create(order=order, number="P1")
    return order


def stored(order: Order) -> list[tuple[str, str, str, str]]:
    return list(order.parcel_events.order_by("happened_at").values_list("code", "words", "parcel", "place"))


def test_reading_twice_writes_once_and_only_current_parcels_are_asked_for(channel: Channel, shop: Connection) -> None:
    order = sold(shop, "A1")
    assert [refresh(order), refresh(order)] == [1, 0]
    channel.steps = [DELIVERED, PICKED_UP, PICKED_UP]
    assert refresh(order) == 1
    assert channel.asked == [("A1", ["P1"])] * 3
    assert stored(order) == [("picked_up", "Taken", "P1", "Hà Nội"), ("delivered", "Delivered", "P1", "")]


def test_a_code_that_is_learned_later_replaces_the_unknown_one(shop: Connection) -> None:
    order = sold(shop, "A1")
    assert store_steps(order.pk, "shipped", [ParcelStepSnapshot(NOW, "", "Sorted", "P1")]) == 1
    assert store_steps(order.pk, "shipped", [ParcelStepSnapshot(NOW, "in_transit", "Sorted", "P1")]) == 0
    assert stored(order) == [("in_transit", "Sorted", "P1", "")]


def test_words_of_any_length_are_kept_as_far_as_they_fit(shop: Connection) -> None:
    order = sold(shop, "A1")
    long = [ParcelStepSnapshot(NOW, "", "x" * 600 + end, "P" * 300, "y" * 300) for end in "ab"]
    assert store_steps(order.pk, "shipped", long) == 2
    assert {len(words) for words in ParcelEvent.objects.values_list("words", flat=True)} == {500}


def test_a_channel_that_does_not_tell_and_a_shop_that_is_not_connected_say_so(shop: Connection) -> None:
    plain = connected(AppRegistration.objects.create(channel="plain", name="Plain"), external_id="901")
    plain.own_shop.channel = "plain"
    with pytest.raises(NotPossible, match="does not tell"):
        refresh(sold(plain, "B1"))
    order = sold(shop, "A1")
    Connection.objects.filter(pk=shop.pk).update(is_active=False)
    with pytest.raises(NotPossible, match="not connected"):
        refresh(order)


def test_a_status_that_changed_is_news_once(channel: Channel, shop: Connection) -> None:
    for number, status, hours in (
        ("A1", "shipped", 5), ("A2", "to_ship", 4), ("A3", "completed", 3), ("A4", "delivered", 2), ("A5", "shipped", 24 * 31),
    ):  # fmt: skip
        sold(shop, number, status, hours)
    tracking(shop.pk)
    assert [number for number, _ in channel.asked] == ["A4", "A1"]
    tracking(shop.pk)
    assert len(channel.asked) == 2
    Order.objects.filter(number="A1").update(status="delivered")
    tracking(shop.pk)
    assert [number for number, _ in channel.asked] == ["A4", "A1", "A1"]
    assert ParcelEvent.objects.count() == 2


def test_what_is_refused_or_senseless_is_not_asked_for_again_and_costs_no_other(
    channel: Channel, shop: Connection
) -> None:
    for hours, number in enumerate(("A1", "A2", "A3"), start=1):
        sold(shop, number, hours=hours)
    channel.raises = {"A1": Rejected("unknown"), "A2": ValueError("no time")}
    tracking(shop.pk)
    tracking(shop.pk)
    assert [number for number, _ in channel.asked] == ["A1", "A2", "A3"]
    assert set(ParcelEvent.objects.values_list("order__number", flat=True)) == {"A3"}


def test_a_channel_that_wants_no_more_calls_ends_the_round_and_nothing_is_noted(
    channel: Channel, shop: Connection
) -> None:
    for hours, number in enumerate(("A1", "A2"), start=1):
        sold(shop, number, hours=hours)
    channel.raises = {"A1": TryLater("too often")}
    tracking(shop.pk)
    assert channel.asked == [("A1", ["P1"])]
    assert not TrackingRead.objects.exists()


def test_a_round_has_its_budget(channel: Channel, shop: Connection) -> None:
    first = sold(shop, "A0")
    Order.objects.bulk_create(
        Order(shop=first.shop, number=f"B{n}", status="shipped", placed_at=NOW, asked_at=NOW, raw={}) for n in range(MOST)
    )  # fmt: skip
    tracking(shop.pk)
    assert len(channel.asked) == MOST
    assert TrackingRead.objects.filter(status=F("order__status")).count() == MOST


def test_only_accounts_whose_channel_tells_are_woken(shop: Connection, redis: Redis) -> None:
    connected(AppRegistration.objects.create(channel="plain", name="Plain"), external_id="901")
    track_all()
    assert [(job.func_name, job.args) for job in get_queue("bulk").jobs] == [("integrations.jobs.tracking", (shop.pk,))]
