"""Stock effects of documents of the simulated shop: an order reserves, an invoice takes, a void gives back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integrations.connectors.kiotviet.simulated import (
    LAMP,
    NORTH,
    SET,
    SHIRT,
    TEA,
    Shop,
    invoice_of,
    opened,
    order_of,
)


@pytest.fixture
def shop() -> Shop:
    return opened()


def test_an_order_reserves_at_its_branch_and_its_invoice_ends_that(shop: Shop) -> None:
    order = shop.post("/orders", order_of())
    assert (order["code"], order["status"], order["statusValue"]) == ("DH000001", 1, "Phiếu tạm")
    assert "modifiedDate" not in order
    assert (shop.stock(SHIRT), shop.stock(SHIRT, NORTH)) == ((12, 2), (3, 0))
    invoice = shop.post("/invoices", invoice_of(orderId=order["id"]))
    assert (invoice["code"], invoice["orderCode"], invoice["status"]) == ("HD000001", "DH000001", 1)
    assert shop.stock(SHIRT) == (10, 0)
    read = shop.get(f"/orders/{order['id']}")
    assert (read["status"], read["statusValue"]) == (3, "Hoàn thành")


def test_an_invoice_for_a_part_leaves_the_rest_reserved(shop: Shop) -> None:
    order = shop.post("/orders", order_of(quantity=5))
    shop.post("/invoices", invoice_of(quantity=2, orderId=order["id"]))
    assert shop.stock(SHIRT) == (10, 3)
    assert shop.get(f"/orders/{order['id']}")["status"] == 2


def test_a_voided_invoice_restores_stock_and_reservation(shop: Shop) -> None:
    order = shop.post("/orders", order_of())
    invoice = shop.post("/invoices", invoice_of(orderId=order["id"]))
    status, voided = shop.call("DELETE", "/invoices", {"id": invoice["id"], "isVoidPayment": True})
    assert (status, voided["id"], voided["status"], voided["statusValue"]) == (200, invoice["id"], 2, "Đã hủy")
    assert shop.stock(SHIRT) == (12, 2)
    assert shop.get(f"/orders/{order['id']}")["status"] == 1
    again = shop.refused("DELETE", "/invoices", {"id": invoice["id"]})
    assert again == (420, "KvValidateInvoiceException", "Hóa đơn đã bị hủy")
    assert shop.stock(SHIRT) == (12, 2)


def test_a_cancelled_order_frees_its_goods_and_takes_no_invoice(shop: Shop) -> None:
    order = shop.post("/orders", order_of(totalPayment=100000))
    assert shop.call("DELETE", f"/orders/{order['id']}") == (200, {"message": "Xóa dữ liệu thành công"})
    assert shop.stock(SHIRT) == (12, 0)
    read = shop.get(f"/orders/{order['id']}")
    assert (read["status"], read["totalPayment"], read["modifiedDate"]) == (4, 100000, "2026-11-21T10:00:00.1230000")
    refused = shop.refused("POST", "/invoices", invoice_of(orderId=order["id"]))
    assert refused == (420, "KvValidateInvoiceException", "Đơn đặt hàng đã hoàn thành hoặc đã bị hủy")
    assert shop.stock(SHIRT) == (12, 0)


def test_void_payment_takes_the_receipts_along(shop: Shop) -> None:
    order = shop.post("/orders", order_of(totalPayment=100000))
    shop.call("DELETE", f"/orders/{order['id']}?IsVoidPayment=true")
    assert shop.get(f"/orders/{order['id']}")["totalPayment"] == 0


def test_an_order_with_a_living_invoice_cannot_be_cancelled(shop: Shop) -> None:
    order = shop.post("/orders", order_of(makeInvoice=True))
    assert order["status"] == 3
    assert shop.refused("DELETE", f"/orders/{order['id']}")[1] == "KvValidateOrderException"
    assert shop.stock(SHIRT) == (10, 0)


def test_the_same_post_twice_is_two_orders_and_two_invoices(shop: Shop) -> None:
    first, second = shop.post("/orders", order_of()), shop.post("/orders", order_of())
    assert (first["code"], second["code"]) == ("DH000001", "DH000002")
    assert shop.stock(SHIRT) == (12, 4)
    for _ in range(2):
        shop.post("/invoices", invoice_of(orderId=first["id"]))
    assert shop.stock(SHIRT) == (8, 2)


def test_a_combo_moves_its_components_and_has_no_stock_of_its_own(shop: Shop) -> None:
    order = shop.post("/orders", order_of(SET, 2))
    assert (shop.stock(SHIRT), shop.stock(TEA), shop.stock(SET)) == ((12, 2), (18, 4), (0, 0))
    shop.post("/invoices", invoice_of(SET, 2, orderId=order["id"]))
    assert (shop.stock(SHIRT), shop.stock(TEA), shop.stock(SET)) == ((10, 0), (14, 0), (0, 0))
    combo = shop.get(f"/products/{SET}")
    assert combo["type"] == 1
    assert [(part["materialCode"], part["quantity"]) for part in combo["productFormulas"]] == [
        ("AO-01", 1),
        ("TRA-01", 2),
    ]


def test_changing_an_order_reserves_the_difference(shop: Shop) -> None:
    order = shop.post("/orders", order_of(quantity=2))
    status, changed = shop.call("PUT", f"/orders/{order['id']}", order_of(TEA, 3, status=5))
    assert (status, changed["status"], changed["code"]) == (200, 5, "DH000001")
    assert (shop.stock(SHIRT), shop.stock(TEA)) == ((12, 0), (18, 3))


def test_an_order_may_be_confirmed_from_the_start(shop: Shop) -> None:
    order = shop.post("/orders", order_of(status=5))
    assert (order["status"], order["statusValue"]) == (5, "Đã xác nhận")
    assert shop.stock(SHIRT) == (12, 2)
    assert shop.post("/orders", order_of(status=0))["status"] == 1
    assert shop.refused("POST", "/orders", order_of(status=3))[1] == "KvValidateOrderException"


def test_stock_may_be_fractional(shop: Shop) -> None:
    shop.post("/invoices", invoice_of(TEA, 1.5))
    assert shop.stock(TEA) == (16.5, 0)


def test_a_delivery_under_way_keeps_the_invoice_open_until_it_arrived(shop: Shop) -> None:
    invoice = shop.post("/invoices", invoice_of(deliveryDetail={"type": 1, "receiver": "Nguyễn Văn A"}))
    assert (invoice["status"], invoice["statusValue"]) == (3, "Đang xử lý")
    assert invoice["invoiceDelivery"]["statusValue"] == "Chờ xử lý"
    assert shop.stock(SHIRT) == (10, 0)
    _, arrived = shop.call("PUT", f"/invoices/{invoice['id']}", {"deliveryDetail": {"status": 3}})
    assert (arrived["status"], arrived["invoiceDelivery"]["statusValue"]) == (1, "Giao thành công")
    assert arrived["invoiceDelivery"]["receiver"] == "Nguyễn Văn A"


SETTINGS: list[tuple[str, Any, str, dict[str, Any], str]] = [
    ("ordering", False, "/orders", order_of(), "KvValidateOrderException"),
    ("delivery", False, "/orders", order_of(orderDelivery={"type": 1}), "KvValidateOrderException"),
    ("cod", False, "/orders", order_of(orderDelivery={"type": 1}, usingCod=True), "KvValidateOrderException"),
    ("surcharge", False, "/orders", order_of(surchages=[{"id": 1, "price": 5}]), "KvValidateOrderException"),
    ("allow_order_when_out_stock", False, "/orders", order_of(quantity=13), "KvValidateOrderException"),
    ("allow_sell_when_out_stock", False, "/invoices", invoice_of(quantity=13), "KvValidateInvoiceException"),
    ("delivery", False, "/invoices", invoice_of(deliveryDetail={"type": 1}), "KvValidateInvoiceException"),
]


@pytest.mark.parametrize(("setting", "value", "path", "body", "code"), SETTINGS)
def test_a_setting_refuses_and_changes_nothing(
    shop: Shop, setting: str, value: Any, path: str, body: dict[str, Any], code: str
) -> None:
    setattr(shop.backend.book.settings, setting, value)
    status, found, _ = shop.refused("POST", path, body)
    assert (status, found) == (420, code)
    assert shop.stock(SHIRT) == (12, 0)
    assert "data" not in shop.get(path)


@pytest.mark.parametrize(("setting", "value", "path", "body", "code"), SETTINGS)
def test_the_same_is_taken_with_the_setting_on(
    shop: Shop, setting: str, value: Any, path: str, body: dict[str, Any], code: str
) -> None:
    setattr(shop.backend.book.settings, setting, not value)
    assert shop.call("POST", path, body)[0] == 200


def test_goods_promised_to_others_are_not_sold_when_the_shop_says_so(shop: Shop) -> None:
    order = shop.post("/orders", order_of(quantity=10))
    shop.backend.book.settings.allow_sell_when_order_out_stock = False
    assert shop.refused("POST", "/invoices", invoice_of(quantity=3))[2] == "Hàng hóa AO-01 không đủ tồn kho"
    assert shop.post("/invoices", invoice_of(quantity=10, orderId=order["id"]))["status"] == 1


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (order_of(branchId=9), "KvValidateOrderException", "Chi nhánh không tồn tại hoặc đã bị xóa"),
        (order_of(orderDetails=[]), "KvValidateOrderException", "Danh sách hàng hóa trống"),
        (order_of(999), "KvValidateProductException", "Hàng hóa được chọn không tồn tại hoặc đã bị xóa"),
        (order_of(quantity=0), "KvValidateOrderException", "Số lượng hàng hóa AO-01 không hợp lệ"),
        (order_of(customerId=1), "KvValidateCustomerException", "Khách hàng không tồn tại hoặc đã bị xóa"),
        (order_of(method="Gold"), "KvValidatePaymentException", "Phương thức thanh toán không hợp lệ"),
        (order_of(quantity=13, makeInvoice=True), "KvValidateInvoiceException", "Hàng hóa AO-01 không đủ tồn kho"),
        (order_of(discount="x", customer={"name": "A"}), "KvValidateOrderException", "Giá trị discount không hợp lệ"),
        (order_of(purchaseDate="yesterday"), "KvValidateOrderException", "Thời gian không hợp lệ"),
    ],
)
def test_a_wrong_order_is_refused_and_changes_nothing(shop: Shop, body: Any, code: str, message: str) -> None:
    assert shop.refused("POST", "/orders", body) == (420, code, message)
    assert shop.stock(SHIRT) == (12, 0)
    assert (shop.get("/orders")["total"], shop.get("/customers")["total"]) == (0, 0)


def test_totals_add_up_as_in_the_documented_order(shop: Shop) -> None:
    line = {"productId": SHIRT, "quantity": 1, "price": 149000, "discount": 0, "OrderDetailTaxs": [{"TaxId": 3}]}
    charge = [{"id": 1, "code": "THK000001", "price": 30000}]
    order = shop.post("/orders", order_of(orderDetails=[line], surchages=charge, method="CASH", totalPayment=190920))
    assert (order["total"], order["totalPayment"], order["totalTax"]) == (190920, 190920, 11920)
    [tax] = order["orderDetails"][0]["orderDetailTaxs"]
    assert (tax["taxName"], tax["taxValue"], tax["detailTax"]) == ("VAT 8%", 8, 11920)
    assert order["payments"][0]["method"] == "Cash"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["order", "invoice", "of_order", "void", "cancel"]),
        st.sampled_from([SHIRT, TEA, SET, LAMP]),
        st.integers(1, 3),
        st.integers(0, 30),
    ),
    max_size=25,
)


def _do(shop: Shop, steps: list[tuple[str, int, int, int]]) -> list[int]:
    """Take the steps that are possible and return the ids of all orders."""
    orders: list[int] = []
    invoices: list[int] = []
    for kind, product, quantity, pick in steps:
        if kind == "order":
            orders.append(shop.post("/orders", order_of(product, quantity))["id"])
        elif kind == "invoice":
            invoices.append(shop.post("/invoices", invoice_of(product, quantity))["id"])
        elif kind == "void" and invoices:
            shop.call("DELETE", "/invoices", {"id": invoices[pick % len(invoices)]})
        elif kind == "of_order" and orders:
            body = invoice_of(product, quantity, orderId=orders[pick % len(orders)])
            status, made = shop.call("POST", "/invoices", body)
            invoices += [made["id"]] if status == 200 else []
        elif kind == "cancel" and orders:
            shop.call("DELETE", f"/orders/{orders[pick % len(orders)]}")
    return orders


def _gone(shop: Shop) -> dict[int, float]:
    """Sum what all open invoices took, from the API."""
    gone: dict[int, float] = {SHIRT: 0, TEA: 0, LAMP: 0}
    living = [row for row in shop.get("/invoices?pageSize=100").get("data", []) if row["status"] != 2]
    for line in (line for invoice in living for line in invoice["invoiceDetails"]):
        for part, count in ({SHIRT: 1, TEA: 2} if line["productId"] == SET else {line["productId"]: 1}).items():
            gone[part] += count * line["quantity"]
    return gone


@given(STEPS)
def test_stock_is_what_living_documents_leave(steps: list[tuple[str, int, int, int]]) -> None:
    """In any order of steps, onHand = start - open invoices, and closed orders hold nothing."""
    shop = opened()
    shop.backend.book.settings.allow_sell_when_out_stock = True
    orders, gone = _do(shop, steps), _gone(shop)
    left = {SHIRT: 12 - gone[SHIRT], TEA: 18 - gone[TEA], LAMP: -gone[LAMP]}
    assert {part: shop.stock(part)[0] for part in gone} == left
    assert all(shop.stock(part)[1] >= 0 for part in gone)
    closed = [order_id for order_id in orders if shop.get(f"/orders/{order_id}")["status"] in {3, 4}]
    assert all(shop.backend.book.orders[order_id].held == {} for order_id in closed)
    assert (shop.stock(SHIRT, NORTH), shop.stock(LAMP, NORTH)) == ((3, 0), (5, 0))


def test_an_order_changes_in_part_and_is_cancelled_by_its_status(shop: Shop) -> None:
    order = shop.post("/orders", order_of(TEA, 3))
    held = shop.stock(TEA)[1]
    status, changed = shop.call("PUT", f"/orders/{order['id']}", {"description": "gọi trước khi giao"})
    assert (status, changed["description"], shop.stock(TEA)[1]) == (200, "gọi trước khi giao", held)
    status, changed = shop.call("PUT", f"/orders/{order['id']}", {"status": 4})
    assert (status, changed["status"], shop.stock(TEA)[1]) == (200, 4, held - 3)
    assert shop.refused("PUT", f"/orders/{order['id']}", {"status": 4})[0] == 420
