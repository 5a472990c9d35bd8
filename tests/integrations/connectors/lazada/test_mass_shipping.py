"""Many orders at the simulated Lazada, packed and handed over together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from integrations.contract.errors import ChannelError, TryLater
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.simulator.order import Order
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import AGO, Market, command, now

PACK, ITEMS, READY = "/order/fulfill/pack", "/orders/items/get", "/order/package/rts"


def known(account: Bound, orders: Sequence[Order]) -> list[WriteRequest]:
    read = account.read("order", [order.id for order in orders], since=AGO, asked_at=now()).of(OrderSnapshot)
    raw = {snapshot.number: snapshot.raw for snapshot in read}
    return [replace(command("ship", order), known=raw[order.id]) for order in orders]


def ship(account: Bound, commands: Sequence[WriteRequest]) -> Mapping[str, WriteOutcome | ChannelError]:
    together = account.connector.writes["ship"].together
    assert together is not None
    return together.perform(account.access, commands)


def calls(place: Market) -> int:
    return place.simulation.world.book.traffic.calls["lazada"]


def test_twenty_orders_are_three_calls(place: Market, account: Bound) -> None:
    orders = [place.buy() for _ in range(20)]
    commands, before = known(account, orders), calls(place)
    found = ship(account, commands)
    assert calls(place) - before == 3
    assert {order.status for order in orders} == {"packed"}
    for order, one in zip(orders, commands, strict=True):
        [package] = place.record(order).packages.values()
        progress = {"statuses": ["packed"], "packages": [package.id]}
        assert found[one.reference] == WriteOutcome(package.id, package.tracking, progress)


def test_what_fails_or_waits_for_an_answer_is_left_to_a_call_of_its_own(place: Market, account: Bound) -> None:
    good, asked, unknown, gone = (place.buy() for _ in range(4))
    other = place.buy()
    commands = known(account, [good, asked, gone, other])
    place.step(asked, "asked_cancel")
    account.perform(command("cancel", gone))
    found = ship(account, [*commands, command("ship", unknown)])
    assert sorted(found) == sorted(command("ship", order).reference for order in (good, other))
    assert (unknown.status, asked.status, gone.status) == ("to_ship", "cancelling", "cancelled")
    assert ship(account, known(account, [unknown])) == {}, "one has no company"
    assert unknown.status == "to_ship"


def test_what_lazada_has_no_time_for_goes_on_alone(place: Market, account: Bound) -> None:
    orders = [place.buy() for _ in range(3)]
    commands = known(account, orders)
    place.simulation.world.book.faults.set({"lazada.partial_batch": 1.0})
    assert ship(account, commands) == {}
    place.simulation.world.book.faults.set({"lazada.partial_batch": 0.0})
    for one in commands:
        account.perform(one)
    assert {order.status for order in orders} == {"packed"}


@pytest.mark.parametrize("lost", [PACK, READY])
def test_a_lost_answer_is_looked_up_order_by_order(
    lost: str, place: Market, account: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = known(account, [place.buy() for _ in range(3)])
    monkeypatch.setattr(place.platform, "may_lose_answer", lambda method, target: lost in target)
    place.simulation.world.book.faults.set({"lazada.answer_lost": 1.0})
    found: Mapping[str, Any] = ship(account, commands)
    assert [isinstance(error, TryLater) and error.maybe_done for error in found.values()] == [True] * 3
    place.simulation.world.book.faults.set({"lazada.answer_lost": 0.0})
    assert [account.outcome_of(one) is not None for one in commands] == [lost == READY] * 3
