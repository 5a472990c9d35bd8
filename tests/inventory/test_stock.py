"""Stock from order line to listing: rules 2 and 3 of the design, on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Sum

from inventory.models import (
    BundleComponent,
    Listing,
    ListingStock,
    Product,
    Reservation,
    Shop,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.services.listings import upsert_listings
from inventory.services.mapping import exact_matches, map_listings
from inventory.services.pushes import due_pushes, pushes_accepted, start_pushes
from inventory.services.readings import PosDocument, note_pos_documents, post_movement, record_readings
from inventory.services.stock_effects import (
    DEDUCT,
    HOLD,
    NOTHING,
    LineEffect,
    post_effects,
)
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ChannelStock, ComponentSnapshot, ListingSnapshot, StockReading

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
STALE = timedelta(minutes=2)


class House:
    """One product, one shop on one warehouse; `pos` true: the warehouse is a branch of a POS."""

    def __init__(self, *, pos: bool, on_hand: int = 20) -> None:
        self.pos = Shop.objects.create(name="Cửa hàng Nguyễn Trãi", channel="toy_pos", keeps_stock=True)
        self.warehouse = Warehouse.objects.create(name="Kho chính", shop=self.pos if pos else None, external_id="11")
        self.shop = Shop.objects.create(name="Gian hàng 1", channel="toy")
        self.shop.sells_from.add(self.warehouse)
        self.product = Product.objects.create(sku="AO-01", name="Áo thun cổ tròn")
        self.listing = Listing.objects.create(shop=self.shop, item_id="1", title="Áo thun", product=self.product)
        Listing.objects.create(shop=self.pos, item_id="101", title="Áo thun", sku="AO-01", product=self.product)
        self.level = StockLevel.objects.create(product=self.product, warehouse=self.warehouse)
        if pos:
            self.read(on_hand, 0, NOW)
        else:
            post_movement(self.level.id, Decimal(on_hand), kind="opening", note="", actor_id=None)
        refresh_wanted([self.product.id])

    def read(self, on_hand: int, reserved: int, asked_at: datetime) -> frozenset[str]:
        reading = StockReading("101", "11", Decimal(on_hand), Decimal(reserved), asked_at)
        with transaction.atomic():
            recorded = record_readings(self.pos.id, [reading])
            refresh_wanted(recorded.products)
        return recorded.again

    def post(self, number: str, units: int, state: str) -> None:
        with transaction.atomic():
            posted = post_effects([LineEffect(self.shop.id, number, "1", {self.product.id: Decimal(units)}, state)])
            refresh_wanted(posted.products)

    def know(self, kind: str, number: str, known_at: datetime) -> None:
        with transaction.atomic():
            note_pos_documents([PosDocument(kind, self.shop.id, number, self.warehouse.id)], known_at=known_at)

    @property
    def numbers(self) -> tuple[int, int, int | None]:
        """on hand, reserved, wanted; and the sums of rule 3 hold."""
        level = StockLevel.objects.get(id=self.level.id)
        moved = StockMovement.objects.filter(level=level).aggregate(total=Sum("quantity"))["total"]
        held = Reservation.objects.filter(level=level).aggregate(total=Sum("quantity"))["total"] or 0
        assert (level.on_hand, level.reserved) == (moved, held)
        return int(level.on_hand), int(level.reserved), ListingStock.objects.get(listing=self.listing).wanted


def test_a_line_holds_deducts_and_posts_nothing_twice() -> None:
    house = House(pos=False)
    for _ in range(2):
        house.post("A", 3, HOLD)
        assert house.numbers == (20, 3, 17)
    for _ in range(2):
        house.post("A", 3, DEDUCT)
        assert house.numbers == (17, 0, 17)
    for state in (HOLD, NOTHING, DEDUCT):
        house.post("A", 3, state)
        assert house.numbers == (17, 0, 17)


def test_a_cancelled_line_gives_back_once() -> None:
    house = House(pos=False)
    house.post("A", 3, HOLD)
    for _ in range(3):
        house.post("A", 3, NOTHING)
        assert house.numbers == (20, 0, 20)


def test_a_pos_sale_counts_once_from_order_to_the_reading_after_its_invoice() -> None:
    house = House(pos=True)
    at = [NOW + timedelta(seconds=n) for n in range(12)]
    house.post("A", 2, HOLD)
    assert house.numbers == (20, 2, 18)
    house.know("pos_order", "A", at[2])
    assert house.read(20, 2, at[1]) == {"101"}  # asked before the answer to our write: repeated
    house.read(20, 5, at[3])  # 3 more are reserved at the till's counter
    assert house.numbers == (20, 2, 15)
    house.post("A", 2, DEDUCT)
    assert house.numbers == (20, 2, 15)
    house.know("pos_invoice", "A", at[6])
    assert house.numbers == (20, 2, 15)
    assert house.read(18, 3, at[5]) == {"101"}
    house.read(18, 3, at[7])
    assert house.numbers == (18, 0, 15)
    house.post("A", 2, DEDUCT)
    assert house.numbers == (18, 0, 15)


def test_an_older_reading_never_overwrites_a_newer_one() -> None:
    house = House(pos=True)
    house.read(7, 0, NOW + timedelta(seconds=5))
    house.read(19, 0, NOW + timedelta(seconds=4))
    assert house.numbers == (7, 0, 7)


def test_a_raise_of_scarce_stock_waits_for_the_cut_that_makes_room() -> None:
    house = House(pos=False, on_hand=4)
    other = Shop.objects.create(name="Gian hàng 2", channel="toy", priority=1)
    other.sells_from.add(house.warehouse)
    second = Listing.objects.create(shop=other, item_id="9", title="Áo thun", product=house.product)
    first = ListingStock.objects.get(listing=house.listing)
    pushes_accepted(start_pushes([(first.id, 4)], stale_after=STALE))
    refresh_wanted([house.product.id])

    def due(shop: Shop) -> list[int]:
        return [push.number for push in due_pushes(shop.id, limit=10, scarce_below=10, stale_after=STALE)]

    assert ListingStock.objects.get(listing=second).wanted == 2
    assert (due(house.shop), due(other)) == ([2], [])
    cut = start_pushes([(first.id, 2)], stale_after=STALE)
    assert due(other) == []
    pushes_accepted(cut)
    assert due(other) == [2]


def test_the_pieces_that_a_campaign_holds_are_kept_for_its_listing() -> None:
    house = House(pos=False, on_hand=5)
    other = Shop.objects.create(name="Gian hàng 2", channel="toy", priority=900)
    other.sells_from.add(house.warehouse)
    second = Listing.objects.create(shop=other, item_id="9", title="Áo thun", product=house.product)
    held = ListingStock.objects.create(listing=second, promotion_reserved=4)
    refresh_wanted([house.product.id])
    assert [stock.wanted for stock in ListingStock.objects.order_by("listing_id")] == [1, 4]
    # two of the four were sold there
    ListingStock.objects.filter(id=held.id).update(expected=2)
    refresh_wanted([house.product.id])
    assert [stock.wanted for stock in ListingStock.objects.order_by("listing_id")] == [3, 2]


def listing(item: str, sku: str, asked_at: datetime = NOW, **more: object) -> ListingSnapshot:
    return ListingSnapshot(item, "", sku, f"Hàng {item}", "active", asked_at, **more)  # type: ignore[arg-type]


def test_the_pos_book_creates_products_bundles_and_its_own_mapping() -> None:
    pos = Shop.objects.create(name="POS", channel="toy_pos", keeps_stock=True)
    bundle = (ComponentSnapshot("1", Decimal(2)), ComponentSnapshot("2", Decimal(1)))
    upsert_listings(pos, [listing("1", "A"), listing("2", "B"), listing("3", "AB", components=bundle)])
    upsert_listings(pos, [listing("3", "AB", NOW + timedelta(seconds=1), components=bundle[:1])])
    product = Product.objects.get(sku="AB")
    assert [(c.product.sku, c.units) for c in product.components.all()] == [("A", 2)]
    assert product.is_bundle
    assert Listing.objects.filter(shop=pos, product__isnull=False).count() == 3


def test_a_bundle_that_alone_was_read_again_still_shows_what_its_parts_allow() -> None:
    house = House(pos=False, on_hand=21)
    combo = Product.objects.create(sku="COMBO", name="Bộ đôi", is_bundle=True)
    BundleComponent.objects.create(bundle=combo, product=house.product, units=2)
    sold = Listing.objects.create(shop=house.shop, item_id="2", title="Bộ đôi", product=combo)
    for touched in ([house.product.id], [combo.id], [combo.id, house.product.id]):
        refresh_wanted(touched)
        assert ListingStock.objects.get(listing=sold).wanted == 10
        assert house.numbers == (21, 0, 21)


def test_older_truth_about_a_listing_is_refused_and_read_back_is_kept() -> None:
    shop = Shop.objects.create(name="S", channel="toy")
    later = NOW + timedelta(seconds=9)
    upsert_listings(shop, [listing("1", "NEW", later, stock=(ChannelStock(5, 2),))])
    upsert_listings(shop, [listing("1", "OLD", NOW, stock=(ChannelStock(9),))])
    stored = Listing.objects.get()
    stock = stored.stocks.get()
    assert (stored.sku, stock.observed, stock.expected, stock.promotion_reserved) == ("NEW", 5, 5, 2)


def test_exact_codes_map_many_and_collisions_are_left_to_a_person() -> None:
    shop = Shop.objects.create(name="S", channel="toy")
    product = Product.objects.create(sku="ao-01", name="Áo")
    Product.objects.create(sku="X1", name="Một", barcode="893")
    Product.objects.create(sku="X2", name="Hai", barcode="893")
    upsert_listings(shop, [listing("1", "AO-01"), listing("2", "", barcode="893"), listing("3", "?")])
    matches = exact_matches()
    assert map_listings(matches) == {product.id}
    assert list(Listing.objects.exclude(product=None).values_list("item_id", flat=True)) == ["1"]
