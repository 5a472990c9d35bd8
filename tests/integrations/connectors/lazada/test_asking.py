"""What a person may tell with a command: asked of the simulated Lazada, chosen, and taken by it."""

from __future__ import annotations

import pytest

from integrations.connectors.lazada.connector import LazadaConnector
from integrations.connectors.lazada.simulator import steps
from integrations.wire.errors import Rejected

from .standing import Market
from .test_shop import command, delivered


def test_reasons_to_cancel_are_lazadas_and_those_that_empty_the_stock_say_so(
    place: Market, connector: LazadaConnector
) -> None:
    sold = place.sold()
    order = place.buy((sold, 1))
    [reason] = connector.command_fields(command("cancel", order))
    assert reason.choices == (
        ("10000019", "Sourcing Delay"),
        ("10000021", "Out of Stock (Lazada also sets the stock to 0)"),
        ("10000023", "Wrong Price or Pricing Error (Lazada also sets the stock to 0)"),
    )
    assert reason.default == "10000019"
    connector.perform(command("cancel", order, reason="10000021"))
    assert (order.status, sold.stock) == ("cancelled", 0)
    assert connector.command_fields(command("cancel", order)) == ()


def test_what_may_not_be_cancelled_is_said_before_it_is_asked(place: Market, connector: LazadaConnector) -> None:
    order = place.buy()
    place.step(order, "arranged", "shipped")
    with pytest.raises(Rejected, match="state at Lazada"):
        connector.command_fields(command("cancel", order))


def test_a_refused_return_is_told_why(place: Market, connector: LazadaConnector) -> None:
    order = delivered(place)
    place.step(order, "returning")
    reason, text, images = connector.command_fields(command("reject_return", order))
    assert reason.choices == (
        ("90100001", "Buyer used the item"),
        ("90100002", "Item is not the one that was sold"),
    )
    assert [(field.name, field.required, field.several) for field in (text, images)] == [
        ("text", True, False), ("images", False, True),
    ]  # fmt: skip
    told = {"reason": "90100002", "text": "Sai hàng", "images": "https://i/1.jpg\nhttps://i/2.jpg"}
    connector.perform(command("reject_return", order, **told))
    assert connector.outcome_of(command("reject_return", order, sent=1)) is not None


def test_a_refund_without_goods_is_refused_with_pictures(place: Market, connector: LazadaConnector) -> None:
    order = delivered(place)
    record = place.record(order)
    with place.simulation.world.lock:
        steps.start_return(place.platform, record, "ONLY_REFUND", record.units)
    text, images = connector.command_fields(command("reject_return", order))
    assert (text.name, images.name, images.required) == ("text", "images", True)
    connector.perform(command("reject_return", order, text="Không đúng", images="https://i/1.jpg https://i/2.jpg"))
    assert connector.outcome_of(command("reject_return", order, sent=1)) is not None


def test_a_buyers_wish_to_cancel_may_be_refused_by_number(place: Market, connector: LazadaConnector) -> None:
    [reason] = connector.command_fields(command("reject_cancellation", place.buy()))
    assert (reason.name, reason.required, reason.choices) == ("reason", False, ())
    for kind in ("ship", "accept_cancellation", "accept_return"):
        assert connector.command_fields(command(kind, place.buy())) == ()
