"""Parts that orders and invoices share: sort keys of lists; branch, lines, money and delivery of bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Document, Line, Product
from integrations.connectors.kiotviet.simulator.request import Fields, Refusal
from integrations.connectors.kiotviet.simulator.surcharges import named

SORT: Mapping[str, Callable[[Document], Any]] = {
    "id": lambda document: document.id,
    "code": lambda document: document.code,
    "purchaseDate": lambda document: (document.purchase_date, document.id),
    "createdDate": lambda document: (document.created_at, document.id),
    "modifiedDate": lambda document: (document.touched_at, document.id),
}
_DELIVERY_FIELDS = [
    "deliveryCode",
    "type",
    "status",
    "price",
    "receiver",
    "contactNumber",
    "address",
    "locationId",
    "locationName",
    "wardName",
    "weight",
    "length",
    "width",
    "height",
    "partnerDeliveryId",
    "expectedDelivery",
    "usingPriceCod",
    "priceCodPayment",
    "partnerDelivery",
]


def read_branch(book: Book, body: Fields, code: str) -> int:
    """The branch of a body. Refused when it does not exist."""
    branch_id = body.whole("branchId", code)
    if branch_id not in book.branches:
        raise Refusal(code, facts.NO_SUCH_BRANCH)
    return branch_id


def read_lines(book: Book, rows: list[Fields], code: str, tax_key: str) -> list[Line]:
    """The lines of a body, at least one. A product is found by id, else by code."""
    if not rows:
        raise Refusal(code, facts.NO_LINES)
    return [_line(book, row, code, tax_key) for row in rows]


def _product(book: Book, row: Fields) -> Product:
    product_id = row.whole("productId", facts.PRODUCT_ERROR)
    found = book.products.get(product_id) if product_id else book.product_by_code(row.text("productCode") or "")
    if found is None:
        raise Refusal(facts.PRODUCT_ERROR, facts.NO_SUCH_PRODUCT)
    return found


def _line(book: Book, row: Fields, code: str, tax_key: str) -> Line:
    product = _product(book, row)
    if not (product.allows_sale and product.is_active):
        raise Refusal(facts.PRODUCT_ERROR, facts.NOT_FOR_SALE.format(code=product.code))
    quantity = row.number("quantity", code)
    if quantity <= 0:
        raise Refusal(code, facts.BAD_QUANTITY.format(code=product.code))
    price = row.number("price", code, product.price)
    ratio = row.number("discountRatio", code, ZERO)
    taxes = tuple(int(tax.number("TaxId", code)) for tax in row.parts(tax_key))
    if not set(taxes) <= facts.TAXES.keys():
        raise Refusal(code, facts.BAD_TAX)
    return Line(
        id=book.next_id("line", 7_000_000),
        product_id=product.id,
        code=product.code,
        name=product.name,
        quantity=quantity,
        price=price,
        discount=row.number("discount", code, price * ratio / 100),
        discount_ratio=ratio or None,
        note=row.text("note") or "",
        taxes=taxes,
    )


def read_surcharges(book: Book, body: Fields, code: str, now: datetime) -> list[dict[str, Any]]:
    """`surchages`, KiotViet's spelling. Refused when the shop does not use them."""
    rows = body.parts("surchages")
    if rows and not book.settings.surcharge:
        raise Refusal(code, facts.SURCHARGE_OFF)
    return [
        {
            "id": book.next_id("surcharge", 5_000),
            "surchargeId": row.whole("id", code),
            "surchargeName": named(book, row, code),
            "surValue": row.number("price", code, ZERO),
            "price": row.number("price", code, ZERO),
            "createdDate": now,
        }
        for row in rows
    ]


def read_delivery(book: Book, part: Fields | None, code: str, *, using_cod: bool) -> dict[str, Any] | None:
    """The delivery of a body. Refused when the shop does not deliver, or not with cash on delivery."""
    if part is None:
        return None
    if not book.settings.delivery:
        raise Refusal(code, facts.DELIVERY_OFF)
    if (using_cod or part.flag("usingPriceCod")) and not book.settings.cod:
        raise Refusal(code, facts.COD_OFF)
    status = int(part.number("status", code, Decimal(1)))
    if status not in facts.DELIVERY_STATUS:
        raise Refusal(code, facts.BAD_STATUS)
    state = {name: part.value(name) for name in _DELIVERY_FIELDS if part.value(name) is not None}
    return state | {"status": status}


def read_payments(book: Book, body: Fields, number: str, now: datetime) -> list[dict[str, Any]]:
    """`totalPayment` with `method`, and the vouchers in `Payments`."""
    rows = [(body.number("totalPayment", facts.PAYMENT_ERROR, ZERO), body.text("method") or "Cash")]
    rows += [(row.number("Amount", facts.PAYMENT_ERROR), row.text("Method") or "") for row in body.parts("Payments")]
    account = body.whole("accountId", facts.PAYMENT_ERROR)
    found: list[dict[str, Any]] = []
    for amount, method in rows:
        if method.lower() not in facts.PAYMENT_METHODS:
            raise Refusal(facts.PAYMENT_ERROR, facts.BAD_METHOD)
        if amount:
            found.append(
                {
                    "id": book.next_id("payment", 88_000),
                    "code": f"TT{number}" if not found else f"TT{number}-{len(found)}",
                    "amount": amount,
                    "method": facts.PAYMENT_METHODS[method.lower()],
                    "status": 0,
                    "statusValue": "Đã thanh toán",
                    "transDate": now,
                    "accountId": account,
                }
            )
    return found


def check_sale_time(book: Book, moment: datetime, code: str) -> None:
    """Refuse a sale dated before the shop's lock."""
    locked = book.settings.sales_locked_before
    if locked is not None and moment < locked:
        raise Refusal(code, facts.SALE_TIME_LOCKED)
