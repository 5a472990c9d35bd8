"""Returns at the simulated Lazada: listed, read and answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from integrations.connectors.lazada.simulator import steps
from integrations.contract.errors import Rejected
from orders.snapshots import OrderSnapshot, ReturnSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import AGO, LATER, Market, command, delivered, now


def test_a_return_is_listed_read_and_answered(place: Market, account: Bound) -> None:
    order = delivered(place)
    place.step(order, "returning")
    [page] = account.changed("return", since=AGO, until=LATER)
    assert page.answer is not None
    [listed] = page.answer.of(ReturnSnapshot)
    number = listed.number
    answer = account.read("return", [number, "5"], since=AGO, asked_at=page.answer.of(ReturnSnapshot)[0].asked_at)
    [found] = answer.of(ReturnSnapshot)
    assert (replace(found, raw={}), answer.gone) == (replace(listed, raw={}), ("5",))
    assert (found.status, found.order_number, found.goods_come_back) == ("requested", order.id, True)
    [sold] = account.read("order", [order.id], since=AGO, asked_at=now()).of(OrderSnapshot)
    assert sold.status == "returning"
    assert account.outcome_of(command("accept_return", order, sent=100)) is None
    account.perform(command("accept_return", order))
    assert account.outcome_of(command("accept_return", order, sent=1)) is not None
    with place.simulation.world.lock:
        for _ in range(2):
            steps.go_on(place.backend, order.shop, int(number))
    [back] = account.read("return", [number], since=AGO, asked_at=now()).of(ReturnSnapshot)
    assert (back.status, back.tracking_number[:3]) == ("received", "LMR")
    account.perform(command("accept_return", order, return_number=number))
    assert account.read("return", [number], since=AGO, asked_at=now()).of(ReturnSnapshot)[0].status == "refunded"
    with pytest.raises(Rejected):
        account.perform(command("accept_return", order))


def test_a_refusal_needs_words(place: Market, account: Bound) -> None:
    order = delivered(place)
    place.step(order, "returning")
    with pytest.raises(Rejected) as caught:
        account.perform(command("reject_return", order))
    assert caught.value.code == "109"
    account.perform(command("reject_return", order, text="đã dùng"))
    [found] = account.read(
        "return", [str(place.backend.book.returned[order.shop].keys[0][1])], since=AGO, asked_at=now()
    ).of(ReturnSnapshot)
    assert found.status == "refused"
    assert account.outcome_of(command("reject_return", order, sent=1)) is not None
    [sold] = account.read("order", [order.id], since=AGO, asked_at=now()).of(OrderSnapshot)
    assert sold.status == "delivered"


@pytest.mark.parametrize(
    ("kind", "options", "status"),
    [
        ("accept_return", {}, "refunded"),
        ("reject_return", {"text": "không đúng", "images": ["https://i/1.jpg"]}, "requested"),
    ],
)
def test_a_mere_refund_is_paid_or_disputed(
    kind: str, options: dict[str, Any], status: str, place: Market, account: Bound
) -> None:
    order = delivered(place)
    record = place.record(order)
    with place.simulation.world.lock:
        found = steps.start_return(place.backend, record, "ONLY_REFUND", record.units)
    if kind == "reject_return":
        with pytest.raises(Rejected):
            account.perform(command(kind, order, text="không đúng"))
    account.perform(command(kind, order, **options))
    [shown] = account.read("return", [str(found.id)], since=AGO, asked_at=now()).of(ReturnSnapshot)
    assert (shown.status, shown.goods_come_back) == (status, False)
    assert account.outcome_of(command(kind, order, sent=1)) is not None
