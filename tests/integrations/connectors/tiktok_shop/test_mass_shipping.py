"""Many orders at the simulated TikTok Shop, shipped in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from integrations.contract.errors import ChannelError
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.simulator.order import Order
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.tiktok_shop.simulator.still_world import Market

from .test_shop import AGO, command


def known(ports: Bound, orders: Sequence[Order], **options: str) -> list[WriteRequest]:
    numbers = [order.id for order in orders]
    read = ports.read("order", numbers, since=AGO, asked_at=datetime.now(UTC)).of(OrderSnapshot)
    raw = {snapshot.number: snapshot.raw for snapshot in read}
    return [replace(command("ship", order, **options), known=raw[order.id]) for order in orders]


def ship(ports: Bound, commands: Sequence[WriteRequest]) -> Mapping[str, WriteOutcome | ChannelError]:
    together = ports.connector.writes["ship"].together
    assert together is not None
    return together.perform(ports.access, commands)


def answered(place: Market, monkeypatch: Any) -> list[str]:
    """The paths that the platform is asked from now on."""
    asked: list[str] = []
    answer = place.platform.answer

    def noted(method: str, target: str, *rest: Any) -> Any:
        asked.append(f"{method} {target.partition('?')[0]}")
        return answer(method, target, *rest)

    monkeypatch.setattr(place.platform, "answer", noted)
    return asked


def test_fifty_orders_are_three_calls(place: Market, ports: Bound, monkeypatch: Any) -> None:
    orders = [place.buy() for _ in range(50)]
    commands = known(ports, orders)
    asked = answered(place, monkeypatch)
    found = ship(ports, commands)
    records = [place.platform.backend.book.orders[order.id] for order in orders]
    assert asked == [
        f"GET /fulfillment/202309/packages/{records[0].package_id}/handover_time_slots",
        "POST /fulfillment/202309/packages/ship",
        "GET /order/202309/orders",
    ]
    assert {order.status for order in orders} == {"packed"}
    assert {record.handover_method for record in records} == {"PICKUP"}
    for record, one in zip(records, commands, strict=True):
        assert found[one.reference] == WriteOutcome(
            record.package_id, record.tracking_number, {"packages": [record.package_id]}
        )


def test_a_refused_package_and_what_is_not_known_are_left_out(place: Market, ports: Bound) -> None:
    orders = [place.buy() for _ in range(4)]
    commands = known(ports, orders)
    ports.perform(commands[1])
    commands[3] = command("ship", orders[3])
    found = ship(ports, commands)
    assert sorted(found) == sorted([commands[0].reference, commands[2].reference])
    assert [order.status for order in orders] == ["packed", "packed", "packed", "to_ship"]
    assert ports.perform(commands[1]).external_id != ""


def test_each_way_of_handing_over_is_a_call_of_its_own(place: Market, ports: Bound) -> None:
    picked, dropped, single = ([place.buy() for _ in range(count)] for count in (2, 2, 1))
    commands = known(ports, picked) + known(ports, dropped, method="DROP_OFF")
    commands += known(ports, single, method="PICKUP")
    assert len(ship(ports, commands)) == 4
    records = place.platform.backend.book.orders
    assert [records[order.id].handover_method for order in (*picked, *dropped)] == ["PICKUP"] * 2 + ["DROP_OFF"] * 2
    assert single[0].status == "to_ship"
