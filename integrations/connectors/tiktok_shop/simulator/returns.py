"""Returns and refunds: requested by buyers, answered by the seller or by time-out."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connectors.tiktok_shop.simulator import book, facts, money, refunds
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import Return
from integrations.connectors.tiktok_shop.simulator.delivery import announce
from integrations.connectors.tiktok_shop.simulator.images import check as check_images
from integrations.connectors.tiktok_shop.simulator.request import (
    Call,
    Fields,
    no_such,
    optional,
    required,
    span,
    texts,
)

ASK, GO_ON = "ask for a return", "return goes on"
# (status, decision) -> the next status
_APPROVED: Mapping[tuple[str, str, str], str] = {
    (book.REFUND, book.RETURN_PENDING, "APPROVE_REFUND"): book.RETURN_SUCCESS,
    (book.RETURN_AND_REFUND, book.RETURN_PENDING, "APPROVE_RETURN"): book.AWAITING_BUYER,
    (book.RETURN_AND_REFUND, book.BUYER_SHIPPED, "APPROVE_RECEIVED_PACKAGE"): book.RETURN_SUCCESS,
}
_REJECTED: Mapping[tuple[str, str, str], str] = {
    (book.REFUND, book.RETURN_PENDING, "REJECT_REFUND"): book.RETURN_REJECTED,
    (book.RETURN_AND_REFUND, book.RETURN_PENDING, "REJECT_RETURN"): book.RETURN_REJECTED,
    (book.RETURN_AND_REFUND, book.BUYER_SHIPPED, "REJECT_RECEIVED_PACKAGE"): book.RECEIVE_REJECTED,
}
# the next status when an answer is overdue
_BY_ITSELF: Mapping[tuple[str, str], str] = {
    (book.REFUND, book.RETURN_PENDING): book.RETURN_SUCCESS,
    (book.RETURN_AND_REFUND, book.RETURN_PENDING): book.AWAITING_BUYER,
    (book.RETURN_AND_REFUND, book.AWAITING_BUYER): book.BUYER_SHIPPED,
    (book.RETURN_AND_REFUND, book.BUYER_SHIPPED): book.RETURN_SUCCESS,
    (book.REFUND, book.RETURN_SUCCESS): book.RETURN_COMPLETE,
    (book.RETURN_AND_REFUND, book.RETURN_SUCCESS): book.RETURN_COMPLETE,
}
_WAITS_FOR_SELLER = frozenset({book.RETURN_PENDING, book.BUYER_SHIPPED})


def asked(backend: Backend, order_id: str, _: int) -> None:
    """Add a buyer's request: a refund only, or a return of the goods."""
    order, now = backend.book.orders[order_id], backend.now
    kind = backend.context.draws.pick((book.REFUND, book.RETURN_AND_REFUND), backend.context.channel, "kind", order_id)
    found = Return(
        "4036" + backend.number("return", order_id), order_id, order.shop, kind, book.RETURN_PENDING, now, now,
        order.units[:1],
    )  # fmt: skip
    backend.book.returns[found.id] = found
    _push_return(backend, found)
    backend.schedule(facts.RETURN_LIFE, GO_ON, found.id, len(_BY_ITSELF))


def went_on(backend: Backend, return_id: str, _: int) -> None:
    """Advance a return that was not answered in time."""
    found = backend.book.returns[return_id]
    following = _BY_ITSELF.get((found.kind, found.status))
    if following:
        _change(backend, found, following)


def search_returns(backend: Backend, call: Call) -> Fields:
    """POST returns/search, oldest first unless asked otherwise."""
    size = call.size(facts.RETURN_PAGE)
    by_id, by_order = (
        set(texts(call.body, "return_ids", refunds.MOST)),
        set(texts(call.body, "order_ids", refunds.MOST)),
    )
    by_status = set(texts(call.body, "return_status", refunds.MOST))
    created, updated = span(call.body, "create_time"), span(call.body, "update_time")
    found = [
        one
        for one in backend.book.returns.values()
        if one.shop == call.shop
        and (not by_id or one.id in by_id)
        and (not by_order or one.order_id in by_order)
        and (not by_status or one.status in by_status)
        and created[0] <= one.create_time < created[1]
        and updated[0] <= one.update_time < updated[1]
    ]
    page, more = call.page(refunds.in_order(call, found), size)
    return {"return_orders": [_shown_return(backend, one) for one in page], **more}


