"""Form fields of commands: offered by the simulated TikTok Shop, chosen, and accepted by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.connectors.tiktok_shop.mapping import shipping
from integrations.connectors.tiktok_shop.simulator import facts
from integrations.contract.errors import Rejected
from tests.integrations.connectors.bound import Bound

from .simulator.still_world import Market
from .test_shop import command, steps


def test_free_slots_and_the_drop_off_are_offered_and_taken(place: Market, ports: Bound) -> None:
    first, second = place.buy(), place.buy()
    [found] = ports.fields(command("ship", first))
    words = [label for _value, label in found.choices]
    assert (found.name, words[0], words[-1]) == ("handover", "As the shop's settings say", "Drop-off")
    assert len(words) == 4
    assert all(label.startswith("Pick-up ") and label.endswith(" 08:00 – 12:00") for label in words[1:-1])
    ports.perform(command("ship", first, handover=found.choices[2][0]))
    ports.perform(command("ship", second, handover=found.choices[-1][0]))
    orders = place.platform.backend.book.orders
    assert [orders[sold.id].handover_method for sold in (first, second)] == ["PICKUP", "DROP_OFF"]
    assert ports.fields(command("ship", first)) == ()


def test_a_chosen_slot_is_the_one_that_is_sent() -> None:
    offered = {
        "can_pickup": True,
        "pickup_slots": [
            {"avaliable": True, "start_time": 1_700_000_000, "end_time": 1_700_014_400},
            {"avaliable": True, "start_time": 1_700_086_400, "end_time": 1_700_100_800},
        ],
    }
    [_first, (second, words)] = shipping.choices(offered, time_zone="Asia/Ho_Chi_Minh")
    assert words == "Pick-up 16/11/2023 05:13 – 09:13"
    slot = {"start_time": 1_700_086_400, "end_time": 1_700_100_800}
    body = shipping.handover(offered, {"handover": second}, prefers="DROP_OFF")
    assert body == {"handover_method": "PICKUP", "pickup_slot": slot}


def test_reasons_to_refuse_are_tiktok_shops(place: Market, ports: Bound, connect: Callable[..., Bound]) -> None:
    order = place.buy()
    with pytest.raises(Rejected) as caught:
        ports.fields(command("reject_cancellation", order))
    assert caught.value.code == "not_asked"
    steps(place, order, "asked_cancel")
    reason, text = ports.fields(command("reject_cancellation", order))
    assert (reason.default, dict(reason.choices)[reason.default]) == (
        "seller_reject_apply_product_has_been_packed", "Sản phẩm đã được đóng gói",
    )  # fmt: skip
    assert (text.name, text.required) == ("text", False)
    other = connect(reject_reason="gone from the list").fields(command("reject_cancellation", order))[0]
    assert other.default == other.choices[0][0]
    ports.perform(command("reject_cancellation", order, reason=reason.choices[1][0], text="Đã gói"))
    assert order.status == "to_ship"


def test_returns_are_refused_by_a_reason_of_theirs(place: Market, ports: Bound) -> None:
    book = place.platform.backend.book
    while not book.returns:
        order = place.buy()
        steps(place, order, "arranged", "shipped", "delivered")
        place.context.pass_time(facts.RETURN_AFTER)
    found = next(iter(book.returns.values()))
    reason, _text = ports.fields(command("reject_return", place.context.orders[found.order_id], return_number=found.id))
    assert len(reason.choices) == 2


def test_reasons_to_cancel_are_the_shops_word(connect: Callable[..., Bound], place: Market) -> None:
    [reason] = connect(cancel_reason="seller_cancel_reason_wrong_price").fields(command("cancel", place.buy()))
    assert (reason.name, reason.default, reason.choices) == ("reason", "seller_cancel_reason_wrong_price", ())
