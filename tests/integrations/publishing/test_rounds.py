"""Publishing: what is due leaves in full calls, and the shop's own sales are read first."""

from __future__ import annotations

from decimal import Decimal

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
from integrations.contract.errors import Rejected, TryLater
from integrations.models import Authorisation, Connection
from integrations.publishing.rounds import cut, due_connections
from inventory.models import Listing, ListingStock, Product, Shop
from inventory.services.listings import upsert_listings
from inventory.services.prices import set_wanted_price
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ChannelStock, ListingSnapshot
from orders.models import Order
from tests.integrations.publishing.house import Market, Open, Totals, pushed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


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
