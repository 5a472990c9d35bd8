"""Drift: a number changed by hand at the channel is found, judged with all sales known, and put right or asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from django.utils import timezone

from integrations.contract.access import Access
from integrations.contract.connector import Connector
from integrations.contract.errors import TryLater
from integrations.contract.publisher import Shown, ShownNumber, ShownPage
from integrations.models import InboxEvent, SyncRun
from integrations.publishing.drift import SHARES, check_numbers
from integrations.publishing.rounds import publish
from inventory.models import Listing, ListingStock, StockDrift
from inventory.services import drift
from tests.integrations.toy import install

from .house import House, Market

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


class Shelves(Market):
    """A marketplace whose list carries the numbers, two listings a page."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.fails_at = ""

    def listed(self, access: Access, *, after: str) -> ShownPage:
        self.pages.append(after)
        if after and after == self.fails_at:
            raise TryLater("too often", after=60, code="wait")
        items = sorted(item for item, _ in self.shelves)
        first = int(after or 0)
        numbers = tuple(ShownNumber(item, "", self.shelves[item, ""]) for item in items[first : first + 2])
        return ShownPage(numbers, str(first + 2) if first + 2 < len(items) else "")

    def connector(self) -> Connector:
        found = super().connector()
        assert found.publisher
        return replace(found, publisher=replace(found.publisher, shown=self.shown()))

    def shown(self) -> Shown:
        return Shown(listed=self.listed, items_per_call=2)


class Singles(Shelves):
    """A marketplace where only a read of each item tells its number."""

    def __init__(self) -> None:
        super().__init__()
        self.read_items: list[list[str]] = []

    def of_items(self, access: Access, item_ids: Sequence[str]) -> ShownPage:
        self.read_items.append(list(item_ids))
        return ShownPage(tuple(ShownNumber(item, "", self.shelves[item, ""]) for item in item_ids))

    def shown(self) -> Shown:
        return Shown(items=self.of_items, batch=20)


def opened(market: Market, monkeypatch: pytest.MonkeyPatch, units: Sequence[int] = (10, 10, 10)) -> House:
    """A shop that shows all its numbers."""
    install(monkeypatch, market.connector())
    house = House(market, units)
    publish(house.connection.pk)
    assert set(market.shelves.values()) == set(units)
    return house


def found() -> list[tuple[str, int, int, str, bool]]:
    rows = StockDrift.objects.order_by("id").select_related("stock__listing")
    return [(d.stock.listing.item_id, d.expected, d.observed, d.decision, d.ended_at is not None) for d in rows]


def test_a_number_changed_by_hand_is_found_put_right_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    assert (check_numbers(house.connection.pk), market.pages, found()) == (0, ["", "2"], [])
    market.shelves["2", ""] = 99
    assert check_numbers(house.connection.pk) == 1
    assert found() == [("2", 10, 99, "put_right", False)]
    publish(house.connection.pk)
    assert market.shelves["2", ""] == 10
    assert check_numbers(house.connection.pk) == 0
    assert found() == [("2", 10, 99, "put_right", True)]


def test_nothing_is_written_and_nothing_sent_where_all_is_as_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    check_numbers(house.connection.pk)
    before, pushed = list(ListingStock.objects.order_by("id").values()), len(market.calls)
    check_numbers(house.connection.pk)
    publish(house.connection.pk)
    assert (list(ListingStock.objects.order_by("id").values()), len(market.calls)) == (before, pushed)


def test_a_sale_that_is_not_known_yet_is_no_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    market.sell("A1", "1", 3)
    assert (check_numbers(house.connection.pk), found()) == (0, [])
    assert house.connection.shop.orders.count() == 1, "the check read the shop's orders first"
    publish(house.connection.pk)
    assert market.shelves["1", ""] == 7


def test_nothing_is_judged_while_the_sales_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    execute_stale(house)
    market.shelves["1", ""] = 99
    market.list_fails = TryLater("away")
    assert (check_numbers(house.connection.pk), found()) == (0, [])


def execute_stale(house: House) -> None:
    """The shop's orders were not read lately."""
    type(house.connection).objects.update(last_read_at=None)


