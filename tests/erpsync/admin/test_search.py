"""Search boxes: parts of numbers, names without accents, telephones in any form, products, documents, totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from erpsync.admin.sales import order_search
from integrations.models import Command
from inventory.models import Listing, Product, Shop, StockLevel
from inventory.services.listings import upsert_listings
from inventory.snapshots import ListingSnapshot
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db

PLACED = datetime(2026, 11, 20, 20, tzinfo=UTC)  # the 21st in Vietnam


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    sell(made.shop)
    return made


def sell(shop: Shop, number: str = "261121MJKX45", **fields: Any) -> Order:
    """A dress, sold to Trần Ngọc Vy."""
    upsert_listings(
        shop,
        [
            ListingSnapshot(
                "77", "S", "ADCT006-S", "Áo dài cách tân gấm", "active", timezone.now(), variation_name="Đỏ, S"
            )
        ],
    )
    line = LineSnapshot("1", "77", "S", 1, sku="ADCT006-S", title="Áo dài cách tân gấm")
    facts = {
        "buyer_name": "Trần Ngọc Vy", "recipient": {"name": "Lê Quốc Linh", "phone": "0901 234 567"},
        "total": Decimal(1_423_000), "parcels": (ParcelSnapshot("P1", "SPXVN351302631189"),),
    }  # fmt: skip
    placed_at = fields.pop("placed_at", PLACED)
    snapshot = OrderSnapshot(number, "to_ship", "READY", "VND", placed_at, timezone.now(), (line,), **(facts | fields))
    upsert_orders(shop, [snapshot], source="webhook")
    return Order.objects.get(shop=shop, number=snapshot.number)


def found(client: Client, model: str, **params: str) -> list[Any]:
    return list(client.get(f"/admin/{model}/", params).context["cl"].result_list)


@pytest.mark.parametrize(
    "term",
    [
        "261121MJKX45", "261121mjkx45", "21MJK", "SPXVN351302631189", "spxvn3513", "1189", "tran ngoc vy", "Vy", "LINH", "Quốc",
        "0901234567", "+84 901 234 567", "84901234567", "0901.234.567", "4567", "ao dai", "Áo dài", "ADCT006-S", "adct006", "1.423.000",
        "1423000", "vy spxvn",
    ],
)  # fmt: skip
def test_an_order_is_found_by_what_people_know_of_it(client: Client, own: World, term: str) -> None:
    assert [order.number for order in found(client, "orders/order", q=term)] == ["261121MJKX45"]


@pytest.mark.parametrize("few", [1, 2])
def test_a_word_of_many_orders_finds_those_of_the_own_shops_newest_first(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(order_search, "MOST_ORDERS", few)
    theirs = world("OTHER", channel="shopee")
    sell(theirs.shop, "THEIRS")
    sell(own.shop, "NEWER", placed_at=PLACED + timedelta(days=1), buyer_name="Trần Văn Vy")
    sell(own.shop, "OTHER", placed_at=PLACED + timedelta(days=2), buyer_name="Trần Vyy", recipient={})
    for term, numbers in (("vy", ["NEWER", "261121MJKX45"]), ("tran van vy", ["NEWER"])):
        assert [order.number for order in found(client, "orders/order", q=term)] == numbers


@pytest.mark.parametrize("term", ["MJKY", "Nguyen", "0901234568", "ao dai do xanh", "1.423.001", "ng", "!?"])
def test_what_is_not_there_is_not_found_and_the_page_says_what_may_be(client: Client, own: World, term: str) -> None:
    answer = client.get("/admin/orders/order/", {"q": term})
    assert list(answer.context["cl"].result_list) == []
    assert "You can search for: Any part of 4 or more characters" in answer.content.decode()


def test_an_order_is_found_by_its_document_at_the_pos(client: Client, own: World) -> None:
    order = Order.objects.get(number="261121MJKX45")
    Command.objects.create(order=order, kind="pos_invoice", target=own.connection, reference="r", code="HD000013")
    assert found(client, "orders/order", q="hd000013") == [order]


def test_a_masked_name_or_number_finds_nobody(client: Client, own: World) -> None:
    sell(own.shop, "M1", buyer_name="N*****n", recipient={"name": "N***n H***g", "phone": "(+84)******67"})
    assert Order.objects.get(number="M1").search_text == " m1 spxvn351302631189 "


def test_other_shops_orders_goods_and_customers_are_not_found(client: Client, own: World) -> None:
    other = world("ZZ", channel="shopee")
    sell(
        other.shop,
        "261121ZZZZ",
        buyer_name="Phan Thanh Giản",
        recipient={"name": "Phan Thanh Giản", "phone": "0901234567"},
    )
    for term in ("261121ZZZZ", "Giản", "Phan"):
        assert found(client, "orders/order", q=term) == []
        assert found(client, "orders/customer", q=term) == []
    assert [order.shop for order in found(client, "orders/order", q="ao dai")] == [own.shop]
    assert {row.shop for row in found(client, "inventory/listing", q="ao dai")} == {own.shop}


@pytest.mark.parametrize(
    ("since", "until", "number"), [("2026-11-21", "2026-11-21", 1), ("2026-11-20", "2026-11-20", 0)]
)
def test_a_span_of_days_holds_whole_days_of_the_shop(
    client: Client, own: World, since: str, until: str, number: int
) -> None:
    rows = found(client, "orders/order", placed_at_from=since, placed_at_to=until)
    assert len(rows) == number


def test_days_are_typed_as_the_language_writes_them(client: Client, own: World) -> None:
    def days(first: str, last: str) -> int:
        params = {"placed_at_from": first, "placed_at_to": last}
        answer = client.get("/admin/orders/order/", params, headers={"accept-language": "vi"})
        return len(answer.context["cl"].result_list)

    assert (days("21/11/2026", "21/11/2026"), days("22/11/2026", "23/11/2026")) == (1, 0)


def test_a_span_of_totals_is_typed_as_amounts_are(client: Client, own: World) -> None:
    Order.objects.exclude(number="261121MJKX45").update(total=1_000)
    [order] = found(client, "orders/order", total_from="1.000.000", total_to="1,500,000")
    assert order.number == "261121MJKX45"
    assert found(client, "orders/order", total_from="1.423.000", total_to="1.423.000") == [order]


@pytest.mark.parametrize("term", ["ao dai", "gấm", "ADCT", "adct006s", "do", "77"])
def test_goods_are_found_without_accents(client: Client, own: World, term: str) -> None:
    assert [row.item_id for row in found(client, "inventory/listing", q=term)] == ["77"]


def test_products_and_stock_are_found_without_accents_also_in_a_select_field(client: Client, own: World) -> None:
    pos = Shop.objects.create(name="POS", channel="kiotviet", keeps_stock=True)
    upsert_listings(pos, [ListingSnapshot("9", "", "DG01", "Dầu gội bồ kết", "active", timezone.now())])
    product = Product.objects.get(sku="DG01")
    StockLevel.objects.create(product=product, warehouse=own.warehouse)
    assert found(client, "inventory/product", q="dau goi") == [product]
    assert [level.product for level in found(client, "inventory/stocklevel", q="bo ket")] == [product]
    answer = client.get(
        "/admin/autocomplete/",
        {"app_label": "inventory", "model_name": "listing", "field_name": "product", "term": "dau goi"},
    ).json()
    assert [row["id"] for row in answer["results"]] == [str(product.pk)]


@pytest.mark.parametrize("term", ["vy", "tran ngoc vy", "linh", "0901234567", "234567"])
def test_customers_are_found_by_any_word_of_a_name_and_by_telephone(client: Client, own: World, term: str) -> None:
    order = Order.objects.get(number="261121MJKX45")
    assert [row.pk for row in found(client, "orders/customer", q=term)] == [order.customer_id]


def test_a_name_that_was_corrected_is_found_by_the_new_one_only(client: Client, own: World) -> None:
    sell(own.shop, version=PLACED + timedelta(hours=1), buyer_name="Mai", recipient={})
    Listing.objects.update(search_text="", search_grams=[])
    assert [order.number for order in found(client, "orders/order", q="mai")] == ["261121MJKX45"]
    assert found(client, "orders/order", q="linh") == []
