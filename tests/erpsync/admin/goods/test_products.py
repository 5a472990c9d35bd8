"""The page of a product: its listings, stopping and selling again, one price on all channels, and what to reorder."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erpsync.admin.goods.product_prices import PricesForm
from inventory.models import Listing, ListingStock, Product, ShopMembership, StockLevel
from inventory.services.wanted import refresh_wanted
from orders.models import Order, OrderLine
from orders.sales_speed import to_reorder
from tests.erpsync.admin.imports.test_imports import store
from tests.erpsync.admin.pages import CONFIRMED
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
REORDER = "/admin/inventory/product/reorder/"


@pytest.fixture
def made(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def page(made: World, action: str = "change") -> str:
    return f"/admin/inventory/product/{made.product.pk}/{action}/"


def wanted(made: World) -> list[int | None]:
    return list(ListingStock.objects.filter(listing=made.listing).values_list("wanted", flat=True))


def test_selling_is_stopped_and_taken_up_again(client: Client, made: World) -> None:
    refresh_wanted([made.product.pk])
    assert wanted(made) == [7]
    stop, again = (page(made, verb) for verb in ("stop", "sell_again"))
    client.post(stop, CONFIRMED)
    assert wanted(made) == [0]
    assert "Ngừng bán" in client.get(page(made), headers={"accept-language": "vi"}).content.decode()
    client.post(again, CONFIRMED)
    assert wanted(made) == [7]


def test_who_is_not_operator_in_every_shop_that_sells_it_cannot_stop_it(client: Client, made: World) -> None:
    other = world("OTHER")
    Listing.objects.filter(pk=other.listing.pk).update(product=made.product)
    assert client.post(page(made, "stop"), CONFIRMED).status_code == 403
    assert not Product.objects.get(pk=made.product.pk).selling_stopped


def test_a_stopped_part_stops_its_bundles(made: World) -> None:
    bundle = Product.objects.get(sku="OWN-SET")
    Listing.objects.filter(pk=made.listing.pk).update(product=bundle)
    refresh_wanted([bundle.pk])
    assert wanted(made) == [3]
    Product.objects.filter(pk=made.product.pk).update(selling_stopped=True)
    refresh_wanted([made.product.pk])
    assert wanted(made) == [0]


def test_the_page_shows_listings_and_to_managers_what_the_stock_is_worth(client: Client, made: World) -> None:
    Product.objects.filter(pk=made.product.pk).update(cost=900)
    Listing.objects.filter(pk=made.listing.pk).update(price=1_234)
    shown = client.get(page(made), headers={"accept-language": "vi"}).content.decode()
    assert "1.234 ₫" in shown
    assert "7.200 ₫" in shown
    ShopMembership.objects.filter(user=made.manager).update(role="operator")
    assert "7.200 ₫" not in client.get(page(made), headers={"accept-language": "vi"}).content.decode()


def test_a_bundle_says_how_many_sets_its_parts_make(client: Client, made: World) -> None:
    bundle = Product.objects.get(sku="OWN-SET")
    rows = client.get("/admin/inventory/product/").context["cl"].result_list
    assert {row.sku: row.sets for row in rows} == {"OWN-SKU": None, "OWN-TWIN": None, bundle.sku: 3}


def test_one_price_goes_to_all_channels_with_their_mark_ups(client: Client, made: World) -> None:
    Listing.objects.filter(pk=made.listing.pk).update(price=100_000, units=2)
    url = page(made, "prices")
    shown = client.post(url, {"price": "60.000", "step": "1.000", "markup_kiotviet": "7.5"})
    [change] = shown.context["changes"]
    assert (change.pk, change.new) == (made.listing.pk, ("130000",))
    assert store(client, shown.context["confirm_url"], shown).status_code == 302
    assert Listing.objects.get(pk=made.listing.pk).wanted_price == 130_000


@pytest.mark.parametrize(("markup", "price"), [("0", 100_000), ("3.3", 104_000), ("-10", 90_000)])
def test_a_marked_up_price_is_rounded_up(markup: str, price: int) -> None:
    form = PricesForm(["shopee"], {"price": "100.000", "step": "1000", "markup_shopee": markup})
    assert form.is_valid(), form.errors
    assert form.price_at("shopee") == price


def sell(made: World, units: int, days_ago: int, **values: Any) -> None:
    now = timezone.now()
    order = Order.objects.create(
        shop=made.shop, number=f"S{units}-{days_ago}-{len(values)}", placed_at=now - timedelta(days=days_ago), asked_at=now,
        **{"status": "completed", **values},
    )  # fmt: skip
    OrderLine.objects.create(order=order, key="1", item_id="i", quantity=units, parts={str(made.product.pk): "2"})


def test_what_runs_out_is_listed_with_what_to_order(client: Client, made: World) -> None:
    StockLevel.objects.filter(pk=made.level.pk).update(on_hand=8, reserved=1)
    sell(made, 7, days_ago=3)
    sell(made, 8, days_ago=20)
    sell(made, 50, days_ago=2, status="cancelled")
    sell(made, 50, days_ago=31)
    asked: dict[str, Any] = {"below_days": 14, "cover_days": 30, "most": 10}
    # 14 in 14 days and 30 in 30: one a day
    [row] = to_reorder([made.shop.pk], [made.warehouse.pk], **asked)
    assert row == (made.product.pk, Decimal(7), Decimal(14), Decimal(30), 7, 23)
    assert to_reorder([made.shop.pk], [made.warehouse.pk], **{**asked, "below_days": 7}) == []
    assert to_reorder([], [made.warehouse.pk], **asked) == []
    shown = client.get(REORDER, {"below": "14", "cover": "30"}, headers={"accept-language": "vi"})
    assert [(found["sku"], found["days"], found["suggested"]) for found in shown.context["rows"]] == [
        ("OWN-SKU", 7, "23")
    ]
    assert client.get(REORDER, {"below": "0"}).context["rows"] == []
    Product.objects.filter(pk=made.product.pk).update(selling_stopped=True)
    assert to_reorder([made.shop.pk], [made.warehouse.pk], **asked) == []
