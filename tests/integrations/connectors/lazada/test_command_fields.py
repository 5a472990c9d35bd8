"""Options of commands: read from the simulated Lazada, chosen, and taken by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from integrations.connectors.lazada.simulator import steps
from integrations.contract.errors import Rejected
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import Market, command, delivered


def test_reasons_to_cancel_are_lazadas_and_those_that_empty_the_stock_say_so(place: Market, account: Bound) -> None:
    sold = place.sold()
    order = place.buy((sold, 1))
    with override("vi"):
        [reason] = account.fields(command("cancel", order))
    assert reason.choices == (
        ("10000019", "Hàng về chậm (Sourcing Delay)"),
        ("10000021", "Hết hàng (Out of Stock) (Lazada cũng đặt tồn kho về 0)"),
        ("10000023", "Sai giá (Wrong Price or Pricing Error) (Lazada cũng đặt tồn kho về 0)"),
    )
    assert reason.default == "10000019"
    account.perform(command("cancel", order, reason="10000021"))
    assert (order.status, sold.stock) == ("cancelled", 0)
    assert account.fields(command("cancel", order)) == ()


def test_what_may_not_be_cancelled_is_said_before_it_is_asked(place: Market, account: Bound) -> None:
    order = place.buy()
    place.step(order, "arranged", "shipped")
    with pytest.raises(Rejected, match="state at Lazada"):
        account.fields(command("cancel", order))


def test_a_refused_return_has_reasons(place: Market, account: Bound) -> None:
    order = delivered(place)
    place.step(order, "returning")
    reason, text, images = account.fields(command("reject_return", order))
    assert reason.choices == (
        ("90100001", "The buyer has used the item (Buyer used the item)"),
        ("90100002", "It is not the item that was sold (Item is not the one that was sold)"),
    )
    assert [(field.name, field.required, field.several) for field in (text, images)] == [
        ("text", True, False), ("images", False, True),
    ]  # fmt: skip
    options: dict[str, Any] = {"reason": "90100002", "text": "Sai hàng", "images": "https://i/1.jpg\nhttps://i/2.jpg"}
    account.perform(command("reject_return", order, **options))
    assert account.outcome_of(command("reject_return", order, sent=1)) is not None


def test_a_refund_without_goods_is_refused_with_pictures(place: Market, account: Bound) -> None:
    order = delivered(place)
    record = place.record(order)
    with place.simulation.world.lock:
        steps.start_return(place.backend, record, "ONLY_REFUND", record.units)
    text, images = account.fields(command("reject_return", order))
    assert (text.name, images.name, images.required) == ("text", "images", True)
    account.perform(command("reject_return", order, text="Không đúng", images="https://i/1.jpg https://i/2.jpg"))
    assert account.outcome_of(command("reject_return", order, sent=1)) is not None


def test_a_buyers_wish_to_cancel_may_be_refused_by_number(place: Market, account: Bound) -> None:
    [reason] = account.fields(command("reject_cancellation", place.buy()))
    assert (reason.name, reason.required, reason.choices) == ("reason", False, ())
    for kind in ("ship", "accept_cancellation", "accept_return"):
        assert account.fields(command(kind, place.buy())) == ()