def approve_return(backend: Backend, call: Call) -> Fields:
    """POST returns/{id}/approve: the decision must fit the kind of return and where it is."""
    return _answer_return(backend, call, _APPROVED)


def reject_return(backend: Backend, call: Call) -> Fields:
    """POST returns/{id}/reject: a reason is needed; pictures must have been uploaded."""
    required(call.body, "reject_reason", str)
    images = tuple(check_images(backend, call.body))
    answer = _answer_return(backend, call, _REJECTED)
    backend.book.returns[call.ids["return"]].images = images
    return answer


def reject_reasons(backend: Backend, call: Call) -> Fields:
    """GET reject_reasons."""
    names = {
        "seller_reject_apply_product_has_been_packed": "Sản phẩm đã được đóng gói",
        "seller_reject_apply_package_has_not_exceeded_estimated_delivery_time": "Chưa quá thời gian giao dự kiến",
    }
    return {"reasons": [{"name": name, "text": text} for name, text in names.items()]}


def _answer_return(backend: Backend, call: Call, table: Mapping[tuple[str, str, str], str]) -> Fields:
    found = backend.book.returns.get(call.ids["return"])
    if found is None or found.shop != call.shop:
        raise no_such("return")
    decision, key = required(call.body, "decision", str), call.text("idempotency_key", "")
    optional(call.body, "buyer_keep_item", bool)
    if key and found.answered == key:
        return {}
    following = table.get((found.kind, found.status, decision))
    if following is None:
        raise refunds.not_now("The decision does not fit the status of the return.")
    found.answered = key
    _change(backend, found, following)
    return {}


def _change(backend: Backend, found: Return, status: str) -> None:
    found.status, found.update_time = status, max(backend.now, found.update_time)
    if status == book.BUYER_SHIPPED:
        found.tracking_number = "9" + backend.number("return parcel", found.id, size=11)
    if status == book.RETURN_SUCCESS:
        money.refund(backend, found)
    _push_return(backend, found)
    if (found.kind, status) in _BY_ITSELF:
        backend.schedule(facts.RETURN_LIFE if status in _WAITS_FOR_SELLER else facts.RETURN_STEP, GO_ON, found.id)


def _push_return(backend: Backend, found: Return) -> None:
    data = {
        "order_id": found.order_id,
        "return_role": "BUYER",
        "return_type": found.kind,
        "return_status": found.status,
        "return_id": found.id,
        "create_time": found.create_time,
        "update_time": found.update_time,
    }
    announce(backend, 12, found.shop, data, (found.order_id,))


def _shown_return(backend: Backend, found: Return) -> Fields:
    return {
        "return_id": found.id,
        "order_id": found.order_id,
        "return_type": found.kind,
        "return_status": found.status,
        "return_reason": "ecom_order_delivered_refund_and_return_reason_no_need",
        "return_reason_text": "Không còn nhu cầu",
        "role": "BUYER",
        "create_time": found.create_time,
        "update_time": found.update_time,
        "shipment_type": "PLATFORM",
        "handover_method": "DROP_OFF",
        "return_provider_name": facts.CARRIER,
        "return_tracking_number": found.tracking_number,
        "refund_amount": refunds.amount(sum(unit.price for unit in found.units)),
        "return_line_items": [
            {"return_line_item_id": f"{unit.id}8", "refund_amount": refunds.amount(unit.price), **refunds.line(unit)}
            for unit in found.units
        ],
        "seller_next_action_response": [{"action": "SELLER_RESPOND_RETURN", "deadline": found.update_time + 172_800}]
        if found.status in _WAITS_FOR_SELLER
        else [],
    }
