"""Publishing: what is due leaves in full calls, the shop's own sales are read first, and no answer is trusted twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any, ClassVar

import django_rq
import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from core.db import execute
from integrations.contract.access import Access
from integrations.contract.connector import Connector
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import PricePush, Publisher, PushOutcome, StockPush
from integrations.contract.reads import (
    Answer,
    Change,
    Page,
    Reader,
)
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.publishing.calls import concurrent
from integrations.publishing.rounds import cut, due_connections, publish
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.services.listings import upsert_listings
from inventory.services.prices import set_wanted_price
from inventory.services.pushes import DuePush, due_pushes
from inventory.services.readings import post_movement
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ChannelStock, ListingSnapshot
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.toy import install, toy_connector

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)


class Market:
    """A marketplace with real shelves: a sale takes from them, a push overwrites them."""

    # one call after another: tests assert their order
    facts: ClassVar[dict[str, Any]] = {"items_per_call": 2, "rows_per_call": 3, "calls_at_once": 1}

    def __init__(self) -> None:
        self.shelves: dict[tuple[str, str], int] = {}
        self.sales: dict[str, OrderSnapshot] = {}
        self.calls: list[list[StockPush]] = []
        self.prices: list[list[PricePush]] = []
        self.lists = 0
        # what happens to the next calls, one each: raised before or after the numbers are taken, or given as outcomes
        self.before: list[Exception | None] = []
        self.after: list[Exception | None] = []
        self.judge: Callable[[StockPush], PushOutcome] = lambda p: PushOutcome(p.item_id, p.variation_id)
        self.list_fails: Exception | None = None

    def sell(self, number: str, item: str, pieces: int = 1) -> None:
        self.shelves[item, ""] -= pieces
        line = LineSnapshot("1", item, "", pieces)
        self.sales[number] = OrderSnapshot(number, "to_ship", "READY", "VND", timezone.now(), timezone.now(), (line,))

    def connector(self) -> Connector:
        publisher = Publisher(
            stock=lambda access, pushes: self.push_stock(pushes),
            price=lambda access, pushes: self.push_price(pushes),
            **self.facts,
        )
        reader = Reader(read=self.read, changed=self.changed, batch=50)
        return replace(toy_connector(), reads={"order": reader}, publisher=publisher)

    def changed(self, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
        self.lists += 1
        if self.list_fails:
            raise self.list_fails
        yield Page(tuple(Change(number) for number in self.sales))

    def read(self, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        return Answer(tuple(replace(self.sales[number], asked_at=asked_at) for number in ids))

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        self.calls.append(list(pushes))
        if self.before and (error := self.before.pop(0)):
            raise error
        outcomes = [self.judge(push) for push in pushes]
        for push, outcome in zip(pushes, outcomes, strict=True):
            if outcome.accepted:
                self.shelves[push.item_id, push.variation_id] = push.quantity
        if self.after and (error := self.after.pop(0)):
            raise error
        return outcomes

    def push_price(self, pushes: Sequence[PricePush]) -> list[PushOutcome]:
        self.prices.append(list(pushes))
        return [
            PushOutcome(p.item_id, p.variation_id, accepted=p.price < 1000, reason="" if p.price < 1000 else "too dear")
            for p in pushes
        ]


class Totals(Market):
    facts = {**Market.facts, "stock_basis": "total", "min_stock": 1}


class House:
    """A shop on one warehouse, with a listing per entry of `stock`: units on hand."""

    def __init__(self, market: Market, stock: Sequence[int] = (10,)) -> None:
        self.market = market
        app = AppRegistration.objects.create(channel="toy", name="Toy")
        self.shop = Shop.objects.create(name="Gian hàng", channel="toy")
        self.connection = Connection.objects.create(
            authorisation=Authorisation.objects.create(app=app, access_token="t"), shop=self.shop, external_id="900"
        )
        self.warehouse = Warehouse.objects.create(name="Kho")
        self.shop.sells_from.add(self.warehouse)
        self.levels = [self.add(str(number + 1), units) for number, units in enumerate(stock)]
        refresh_wanted(Product.objects.values_list("id", flat=True))

    def add(self, item: str, units: int) -> StockLevel:
        product = Product.objects.create(sku=f"SP-{item}", name="Áo thun")
        Listing.objects.create(shop=self.shop, item_id=item, title="Áo thun", product=product, status="active")
        level = StockLevel.objects.create(product=product, warehouse=self.warehouse)
        post_movement(level.id, Decimal(units), kind="opening", note="", actor_id=None)
        self.market.shelves[item, ""] = 0
        return level

    def receive(self, units: int, at: int = 0) -> None:
        level = self.levels[at]
        with transaction.atomic():
            post_movement(level.id, Decimal(units), kind="correction", note="", actor_id=None)
            refresh_wanted([level.product_id])

    def learn(self, number: str) -> None:
        with transaction.atomic():
            upsert_orders(self.shop, [replace(self.market.sales[number], asked_at=timezone.now())], source="webhook")

    def row(self, item: str = "1") -> ListingStock:
        return ListingStock.objects.get(listing__item_id=item)

    def publish(self) -> None:
        """A round that waits for nobody: patience of the channel and age of the last read are over."""
        Connection.objects.update(push_due_at=None, last_read_at=NOON)
        publish(self.connection.pk, 10)

    def older(self, seconds: int) -> None:
        execute(
            "UPDATE inventory_listingstock SET push_started_at = push_started_at - %s, pushed_at = pushed_at - %s,"
            " unsettled_until = unsettled_until - %s, blocked_until = blocked_until - %s",
            *[timedelta(seconds=seconds)] * 4,
        )


@pytest.fixture
def open_house(monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    def build(market: Market | None = None, stock: Sequence[int] = (10,)) -> House:
        house = House(market or Market(), stock)
        install(monkeypatch, house.market.connector())
        return house

    return build


Open = Callable[..., House]


def pushed(market: Market) -> list[list[tuple[str, int]]]:
    return [[(push.item_id, push.quantity) for push in call] for call in market.calls]


def test_what_is_due_leaves_in_full_calls_and_then_nothing_is_due(open_house: Open) -> None:
    house = open_house(stock=(10, 11, 12, 13, 14))
    assert due_connections() == [house.connection.pk]
    house.publish()
    assert pushed(house.market) == [[("1", 10), ("2", 11)], [("3", 12), ("4", 13)], [("5", 14)]]
    assert due_connections() == []
    house.publish()
    assert len(house.market.calls) == 3
    assert house.market.lists == 1


def test_the_rows_of_an_item_go_together_and_no_call_is_too_long(open_house: Open) -> None:
    house = open_house(stock=(10,))
    product = Product.objects.get()
    for item, variation in (("1", "a"), ("1", "b"), ("2", "a"), ("3", "a"), ("3", "b"), ("3", "c"), ("3", "d")):
        Listing.objects.create(
            shop=house.shop, item_id=item, variation_id=variation, title="Áo", product=product, status="active"
        )
    refresh_wanted([product.id])
    house.publish()
    assert [[push.item_id + push.variation_id for push in call] for call in house.market.calls] == [
        ["1", "1a", "1b"], ["2a"], ["3a", "3b", "3c"], ["3d"],
    ]  # fmt: skip


def test_a_sale_without_a_webhook_is_stored_before_numbers_are_pushed(open_house: Open) -> None:
    house = open_house()
    house.publish()
    house.market.sell("A", "1", 3)
    house.receive(5)
    house.publish()
    assert Order.objects.get().number == "A"
    assert pushed(house.market)[1:] == [[("1", 12)]]
    assert house.market.shelves["1", ""] == 12


def test_a_deep_cut_waits_for_no_orders_and_goes_before_all_else(open_house: Open) -> None:
    house = open_house(stock=(10, 12, 9))
    house.publish()
    house.receive(5, at=0)
    house.receive(-6, at=1)
    house.receive(-1, at=2)
    assert due_connections(deep_cuts=True) == [house.connection.pk]
    lists = house.market.lists
    cut(house.connection.pk)
    assert (pushed(house.market)[2:], house.market.lists) == ([[("2", 6)]], lists)
    assert (due_connections(deep_cuts=True), due_connections()) == ([], [house.connection.pk])
    house.receive(-6, at=1)
    house.publish()
    assert (pushed(house.market)[3:], house.market.lists) == ([[("2", 0)], [("3", 8), ("1", 15)]], lists + 1)


def test_an_unknown_number_is_not_cut_without_reading_orders(open_house: Open) -> None:
    house = open_house(stock=(10,))
    cut(house.connection.pk)
    house.market.after = [TryLater("no answer", after=0, maybe_done=True)]
    house.publish()
    ListingStock.objects.update(expected=None)
    house.receive(-9)
    sent = len(house.market.calls)
    cut(house.connection.pk)
    assert len(house.market.calls) == sent, "only a round that has read the orders sends it"
    assert due_connections(deep_cuts=True) == []


def test_a_retry_after_of_a_deep_cut_pauses_the_connection(open_house: Open) -> None:
    house = open_house(stock=(10,))
    house.publish()
    house.receive(-9)
    house.market.before = [TryLater("busy", after=60)]
    cut(house.connection.pk)
    assert (len(house.market.calls), due_connections(deep_cuts=True)) == (2, [])
    Connection.objects.update(push_due_at=None)
    cut(house.connection.pk)
    assert house.market.shelves["1", ""] == 1


def test_a_deep_fall_of_stock_enqueues_the_cut(open_house: Open, redis: Redis) -> None:
    house = open_house(stock=(10,))
    house.publish()
    redis.flushdb()
    rung = lambda: [job.func_name for name in ("cuts", "pushes") for job in django_rq.get_queue(name).jobs]  # noqa: E731
    house.receive(-1)
    assert rung() == ["integrations.jobs.publish"]
    house.receive(-5)
    assert rung() == ["integrations.jobs.cut", "integrations.jobs.publish"]


def test_when_orders_cannot_be_read_only_numbers_not_above_the_last_seen_leave(open_house: Open) -> None:
    house = open_house(stock=(10, 4))
    asked_at = timezone.now()
    shown = [
        ListingSnapshot(item, "", "", "Áo", "active", asked_at, stock=(ChannelStock(n),))
        for item, n in (("1", 7), ("2", 6))
    ]
    with transaction.atomic():
        upsert_listings(house.shop, shown)
    house.market.list_fails = TryLater("busy", after=1)
    house.publish()
    assert pushed(house.market) == [[("2", 4)]]
    house.market.list_fails = None
    house.publish()
    assert pushed(house.market)[1:] == [[("1", 10)]]


def test_a_lost_answer_after_which_stock_moved_leaves_no_stale_number_showing(open_house: Open) -> None:
    house = open_house()
    house.market.after = [TryLater("no answer", after=0, maybe_done=True)]
    house.publish()
    assert (house.row().expected, house.row().unsettled) == (10, 10)
    house.receive(-4)
    house.publish()
    assert house.market.shelves["1", ""] == 6
    # the lost call arrives at last: its number may show only until it is settled
    house.market.shelves["1", ""] = 10
    house.older(31)
    assert due_connections() == [house.connection.pk]
    house.publish()
    assert house.market.shelves["1", ""] == 6
    assert (house.row().expected, house.row().unsettled, due_connections()) == (6, None, [])


def test_a_push_left_behind_by_a_dead_worker_is_repeated(open_house: Open) -> None:
    house = open_house()
    house.market.before = [SystemExit()]  # type: ignore[list-item]
    with pytest.raises(SystemExit):
        house.publish()
    house.publish()
    assert (house.row().pushing, len(house.market.calls)) == (10, 1)
    house.older(91)
    house.publish()
    assert (house.market.shelves["1", ""], house.row().expected) == (10, 10)


def test_one_failed_call_holds_no_other_number_up(open_house: Open) -> None:
    house = open_house(stock=(10, 11, 12))
    house.market.before = [TryLater("a broken server", after=5)]
    house.publish()
    assert len(house.market.calls) == 3, "two calls for three numbers, and the failed one once more"
    assert due_connections() == []


@pytest.mark.parametrize(
    ("error", "trouble"),
    [(TryLater("busy", after=60), ""), (NotAuthorised("connect again"), "connect again")],
)
def test_a_retry_after_and_a_refused_token_pause_the_connection(
    open_house: Open, error: Exception, trouble: str
) -> None:
    house = open_house(stock=(10, 11, 12))
    house.market.before = [error]
    house.publish()
    house.connection.refresh_from_db()
    assert (len(house.market.calls), str(house.connection.trouble), due_connections()) == (1, trouble, [])
    assert house.row().pushing is None
    publish(house.connection.pk)
    assert len(house.market.calls) == 1
    house.publish()
    assert house.market.shelves == {("1", ""): 10, ("2", ""): 11, ("3", ""): 12}


def lost(times: int) -> list[Exception]:
    return [TryLater("no answer", after=30, maybe_done=True) for _ in range(times)]


def test_a_lost_answer_of_one_item_holds_the_others_up_not_at_all(open_house: Open) -> None:
    house = open_house(stock=(10, 11, 12))
    house.market.after = lost(2)
    house.publish()
    house.connection.refresh_from_db()
    assert [house.row(item).expected for item in ("1", "2", "3")] == [10, 11, 12]
    assert (house.connection.push_due_at, due_connections()) == (None, [])


@pytest.mark.parametrize("items", [1, 4])
def test_three_lost_answers_in_a_row_pause_the_connection_for_a_second(open_house: Open, items: int) -> None:
    house = open_house(stock=(10, 11, 12, 13)[:items])
    house.market.after = lost(9)
    house.publish()
    house.connection.refresh_from_db()
    assert len(house.market.calls) == 3
    assert house.connection.push_due_at
    assert house.connection.push_due_at - timezone.now() < timedelta(seconds=1)


class Slow(Market):
    """Once it is `together`, answers only when as many calls are under way as may be; item 3 may have trouble of its own."""

    facts = {**Market.facts, "items_per_call": 1, "calls_at_once": 4}

    def __init__(self) -> None:
        super().__init__()
        self.together: Barrier | None = None
        self.trouble: Exception | None = None

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        if self.together:
            self.together.wait(20)
        if self.trouble and pushes[0].item_id == "3":
            raise self.trouble
        return super().push_stock(pushes)


def lowered(open_house: Open, items: int) -> House:
    """A house whose numbers, 10 and up, must each fall by three; its market takes its time from now on."""
    market = Slow()
    house = open_house(market, stock=range(10, 10 + items))
    house.publish()
    assert len(market.calls) == items
    market.calls.clear()
    for at in range(items):
        house.receive(-3, at)
    market.together = Barrier(Slow.facts["calls_at_once"])
    return house


def test_what_must_fall_leaves_in_as_many_calls_at_once_as_the_channel_takes(open_house: Open) -> None:
    house = lowered(open_house, 8)
    house.publish()
    assert [house.row(str(item)).expected for item in range(1, 9)] == list(range(7, 15))
    assert (len(house.market.calls), due_connections()) == (8, [])


def test_what_may_rise_takes_its_turn(open_house: Open) -> None:
    fall, rise = (DuePush(n, n, str(n), "", "", "", "", 5, 5, rises=n > 5) for n in (1, 6))
    calls = [[replace(fall, stock_id=n)] for n in range(5)] + [[replace(rise, stock_id=n)] for n in range(3)]
    assert [len(group) for group in concurrent(calls, 4)] == [4, 1, 1, 1, 1]
    assert [len(group) for group in concurrent([[fall, rise], [fall]], 4)] == [2]
    assert [len(group) for group in concurrent([[fall], [fall]], 1)] == [1, 1]
    house = open_house(stock=(10, 12))
    assert {push.rises for push in due_pushes_of(house)} == {True}
    house.publish()
    house.receive(-3)
    assert [(push.number, push.rises) for push in due_pushes_of(house)] == [(7, False)]


def due_pushes_of(house: House) -> list[DuePush]:
    return due_pushes(house.shop.pk, limit=10, scarce_below=10, stale_after=timedelta(seconds=90))


@pytest.mark.parametrize(
    ("trouble", "expected", "unsettled", "is_raised"),
    [
        (NotAuthorised("connect again"), 12, None, False),
        (TryLater("busy", after=60), 12, None, False),
        (TryLater("lost", maybe_done=True), None, 9, False),
        (ValueError("senseless"), None, 9, True),
    ],
)
def test_what_one_of_them_meets_is_its_own(
    open_house: Open, trouble: Exception, expected: int | None, unsettled: int | None, is_raised: bool
) -> None:
    house = lowered(open_house, 4)
    assert isinstance(house.market, Slow)
    house.market.trouble = trouble
    with pytest.raises(ValueError, match="senseless") if is_raised else nullcontext():
        publish(house.connection.pk, budget_seconds=0)
    assert [house.row(item).expected for item in "124"] == [7, 8, 10]
    third = house.row("3")
    assert (third.expected, third.pushing, third.unsettled) == (expected, None, unsettled)


def test_a_refused_row_keeps_its_reason_and_delays_no_other(open_house: Open) -> None:
    house = open_house(stock=(10, 11))
    house.market.judge = lambda p: PushOutcome(
        p.item_id, p.variation_id, accepted=p.item_id != "1", code="banned", reason="the item is banned"
    )
    house.publish()
    assert (house.row().failure_code, str(house.row().failure), house.row().expected) == (
        "banned",
        "the item is banned",
        None,
    )
    assert (house.row("2").expected, due_connections()) == (11, [])


def test_a_campaigns_floor_is_shown_at_once_when_the_channel_names_it(open_house: Open) -> None:
    house = open_house(stock=(3,))
    house.market.judge = lambda p: PushOutcome(
        p.item_id, p.variation_id, accepted=p.quantity >= 5, code="reserved", reason="a campaign holds 5", floor=5
    )
    house.publish()
    assert pushed(house.market) == [[("1", 3)], [("1", 5)]]
    assert (house.row().expected, house.row().wanted, due_connections()) == (5, 3, [])


def test_a_call_refused_as_a_whole_is_split_until_the_item_to_blame_is_found(open_house: Open) -> None:
    house = open_house(stock=(10, 11))
    house.market.before = [Rejected("item not found", code="gone"), None, Rejected("item not found", code="gone")]
    house.publish()
    assert pushed(house.market) == [[("1", 10), ("2", 11)], [("1", 10)], [("2", 11)]]
    assert (house.row("1").expected, str(house.row("2").failure)) == (10, "item not found")


def test_a_row_the_answer_does_not_mention_may_have_been_taken(open_house: Open) -> None:
    house = open_house()
    house.market.judge = lambda p: PushOutcome("other", "")
    publish(house.connection.pk, 0)
    assert (house.row().expected, house.row().unsettled) == (None, 10)


def test_after_an_unexpected_error_the_numbers_count_as_sent(open_house: Open) -> None:
    house = open_house()
    house.market.after = [KeyError("response")]
    with pytest.raises(KeyError):
        house.publish()
    assert (house.row().pushing, house.row().unsettled, due_connections()) == (None, 10, [])


def test_totals_count_the_shops_own_open_units_and_too_little_is_for_a_person(open_house: Open) -> None:
    house = open_house(Totals(), stock=(10, 0))
    house.market.sell("A", "1", 3)
    house.learn("A")
    house.publish()
    assert [(p.quantity, p.open_units) for call in house.market.calls for p in call] == [(7, 3)]
    assert house.row("2").failure_code == "below_minimum"
    assert due_connections() == []


def test_a_paused_or_red_shop_pushes_nothing(open_house: Open) -> None:
    house = open_house()
    Shop.objects.update(pushes_paused=True)
    house.publish()
    assert due_connections() == []
    Shop.objects.update(pushes_paused=False)
    Authorisation.objects.update(state="red")
    house.publish()
    assert (house.market.calls, due_connections()) == ([], [])


def test_prices_are_pushed_and_a_refused_one_keeps_its_reason(open_house: Open) -> None:
    house = open_house(stock=(10, 11))
    house.publish()
    first, second = Listing.objects.order_by("item_id")
    set_wanted_price(first.id, Decimal(500))
    set_wanted_price(second.id, Decimal(5000))
    assert due_connections() == [house.connection.pk]
    house.publish()
    assert [[(p.item_id, p.price) for p in call] for call in house.market.prices] == [[("1", 500), ("2", 5000)]]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.price, str(first.price_failure)) == (500, "")
    assert (second.price, str(second.price_failure)) == (None, "too dear")
    assert due_connections() == []


def test_the_number_of_queries_of_a_call_does_not_grow_with_its_rows(open_house: Open) -> None:
    class Wide(Market):
        facts = {**Market.facts, "items_per_call": 100, "rows_per_call": 100}

    house = open_house(Wide(), stock=())

    def queries(count: int) -> int:
        for number in range(count):
            house.add(f"{count}-{number}", 20)
        refresh_wanted(Product.objects.values_list("id", flat=True))
        with CaptureQueriesContext(database) as captured:
            house.publish()
        return len(captured)

    assert queries(1) == queries(80)
    assert [len(call) for call in house.market.calls] == [1, 80]


STEPS = ("sell", "learn", "receive", "take away", "publish", "lost before", "lost after", "not sent", "refused")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=12))
def test_any_order_of_sales_readings_and_answers_ends_with_the_wanted_number_showing(
    open_house: Open, steps: list[str]
) -> None:
    house = open_house(stock=(12,))
    market, unlearnt = house.market, []
    for number, step in enumerate(steps):
        if step == "sell" and market.shelves["1", ""]:
            market.sell(f"N{number}", "1")
            unlearnt.append(f"N{number}")
        elif step == "learn" and unlearnt:
            house.learn(unlearnt.pop(0))
        elif step in ("receive", "take away"):
            house.receive(2 if step == "receive" else -1)
        elif step == "refused":
            market.before = [Rejected("not now")]
            house.publish()
        elif step not in ("sell", "learn"):
            lost = TryLater("no answer", after=0, maybe_done=step != "not sent")
            market.before = [lost] if step in ("lost before", "not sent") else []
            market.after = [lost] if step == "lost after" else []
            house.publish()
    market.before, market.after = [], []
    for number in unlearnt:
        house.learn(number)
    house.older(3600)
    house.publish()
    row = house.row()
    assert (market.shelves["1", ""], row.expected, row.unsettled) == (row.wanted, row.wanted, None)
    assert Order.objects.count() == len(market.sales)
    _empty()


def _empty() -> None:
    """Between examples: the database is emptied as it is after a test."""
    tables = ", ".join(t for t in database.introspection.table_names() if t != "django_migrations")
    execute(f"TRUNCATE {tables} CASCADE")
