"""Order calls: /orders, goods promised to a customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Order
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
from integrations.connectors.kiotviet.simulator.invoices import invoice_order
from integrations.connectors.kiotviet.simulator.lists import changed_since, in_order, page
from integrations.connectors.kiotviet.simulator.request import Call, Refusal
from integrations.connectors.kiotviet.simulator.rows import announce_order, order_row
from integrations.connectors.kiotviet.simulator.stock import live_invoices, refuse_shortage, settle_order, units

FIRST_ID = 18_900_000
_SETTABLE = {facts.ORDER_DRAFT, facts.ORDER_CONFIRMED}


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /orders."""
    branches, statuses = call.ids("branchIds"), call.ids("status")
    customers, channels = call.ids("customerIds"), call.ids("saleChannelId")
    created = call.query.moment("createdDate", facts.ORDER_ERROR)
    rows = [
        order
        for order in changed_since(call, book.orders.values(), lambda order: order.touched_at)
        if (not branches or order.branch_id in branches)
        and (not statuses or order.status in statuses)
        and (not customers or order.customer_id in customers)
        and (not channels or order.sale_channel_id in channels)
        and (created is None or order.created_at >= created)
    ]
    with_payments, with_delivery = call.query.flag("includePayment"), call.query.flag("includeOrderDelivery")
    return page(
        call,
        in_order(call, rows, SORT),
        lambda order: order_row(book, order, payments=with_payments, delivery=with_delivery),
    )


def found(book: Book, order_id: int) -> Order:
    """The order with this id. Refused when there is none."""
    if order_id not in book.orders:
        raise Refusal(facts.ORDER_ERROR, facts.NO_SUCH_ORDER)
    return book.orders[order_id]


def by_id(book: Book, call: Call, order_id: str) -> dict[str, Any]:
    """GET /orders/{id}."""
    return order_row(book, found(book, int(order_id)))


def by_code(book: Book, call: Call, code: str) -> dict[str, Any]:
    """GET /orders/code/{code}. Codes are not made unique by the API: the first one is shown."""
    for order in book.orders.values():
        if order.code.lower() == code.lower():
            return order_row(book, order)
    raise Refusal(facts.ORDER_ERROR, facts.NO_SUCH_ORDER)


def add(book: Book, order: Order) -> None:
    """Add an order, reserve its goods and announce it."""
    book.orders[order.id] = order
    settle_order(book, order)
    announce_order(book, order)


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /orders, `status` 1 or 5. There is no idempotency key: the same body twice is two orders."""
    if not book.settings.ordering:
        raise Refusal(facts.ORDER_ERROR, facts.ORDERING_OFF)
    order = _read(book, call, order_id=book.next_id("order", FIRST_ID))
    add(book, order)
    if call.body.flag("makeInvoice"):
        invoice_order(book, order, call.now)
    return order_row(book, order)


def _read(book: Book, call: Call, order_id: int) -> Order:
    body, code = call.body, facts.ORDER_ERROR
    branch_id = read_branch(book, body, code)
    purchase_date = body.moment("purchaseDate", code) or call.now
    check_sale_time(book, purchase_date, code)
    lines = read_lines(book, body.parts("orderDetails"), code, "OrderDetailTaxs")
    before = book.orders.get(order_id)
    wanted = units(book, branch_id, lines)
    own = before.held if before else {}
    refuse_shortage(book, wanted, code, own=own, ordering=True)
    if body.flag("makeInvoice"):
        refuse_shortage(book, wanted, facts.INVOICE_ERROR, own=own, ordering=False)
    number = before.code if before else f"DH{order_id - FIRST_ID:06d}"
    status = body.whole("status", code) or (before.base_status if before else facts.ORDER_DRAFT)
    if status not in _SETTABLE:
        raise Refusal(code, facts.BAD_STATUS)
    discount, using_cod = body.number("discount", code, ZERO), body.flag("usingCod")
    channel_id, seller_id = body.whole("saleChannelId", code), body.whole("soldById", code)
    surcharges = read_surcharges(book, body, code, call.now)
    delivery = read_delivery(book, body.part("orderDelivery"), code, using_cod=using_cod)
    payments = read_payments(book, body, number, call.now)
    customer = customer_of(book, call, branch_id)
    return Order(
        id=order_id,
        code=number,
        branch_id=branch_id,
        purchase_date=purchase_date,
        status=status,
        base_status=status,
        created_at=before.created_at if before else call.now,
        lines=lines,
        customer_id=customer.id if customer else None,
        discount=discount,
        payments=payments,
        surcharges=surcharges,
        delivery=delivery,
        description=body.text("description") or "",
        sale_channel_id=channel_id,
        sold_by_id=seller_id,
        using_cod=using_cod,
    )


def update(book: Book, call: Call, order_id: str) -> dict[str, Any]:
    """PUT /orders/{id}, same body as POST. `status` may be 1 or 5; 0 (sent by the official plug-in) changes nothing.

    A body without branch and lines changes only what it names: the page lists `branchId` without saying that it is required,
    and a public client cancels with `{"status": 4}` [inf].
    """
    order = found(book, int(order_id))
    if order.status in {facts.ORDER_DONE, facts.ORDER_CANCELLED}:
        raise Refusal(facts.ORDER_ERROR, facts.ORDER_CLOSED)
    if call.body.value("branchId") is None and call.body.value("orderDetails") is None:
        return _change(book, call, order)
    changed = _read(book, call, order_id=order.id)
    changed.held, changed.invoice_ids = order.held, order.invoice_ids
    changed.modified_at = call.now
    book.orders[order.id] = changed
    settle_order(book, changed)
    announce_order(book, changed)
    return order_row(book, changed)


def _change(book: Book, call: Call, order: Order) -> dict[str, Any]:
    """Apply a body that names status or description alone. Cancelling is as by DELETE, receipts included."""
    status = call.body.whole("status", facts.ORDER_ERROR)
    if status == facts.ORDER_CANCELLED:
        if live_invoices(book, order):
            raise Refusal(facts.ORDER_ERROR, facts.ORDER_HAS_INVOICES)
        close(book, order, call.now)
        return order_row(book, order)
    if status is not None and status not in _SETTABLE:
        raise Refusal(facts.ORDER_ERROR, facts.BAD_STATUS)
    order.status = order.base_status = status or order.base_status
    order.description = order.description if (text := call.body.text("description")) is None else text
    order.modified_at = call.now
    settle_order(book, order)
    announce_order(book, order)
    return order_row(book, order)


def cancel(book: Book, call: Call, order_id: str) -> dict[str, Any]:
    """DELETE /orders/{id}?IsVoidPayment=true: status 4, the reservation ends. Without the flag the receipts stay."""
    order = found(book, int(order_id))
    if order.status == facts.ORDER_CANCELLED:
        raise Refusal(facts.ORDER_ERROR, facts.ORDER_CLOSED)
    if live_invoices(book, order):
        raise Refusal(facts.ORDER_ERROR, facts.ORDER_HAS_INVOICES)
    if call.query.flag("IsVoidPayment"):
        order.payments = []
    close(book, order, call.now)
    return {"message": facts.DELETED}


def close(book: Book, order: Order, now: datetime) -> None:
    """Cancel an order, end its reservation and announce it."""
    order.status = facts.ORDER_CANCELLED
    order.modified_at = now
    settle_order(book, order)
    announce_order(book, order)
