"""Calls of the simulated shop beside sales: surcharges, price books, returns, products and groups made by clients, payments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.kiotviet.simulator import audit, invoices, returns
from integrations.connectors.kiotviet.simulator.book import Line
from tests.integrations.connectors.kiotviet.samples import raw
from tests.integrations.connectors.kiotviet.simulated import CENTRE, NORTH, SET, SHIRT, TEA, Shop, opened, order_of

MISSING = "không tồn tại hoặc đã bị xóa"


@pytest.fixture
def shop() -> Shop:
    return opened()


def events(shop: Shop) -> list[tuple[str, list[Any]]]:
    """What was announced: (action without the retailer, rows)."""
    shop.world.pass_time(1)
    notes = [note for sent in shop.world.sent for note in sent.body["Notifications"]]
    return [(note["Action"].rsplit(".", 1)[0], note["Data"]) for note in notes]


# --- surcharges ---


def test_surcharges_are_made_changed_and_switched_off(shop: Shop) -> None:
    [freight] = shop.get("/surchages")["data"]
    assert freight == {"id": 1, "surchargeCode": "THK000001", "surchargeName": "Phí giao hàng", "value": 0}
    made = shop.post("/surchages", {"name": "Gói quà", "code": "GQ", "value": 15000})["data"]
    assert made == {"id": 2, "surchargeCode": "GQ", "surchargeName": "Gói quà", "value": 15000}
    changed = shop.call("PUT", "/surchages/2", {"value": 20000})[1]["data"]
    assert (changed["surchargeName"], changed["value"]) == ("Gói quà", 20000)
    assert shop.post("/surchages/2/activesurchage", {"isActive": False})["message"] != ""
    assert [row["id"] for row in shop.get("/surchages")["data"]] == [1]
    assert shop.refused("POST", "/surchages", {"name": "Khác", "code": "thk000001"})[2] == "Mã thk000001 đã tồn tại"
    assert shop.refused("POST", "/surchages", {"code": "X"})[:2] == (420, "KvException")
    assert MISSING in shop.refused("PUT", "/surchages/9", {"value": 1})[2]
    assert shop.refused("GET", "/surcharges")[0] == 404, "only in their spelling"


def test_an_order_names_its_surcharge(shop: Shop) -> None:
    for row in ({"id": 1, "price": 30000}, {"code": "thk000001", "price": 30000}):
        order = shop.post("/orders", order_of(quantity=1, surchages=[row]))
        [charge] = order["invoiceOrderSurcharges"]
        assert (charge["surchargeName"], charge["price"], order["total"]) == ("Phí giao hàng", 30000, 180000)


# --- price books ---


def test_a_price_book_tells_its_parts_where_they_are_asked_for(shop: Shop) -> None:
    [book] = shop.get("/pricebooks")["data"]
    sample = raw("pricebooks__list")["data"][0]
    assert set(book) == set(sample) - {"priceBookBranches"}
    [whole] = shop.get("/pricebooks?includePriceBookBranch=true")["data"]
    assert (set(whole), whole["priceBookBranches"], whole["isGlobal"]) == (set(sample), [], True)


def test_prices_are_written_one_a_call(shop: Shop) -> None:
    shop.hook("pricebookdetail.update")
    shop.hook("product.update", "https://hub.example/products")
    assert "data" not in shop.get("/pricebooks/2001")
    answer = shop.post("/pricebooks/detail", {"pricebookId": 2001, "productId": SHIRT, "price": 179000})
    assert answer == raw("pricebook__written")
    assert shop.get("/pricebooks/2001")["data"] == [{"productId": SHIRT, "productCode": "AO-01", "price": 179000}]
    assert shop.get(f"/products/{SHIRT}")["basePrice"] == 150000
    assert shop.post("/pricebooks/detail", {"pricebookId": 0, "productId": SHIRT, "price": 99000})["isSuccess"] is True
    assert shop.get(f"/products/{SHIRT}")["basePrice"] == 99000
    found = dict(events(shop))
    assert found["pricebookdetail.update"] == [{"PriceBookId": 2001, "ProductId": SHIRT, "Price": 179000}]
    assert found["product.update"][0]["BasePrice"] == 99000
    assert MISSING in shop.refused("POST", "/pricebooks/detail", {"pricebookId": 7, "productId": SHIRT, "price": 1})[2]
    assert shop.refused("POST", "/pricebooks/detail", {"productId": 7, "price": 1})[1] == "KvValidateProductException"


# --- returns ---


def test_goods_that_came_back_are_on_the_shelf_and_in_the_list(shop: Shop) -> None:
    book = shop.backend.book
    line = Line(1, SHIRT, "AO-01", "Áo sơ mi trắng", Decimal(3), Decimal(150000), taxes=(3,))
    sold = invoices.sell(book, CENTRE, [line], shop.world.now())
    made = returns.take_back(book, sold, {SHIRT: Decimal(1)}, shop.world.now())
    assert shop.stock(SHIRT) == (10, 0)
    [row] = shop.get("/returns?includePayment=true")["data"]
    [sample] = raw("returns__list")["data"]
    assert set(sample) - set(row) == {"customerId", "customerCode", "customerName"}, "nobody's name was asked for"
    assert set(sample["returnDetails"][0]) == set(row["returnDetails"][0])
    assert (row["code"], row["invoiceId"], row["returnTotal"], row["totalTax"]) == ("TH000001", sold.id, 162000, 12000)
    assert row["payments"][0]["amount"] == -162000
    assert "payments" not in shop.get("/returns")["data"][0]
    assert shop.get(f"/returns/{made.id}") == shop.get("/returns/code/th000001") == row
    assert MISSING in shop.refused("GET", "/returns/9")[2]
    assert shop.refused("POST", "/returns", {})[0] == 405
    with pytest.raises(ValueError, match="not that many"):
        returns.take_back(book, sold, {SHIRT: Decimal(3)}, shop.world.now())
    with pytest.raises(ValueError, match="not that many"):
        returns.take_back(book, sold, {TEA: Decimal(1)}, shop.world.now())


# --- products ---


def test_a_product_is_made_with_its_stock(shop: Shop) -> None:
    for kind in ("product.update", "stock.update"):
        shop.hook(kind, f"https://hub.example/{kind}")
    body = {
        "name": "Khăn lụa", "code": "KHAN-01", "basePrice": 120000, "barCode": "893999",
        "inventories": [{"branchId": NORTH, "onHand": 7, "cost": 60000}],
    }  # fmt: skip
    made = shop.post("/products", body)
    assert (made["code"], made["basePrice"], made["type"]) == ("KHAN-01", 120000, 2)
    assert shop.stock(made["id"], NORTH) == (7, 0)
    assert shop.get("/products/code/khan-01")["id"] == made["id"]
    found = dict(events(shop))
    assert [row["Code"] for row in found["product.update"]] == ["KHAN-01"]
    assert [(row["BranchId"], row["OnHand"]) for row in found["stock.update"]] == [(CENTRE, 0), (NORTH, 7)]
    assert shop.post("/products", {"name": "Không mã"})["code"].startswith("SP")
    # the world has none of it, and misses none
    assert audit.drift(shop.backend.book, {}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Tên không được để trống"),
        ({"code": "ao-01"}, "Mã ao-01 đã tồn tại"),
        ({"categoryId": 9}, MISSING),
        ({"barCode": "1" * 17}, "barCode"),
        ({"basePrice": -1}, "basePrice"),
        ({"type": 4}, "type"),
        ({"inventories": [{"branchId": 9, "onHand": 1}]}, MISSING),
    ],
)
def test_a_product_that_makes_no_sense_is_refused(shop: Shop, change: dict[str, Any], words: str) -> None:
    before = shop.get("/products")["total"]
    status, code, message = shop.refused("POST", "/products", {"name": "Mới", "code": "MOI"} | change)
    assert (status, code, words in message) == (420, "KvValidateProductException", True)
    rows = [{"name": "Trước", "code": "TRUOC"}, {"name": "Mới", "code": "MOI"} | change]
    assert shop.refused("POST", "/listaddproducts", {"listProducts": rows})[2] == message
    assert shop.get("/products")["total"] == before


def test_products_are_made_and_changed_in_lists(shop: Shop) -> None:
    rows = [{"name": f"Tất {n}", "code": f"TAT-{n}"} for n in (1, 2)]
    assert list(shop.post("/listaddproducts", {"listProducts": rows})) == ["message"]
    assert shop.refused("POST", "/listaddproducts", {"listProducts": [{"name": "a", "code": "x"}] * 2})[0] == 420
    made = shop.get("/products/code/TAT-1")["id"]
    changes = [{"id": made, "basePrice": 25000}, {"code": "TAT-2", "name": "Tất len"}]
    assert list(shop.call("PUT", "/listupdatedproducts", {"listProducts": changes})[1]) == ["message"]
    assert shop.get(f"/products/{made}")["basePrice"] == 25000
    assert shop.get("/products/code/TAT-2")["name"] == "Tất len"
    wrong = [{"id": made, "basePrice": 1}, {"code": "KHONG", "name": "x"}]
    assert MISSING in shop.refused("PUT", "/listupdatedproducts", {"listProducts": wrong})[2]
    assert shop.get(f"/products/{made}")["basePrice"] == 25000, "all or none"
    assert shop.refused("PUT", "/listupdatedproducts", {"listProducts": []})[2] == "Danh sách hàng hóa trống"


# --- groups, customers, payments, accounts ---


def test_groups_are_made_renamed_and_deleted(shop: Shop) -> None:
    shop.hook("category.update")
    top = shop.post("/categories", {"categoryName": "Phụ kiện"})["data"]
    middle = shop.post("/categories", {"categoryName": "Khăn", "parentId": top["categoryId"]})["data"]
    low = shop.post("/categories", {"categoryName": "Lụa", "parentId": middle["categoryId"]})["data"]
    assert shop.refused("POST", "/categories", {"categoryName": "Quá sâu", "parentId": low["categoryId"]})[0] == 420
    assert shop.refused("POST", "/categories", {"categoryName": "x" * 126})[0] == 420
    assert (
        shop.call("PUT", f"/categories/{low['categoryId']}", {"categoryName": "Tơ"})[1]["data"]["categoryName"] == "Tơ"
    )
    assert shop.refused("DELETE", f"/categories/{middle['categoryId']}")[0] == 420
    assert list(shop.call("DELETE", f"/categories/{low['categoryId']}")[1]) == ["message"]
    [(action, rows)] = events(shop)
    keys = set(raw("webhook_category__update")["Notifications"][0]["Data"][0])
    assert (action, [row["Name"] for row in rows]) == ("category.update", ["Phụ kiện", "Khăn", "Lụa", "Tơ"])
    assert set(rows[-1]) <= keys
    since = "lastModifiedFrom=2026-11-21T00:00:00&includeRemoveIds=true"
    assert shop.get(f"/categories?{since}")["removedIds"] == [low["categoryId"]]


def test_customers_are_written_in_lists_under_both_spellings(shop: Shop) -> None:
    for path, number in (("/listaddcutomers", 1), ("/listaddcustomers", 2)):
        rows = [{"name": f"Khách {number}", "code": f"K{number}"}]
        assert list(shop.post(path, {"listCustomers": rows})) == ["message"]
    assert shop.refused("POST", "/listaddcutomers", {"listCustomers": [{"name": "a", "code": "K1"}]})[0] == 420
    assert shop.call("PUT", "/listupdatecustomers", {"listCustomers": [{"code": "K1", "name": "Chị Hoa"}]})[0] == 200
    assert [row["name"] for row in shop.get("/customers")["data"]] == ["Chị Hoa", "Khách 2"]
    assert MISSING in shop.refused("PUT", "/listupdatecustomers", {"listCustomers": [{"id": 7, "name": "x"}]})[2]


def test_an_invoice_is_paid_later(shop: Shop) -> None:
    line = Line(1, SET, "SET-01", "Bộ quà", Decimal(1), Decimal(300000))
    sold = invoices.sell(shop.backend.book, CENTRE, [line], shop.world.now())
    sold.payments = []
    paid = shop.post("/payments", {"invoiceId": sold.id, "amount": 300000, "method": "transfer", "accountId": 12})
    assert (paid["DocumentCode"], paid["paymentCode"]) == (sold.code, f"TT{sold.code}-1")
    assert shop.get(f"/invoices/{sold.id}")["totalPayment"] == 300000
    assert shop.refused("POST", "/payments", {"invoiceId": sold.id, "amount": 0})[1] == "KvValidatePaymentException"
    assert shop.refused("POST", "/payments", {"invoiceId": 7, "amount": 1})[1] == "KvValidateInvoiceException"


def test_bank_accounts_in_any_case(shop: Shop) -> None:
    [account] = shop.get("/BankAccounts")["data"]
    assert set(account) == set(raw("bank_accounts__list")["data"][0])
    assert shop.get("/bankaccounts")["data"] == [account]
