"""Invoice calls: /invoices, goods that left a branch, over the counter or for an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Invoice, Line, Order
from integrations.connectors.kiotviet.simulator.customers import customer_of
from integrations.connectors.kiotviet.simulator.documents import (
    SORT,
    check_sale_time,
    read_branch,
    read_delivery,
    read_lines,
    read_payments,
    read_surcharges,
)
from integrations.connectors.kiotviet.simulator.lists import changed_since, in_order, page
from integrations.connectors.kiotviet.simulator.request import Call, Fields, Refusal
from integrations.connectors.kiotviet.simulator.rows import (
    announce_invoice,
    announce_order,
    invoice_detail,
    invoice_row,
)
from integrations.connectors.kiotviet.simulator.stock import refuse_shortage, settle_invoice, units

FIRST_ID = 251_900_000


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /invoices."""
    branches, statuses, customers = call.ids("branchIds"), call.ids("status"), call.ids("customerIds")
    order_id = call.query.whole("orderId", facts.INVOICE_ERROR)
    created = call.query.moment("createdDate", facts.INVOICE_ERROR)
    sold_from = call.query.moment("fromPurchaseDate", facts.INVOICE_ERROR)
    sold_to = call.query.moment("toPurchaseDate", facts.INVOICE_ERROR)
    rows = [
        invoice
        for invoice in changed_since(call, book.invoices.values(), lambda invoice: invoice.touched_at)
        if (not branches or invoice.branch_id in branches)
        and (not statuses or invoice.status in statuses)
        and (not customers or invoice.customer_id in customers)
        and (order_id is None or invoice.order_id == order_id)
        and (created is None or invoice.created_at >= created)
        and (sold_from is None or invoice.purchase_date >= sold_from)
        and (sold_to is None or invoice.purchase_date <= sold_to)
    ]
    with_payments, with_delivery = call.query.flag("includePayment"), call.query.flag("includeInvoiceDelivery")
    with_channel = call.query.flag("SaleChannel")
    return page(
        call,
        in_order(call, rows, SORT),
        lambda invoice: invoice_row(
            book, invoice, payments=with_payments, delivery=with_delivery, channel=with_channel
        ),
    )


def found(book: Book, invoice_id: int | None) -> Invoice:
    """The invoice with this id. Refused when there is none."""
    if invoice_id not in book.invoices:
        raise Refusal(facts.INVOICE_ERROR, facts.NO_SUCH_INVOICE)
    return book.invoices[invoice_id]


def by_id(book: Book, call: Call, invoice_id: str) -> dict[str, Any]:
    """GET /invoices/{id}."""
    return invoice_detail(book, found(book, int(invoice_id)))


def by_code(book: Book, call: Call, code: str) -> dict[str, Any]:
    """GET /invoices/code/{code}."""
    for invoice in book.invoices.values():
        if invoice.code.lower() == code.lower():
            return invoice_detail(book, invoice)
    raise Refusal(facts.INVOICE_ERROR, facts.NO_SUCH_INVOICE)


def _order_of(book: Book, body: Fields) -> Order | None:
    order_id = body.whole("orderId", facts.INVOICE_ERROR)
    if order_id is None:
        return None
    order = book.orders.get(order_id)
    if order is None:
        raise Refusal(facts.INVOICE_ERROR, facts.NO_SUCH_ORDER)
    if order.status == facts.ORDER_CANCELLED:
        raise Refusal(facts.INVOICE_ERROR, facts.ORDER_CLOSED)
    return order


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /invoices. There is no idempotency key: the same body twice takes the goods twice, order or not."""
    body, code = call.body, facts.INVOICE_ERROR
    branch_id = read_branch(book, body, code)
    purchase_date = body.moment("purchaseDate", code) or call.now
    check_sale_time(book, purchase_date, code)
    order = _order_of(book, body)
    lines = read_lines(book, body.parts("invoiceDetails"), code, "InvoiceDetailTaxs")
    own = order.held if order else {}
    refuse_shortage(book, units(book, branch_id, lines), code, own=own, ordering=False)
    discount, using_cod = body.number("discount", code, ZERO), body.flag("usingCod")
    channel_id, seller_id = body.whole("saleChannelId", code), body.whole("soldById", code)
    delivery = read_delivery(book, body.part("deliveryDetail"), code, using_cod=using_cod)
    surcharges = read_surcharges(book, body, code, call.now)
    number, invoice_id = _next(book)
    payments = read_payments(book, body, number, call.now)
    customer = customer_of(book, call, branch_id)
    invoice = Invoice(
        id=invoice_id,
        code=number,
        branch_id=branch_id,
        purchase_date=purchase_date,
        status=_status(delivery),
        created_at=call.now,
        modified_at=call.now,
        lines=lines,
        customer_id=customer.id if customer else order.customer_id if order else None,
        discount=discount,
        payments=payments,
        surcharges=surcharges,
        delivery=delivery,
        description=body.text("description") or "",
        sale_channel_id=channel_id,
        sold_by_id=seller_id,
        using_cod=using_cod,
        order_id=order.id if order else None,
    )
    add(book, invoice, call.now)
    return invoice_detail(book, invoice)


def _next(book: Book) -> tuple[str, int]:
    invoice_id = book.next_id("invoice", FIRST_ID)
    return f"HD{invoice_id - FIRST_ID:06d}", invoice_id


def _status(delivery: dict[str, Any] | None) -> int:
    """Return the status: in progress while a courier has it, else complete."""
    return facts.INVOICE_UNDER_WAY if delivery and delivery["status"] != facts.DELIVERED else facts.INVOICE_DONE


def add(book: Book, invoice: Invoice, now: datetime) -> None:
    """Add an invoice, take its goods, end its order's reservation, and announce all of it."""
    book.invoices[invoice.id] = invoice
    if invoice.order_id is not None:
        book.orders[invoice.order_id].invoice_ids.append(invoice.id)
    _moved(book, invoice, now)


