"""Numbers on their way: whatever happens in whatever order, the channel ends up showing what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.db import execute, fetch
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.services import drift
from inventory.services.expected import OwnSale, forget_expected, note_own_sales
from inventory.services.listings import upsert_listings
from inventory.services.prices import due_prices, set_wanted_price, settle_prices
from inventory.services.pushes import (
    PLENTY_PAUSE_SECONDS,
    DuePush,
    InFlight,
    PushRefusal,
    due_pushes,
    pushes_accepted,
    pushes_not_sent,
    pushes_refused,
    pushes_unknown,
    shops_due_sql,
    start_pushes,
)
from inventory.snapshots import ChannelStock, ListingSnapshot

pytestmark = pytest.mark.django_db

STALE = timedelta(minutes=2)
SETTLES = timedelta(seconds=30)


class Shelf:
    """A listing and what its channel really shows. Calls that nobody heard from may still arrive until they are settled."""

    def __init__(self, shown: int = 0, wanted: int = 0) -> None:
        self.shop = Shop.objects.create(name="Gian hàng", channel="toy")
        product = Product.objects.create(sku="AO-01", name="Áo thun")
        self.listing = Listing.objects.create(shop=self.shop, item_id="1", title="Áo thun", product=product)
        self.id = ListingStock.objects.create(listing=self.listing, wanted=wanted).id
        self.shown = shown
        self.flying: list[InFlight] = []
        self.taken = False
        self.late: list[int] = []
        self.untold: list[datetime] = []
        self.seen: list[ListingSnapshot] = []

    @property
    def row(self) -> ListingStock:
        return ListingStock.objects.get(id=self.id)

    def due(self) -> list[DuePush]:
        return due_pushes(self.shop.id, limit=10, scarce_below=0, stale_after=STALE)

    def start(self) -> None:
        for push in self.due():
            self.flying += start_pushes([(push.stock_id, push.number)], stale_after=STALE)

    def want(self, number: int) -> None:
        execute("UPDATE inventory_listingstock SET wanted = %s, blocked_until = NULL WHERE id = %s", number, self.id)

    def older(self, seconds: int) -> None:
        """Time passes: everything that was written down is so much longer ago."""
        back = timedelta(seconds=seconds)
        execute(
            "UPDATE inventory_listingstock SET pushed_at = pushed_at - %s, push_started_at = push_started_at - %s,"
            " observed_at = observed_at - %s, unsettled_until = unsettled_until - %s, blocked_until = blocked_until - %s",
            back, back, back, back, back,
        )  # fmt: skip
        execute("UPDATE inventory_listing SET asked_at = asked_at - %s", back)
        self.untold = [placed - back for placed in self.untold]
        self.seen = []
        self.flying = [InFlight(f.stock_id, f.number, f.started_at - back) for f in self.flying]
        if back >= SETTLES:
            self.late = []

    # what may happen, each named in the test below

    def sell(self) -> None:
        if self.shown:
            self.shown -= 1
            self.untold.append(timezone.now())

    def tell(self) -> None:
        if self.untold:
            placed = self.untold.pop(0)
            with transaction.atomic():
                note_own_sales([OwnSale(self.listing.id, 1, placed)])
                self.want(max((self.row.wanted or 0) - 1, 0))

    def cancel(self) -> None:
        self.shown += 1
        forget_expected([self.listing.id])
        self.want((self.row.wanted or 0) + 1)

    def take(self) -> None:
        """The channel takes the number; we have not heard of it yet."""
        if self.flying and not self.taken:
            self.shown, self.taken = self.flying[0].number, True

    def _answered(self) -> InFlight:
        self.taken = False
        return self.flying.pop(0)

    def accept(self) -> None:
        if self.flying:
            self.take()
            pushes_accepted([self._answered()])

    def lose_after(self) -> None:
        if self.flying:
            self.take()
            pushes_unknown([self._answered()], settles_after=SETTLES)

    def lose_before(self) -> None:
        """No answer, and the channel is still at it."""
        if self.flying and not self.taken:
            self.late.append(self.flying[0].number)
            pushes_unknown([self._answered()], settles_after=SETTLES)

    def arrive_late(self) -> None:
        if self.late:
            self.shown = self.late.pop(0)

    def die(self) -> None:
        """The worker is killed: the number may have arrived, nobody will say."""
        if self.flying:
            self.take()
            self._answered()

    def not_sent(self) -> None:
        if self.flying and not self.taken:
            pushes_not_sent([self._answered()])

    def refuse(self) -> None:
        if self.flying and not self.taken:
            pushes_refused([PushRefusal(self._answered(), "busy", "not now")])

    def look(self) -> None:
        """Somebody asks the channel; the answer is not stored yet."""
        shown = (ChannelStock(self.shown),)
        self.seen.append(ListingSnapshot("1", "", "A", "Áo", "active", timezone.now(), stock=shown))

    def read_back(self) -> None:
        if self.seen:
            upsert_listings(self.shop, [self.seen.pop(0)])

    def check(self) -> None:
        """The five-minute check, with all sales known."""
        asked_at = timezone.now()
        found = drift.compare(self.shop.id, [drift.Shown("1", "", "", self.shown)], asked_at=asked_at)
        drift.record(self.shop.id, found, asked_at=asked_at)

    def settle(self) -> None:
        """Everything that is under way comes to its end, and all that is due goes out."""
        while self.untold:
            self.tell()
        for _ in range(3):
            self.arrive_late()
        while self.flying:
            self.accept()
        self.older(3600)
        self.check()
        for _ in range(4):
            self.start()
            while self.flying:
                self.accept()


STEPS: dict[str, Callable[[Shelf], None]] = {
    name: getattr(Shelf, name)
    for name in (
        "start", "sell", "tell", "cancel", "accept", "take", "lose_after", "lose_before", "arrive_late",
        "die", "not_sent", "refuse", "look", "read_back",
    )
} | {
    "raise": lambda shelf: shelf.want((shelf.row.wanted or 0) + 1),
    "cut": lambda shelf: shelf.want(max((shelf.row.wanted or 0) - 1, 0)),
    "seconds": lambda shelf: shelf.older(10),
    "minutes": lambda shelf: shelf.older(200),
}  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=24))
@example(["start", "take", "sell", "tell", "raise", "accept"])
@example(["start", "take", "cancel", "cut", "accept"])
@example(["start", "take", "sell", "seconds", "accept", "raise", "tell"])
@example(["start", "accept", "sell", "seconds", "cut", "start", "not_sent", "raise", "raise", "tell"])
@example(["start", "accept", "sell", "seconds", "cut", "start", "refuse", "raise", "raise", "tell"])
@example(["start", "lose_before", "start", "cut", "accept", "start", "accept", "arrive_late"])
@example(["start", "accept", "raise", "start", "die", "cut", "minutes", "start", "not_sent"])
@example(["start", "die", "cancel", "minutes", "sell", "tell"])
def test_whatever_happens_the_number_shown_ends_as_the_number_wanted(steps: list[str]) -> None:
    with transaction.atomic():
        shelf = Shelf(shown=5, wanted=8)
        for step in steps:
            STEPS[step](shelf)
        shelf.settle()
        row = shelf.row
        shown = shelf.shown
        transaction.set_rollback(True)
    assert (shown, row.expected, row.pushing, row.unsettled) == (row.wanted, row.wanted, None, None)


def test_a_number_leaves_once_and_a_lost_answer_makes_it_due_at_once_and_again_when_it_is_settled() -> None:
    shelf = Shelf(wanted=10)
    shelf.start()
    assert (len(shelf.flying), shelf.due()) == (1, [])
    shelf.lose_before()
    shelf.want(9)
    shelf.start()
    shelf.accept()
    assert (shelf.shown, shelf.due()) == (9, [])
    shelf.arrive_late()
    assert shelf.shown == 10
    shelf.older(30)
    shelf.start()
    shelf.accept()
    assert (shelf.shown, shelf.row.unsettled, shelf.due()) == (9, None, [])


def test_a_late_answer_says_nothing_about_a_newer_push_of_the_same_number() -> None:
    shelf = Shelf(wanted=10)
    shelf.start()
    shelf.older(200)
    shelf.start()
    first, second = shelf.flying
    pushes_accepted([first])
    assert shelf.row.pushing == 10
    pushes_accepted([second])
    assert (shelf.row.pushing, shelf.row.expected) == (None, 10)


def test_a_number_that_changed_before_it_left_does_not_leave() -> None:
    shelf = Shelf(wanted=10)
    [due] = shelf.due()
    shelf.want(3)
    assert start_pushes([(due.stock_id, due.number)], stale_after=STALE) == []


def test_a_refusal_is_tried_later_and_later_and_at_once_when_the_number_changes() -> None:
    shelf = Shelf(wanted=10)
    waits = []
    for _ in range(3):
        shelf.start()
        shelf.refuse()
        assert shelf.due() == []
        row = shelf.row
        assert row.blocked_until
        waits.append(round((row.blocked_until - timezone.now()).total_seconds()))
        shelf.older(3600)
    assert (waits, shelf.row.failures, str(shelf.row.failure)) == ([2, 8, 32], 3, "not now")
    shelf.start()
    shelf.refuse()
    shelf.want(9)
    assert [push.number for push in shelf.due()] == [9]


def test_a_campaign_lets_no_less_than_its_own_units_be_shown() -> None:
    shelf = Shelf(wanted=3, shown=20)
    shelf.start()
    pushes_refused([PushRefusal(shelf.flying.pop(), "reserved", "a campaign holds 5", floor=5)])
    shelf.start()
    assert [push.number for push in shelf.flying] == [5]
    shelf.accept()
    assert (shelf.row.expected, shelf.due()) == (5, [])
    shelf.want(4)
    assert shelf.due() == []
    shelf.want(7)
    assert [push.number for push in shelf.due()] == [7]


def test_what_a_campaign_has_sold_is_not_shown_again() -> None:
    shelf = Shelf(wanted=0)
    ListingStock.objects.update(expected=4, observed=4, published=4, promotion_reserved=4)
    assert shelf.due() == []
    ListingStock.objects.update(expected=3)
    assert shelf.due() == [], "one of the four was sold: a push of four would sell it again"


def test_a_floor_that_is_known_is_not_believed_before_the_channel_names_it_again() -> None:
    shelf = Shelf(wanted=0)
    ListingStock.objects.update(expected=None, promotion_reserved=4)

    def refused() -> int:
        shelf.start()
        push = shelf.flying.pop()
        pushes_refused([PushRefusal(push, "reserved", "a campaign holds 4", floor=4)])
        return push.number

    assert (refused(), refused(), shelf.due()) == (0, 4, [])
    shelf.older(60)
    shelf.start()
    shelf.accept()
    assert (shelf.row.expected, shelf.due()) == (4, [])


def test_two_unknown_shelves_of_a_scarce_product_do_not_wait_for_each_other() -> None:
    shelf = Shelf(wanted=2)
    product = shelf.listing.product
    assert product
    StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"), on_hand=4)
    other = Listing.objects.create(shop=shelf.shop, item_id="2", title="Áo", product=product)
    ListingStock.objects.create(listing=other, wanted=2, published=5)
    ListingStock.objects.filter(id=shelf.id).update(published=5)
    due = due_pushes(shelf.shop.id, limit=10, scarce_below=10, stale_after=STALE)
    assert [push.number for push in due] == [2, 2]


def test_what_a_lost_push_may_still_bring_leaves_no_room_for_a_raise() -> None:
    shelf = Shelf(wanted=4)
    product = shelf.listing.product
    assert product
    StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"), on_hand=4)
    shelf.start()
    shelf.lose_before()
    shelf.want(1)
    shelf.start()
    shelf.accept()
    other = Listing.objects.create(shop=shelf.shop, item_id="2", title="Áo", product=product)
    ListingStock.objects.create(listing=other, wanted=3)

    def due() -> list[tuple[str, int]]:
        found = due_pushes(shelf.shop.id, limit=10, scarce_below=10, stale_after=STALE)
        return [(push.item_id, push.number) for push in found]

    assert due() == []
    shelf.older(30)
    assert due() == [("1", 1)]
    shelf.flying += start_pushes([(shelf.id, 1)], stale_after=STALE)
    shelf.accept()
    assert due() == [("2", 3)]


def test_what_is_due_is_found_by_its_index() -> None:
    """Among numbers that are as wanted; of empty tables the planner knows nothing, and any index is as good."""
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    rows = Listing.objects.bulk_create(Listing(shop=shop, item_id=str(n), title="Áo thun") for n in range(2_000))
    ListingStock.objects.bulk_create(ListingStock(listing=row, wanted=5, expected=5) for row in rows)
    execute("ANALYZE inventory_listing, inventory_listingstock")
    execute("SET LOCAL enable_seqscan = off")
    statement, params = shops_due_sql(stale_after=STALE)
    plan = "\n".join(row[0] for row in fetch(f"EXPLAIN {statement}", **params))
    assert "listing_stock_due" in plan
    assert "listing_own_price" in plan


def test_a_price_that_was_set_anew_while_it_was_pushed_is_due_again() -> None:
    shelf = Shelf()
    Listing.objects.update(price=100)
    set_wanted_price(shelf.listing.id, Decimal(120))
    [due] = due_prices(shelf.shop.id, limit=10)
    set_wanted_price(shelf.listing.id, Decimal(130))
    settle_prices([due], [(due, "too high")])
    listing = Listing.objects.get()
    assert (listing.price, str(listing.price_failure)) == (120, "")
    [again] = due_prices(shelf.shop.id, limit=10)
    assert again.price == 130
    settle_prices([], [(again, "too high")])
    assert due_prices(shelf.shop.id, limit=10) == []


@pytest.mark.parametrize(
    ("shown", "wanted", "is_due"),
    [
        (50, 40, False),  # plenty: the next call belongs to others
        (40, 50, False),
        (20, 19, True),  # less than twice what the shop calls scarce
        (5, 90, True),
        (50, 0, True),
    ],
)
def test_where_there_is_plenty_a_number_shown_just_now_waits(shown: int, wanted: int, is_due: bool) -> None:
    shelf = Shelf(wanted=shown)
    shelf.start()
    pushes_accepted(shelf.flying)
    shelf.want(wanted)
    assert bool(shelf.due()) is is_due
    shelf.older(PLENTY_PAUSE_SECONDS)
    assert shelf.due()


@pytest.mark.parametrize(
    ("shown", "wanted", "is_deep"),
    [
        (2, 1, True),
        (1, 0, True),
        (10, 5, True),
        (10, 6, False),
        (3, 2, False),
        (0, 5, False),
        (5, 9, False),
        (0, 0, False),
    ],
)
def test_a_deep_cut_is_to_half_of_what_is_shown_or_less(shown: int, wanted: int, is_deep: bool) -> None:
    shelf = Shelf(wanted=shown)
    shelf.start()
    pushes_accepted(shelf.flying)
    shelf.want(wanted)
    found = due_pushes(shelf.shop.id, limit=10, scarce_below=0, stale_after=STALE, deep_cuts=True)
    assert [push.number for push in found] == ([wanted] if is_deep else [])
    statement, params = shops_due_sql(stale_after=STALE, deep_cuts=True)
    assert fetch(statement, **params) == ([(shelf.shop.id,)] if is_deep else [])


def test_a_number_that_was_never_pushed_but_read_does_not_wait() -> None:
    shelf = Shelf(wanted=60)
    ListingStock.objects.update(expected=50, observed=50, published=50)
    assert shelf.due()


def test_a_number_nobody_is_sure_of_does_not_wait() -> None:
    shelf = Shelf(wanted=60)
    shelf.start()
    pushes_accepted(shelf.flying)
    ListingStock.objects.update(expected=None)
    assert shelf.due()
