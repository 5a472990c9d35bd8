"""Our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from integrations.connectors.base import (
    Access,
    AppAccess,
    Command,
    CommandOutcome,
    ContentPush,
    PricePush,
    Pulled,
    StockPush,
    Truth,
)
from integrations.connectors.tiki.connector import CONNECTOR, TikiConnector
from integrations.simulator.serving import Server
from integrations.wire.errors import NotAuthorised, Rejected, TryLater

from .market import Market, until

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Renewing:
    """A token source that renews at Tiki itself."""

    app: AppAccess
    token: str
    refresh: str = ""

    def current(self) -> str:
        return self.token

    def renewed(self, stale: str) -> str:
        grant = TikiConnector.renew(self.app, refresh_token=self.refresh, shop_id="")
        self.token, self.refresh = grant.access_token, grant.refresh_token
        return self.token


def app_of(market: Market, **more: str) -> AppAccess:
    account = market.account
    return AppAccess("key-1", account["app"] | more, account["base_url"])


def connect(market: Market, shop: int = 0, **settings: str) -> TikiConnector:
    row, app = market.account["shops"][shop], app_of(market)
    tokens = Renewing(app, row["access_token"], row["refresh_token"])
    return TikiConnector(Access(app, row["shop_id"], tokens, settings))


def read(connector: TikiConnector, kind: str, *ids: str, since: datetime | None = None) -> Truth:
    now = datetime.now(UTC)
    return connector.read(kind, ids, since=since or now - timedelta(minutes=5), asked_at=now)


def command(kind: str, code: str, **options: Any) -> Command:
    return Command(kind, code, "ref-1", options=options, sent_at=datetime.now(UTC))


# --- consent ---


def test_a_code_works_once_and_says_whose_it_is(market: Market) -> None:
    app, row = app_of(market), market.account["shops"][1]
    grant = TikiConnector.exchange(app, code=row["code"], shop_id="")
    assert (grant.shop_ids, grant.expires_in) == ((row["shop_id"],), 86_399)
    assert grant.refresh_token
    with pytest.raises(Rejected, match="works once"):
        TikiConnector.exchange(app, code=row["code"], shop_id="")
    [found] = TikiConnector.shops(app, Renewing(app, grant.access_token), grant)
    assert (found.external_id, found.name) == (row["shop_id"], "Nhà Mình Giao Nhanh")


def test_a_code_of_another_shop_is_refused(market: Market) -> None:
    rows = market.account["shops"]
    with pytest.raises(Rejected, match="another shop"):
        TikiConnector.exchange(app_of(market), code=rows[0]["code"], shop_id=rows[1]["shop_id"])


def test_the_whole_way_through_the_consent_page(market: Market) -> None:
    app = app_of(market)
    link = TikiConnector.consent_url(app, state="abcdefgh", redirect_url="https://hub.test/back/?x=1")
    sid = market.account["shops"][0]["shop_id"]
    back = requests.post(link, data={"seller": sid}, allow_redirects=False, timeout=10).headers["Location"]
    assert TikiConnector.exchange(app, code=back, shop_id=sid).shop_ids == (sid,)


def test_a_wrong_secret_is_the_apps_fault_and_waits(market: Market) -> None:
    wrong = app_of(market, client_secret="wrong")
    with pytest.raises(TryLater, match="client secret"):
        TikiConnector.renew(wrong, refresh_token="", shop_id="")
    with pytest.raises(TryLater, match="client secret"):
        TikiConnector.renew(app_of(market, client_auth="form"), refresh_token="", shop_id="")


def test_a_dead_token_is_renewed_and_a_used_refresh_token_is_not_authorised(market: Market) -> None:
    connector = connect(market)
    used = connector.access.tokens.refresh  # type: ignore[attr-defined]
    market.ask("POST", "/advance", seconds=90_000)
    assert connector.check().name == "Nhà Mình Chính Hãng"
    with pytest.raises(NotAuthorised):
        TikiConnector.renew(app_of(market), refresh_token=used, shop_id="")


def test_a_token_of_another_shop_is_found_out(market: Market) -> None:
    mine, other = connect(market), market.account["shops"][1]
    with pytest.raises(NotAuthorised, match="another shop"):
        TikiConnector(replace(mine.access, shop_id=other["shop_id"])).check()


def test_an_in_house_app_needs_nobody(market: Market) -> None:
    assert CONNECTOR.consent_for(app_of(market, app_kind="in_house")) == "credentials"
    assert CONNECTOR.consent_for(app_of(market)) == "code"


# --- the queue ---


def test_events_of_all_shops_are_pulled_and_confirmed_by_the_next_pull(market: Market) -> None:
    for shop in (0, 1):
        connect(market, shop).register_webhooks("https://hub.test/")
        connect(market, shop).register_webhooks("https://hub.test/")
    queues = market.simulation.world.sides["tiki"].platform.kept.queues.queues  # type: ignore[attr-defined]
    assert len(queues) == 1
    market.ask("POST", "/advance", seconds=6)
    app = app_of(market)
    own = Renewing(app, TikiConnector.renew(app, refresh_token="", shop_id="").access_token)

    def pull(ack: str | None) -> Pulled:
        return TikiConnector.pull_notices(app, own, ack=ack)

    empty = pull(None)
    assert (empty.notices, empty.more) == ((), False)
    codes = {market.order(), market.order(shop=1)}
    first = pull(empty.ack)
    assert {n.external_id for n in first.notices if n.kind == "order"} >= codes
    assert {n.shop_id for n in first.notices} == {row["shop_id"] for row in market.account["shops"]}
    assert first.more
    # nothing was confirmed yet: the same comes again, under the same ids
    assert pull(empty.ack).notices == first.notices
    assert pull(first.ack).notices == ()
    # a cursor that Tiki does not know, as after a move to another queue
    assert pull("nobody:gone").ack is not None
    own.token = "spoilt"
    assert pull(first.ack).notices == ()


def test_a_push_of_ours_is_read_back_an_order_is_not(market: Market) -> None:
    connector = connect(market)
    connector.register_webhooks("")
    market.ask("POST", "/advance", seconds=6)
    app = app_of(market)
    own = Renewing(app, TikiConnector.renew(app, refresh_token="", shop_id="").access_token)
    market.order()
    ordered = TikiConnector.pull_notices(app, own, ack=None)
    assert {notice.kind for notice in ordered.notices} == {"order"}
    [listing] = [one for one in listings(connector) if one.stock[0].sellable > 20][:1]
    connector.push_stock([StockPush(listing.item_id, "", 3, warehouse=listing.stock[0].warehouse)])
    later = TikiConnector.pull_notices(app, own, ack=ordered.ack)
    assert [(n.kind, n.external_id) for n in later.notices if n.kind == "listing"] == [("listing", listing.item_id)]


# --- reading ---


def listings(connector: TikiConnector) -> list[Any]:
    pages = connector.changed("listing", since=None, until=datetime.now(UTC))
    return [one for page in pages if page.truth for one in page.truth.listings]


def busy(market: Market, orders: int = 130) -> None:
    market.ask("POST", "/start", orders=orders, interval_ms=0, pos_share=0)
    until(lambda: market.ask("GET", "/progress")["orders_placed"] >= orders)


def test_lists_tell_whole_orders_and_detail_tells_the_same(market: Market) -> None:
    busy(market)
    connector, now = connect(market), datetime.now(UTC)
    pages = list(connector.changed("order", since=now - timedelta(hours=1), until=now))
    assert len(pages) == 2
    listed = {order.number: order for page in pages if page.truth for order in page.truth.orders}
    sid = market.account["shops"][0]["shop_id"]
    assert set(listed) == {row["id"] for row in market.rows("orders", shop=sid)}
    ids = list(listed)[:3]
    told = read(connector, "order", *ids, "1234567890123")
    assert told.gone == ("1234567890123",)
    assert [replace(o, asked_at=now) for o in told.orders] == [replace(listed[number], asked_at=now) for number in ids]


def test_many_orders_cost_few_calls(market: Market) -> None:
    busy(market)
    connector, sid = connect(market), market.account["shops"][0]["shop_id"]
    ids = [row["id"] for row in market.rows("orders", shop=sid)][:50]
    before = market.ask("GET", "/progress")["calls"]["made"]
    told = read(connector, "order", *ids)
    assert {order.number for order in told.orders} == set(ids)
    assert market.ask("GET", "/progress")["calls"]["made"] - before <= 2


def test_a_past_window_holds_only_what_changed_in_it(market: Market) -> None:
    code, connector = market.order(), connect(market)
    past = datetime.now(UTC) - timedelta(hours=1)
    assert [p.changes for p in connector.changed("order", since=LONG_AGO, until=past)] == [()]
    [page] = connector.changed("order", since=past, until=datetime.now(UTC))
    assert page.changes[0].external_id == code


def test_orders_that_wait_for_payment_hold_stock_or_are_left_alone(market: Market) -> None:
    code = market.order(unpaid=True)
    [order] = read(connect(market), "order", code).orders
    assert (order.status, order.channel_status) == ("unpaid", "waiting_payment")
    ignoring = connect(market, unpaid_orders="ignore")
    assert read(ignoring, "order", code).ignored == {code: "it waits for payment or for Tiki"}
    now = datetime.now(UTC)
    listed = {c.external_id for p in ignoring.changed("order", since=LONG_AGO, until=now) for c in p.changes}
    assert code not in listed


def test_what_comes_back_is_told_as_a_return_and_money_with_the_order(market: Market) -> None:
    busy(market, 60)
    market.ask("POST", "/settle")
    until(lambda: market.ask("GET", "/progress")["settled"])
    now, returns = datetime.now(UTC), []
    for shop in (0, 1):
        for page in connect(market, shop).changed("order", since=LONG_AGO, until=now):
            assert page.truth is not None
            assert {order.status for order in page.truth.orders} <= {"completed", "cancelled"}
            done = {order.number for order in page.truth.orders if order.status == "completed"}
            assert page.truth.statements.keys() == done
            returns += page.truth.returns
    assert returns
    assert {(one.status, one.channel_status) for one in returns} == {("received", "returned")}
    assert all(market.status(one.order_number) == "completed" for one in returns)


def test_products_are_listed_whole_without_containers(market: Market) -> None:
    connector, sid = connect(market), market.account["shops"][0]["shop_id"]
    found = listings(connector)
    shown = {row["item"]: row["stock"] for row in market.rows("listings", shop=sid)}
    assert {one.item_id: one.stock[0].sellable for one in found} == shown
    [warehouse] = connector.warehouses()
    assert {one.stock[0].warehouse for one in found} == {warehouse.external_id}
    some = [one.item_id for one in found[:3]]
    assert [replace(one, asked_at=found[0].asked_at) for one in read(connector, "listing", *some).listings] == found[:3]
    # little asked for: only what is new
    now = datetime.now(UTC)
    [page] = connector.changed("listing", since=now + timedelta(seconds=5), until=now + timedelta(seconds=9))
    assert page.changes == ()


# --- pushing ---


def test_a_total_is_what_is_for_sale_and_what_buyers_have_ordered(market: Market) -> None:
    code = market.order(quantity=3, unpaid=False)
    connector = connect(market)
    [line] = read(connector, "order", code).orders[0].lines
    [listing] = read(connector, "listing", line.item_id).listings
    place = listing.stock[0].warehouse

    def shown() -> tuple[int, int]:
        [row] = market.rows("listings", item=line.item_id)
        return row["stock"], row["open"]

    def push(quantity: int, open_units: int, warehouse: str = place) -> list[Any]:
        return connector.push_stock([StockPush(line.item_id, "", quantity, warehouse=warehouse, open_units=open_units)])

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


def test_refusals_are_told_by_row(market: Market) -> None:
    connector = connect(market)
    [listing] = listings(connector)[:1]
    [wrong] = connector.push_stock([StockPush(listing.item_id, "", 5, warehouse="15936811")])
    assert (wrong.accepted, "warehouse ID" in wrong.reason) == (False, True)
    [unknown] = connector.push_stock([StockPush("999", "", 5, warehouse=listing.stock[0].warehouse)])
    assert (unknown.accepted, unknown.code) == (False, "400")
    [gone] = connector.push_stock([StockPush("999", "", 5, open_units=1)])
    assert (gone.accepted, gone.code) == (False, "404")


def test_a_lost_answer_of_a_push_is_told_as_maybe_done(market: Market) -> None:
    connector = connect(market)
    [listing] = listings(connector)[:1]
    market.ask("POST", "/faults", **{"tiki.answer_lost": 1.0})
    with pytest.raises(TryLater) as caught:
        connector.push_stock([StockPush(listing.item_id, "", 2, warehouse=listing.stock[0].warehouse)])
    assert caught.value.maybe_done
    market.ask("POST", "/faults", **{"tiki.answer_lost": 0.0})
    assert read(connector, "listing", listing.item_id).listings[0].stock[0].sellable == 2


def test_a_state_that_is_not_final_is_no_outcome(market: Market) -> None:
    server = Server(0, lambda *_: (200, {"Content-Type": "application/json"}, b'{"state":"awaiting_approve"}'))
    server.start()
    connector = connect(market)
    access = replace(connector.access, app=replace(connector.access.app, base_url=server.url))
    assert TikiConnector(access).push_stock([StockPush("5", "", 1, warehouse="7")]) == []
    server.stop()


def test_prices_and_content(market: Market) -> None:
    connector = connect(market)
    [listing] = listings(connector)[:1]
    [outcome] = connector.push_price([PricePush(listing.item_id, "", Decimal(123_000))])
    assert outcome.accepted
    [refused] = connector.push_price([PricePush(listing.item_id, "", Decimal(0))])
    assert not refused.accepted
    connector.push_content(ContentPush(listing.item_id, title="Áo mới", images=("https://a.test/1.jpg",)))
    told = read(connector, "listing", listing.item_id).listings[0]
    assert (told.price, told.title) == (Decimal(123_000), "Áo mới")
    with pytest.raises(Rejected, match="không hợp lệ"):
        connector.push_content(ContentPush(listing.item_id, title=" "))


# --- commands ---


def order_of(market: Market, fulfilment: str) -> str:
    connector = connect(market)
    while True:
        code = market.order(unpaid=False)
        if read(connector, "order", code).orders[0].raw["fulfillment_type"] == fulfilment:
            return code


@pytest.mark.parametrize("fulfilment", ["dropship", "tiki_delivery"])
def test_an_order_is_confirmed_once_labelled_and_looked_up(market: Market, fulfilment: str) -> None:
    connector, code = connect(market), order_of(market, fulfilment)
    with pytest.raises(TryLater):
        connector.outcome_of(command("ship", code))
    late = replace(command("ship", code), sent_at=LONG_AGO)
    assert connector.outcome_of(late) is None
    with pytest.raises(Rejected, match="confirmed before"):
        connector.label(code, "")
    assert connector.perform(command("ship", code)) == CommandOutcome(code, "", {"status": "queueing"})
    before = market.ask("GET", "/progress")["calls"]["made"]
    connector.perform(command("ship", code))
    assert market.ask("GET", "/progress")["calls"]["made"] - before == 1
    assert connector.outcome_of(command("ship", code)) is not None
    page = connector.label(code, "")
    assert (page.content_type, code.encode() in page.content) == ("text/html; charset=utf-8", True)
    [order] = read(connector, "order", code).orders
    assert (order.status, order.channel_status) == ("packed", "picking")
    with pytest.raises(Rejected, match="until it is confirmed"):
        connector.perform(command("cancel", code))


@pytest.mark.parametrize("fulfilment", ["dropship", "tiki_delivery"])
def test_an_order_is_refused(market: Market, fulfilment: str) -> None:
    connector, code = connect(market), order_of(market, fulfilment)
    assert connector.outcome_of(replace(command("cancel", code), sent_at=LONG_AGO)) is None
    connector.perform(command("cancel", code))
    [order] = read(connector, "order", code).orders
    assert (order.status, order.lines[0].status) == ("cancelled", "cancelled")
    assert connector.outcome_of(command("cancel", code)) is not None


def test_the_pickup_time_of_a_dropship_order_may_be_chosen(market: Market) -> None:
    connector, code = connect(market), order_of(market, "dropship")
    [found] = connector.command_fields(command("ship", code))
    assert (found.name, found.choices[0]) == ("expected_pickup_time", ("", "The first that Tiki offers"))
    last = found.choices[-1][0]
    assert len(found.choices) > 2
    connector.perform(replace(command("ship", code), options={"expected_pickup_time": last}))
    side = market.simulation.world.sides["tiki"]
    assert side.platform.book.orders[code].pickup_at == last  # type: ignore[attr-defined]
    assert connector.command_fields(command("ship", order_of(market, "tiki_delivery"))) == ()
    assert connector.command_fields(command("cancel", code)) == ()


def test_a_confirmation_whose_answer_was_lost_is_found_done(market: Market) -> None:
    connector, code = connect(market), order_of(market, "tiki_delivery")
    connector = connect(market, warehouse_id=connector.warehouses()[0].external_id)
    lost = market.simulation.world.sides["tiki"]
    original = lost.may_lose_answer
    lost.may_lose_answer = lambda method, target: method == "POST"  # type: ignore[method-assign]
    market.ask("POST", "/faults", **{"tiki.answer_lost": 1.0})
    with pytest.raises(TryLater) as caught:
        connector.perform(command("ship", code))
    lost.may_lose_answer = original  # type: ignore[method-assign]
    market.ask("POST", "/faults", **{"tiki.answer_lost": 0.0})
    assert caught.value.maybe_done
    assert connector.outcome_of(command("ship", code)) is not None


def test_an_older_label_is_an_address(market: Market) -> None:
    answers: Mapping[bool, bytes] = {
        True: b'{"shipping_label_url": "https://print.tiki.test/1?a=1&b=2"}',
        False: b'{"code": "1", "fulfillment_type": "dropship", "items": []}',
    }
    server = Server(0, lambda method, target, *_: (200, {}, answers["labels" in target]))
    server.start()
    connector = connect(market)
    access = replace(connector.access, app=replace(connector.access.app, base_url=server.url))
    found = TikiConnector(access).label("1", "")
    assert b"href='https://print.tiki.test/1?a=1&amp;b=2'" in found.content
    server.stop()
