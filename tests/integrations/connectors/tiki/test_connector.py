"""Our connector and the simulated Tiki, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from commissions.snapshots import SettlementSnapshot
from integrations.connectors.tiki import consent, queue
from integrations.connectors.tiki.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from integrations.contract.consent import ConsentKind
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import ContentPush, PricePush, StockPush
from integrations.contract.queue import Pulled
from integrations.contract.reads import Answer
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.simulator.serving import Server
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot
from tests.integrations.connectors.bound import Bound
from tests.waiting import wait_until

from .market import Market

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
        grant = consent.renew(self.app, refresh_token=self.refresh, shop_id="")
        self.token, self.refresh = grant.access_token, grant.refresh_token
        return self.token


def app_of(market: Market, **more: str) -> AppAccess:
    """Our registration there, its values parted into credentials and settings as the connector declares them."""
    given = market.account["app"] | more
    credentials, settings = (
        {field.name: given[field.name] for field in fields if field.name in given}
        for fields in (CONNECTOR.account_fields, CONNECTOR.account_settings)
    )
    return AppAccess("key-1", credentials, market.account["base_url"], settings=settings)


def connect(market: Market, shop: int = 0, **settings: str) -> Bound:
    row, app = market.account["shops"][shop], app_of(market)
    tokens = Renewing(app, row["access_token"], row["refresh_token"])
    return Bound(CONNECTOR, Access(app, row["shop_id"], tokens, settings))


def read(account: Bound, kind: str, *ids: str, since: datetime | None = None) -> Answer:
    now = datetime.now(UTC)
    return account.read(kind, ids, since=since or now - timedelta(minutes=5), asked_at=now)


def command(kind: str, code: str, **options: Any) -> WriteRequest:
    return WriteRequest(kind, code, "ref-1", options=options, sent_at=datetime.now(UTC))


# --- consent ---


def test_a_code_works_once_and_says_whose_it_is(market: Market) -> None:
    app, row = app_of(market), market.account["shops"][1]
    grant = consent.exchange(app, code=row["code"], shop_id="")
    assert (grant.shop_ids, grant.expires_in) == ((row["shop_id"],), 86_399)
    assert grant.refresh_token
    with pytest.raises(Rejected, match="works once"):
        consent.exchange(app, code=row["code"], shop_id="")
    [found] = consent.find_shops(app, Renewing(app, grant.access_token), grant)
    assert (found.external_id, found.name) == (row["shop_id"], "Nhà Mình Giao Nhanh")


def test_a_code_of_another_shop_is_refused(market: Market) -> None:
    rows = market.account["shops"]
    with pytest.raises(Rejected, match="another shop"):
        consent.exchange(app_of(market), code=rows[0]["code"], shop_id=rows[1]["shop_id"])


def test_the_whole_way_through_the_consent_page(market: Market) -> None:
    app = app_of(market)
    link = consent.consent_url(app, state="abcdefgh", redirect_url="https://hub.test/back/?x=1")
    sid = market.account["shops"][0]["shop_id"]
    back = requests.post(link, data={"seller": sid}, allow_redirects=False, timeout=10).headers["Location"]
    assert consent.exchange(app, code=back, shop_id=sid).shop_ids == (sid,)


def test_a_wrong_secret_is_the_apps_fault_and_waits(market: Market) -> None:
    wrong = app_of(market, client_secret="wrong")
    with pytest.raises(TryLater, match="client secret"):
        consent.renew(wrong, refresh_token="", shop_id="")
    with pytest.raises(TryLater, match="client secret"):
        consent.renew(app_of(market, client_auth="form"), refresh_token="", shop_id="")


def test_a_dead_token_is_renewed_and_a_used_refresh_token_is_not_authorised(market: Market) -> None:
    account = connect(market)
    used = account.access.tokens.refresh  # type: ignore[attr-defined]
    market.ask("POST", "/advance", seconds=90_000)
    assert account.check().name == "Nhà Mình Chính Hãng"
    with pytest.raises(NotAuthorised):
        consent.renew(app_of(market), refresh_token=used, shop_id="")


def test_a_token_of_another_shop_is_found_out(market: Market) -> None:
    mine, other = connect(market), market.account["shops"][1]
    with pytest.raises(NotAuthorised, match="another shop"):
        Bound(CONNECTOR, replace(mine.access, shop_id=other["shop_id"])).check()


def test_an_in_house_app_needs_nobody(market: Market) -> None:
    assert consent.CONSENT.kind_for(app_of(market, app_kind="in_house")) == ConsentKind.CREDENTIALS
    assert consent.CONSENT.kind_for(app_of(market)) == ConsentKind.CODE


# --- the queue ---


def test_events_of_all_shops_are_pulled_and_confirmed_by_the_next_pull(market: Market) -> None:
    for shop in (0, 1):
        queue.subscribe(connect(market, shop).access)
        queue.subscribe(connect(market, shop).access)
    queues = market.simulation.world.platforms["tiki"].backend.state.queues.queues  # type: ignore[attr-defined]
    assert len(queues) == 1
    market.ask("POST", "/advance", seconds=6)
    app = app_of(market)
    own = Renewing(app, consent.renew(app, refresh_token="", shop_id="").access_token)

    def pull(ack: str | None) -> Pulled:
        return queue.pull(app, own, ack=ack)

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


def test_a_queue_named_in_the_settings_is_used(market: Market) -> None:
    first = connect(market)
    queue.subscribe(first.access)
    queues = market.simulation.world.platforms["tiki"].backend.state.queues.queues  # type: ignore[attr-defined]
    [code] = queues
    other = replace(app_of(market, queue_code=code), key="key-2")
    queue.subscribe(replace(first.access, app=other))
    assert list(queues) == [code]
    queue.subscribe(replace(first.access, app=replace(other, settings={})))
    assert len(queues) == 2


def test_a_push_of_ours_is_read_back_an_order_is_not(market: Market) -> None:
    account = connect(market)
    queue.subscribe(account.access)
    market.ask("POST", "/advance", seconds=6)
    app = app_of(market)
    own = Renewing(app, consent.renew(app, refresh_token="", shop_id="").access_token)
    market.order()
    ordered = queue.pull(app, own, ack=None)
    assert {notice.kind for notice in ordered.notices} == {"order"}
    [listing] = [one for one in listings(account) if one.stock[0].sellable > 20][:1]
    account.publish_stock([StockPush(listing.item_id, "", 3, warehouse=listing.stock[0].warehouse)])
    later = queue.pull(app, own, ack=ordered.ack)
    assert [(n.kind, n.external_id) for n in later.notices if n.kind == "listing"] == [("listing", listing.item_id)]


# --- reading ---


def listings(account: Bound) -> list[Any]:
    pages = account.changed("listing", since=None, until=datetime.now(UTC))
    return [one for page in pages if page.answer for one in page.answer.of(ListingSnapshot)]


def busy(market: Market, orders: int = 130) -> None:
    market.ask("POST", "/start", orders=orders, interval_ms=0, pos_share=0)
    wait_until(lambda: market.ask("GET", "/progress")["orders_placed"] >= orders)


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


# --- pushing ---


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


# --- commands ---


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
