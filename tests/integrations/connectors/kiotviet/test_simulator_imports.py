"""KiotViet's own import of a marketplace shop, till sales, and the audit of duplicate and missing documents."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.connectors.kiotviet.mapping.imports import MARKS, Imported, imported
from integrations.connectors.kiotviet.simulator import audit, invoices
from integrations.connectors.kiotviet.simulator.book import Line
from integrations.connectors.kiotviet.simulator.imports import Import
from tests.integrations.connectors.kiotviet.simulated import CENTRE, SHIRT, Shop, invoice_of, opened, order_of

NUMBER = "2611210ABCDEFG"
LINES = [("AO-01", 2, Decimal(150000)), ("unknown", 1, Decimal(1))]


@pytest.fixture
def shop() -> Shop:
    return opened()


def _follow(shop: Shop, following: Import, *statuses: str, source: str = "700001") -> None:
    for status in statuses:
        following.follow("shopee", source, NUMBER, status, LINES, shop.world.now())


@pytest.fixture
def following(shop: Shop) -> Import:
    return Import(shop.backend.book, CENTRE, {("shopee", "700001")})


def test_an_imported_order_reserves_and_its_shipping_takes(shop: Shop, following: Import) -> None:
    _follow(shop, following, "unpaid")
    assert shop.get("/orders")["total"] == 0
    _follow(shop, following, "to_ship", "to_ship")
    [order] = shop.get("/orders")["data"]
    assert (order["code"], order["customerName"]) == (f"DHSPE_{NUMBER}", "Đ******h")
    assert order["customerCode"].startswith("KHSPE")
    assert [line["productCode"] for line in order["orderDetails"]] == ["AO-01"]
    assert shop.stock(SHIRT) == (12, 2)
    _follow(shop, following, "shipped", "delivered", "completed")
    assert [row["code"] for row in shop.get("/invoices")["data"]] == [f"HDSPE_{NUMBER}"]
    assert shop.stock(SHIRT) == (10, 0)


@pytest.mark.parametrize(("mark", "channel"), sorted(MARKS.items()))
def test_orders_of_every_marketplace_are_imported_under_its_mark(shop: Shop, mark: str, channel: str) -> None:
    following = Import(shop.backend.book, CENTRE, {(channel, "700001")})
    for status in ("to_ship", "shipped"):
        following.follow(channel, "700001", NUMBER, status, LINES, shop.world.now())
    codes = [shop.get(f"/{kind}")["data"][0]["code"] for kind in ("orders", "invoices")]
    # an invoice may be numbered by its parcel
    assert [codes[0], codes[1].removesuffix(".1")] == [f"DH{mark}_{NUMBER}", f"HD{mark}_{NUMBER}"]
    assert imported(codes[0]) == imported(codes[1]) == Imported(channel, NUMBER)


def test_a_cancelled_one_is_cancelled_here_too(shop: Shop, following: Import) -> None:
    _follow(shop, following, "to_ship", "cancelled", "cancelled")
    assert shop.get("/orders")["data"][0]["status"] == 4
    assert shop.stock(SHIRT) == (12, 0)


def test_other_shops_are_left_alone(shop: Shop, following: Import) -> None:
    _follow(shop, following, "to_ship", "shipped", source="700002")
    assert shop.get("/orders")["total"] == 0


def test_a_sale_at_the_till_is_a_paid_invoice(shop: Shop) -> None:
    for kind in ("stock.update", "invoice.update"):
        shop.hook(kind)
    line = Line(1, SHIRT, "AO-01", "Áo sơ mi trắng", Decimal(3), Decimal(150000))
    invoices.sell(shop.backend.book, CENTRE, [line], shop.world.now())
    [invoice] = shop.get("/invoices")["data"]
    assert (invoice["code"], invoice["status"], invoice["totalPayment"]) == ("HD000001", 1, 450000)
    assert shop.stock(SHIRT) == (9, 0)
    shop.world.pass_time(1)
    assert sorted(sent.body["Notifications"][0]["Action"].split(".")[0] for sent in shop.world.sent) == [
        "invoice",
        "stock",
    ]


def test_a_doubled_hand_over_is_seen(shop: Shop) -> None:
    book = shop.backend.book
    physical = {"AO-01": {"centre": 10, "north": 3}, "TRA-01": {"centre": 18, "north": 0}}
    physical["DEN-01"] = {"centre": 0, "north": 5}
    order = shop.post("/orders", order_of(description=f"erpsync {NUMBER}"))
    assert [row["sku"] for row in audit.drift(book, physical)] == ["AO-01"]
    assert audit.hand_overs(book, [NUMBER]) == {NUMBER: {"orders": 1, "invoices": 0}}
    shop.post("/invoices", invoice_of(orderId=order["id"]))
    assert audit.drift(book, physical) == []
    assert audit.hand_overs(book, [NUMBER, NUMBER[:-1]]) == {
        NUMBER: {"orders": 1, "invoices": 1},
        NUMBER[:-1]: {"orders": 0, "invoices": 0},
    }
    shop.post("/orders", order_of(description=f"erpsync {NUMBER}"))
    twice = shop.post("/invoices", invoice_of(orderId=order["id"]))
    assert audit.hand_overs(book, [NUMBER]) == {NUMBER: {"orders": 2, "invoices": 2}}
    assert audit.drift(book, physical) == [
        {"sku": "AO-01", "warehouse": "centre", "on_hand": Decimal(8), "physical": 10}
    ]
    shop.call("DELETE", "/invoices", {"id": twice["id"]})
    assert audit.hand_overs(book, [NUMBER]) == {NUMBER: {"orders": 2, "invoices": 1}}


def test_a_cancelled_order_is_no_hand_over(shop: Shop) -> None:
    order = shop.post("/orders", order_of(description=f"erpsync {NUMBER}"))
    shop.call("DELETE", f"/orders/{order['id']}")
    assert audit.hand_overs(shop.backend.book, [NUMBER]) == {NUMBER: {"orders": 0, "invoices": 0}}
