"""JSON of orders and invoices, in responses and in webhooks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book, Document, Invoice, Line, Order
from integrations.connectors.kiotviet.simulator.wire import fixed, pascal

_HOOK_HEAD = [
    "id",
    "code",
    "purchaseDate",
    "branchId",
    "soldById",
    "soldByName",
    "customerId",
    "customerCode",
    "customerName",
    "total",
    "totalPayment",
    "discount",
    "status",
    "statusValue",
    "description",
    "usingCod",
    "saleChannelId",
    "modifiedDate",
]
_ORDER_HOOK = [*_HOOK_HEAD, "orderDetails"]
_INVOICE_HOOK = [*_HOOK_HEAD, "branchName", "invoiceDelivery", "invoiceDetails", "payments"]


def order_row(book: Book, order: Order, *, payments: bool = True, delivery: bool = True) -> dict[str, Any]:
    """Return an order as GET shows it; lists leave out payments and delivery unless asked."""
    return _head(book, order, facts.ORDER_STATUS) | {
        "pricingMode": 0 if order.tax else None,
        "payments": order.payments if payments and order.payments else None,
        "orderDetails": [
            {"isMaster": True} | line_row(line, "orderDetailTaxs", ("taxName", "taxValue")) for line in order.lines
        ],
        "orderDelivery": order.delivery if delivery else None,
        "invoiceOrderSurcharges": order.surcharges or None,
    }


def invoice_row(
    book: Book, invoice: Invoice, *, payments: bool = True, delivery: bool = True, channel: bool = True
) -> dict[str, Any]:
    """Return an invoice as GET /invoices shows it. `deliveryDetail` of writes is read as `invoiceDelivery`."""
    named = next((found for found in book.sale_channels if found["id"] == invoice.sale_channel_id), None)
    return _head(book, invoice, facts.INVOICE_STATUS) | {
        "payments": invoice.payments if payments and invoice.payments else None,
        "invoiceDetails": [line_row(line, "invoiceDetailTaxs", ("name", "value")) for line in invoice.lines],
        "SaleChannel": _channel(book, named) if channel and named else None,
        "invoiceDelivery": _delivery(invoice) if delivery else None,
        "invoiceOrderSurcharges": invoice.surcharges or None,
    }


def invoice_detail(book: Book, invoice: Invoice) -> dict[str, Any]:
    """An invoice as GET /invoices/{id} shows it: the code of its order stands only here."""
    order = book.orders.get(invoice.order_id or 0)
    return {"orderCode": order and order.code} | invoice_row(book, invoice)


def announce_order(book: Book, order: Order) -> None:
    """Announce the order as it stands now."""
    row = order_row(book, order)
    book.announce("order.update", pascal({key: row[key] for key in _ORDER_HOOK}))


def announce_invoice(book: Book, invoice: Invoice) -> None:
    """Announce the invoice as it stands now."""
    row = invoice_row(book, invoice)
    book.announce("invoice.update", pascal({key: row[key] for key in _INVOICE_HOOK}))


def _channel(book: Book, channel: dict[str, Any]) -> dict[str, Any]:
    return {
        "IsNotDelete": channel["isNotDelete"],
        "RetailerId": book.retailer_id,
        "IsActivate": channel["isActive"],
        "Id": channel["id"],
        "Name": channel["name"],
    }


def _delivery(invoice: Invoice) -> dict[str, Any] | None:
    if invoice.delivery is None:
        return None
    return invoice.delivery | {"statusValue": facts.DELIVERY_STATUS[invoice.delivery["status"]]}


def _money(value: Decimal, document_id: int) -> Decimal:
    """Return an amount, with four fixed decimals at times (here: in every third document)."""
    return fixed(value, 4) if document_id % 3 == 0 else value


def _head(book: Book, document: Document, statuses: dict[int, str]) -> dict[str, Any]:
    """The fields that orders and invoices share, in the order the samples have them."""
    customer = book.customers.get(document.customer_id or 0)
    return {
        "id": document.id,
        "code": document.code,
        "purchaseDate": document.purchase_date,
        "branchId": document.branch_id,
        "branchName": book.branch_name(document.branch_id),
        "soldById": document.sold_by_id,
        "soldByName": next((user["givenName"] for user in book.users if user["id"] == document.sold_by_id), None),
        "customerId": document.customer_id,
        "customerCode": customer and customer.code,
        "customerName": customer and customer.name,
        "total": _money(document.total, document.id),
        "totalPayment": _money(document.paid, document.id),
        "discount": document.discount,
        "status": document.status,
        "statusValue": statuses[document.status],
        "description": document.description,
        "usingCod": document.using_cod,
        "saleChannelId": document.sale_channel_id,
        "totalTax": document.tax or None,
        "retailerId": book.retailer_id,
        "createdDate": document.created_at,
        "modifiedDate": document.modified_at,
    }


def line_row(line: Line, tax_key: str, tax_names: tuple[str, str]) -> dict[str, Any]:
    """Return a line; documents name their tax fields differently."""
    taxes = [
        {
            "id": line.id * 10 + place,
            "detailId": line.id,
            "detailTax": line.tax(tax_id),
            "taxId": tax_id,
            tax_names[0]: facts.TAXES[tax_id][0],
            tax_names[1]: facts.TAXES[tax_id][1],
        }
        for place, tax_id in enumerate(line.taxes)
    ]
    return {
        "productId": line.product_id,
        "productCode": line.code,
        "productName": line.name,
        "quantity": line.quantity,
        "price": line.price,
        "discount": line.discount,
        "discountRatio": line.discount_ratio,
        "note": line.note,
        tax_key: taxes or None,
    }
