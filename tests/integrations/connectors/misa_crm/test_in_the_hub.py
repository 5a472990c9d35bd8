"""The hub with a simulated CRM: connected, swept, its history read, sales made there reserve stock, ours are written to it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from integrations.accounts.connecting import connect_shop
from integrations.accounts.registrations import register_app
from integrations.documents.commands.perform import perform_due
from integrations.ingest.backfill import planning, running
from integrations.ingest.drain import drain
from integrations.ingest.sweep import sweep
from integrations.models import BackfillRun, Connection, InboxEvent, Link
from inventory.models import Listing, ListingStock, Product, Reservation, Shop, StockLevel, Warehouse
from inventory.services.mapping import exact_matches, map_listings
from orders.models import CustomerIdentity, Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot

from .conftest import FREE, Crm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book(crm: Crm, redis: Redis) -> Connection:
    """Connected as a person would, with one product on the shelf of a warehouse that the CRM's sales are served from."""
    account = crm.account()
    row = account["shops"][0]
    app = register_app("misa_crm", "CRM", account["app"], base_url=crm.base_url, settings=FREE)
    connection = connect_shop(app, shop_id=row["shop_id"], shop_name=row["name"], settings={"states": row["states"]})
    Shop.objects.update(stock_since=datetime.now(UTC) - timedelta(hours=1))
    product = Product.objects.create(sku="ATCC001-S", name="Áo thun")
    warehouse = Warehouse.objects.create(name="Kho")
    StockLevel.objects.create(product=product, warehouse=warehouse, on_hand=10)
    connection.shop.sells_from.add(warehouse)
    return Connection.objects.select_related("shop", "authorisation__app").get(pk=connection.pk)


def read(connection: Connection) -> None:
    sweep(connection.pk)
    drain(connection.pk)
    connection.refresh_from_db()
    assert (str(connection.trouble), InboxEvent.objects.filter(state__in=("pending", "dead")).count()) == ("", 0)


def sold_there(crm: Crm, code: str, **more: Any) -> None:
    line = {"product_code": "ATCC001-S", "amount": 2, "price": 100000, "total": 200000}
    row = {
        "form_layout": "Mẫu tiêu chuẩn", "sale_order_no": code, "sale_order_name": code, "sale_order_date": "2026-11-21",
        "sale_order_product_mappings": [line], **more,
    }  # fmt: skip
    assert crm.call("POST", "/SaleOrders", [row]).json()["results"][0]["success"]


def test_people_and_products_are_there_after_one_sweep_and_a_second_finds_nothing(crm: Crm, book: Connection) -> None:
    read(book)
    phones = {row["office_tel"] for row in crm.book.tables["Customers"].values()}
    people = CustomerIdentity.objects.filter(shop=book.shop, code__startswith="KH-")
    assert set(people.values_list("phone", flat=True)) == phones
    contacts = CustomerIdentity.objects.filter(shop=book.shop, external_id__startswith="contact-")
    assert (contacts.count(), contacts.exclude(code="").count()) == (30, 0)
    # a contact and a customer with one telephone are one person
    assert {c.customer_id for c in contacts} <= {p.customer_id for p in people}
    assert Listing.objects.filter(shop=book.shop, status="inactive").count() == 60
    listing = Listing.objects.get(shop=book.shop, item_id="ATCC001-S")
    units = {
        key: crm.simulation.world.book.stock.units["ATCC001-S", place] for key, place in crm.book.warehouses.items()
    }
    assert sorted(ListingStock.objects.filter(listing=listing).values_list("observed", flat=True)) == sorted(
        units.values()
    )
    before = InboxEvent.objects.count()
    read(book)
    assert InboxEvent.objects.count() == before


def test_a_sale_made_in_the_crm_reserves_stock_until_it_is_called_off(crm: Crm, book: Connection) -> None:
    read(book)
    with transaction.atomic():
        map_listings(exact_matches())
    sold_there(crm, "DH-900")
    read(book)
    order = Order.objects.get(number="DH-900")
    assert (order.status, order.channel_status, order.total) == ("to_ship", "Chưa thực hiện", None)
    assert Reservation.objects.get().quantity == 2
    crm.call("PUT", "/SaleOrders", [{"sale_order_no": "DH-900", "status": "Đã hủy bỏ"}])
    read(book)
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert not Reservation.objects.filter(quantity__gt=0).exists()
    # nothing is set aside for a shelf that nobody buys from
    assert not ListingStock.objects.filter(listing__shop=book.shop).exclude(wanted=None).exists()


def test_its_history_is_read_day_by_day(crm: Crm, book: Connection) -> None:
    run = planning.start(book, "order", since=None)
    ends = time.monotonic() + 60
    while BackfillRun.objects.get(pk=run.pk).state in planning.OPEN and time.monotonic() < ends:
        running.work(run.pk)
    assert BackfillRun.objects.get(pk=run.pk).state == BackfillRun.State.DONE
    assert set(Order.objects.values_list("number", flat=True)) == {f"DH{number + 1:06d}" for number in range(25)}
    assert not Reservation.objects.exists(), "long before stock was counted"


def test_an_order_of_a_marketplace_is_written_and_its_sale_order_is_no_new_order(crm: Crm, book: Connection) -> None:
    read(book)
    shop = Shop.objects.create(name="Gian hàng", channel="market")
    market = Connection.objects.create(authorisation=book.authorisation, shop=shop, external_id="900")
    Link.objects.create(connection=market, role="crm", target=book)
    Listing.objects.create(shop=shop, item_id="i1", title="Áo", product=Product.objects.get())
    known = crm.book.tables["Customers"][1001]
    for minute, status in enumerate(("to_ship", "shipped"), 1):
        version = datetime(2026, 11, 21, 9, minute, tzinfo=UTC)
        line = LineSnapshot("1", "i1", "", 2, title="Áo thun", paid_price=Decimal(150_000))
        snapshot = OrderSnapshot(
            "A1", status, status, "VND", datetime(2026, 11, 21, 9, tzinfo=UTC), version, (line,), version=version,
            recipient={"name": "Người mua", "phone": known["office_tel"]},
        )  # fmt: skip
        Shop.objects.filter(pk=shop.pk).update(stock_since=None)
        with transaction.atomic():
            upsert_orders(shop, [snapshot], source="webhook")
        perform_due(book.pk, lane="bulk", budget_seconds=30)
    [row] = [row for row in crm.data("/SaleOrders?pageSize=100") if row["other_sys_order_code"]]
    assert (row["sale_order_no"], row["account_name"], row["status"]) == (
        f"{shop.pk}-A1", known["account_name"], "Đang giao hàng",
    )  # fmt: skip
    assert len(crm.book.tables["Customers"]) == 120, "whom it knows by telephone is not made anew"
    read(book)
    assert list(Order.objects.values_list("number", flat=True)) == ["A1"]
    assert InboxEvent.objects.get(external_id=f"{shop.pk}-A1").state == "ignored"
