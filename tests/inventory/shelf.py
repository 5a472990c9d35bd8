"""A listing and what its channel really shows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from core.db import execute
from inventory.models import Listing, ListingStock, Product, Shop
from inventory.services import drift
from inventory.services.expected import OwnSale, forget_expected, note_own_sales
from inventory.services.listings import upsert_listings
from inventory.services.pushes import (
    DuePush,
    InFlight,
    PushRefusal,
    due_pushes,
    pushes_accepted,
    pushes_not_sent,
    pushes_refused,
    pushes_unknown,
    start_pushes,
)
from inventory.snapshots import ChannelStock, ListingSnapshot

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
