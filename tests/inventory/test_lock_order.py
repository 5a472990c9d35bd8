"""Channel numbers are locked in one order, whoever writes them: two transactions never wait for each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.db import fetch
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from inventory.services.levels import lock_levels
from inventory.services.listings import upsert_listings
from inventory.services.mapping import map_listings
from inventory.services.wanted import refresh_wanted
from inventory.snapshots import ChannelStock, ListingSnapshot

Threads = Callable[..., Future[Any]]
LOCK = "SELECT id FROM inventory_listingstock WHERE listing_id = %s FOR UPDATE NOWAIT"


@pytest.fixture
def listings(transactional_db: None) -> tuple[Listing, Listing]:
    """One product on sale in two shops; the first shop's number has the lower id."""
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    found = []
    for name in ("Gian A", "Gian B"):
        shop = Shop.objects.create(name=name, channel="toy")
        found.append(Listing.objects.create(shop=shop, item_id="1", title="Áo thun", product=product))
        ListingStock.objects.create(listing=found[-1])
    return found[0], found[1]


def until_waiting() -> None:
    """Wait until another session waits for a row that this one has locked."""
    end = time.monotonic() + 30
    while not fetch("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"):
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0.02)


def observe(listing: Listing) -> None:
    stock = (ChannelStock(sellable=3),)
    snapshot = ListingSnapshot("1", "", "AO", "Áo thun", "active", datetime.now(UTC), stock=stock)
    with transaction.atomic():
        refresh_wanted(upsert_listings(listing.shop, [snapshot]).products)


def unmap(listing: Listing) -> None:
    map_listings([(listing.pk, None, 1)])


@pytest.mark.parametrize("write", [observe, unmap])
def test_the_other_shops_number_is_locked_before_the_own(
    write: Callable[[Listing], None], listings: tuple[Listing, Listing], threads: Threads
) -> None:
    lower, higher = listings
    with transaction.atomic():
        fetch(LOCK, lower.pk)
        writing = threads(write, higher)
        until_waiting()
        assert fetch(LOCK, higher.pk), "it waits for the lower one and holds nothing yet"
    writing.result(10)
    assert not connection.in_atomic_block


def test_a_level_made_by_another_meanwhile_is_locked_in_order_too(transactional_db: None, threads: Threads) -> None:
    lower, higher = Product.objects.create(sku="AO-01"), Product.objects.create(sku="AO-02")
    kho = Warehouse.objects.create(name="Kho")
    said: list[str] = []

    def lock_both() -> None:
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            found = lock_levels(pairs={(lower.pk, kho.pk), (higher.pk, kho.pk)})
        assert sorted(found) == sorted(StockLevel.objects.values_list("pk", flat=True))
        said.extend(query["sql"].split()[0] for query in queries)

    with transaction.atomic():
        first = StockLevel.objects.create(product=lower, warehouse=kho)
        # committed already, with the higher id
        threads(lambda: StockLevel.objects.create(product=higher, warehouse=kho)).result(10)
        locking = threads(lock_both)
        until_waiting()
        assert first.pk < StockLevel.objects.exclude(pk=first.pk).get().pk
    locking.result(10)
    assert said == ["SAVEPOINT", "SELECT", "INSERT", "ROLLBACK", "RELEASE", "SAVEPOINT", "SELECT", "RELEASE"]
