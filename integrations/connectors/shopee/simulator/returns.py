"""Return calls: lists, details, and the seller's decision."""

from __future__ import annotations

from integrations.connectors.shopee.simulator import book, facts, steps, views
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.book import Return
from integrations.connectors.shopee.simulator.request import Call, Fields, Refusal, out_of_range, required
from integrations.connectors.shopee.simulator.wire import wrapped

_RANGES = ("create_time", "update_time")
STATUSES = frozenset({"REQUESTED", "PROCESSING", "ACCEPTED", "JUDGING", "SELLER_DISPUTE", "CANCELLED", "CLOSED"})


def get_return_list(backend: Backend, call: Call) -> Fields:
    """GET returns/get_return_list: newest change first, pages counted from 0."""
    page, size = call.number("page_no", low=0), call.number("page_size", low=1, high=facts.PAGE_MAX)
    status = call.text("status", "")
    if status and status not in STATUSES:
        raise out_of_range("status")
    windows = {name: _window(call, name) for name in _RANGES}
    first, last = windows["update_time"] or (0, 1 << 62)
    created_first, created_last = windows["create_time"] or (0, 1 << 62)
    found = [
        row
        for key in book.between(backend.book.returned, call.shop, first, last)
        if created_first <= (row := backend.book.returns[key]).create_time <= created_last
        and (not status or row.status == status)
    ]
    shown = [views.returned(row, backend.book.orders[row.order_sn]) for row in found[page * size : (page + 1) * size]]
    return wrapped({"more": len(found) > (page + 1) * size, "return": shown})


def get_return_detail(backend: Backend, call: Call) -> Fields:
    """GET returns/get_return_detail: the list's fields, and the negotiation."""
    found = _return(backend, call, call.text("return_sn"))
    negotiation = {
        "negotiation_status": "PENDING_RESPOND" if found.status == "REQUESTED" else "TERMINATED",
        "latest_solution": "RETURN_REFUND",
        "latest_offer_amount": 0,
        "latest_offer_creator": "",
        "counter_limit": 0,
        "offer_due_date": 0,
    }
    row = views.returned(found, backend.book.orders[found.order_sn])
    return wrapped(row | {"activity": [], "negotiation": negotiation, "virtual_contact_number": ""})


def confirm(backend: Backend, call: Call) -> Fields:
    """POST returns/confirm: the seller accepts, and the buyer gets the money back."""
    return _answer(backend, call, "ACCEPTED")


def dispute(backend: Backend, call: Call) -> Fields:
    """POST returns/dispute: the seller objects; Shopee will judge."""
    required(call.body, "email", str)
    return _answer(backend, call, "SELLER_DISPUTE")


def _answer(backend: Backend, call: Call, status: str) -> Fields:
    found = _return(backend, call, required(call.body, "return_sn", str))
    if found.status != "REQUESTED":
        raise Refusal("returns.error_status", "The status of the return does not support this operation.")
    steps.change_return(backend, found, status)
    return wrapped({"return_sn": found.return_sn})


def _return(backend: Backend, call: Call, return_sn: str) -> Return:
    found = backend.book.returns.get(return_sn)
    if found is None or found.shop != call.shop:
        raise Refusal("error_not_found", "Wrong parameters, detail: the return is not found.")
    return found


def _window(call: Call, name: str) -> tuple[int, int] | None:
    if not {f"{name}_from", f"{name}_to"} & call.query.keys():
        return None
    first, last = call.number(f"{name}_from"), call.number(f"{name}_to")
    if first > last or last - first > facts.ORDER_WINDOW:
        raise out_of_range(f"{name}_to")
    return first, last
