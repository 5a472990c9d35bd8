"""Cancellations: requested by buyers, answered by the seller or by time-out; and the seller's own."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.simulator import book, facts, refunds
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import Cancellation, Order
from integrations.connectors.tiktok_shop.simulator.delivery import announce
from integrations.connectors.tiktok_shop.simulator.images import check as check_images
from integrations.connectors.tiktok_shop.simulator.request import (
    Call,
    Fields,
    invalid,
    no_such,
    required,
    span,
    texts,
)
from integrations.simulator.simulated_platform import InvalidState


def cancel(backend: Backend, call: Call) -> Fields:
    """POST cancellations, by the seller, of a whole order."""
    order = backend.order(call, required(call.body, "order_id", str))
    reason = required(call.body, "cancel_reason", str)
    named = set(texts(call.body, "order_line_item_ids", refunds.MOST))
    if not named <= {unit.id for unit in order.units}:
        raise invalid("order_line_item_ids")
    skus = {required(row, "sku_id", str): required(row, "quantity", int) for row in call.body.get("skus") or ()}
    if named and len(named) < len(order.units):
        raise refunds.not_now("Partial cancellation is not supported for this order.")
    if skus and skus != _pieces(order):
        raise invalid("skus")
    if order.asked_to_cancel:
        raise refunds.not_now("The buyer has requested a cancellation already.")
    try:
        backend.context.cancel(backend.sale(order), "seller", "out_of_stock")
    except InvalidState:
        raise refunds.not_now("The order status does not support cancellation.") from None
    order.cancel_reason = reason
    found = _cancellation(backend, order, "SELLER", reason, book.CANCEL_SUCCESS)
    return {"cancel_id": found.id, "cancel_status": found.status}


def search_cancellations(backend: Backend, call: Call) -> Fields:
    """POST cancellations/search, oldest first unless asked otherwise."""
    size = call.size(facts.CANCEL_PAGE)
    by_order = set(texts(call.body, "order_ids", refunds.MOST))
    by_id = set(texts(call.body, "cancel_ids", refunds.MOST))
    by_status = set(texts(call.body, "cancel_status", refunds.MOST))
    created, updated = span(call.body, "create_time"), span(call.body, "update_time")
    found = [
        one
        for one in backend.book.cancellations.values()
        if one.shop == call.shop
        and (not by_order or one.order_id in by_order)
        and (not by_id or one.id in by_id)
        and (not by_status or one.status in by_status)
        and created[0] <= one.create_time < created[1]
        and updated[0] <= one.update_time < updated[1]
    ]
    page, more = call.page(refunds.in_order(call, found), size)
    return {"cancellations": [_shown_cancellation(backend, one) for one in page], **more}


def approve_cancellation(backend: Backend, call: Call) -> Fields:
    """POST cancellations/{id}/approve. The same idempotency key once more changes nothing."""
    return _answer_cancellation(backend, call, accept=True)


def reject_cancellation(backend: Backend, call: Call) -> Fields:
    """POST cancellations/{id}/reject: a reason is needed; pictures must have been uploaded."""
    required(call.body, "reject_reason", str)
    images = tuple(check_images(backend, call.body))
    answer = _answer_cancellation(backend, call, accept=False)
    backend.book.cancellations[call.ids["cancel"]].images = images
    return answer


def ask_to_cancel(backend: Backend, order: Order, role: str, reason: str) -> None:
    """Add a buyer's cancellation request, which waits for the seller."""
    _push_cancellation(backend, _cancellation(backend, order, role, reason, book.CANCEL_PENDING))


def end_cancellation(backend: Backend, order: Order, status: str) -> None:
    """End the buyer's open request, if there is one."""
    found = backend.book.waiting.pop(order.id, None)
    if found:
        found.status, found.update_time = status, backend.now
        _push_cancellation(backend, found)


def _answer_cancellation(backend: Backend, call: Call, *, accept: bool) -> Fields:
    found = backend.book.cancellations.get(call.ids["cancel"])
    if found is None or found.shop != call.shop:
        raise no_such("cancellation")
    key = call.text("idempotency_key", "")
    if key and found.answered == key:
        return {}
    if found.status != book.CANCEL_PENDING:
        raise refunds.not_now("The cancellation status does not support this operation.")
    found.answered = key
    backend.context.answer_cancellation(backend.sale(backend.book.orders[found.order_id]), accept=accept)
    return {}


def _cancellation(backend: Backend, order: Order, role: str, reason: str, status: str) -> Cancellation:
    count, now = len(backend.book.cancellations), backend.now
    found = Cancellation(
        "4035" + backend.number("cancel", order.id, count), order.id, order.shop, status, role, reason, now, now
    )
    backend.book.cancellations[found.id] = found
    if status == book.CANCEL_PENDING:
        backend.book.waiting[order.id] = found
    return found


def _push_cancellation(backend: Backend, found: Cancellation) -> None:
    data = {
        "order_id": found.order_id,
        "cancellations_role": found.role,
        "cancel_status": found.status,
        "cancel_id": found.id,
        "create_time": found.create_time,
    }
    announce(backend, 11, found.shop, data, (found.order_id,))


def _shown_cancellation(backend: Backend, found: Cancellation) -> Fields:
    order = backend.book.orders[found.order_id]
    pending = found.status == book.CANCEL_PENDING
    return {
        "cancel_id": found.id,
        "order_id": found.order_id,
        "cancel_type": "BUYER_CANCEL" if found.role == "BUYER" else "CANCEL",
        "cancel_status": found.status,
        "cancel_reason": found.reason,
        "cancel_reason_text": found.reason,
        "role": found.role,
        "create_time": found.create_time,
        "update_time": found.update_time,
        "refund_amount": refunds.amount(order.goods),
        "cancel_line_items": [
            {"cancel_line_item_id": f"{unit.id}9", "refund_amount": refunds.amount(unit.price), **refunds.line(unit)}
            for unit in order.units
        ],
        "seller_next_action_response": [{"action": "SELLER_RESPOND_CANCEL", "deadline": found.create_time + 172_800}]
        if pending
        else [],
    }


def _pieces(order: Order) -> dict[str, int]:
    found: dict[str, int] = {}
    for unit in order.units:
        found[unit.sku_id] = found.get(unit.sku_id, 0) + 1
    return found
