"""Pushes: our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.tiki.connector import CONNECTOR
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import ContentPush, PricePush, StockPush
from integrations.simulator.serving import Server
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound

from .connected import connect, listings, read
from .market import Market


def test_a_total_is_what_is_for_sale_and_what_buyers_have_ordered(market: Market) -> None:
    code = market.order(quantity=3, unpaid=False)
    account = connect(market)
    [line] = read(account, "order", code).of(OrderSnapshot)[0].lines
    [listing] = read(account, "listing", line.item_id).of(ListingSnapshot)
    place = listing.stock[0].warehouse

    def shown() -> tuple[int, int]:
        [row] = market.rows("listings", item=line.item_id)
        return row["stock"], row["open"]

    def push(quantity: int, open_units: int, warehouse: str = place) -> list[Any]:
        return account.publish_stock(
            [StockPush(line.item_id, "", quantity, warehouse=warehouse, open_units=open_units)]
        )

    assert push(7, 3)[0].accepted
    assert shown() == (7, 3)
    # the hub has not heard of the order: Tiki holds its units all the same
    push(7, 0)
    assert shown() == (4, 3)
    # the hub counts one that has left: it must not be for sale again
    push(7, 5)
    assert shown() == (7, 3)
    push(0, 3, warehouse="")
    assert shown() == (0, 3)


def test_refusals_are_reported_by_row(market: Market) -> None:
    account = connect(market)
    [listing] = listings(account)[:1]
    [wrong] = account.publish_stock([StockPush(listing.item_id, "", 5, warehouse="15936811")])
    assert (wrong.accepted, "warehouse ID" in str(wrong.reason)) == (False, True)
    [unknown] = account.publish_stock([StockPush("999", "", 5, warehouse=listing.stock[0].warehouse)])
    assert (unknown.accepted, unknown.code) == (False, "400")
    [gone] = account.publish_stock([StockPush("999", "", 5, open_units=1)])
    assert (gone.accepted, gone.code) == (False, "404")


def test_a_lost_answer_of_a_push_is_maybe_done(market: Market) -> None:
    account = connect(market)
    [listing] = listings(account)[:1]
    market.ask("POST", "/faults", **{"tiki.answer_lost": 1.0})
    with pytest.raises(TryLater) as caught:
        account.publish_stock([StockPush(listing.item_id, "", 2, warehouse=listing.stock[0].warehouse)])
    assert caught.value.maybe_done
    market.ask("POST", "/faults", **{"tiki.answer_lost": 0.0})
    assert read(account, "listing", listing.item_id).of(ListingSnapshot)[0].stock[0].sellable == 2


def test_a_state_that_is_not_final_is_no_outcome(market: Market) -> None:
    server = Server(0, lambda *_: (200, {"Content-Type": "application/json"}, b'{"state":"awaiting_approve"}'))
    server.start()
    account = connect(market)
    access = replace(account.access, app=replace(account.access.app, base_url=server.url))
    assert Bound(CONNECTOR, access).publish_stock([StockPush("5", "", 1, warehouse="7")]) == []
    server.stop()


def test_prices_and_content(market: Market) -> None:
    account = connect(market)
    [listing] = listings(account)[:1]
    [outcome] = account.publish_price([PricePush(listing.item_id, "", Decimal(123_000))])
    assert outcome.accepted
    [refused] = account.publish_price([PricePush(listing.item_id, "", Decimal(0))])
    assert not refused.accepted
    account.publish_content(ContentPush(listing.item_id, title="Áo mới", images=("https://a.test/1.jpg",)))
    [shown] = read(account, "listing", listing.item_id).of(ListingSnapshot)
    assert (shown.price, shown.title) == (Decimal(123_000), "Áo mới")
    with pytest.raises(Rejected, match="không hợp lệ"):
        account.publish_content(ContentPush(listing.item_id, title=" "))