def test_a_shop_that_asks_waits_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    type(house.shop).objects.update(asks_about_drift=True)
    market.shelves["1", ""], market.shelves["2", ""] = 99, 50
    assert check_numbers(house.connection.pk) == 2
    publish(house.connection.pk)
    assert (market.shelves["1", ""], market.shelves["2", ""]) == (99, 50)
    one, two = StockDrift.objects.order_by("stock__listing__item_id")
    assert drift.leave([two.pk], actor_id=None) == 1
    assert drift.put_right([one.pk], actor_id=None) == [house.shop.pk]
    publish(house.connection.pk)
    assert check_numbers(house.connection.pk) == 1, "the one that was left is the same row still"
    assert (market.shelves["1", ""], market.shelves["2", ""]) == (10, 50)
    assert found() == [("1", 10, 99, "put_right", True), ("2", 10, 50, "left", False)]
    market.shelves["2", ""] = 10
    check_numbers(house.connection.pk)
    assert found()[1] == ("2", 10, 50, "left", True)


def test_an_unmapped_listing_and_one_whose_push_is_on_its_way_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    Listing.objects.filter(item_id="1").update(product=None)
    ListingStock.objects.filter(listing__item_id="1").update(wanted=None)
    ListingStock.objects.filter(listing__item_id="2").update(pushing=10)
    market.shelves |= {("1", ""): 99, ("2", ""): 99}
    assert (check_numbers(house.connection.pk), found()) == (0, [])


def test_a_list_that_breaks_off_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch, (10,) * 5)
    market.fails_at = "2"
    check_numbers(house.connection.pk)
    market.fails_at = ""
    check_numbers(house.connection.pk)
    check_numbers(house.connection.pk)
    assert market.pages == ["", "2", "2", "4", "", "2", "4"]


def test_where_no_list_carries_numbers_each_item_is_seen_within_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Singles()
    house = opened(market, monkeypatch, (10,) * 30)
    for _ in range(SHARES):
        check_numbers(house.connection.pk)
    assert [len(items) for items in market.read_items] == [3] * 10 + [3, 3]
    assert len({item for items in market.read_items[:10] for item in items}) == 30


def test_a_number_nobody_is_sure_of_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Singles()
    house = opened(market, monkeypatch, (10,) * 30)
    ListingStock.objects.filter(listing__item_id="9").update(expected=None, read_back_due=True)
    check_numbers(house.connection.pk)
    assert market.read_items[0] == ["9"]
    stock = ListingStock.objects.get(listing__item_id="9")
    assert (stock.expected, stock.observed, stock.read_back_due, found()) == (10, 10, False, [])


@pytest.mark.parametrize("kind", [Shelves, Singles])
def test_an_item_with_another_variation_is_read_again(kind: type[Shelves], monkeypatch: pytest.MonkeyPatch) -> None:
    market = kind()
    house = opened(market, monkeypatch)
    listing = Listing.objects.get(shop=house.connection.shop, item_id="2")
    Listing.objects.filter(pk=listing.pk).update(variation_id="old")
    for _ in range(SHARES):
        check_numbers(house.connection.pk)
    assert list(InboxEvent.objects.values_list("kind", "external_id", "source")) == [("listing", "2", "sweep")]


@pytest.mark.parametrize(("status", "is_read"), [("active", True), ("inactive", False), ("deleted", False)])
def test_an_item_that_no_longer_names_a_variation_on_sale_is_read_again(
    status: str, is_read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = Singles()
    house = opened(market, monkeypatch)
    Listing.objects.create(
        shop=house.connection.shop, item_id="2", variation_id="gone", title="Áo", status=status, asked_at=timezone.now()
    )
    for _ in range(SHARES):
        check_numbers(house.connection.pk)
    assert [event.external_id for event in InboxEvent.objects.all()] == (["2"] if is_read else [])


def test_a_check_leaves_a_row_of_the_numbers_it_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Shelves()
    house = opened(market, monkeypatch)
    market.shelves["2", ""] = 99
    check_numbers(house.connection.pk)
    market.fails_at = "2"
    check_numbers(house.connection.pk)
    rows = SyncRun.objects.filter(kind="numbers").order_by("id")
    assert [(r.state, r.fetched, r.written, str(r.reason)) for r in rows] == [
        ("done", 3, 1, ""),
        ("failed", 2, 0, "too often"),
    ]
