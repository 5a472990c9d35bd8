"""Reads: our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from commissions.snapshots import SettlementSnapshot
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot
from tests.waiting import wait_until

from .connected import LONG_AGO, busy, connect, listings, read
from .market import Market


def test_lists_tell_whole_orders_and_detail_tells_the_same(market: Market) -> None:
    busy(market)
    account, now = connect(market), datetime.now(UTC)
    pages = list(account.changed("order", since=now - timedelta(hours=1), until=now))
    assert len(pages) == 2
    listed = {order.number: order for page in pages if page.answer for order in page.answer.of(OrderSnapshot)}
    sid = market.account["shops"][0]["shop_id"]
    assert set(listed) == {row["id"] for row in market.rows("orders", shop=sid)}
    ids = list(listed)[:3]
    answer = read(account, "order", *ids, "1234567890123")
    assert answer.gone == ("1234567890123",)
    assert [replace(o, asked_at=now) for o in answer.of(OrderSnapshot)] == [
        replace(listed[number], asked_at=now) for number in ids
    ]


def test_many_orders_cost_few_calls(market: Market) -> None:
    busy(market)
    account, sid = connect(market), market.account["shops"][0]["shop_id"]
    ids = [row["id"] for row in market.rows("orders", shop=sid)][:50]
    before = market.ask("GET", "/calls")["made"]
    answer = read(account, "order", *ids)
    assert {order.number for order in answer.of(OrderSnapshot)} == set(ids)
    assert market.ask("GET", "/calls")["made"] - before <= 2


def test_a_past_window_holds_only_what_changed_in_it(market: Market) -> None:
    code, account = market.order(), connect(market)
    past = datetime.now(UTC) - timedelta(hours=1)
    assert [p.changes for p in account.changed("order", since=LONG_AGO, until=past)] == [()]
    [page] = account.changed("order", since=past, until=datetime.now(UTC))
    assert page.changes[0].external_id == code


def test_orders_that_wait_for_payment_hold_stock_or_are_left_alone(market: Market) -> None:
    code = market.order(unpaid=True)
    [order] = read(connect(market), "order", code).of(OrderSnapshot)
    assert (order.status, order.channel_status) == ("unpaid", "waiting_payment")
    ignoring = connect(market, unpaid_orders="ignore")
    ignored = read(ignoring, "order", code).ignored
    assert list(ignored) == [code]
    assert "Tiki has not confirmed the order yet" in str(ignored[code])
    now = datetime.now(UTC)
    listed = {c.external_id for p in ignoring.changed("order", since=LONG_AGO, until=now) for c in p.changes}
    assert code not in listed


def test_an_rma_order_is_a_return_and_fees_come_with_the_order(market: Market) -> None:
    busy(market, 60)
    market.ask("POST", "/settle")
    wait_until(lambda: market.ask("GET", "/progress")["settled"])
    now, returns = datetime.now(UTC), list[ReturnSnapshot]()
    for shop in (0, 1):
        for page in connect(market, shop).changed("order", since=LONG_AGO, until=now):
            assert page.answer is not None
            assert {order.status for order in page.answer.of(OrderSnapshot)} <= {"completed", "cancelled"}
            done = {order.number for order in page.answer.of(OrderSnapshot) if order.status == "completed"}
            assert {one.external_id for one in page.answer.of(SettlementSnapshot)} == done
            returns += page.answer.of(ReturnSnapshot)
    assert returns
    assert {(one.status, one.channel_status) for one in returns} == {("received", "returned")}
    assert all(market.status(one.order_number) == "completed" for one in returns)


def test_products_are_listed_whole_without_containers(market: Market) -> None:
    account, sid = connect(market), market.account["shops"][0]["shop_id"]
    found = listings(account)
    shown = {row["item"]: row["stock"] for row in market.rows("listings", shop=sid)}
    assert {one.item_id: one.stock[0].sellable for one in found} == shown
    [warehouse] = account.warehouses()
    assert {one.stock[0].warehouse for one in found} == {warehouse.external_id}
    some = [one.item_id for one in found[:3]]
    assert [
        # only a product's own page tells its category
        replace(one, asked_at=found[0].asked_at, category_id="", category_name="", raw=found[place].raw)
        for place, one in enumerate(read(account, "listing", *some).of(ListingSnapshot))
    ] == found[:3]
    # little asked for: only what is new
    now = datetime.now(UTC)
    [page] = account.changed("listing", since=now + timedelta(seconds=5), until=now + timedelta(seconds=9))
    assert page.changes == ()
