"""Commands: our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from integrations.connectors.tiki.connector import CONNECTOR
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteOutcome
from integrations.simulator.serving import Server
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound

from .connected import command, connect, read
from .market import Market


def order_of(market: Market, fulfilment: str) -> str:
    account = connect(market)
    while True:
        code = market.order(unpaid=False)
        if read(account, "order", code).of(OrderSnapshot)[0].raw["fulfillment_type"] == fulfilment:
            return code


@pytest.mark.parametrize("fulfilment", ["dropship", "tiki_delivery"])
def test_an_order_is_confirmed_once_labelled_and_looked_up(market: Market, fulfilment: str) -> None:
    account, code = connect(market), order_of(market, fulfilment)
    assert account.outcome_of(command("ship", code)) is None
    with pytest.raises(Rejected, match="confirmed before"):
        account.label(code, "")
    assert account.perform(command("ship", code)) == WriteOutcome(code, "", {"status": "queueing"})
    before = market.ask("GET", "/calls")["made"]
    account.perform(command("ship", code))
    assert market.ask("GET", "/calls")["made"] - before == 1
    assert account.outcome_of(command("ship", code)) is not None
    page = account.label(code, "")
    assert (page.content_type, code.encode() in page.content) == ("text/html; charset=utf-8", True)
    [order] = read(account, "order", code).of(OrderSnapshot)
    assert (order.status, order.channel_status) == ("packed", "picking")
    with pytest.raises(Rejected, match="until it is confirmed"):
        account.perform(command("cancel", code))


@pytest.mark.parametrize("fulfilment", ["dropship", "tiki_delivery"])
def test_an_order_is_refused(market: Market, fulfilment: str) -> None:
    account, code = connect(market), order_of(market, fulfilment)
    assert account.outcome_of(command("cancel", code)) is None
    account.perform(command("cancel", code))
    [order] = read(account, "order", code).of(OrderSnapshot)
    assert (order.status, order.lines[0].status) == ("cancelled", "cancelled")
    assert account.outcome_of(command("cancel", code)) is not None


def test_the_pickup_time_of_a_dropship_order_may_be_chosen(market: Market) -> None:
    account, code = connect(market), order_of(market, "dropship")
    [found] = account.fields(command("ship", code))
    assert (found.name, found.choices[0]) == ("expected_pickup_time", ("", "The first that Tiki offers"))
    last, label = found.choices[-1]
    assert len(found.choices) > 2
    year, month, day, *clock = re.split("[- ]", last)
    assert label == f"{day}/{month}/{year} {clock[0][:5]}"
    account.perform(replace(command("ship", code), options={"expected_pickup_time": last}))
    side = market.simulation.world.platforms["tiki"]
    assert side.backend.book.orders[code].pickup_at == last  # type: ignore[attr-defined]
    assert account.fields(command("ship", order_of(market, "tiki_delivery"))) == ()
    assert account.fields(command("cancel", code)) == ()


def test_a_confirmation_whose_answer_was_lost_is_found_done(market: Market) -> None:
    account, code = connect(market), order_of(market, "tiki_delivery")
    account = connect(market, warehouse_id=account.warehouses()[0].external_id)
    lost = market.simulation.world.platforms["tiki"]
    original = lost.may_lose_answer
    lost.may_lose_answer = lambda method, target: method == "POST"  # type: ignore[method-assign]
    market.ask("POST", "/faults", **{"tiki.answer_lost": 1.0})
    with pytest.raises(TryLater) as caught:
        account.perform(command("ship", code))
    lost.may_lose_answer = original  # type: ignore[method-assign]
    market.ask("POST", "/faults", **{"tiki.answer_lost": 0.0})
    assert caught.value.maybe_done
    assert account.outcome_of(command("ship", code)) is not None


def test_an_older_label_is_an_address(market: Market) -> None:
    answers: Mapping[bool, bytes] = {
        True: b'{"shipping_label_url": "https://print.tiki.test/1?a=1&b=2"}',
        False: b'{"code": "1", "fulfillment_type": "dropship", "items": []}',
    }
    server = Server(0, lambda method, target, *_: (200, {}, answers["labels" in target]))
    server.start()
    account = connect(market)
    access = replace(account.access, app=replace(account.access.app, base_url=server.url))
    found = Bound(CONNECTOR, access).label("1", "")
    assert b"href='https://print.tiki.test/1?a=1&amp;b=2'" in found.content
    server.stop()
