"""Commands about an order that is known do not read it first: one call less, at every channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from core.db import decode, encode
from integrations.connectors import channels, connector_of
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation
from integrations.wire.known_orders import with_known
from orders.snapshots import OrderSnapshot
from tests.waiting import wait_until

from .bound import Bound
from .played import Played

# less than the clerks of the world take to pack
HELD_SECONDS = 5
SHIPPING = [channel for channel in channels() if "ship" in connector_of(channel).writes]
TOGETHER = [channel for channel in SHIPPING if connector_of(channel).writes["ship"].together]
EACH = pytest.mark.parametrize("channel", SHIPPING)


@pytest.fixture(scope="module")
def world() -> Iterator[Simulation]:
    """A world in which nothing happens by itself."""
    found = Simulation(find_platforms(), products=40, seed="known", speed=0.001)
    found.start()
    yield found
    found.stop()


class Place:
    """A shop of a channel in it."""

    def __init__(self, world: Simulation, channel: str) -> None:
        self.world, self.channel = world, channel
        self.played = Played(world, channel)
        self.bound: Bound = self.played.connect()
        self.bound.check()

    def order_to_ship(self) -> str:
        """Place orders until one is paid on delivery."""
        book, shop = self.world.world.book, self.played.shop()[0]
        sku = next(one.sku for one in book.shops[self.channel][shop].variations() if one.stock > 30)
        for _ in range(30):
            found: str = self.played.ask(
                "POST", "/orders", channel=self.channel, shop=shop, lines=[{"sku": sku, "quantity": 1}]
            )["id"]
            if book.orders[self.channel][found].status == "to_ship":
                return self._released(found)
        raise AssertionError("nobody pays on delivery")

    def _released(self, number: str) -> str:
        """A platform may hold an order back for a while before the seller may ship it."""
        timeline, lock = self.world.world.book.timeline, self.world.world.lock

        def is_quiet() -> bool:
            with lock:
                return all(event.due > timeline.clock() for event in timeline._events)

        # what holds it back may itself be under way
        wait_until(is_quiet)
        self.played.ask("POST", "/advance", seconds=HELD_SECONDS)
        wait_until(is_quiet)
        return number

    def raw_of(self, number: str) -> dict[str, Any]:
        """The order as the hub would have it."""
        now = datetime.now(UTC)
        [order] = self.bound.read("order", [number], since=now, asked_at=now).of(OrderSnapshot)
        found: dict[str, Any] = decode(encode(order.raw))
        return found

    def calls(self, act: Callable[[], object]) -> int:
        traffic = self.world.world.book.traffic.calls
        before = traffic[self.channel]
        act()
        return traffic[self.channel] - before

    def status(self, number: str) -> str:
        return self.world.world.book.orders[self.channel][number].status


def command(kind: str, number: str, known: dict[str, Any]) -> WriteRequest:
    return WriteRequest(kind, number, f"ref-{number}", known=known)


@EACH
def test_a_known_order_is_shipped_without_being_read(channel: str, world: Simulation, redis: Redis) -> None:
    place = Place(world, channel)
    unknown, known = place.order_to_ship(), place.order_to_ship()
    raw = place.raw_of(known)
    usual = place.calls(lambda: place.bound.perform(command("ship", unknown, {})))
    fewer = place.calls(lambda: place.bound.perform(command("ship", known, raw)))
    assert (place.status(unknown), place.status(known)) == ("packed", "packed")
    assert fewer == usual - 1


@pytest.mark.parametrize("channel", TOGETHER)
def test_known_orders_are_shipped_together_in_three_calls(channel: str, world: Simulation, redis: Redis) -> None:
    place = Place(world, channel)
    numbers = [place.order_to_ship() for _ in range(4)]
    commands = [command("ship", number, place.raw_of(number)) for number in numbers]
    together = connector_of(channel).writes["ship"].together
    assert together is not None
    found: dict[str, object] = {}
    assert place.calls(lambda: found.update(together.perform(place.bound.access, commands))) == 3
    assert sorted(found) == sorted(f"ref-{number}" for number in numbers)
    assert {place.status(number) for number in numbers} == {"packed"}
    # done once more, as after a lost answer: nothing is done twice, and each is found out by itself
    again = together.perform(place.bound.access, commands)
    for one in commands:
        assert again.get(one.reference) or place.bound.perform(one)
    assert {place.status(number) for number in numbers} == {"packed"}


@EACH
def test_what_was_shipped_since_it_was_read_is_left_as_it_is(channel: str, world: Simulation, redis: Redis) -> None:
    place = Place(world, channel)
    number = place.order_to_ship()
    old = place.raw_of(number)
    place.bound.perform(command("ship", number, old))
    place.bound.perform(command("ship", number, old))
    assert place.status(number) == "packed"


def acted(log: list[str], refuse: str = "") -> Callable[[Any], WriteOutcome]:
    def act(order: Any) -> WriteOutcome:
        log.append(order["as"])
        if order["as"] == refuse:
            raise Rejected("no")
        return WriteOutcome(order["as"])

    return act


@pytest.mark.parametrize(
    ("known", "waits", "refuse", "log"),
    [
        ({"as": "known"}, True, "", ["known"]),
        ({"as": "known"}, True, "known", ["known", "read"]),
        ({"as": "known"}, False, "", ["read"]),
        ({}, True, "", ["read"]),
    ],
)
def test_an_order_is_read_when_it_is_not_known_or_refused(
    known: dict[str, str], waits: bool, refuse: str, log: list[str]
) -> None:
    found: list[str] = []
    with_known(known, lambda: {"as": "read"}, acted(found, refuse), waits=lambda _: waits)
    assert found == log


def test_a_refusal_of_the_order_as_it_is_stands() -> None:
    with pytest.raises(Rejected):
        with_known({}, lambda: {"as": "read"}, acted([], "read"), waits=lambda _: True)