def _moved(book: Book, invoice: Invoice, now: datetime) -> None:
    order = book.orders.get(invoice.order_id or 0)
    before = order and (order.status, order.held)
    settle_invoice(book, invoice)
    announce_invoice(book, invoice)
    if order and (order.status, order.held) != before:
        order.modified_at = now
        announce_order(book, order)


def sell(book: Book, branch_id: int, lines: list[Line], now: datetime) -> Invoice:
    """Sell at the till: add an invoice paid in cash, whatever the stock says."""
    number, invoice_id = _next(book)
    invoice = Invoice(
        id=invoice_id,
        code=number,
        branch_id=branch_id,
        purchase_date=now,
        status=facts.INVOICE_DONE,
        created_at=now,
        modified_at=now,
        lines=lines,
        sold_by_id=book.users[invoice_id % len(book.users)]["id"],
    )
    paid = Fields({"totalPayment": invoice.total, "method": "Cash"})
    invoice.payments = read_payments(book, paid, number, now)
    add(book, invoice, now)
    return invoice


def invoice_order(book: Book, order: Order, now: datetime, *, code: str | None = None) -> Invoice:
    """Add the invoice of a whole order (`makeInvoice`, and KiotViet's own import)."""
    number, invoice_id = _next(book)
    invoice = Invoice(
        id=invoice_id,
        code=code or number,
        branch_id=order.branch_id,
        purchase_date=now,
        status=_status(order.delivery),
        created_at=now,
        modified_at=now,
        lines=[replace(line) for line in order.lines],
        customer_id=order.customer_id,
        discount=order.discount,
        payments=list(order.payments),
        surcharges=order.surcharges,
        delivery=order.delivery,
        description=order.description,
        sale_channel_id=order.sale_channel_id,
        sold_by_id=order.sold_by_id,
        using_cod=order.using_cod,
        order_id=order.id,
    )
    add(book, invoice, now)
    return invoice


def update(book: Book, call: Call, invoice_id: str) -> dict[str, Any]:
    """PUT /invoices/{id}: status, delivery, lines, seller, date, sale channel. A delivery that arrived completes it."""
    invoice, body, code = found(book, int(invoice_id)), call.body, facts.INVOICE_ERROR
    if invoice.status == facts.INVOICE_CANCELLED:
        raise Refusal(code, facts.INVOICE_CLOSED)
    status = body.whole("status", code)
    if status is not None and status not in facts.INVOICE_STATUS.keys() - {facts.INVOICE_CANCELLED}:
        raise Refusal(code, facts.BAD_STATUS)
    delivery = read_delivery(book, body.part("deliveryDetail"), code, using_cod=invoice.using_cod)
    lines = body.parts("invoiceDetails")
    if lines:
        fresh = read_lines(book, lines, code, "InvoiceDetailTaxs")
        own = {key: book.shelf(*key).reserved for key in invoice.held}
        more = {
            key: quantity - invoice.held.get(key, ZERO)
            for key, quantity in units(book, invoice.branch_id, fresh).items()
        }
        refuse_shortage(book, more, code, own=own, ordering=False)
        invoice.lines = fresh
    if delivery:
        invoice.delivery = (invoice.delivery or {}) | delivery
    if status or delivery:
        invoice.status = status or _status(invoice.delivery)
    invoice.purchase_date = body.moment("purchaseDate", code) or invoice.purchase_date
    invoice.sold_by_id = body.whole("soldById", code) or invoice.sold_by_id
    invoice.sale_channel_id = body.whole("saleChannelId", code) or invoice.sale_channel_id
    invoice.modified_at = call.now
    _moved(book, invoice, call.now)
    return invoice_detail(book, invoice)


def void(book: Book, call: Call) -> dict[str, Any]:
    """DELETE /invoices with the body {id, isVoidPayment}: status 2, the goods are back on the shelf."""
    invoice = found(book, call.body.whole("id", facts.INVOICE_ERROR))
    if invoice.status == facts.INVOICE_CANCELLED:
        raise Refusal(facts.INVOICE_ERROR, facts.INVOICE_CLOSED)
    invoice.status = facts.INVOICE_CANCELLED
    invoice.modified_at = call.now
    if call.body.flag("isVoidPayment"):
        invoice.payments = []
    _moved(book, invoice, call.now)
    return invoice_detail(book, invoice)
