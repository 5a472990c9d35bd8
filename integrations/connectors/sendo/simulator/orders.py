"""Order calls: /api/partner/salesorder and below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.backend import Backend
from integrations.connectors.sendo.simulator.order_views import shown, status_time
from integrations.connectors.sendo.simulator.request import Call, day_of, span, text, whole
from integrations.connectors.sendo.simulator.wire import Refusal, Row, wrong
from integrations.simulator.order import Order
from integrations.simulator.simulated_platform import InvalidState


def search(backend: Backend, call: Call) -> Row:
    """POST /salesorder/search: by placing date, by status date (3 days at most), or the last seven days; newest first."""
    body = call.fields()
    pages = backend.page("order", text(body, "token", ""), lambda: _filters(call, body))
    found = [order for order in backend.context.orders.values() if _fits(backend, order, pages.filters)]
    found.sort(key=lambda order: (status_time(backend, order), order.number), reverse=True)
    rows, tokens = backend.cut(pages, found)
    backend.context.mark_known_to_hub(rows)
    return {"data": [shown(backend, order) for order in rows]} | tokens


def _filters(call: Call, body: Row) -> tuple[Mapping[str, Any], int]:
    size = whole(body, "page_size", facts.PAGE_MAX, low=1, high=facts.PAGE_MAX)
    status = whole(body, "order_status", 0)
    if status and status not in facts.STATUSES:
        raise wrong("order_status", "Trạng thái không hợp lệ", status)
    placed, changed = span(body, "order_date"), span(body, "order_status_date")
    if changed and (changed[1] - changed[0]).days >= facts.STATUS_DAYS:
        raise wrong("order_status_date_from", "Khoảng thời gian tối đa 3 ngày", body["order_status_date_from"])
    if placed is None and changed is None:
        today = day_of(call.now)
        placed = (today - timedelta(days=facts.DEFAULT_DAYS), today)
    return {"status": status, "placed": placed, "changed": changed}, size


def _fits(backend: Backend, order: Order, filters: Mapping[str, Any]) -> bool:
    if filters["status"] and facts.STATUS[order.status] != filters["status"]:
        return False
    times = {"placed": backend.context.platform_time(order.placed_at), "changed": float(status_time(backend, order))}
    return all(_within(times[name], filters[name]) for name in times)


def _within(moment: float, days: tuple[date, date] | None) -> bool:
    return days is None or days[0] <= day_of(moment) <= days[1]


def detail(backend: Backend, call: Call, number: str) -> Row:
    """GET /salesorder/{order_number}."""
    order = _found(backend, number)
    backend.context.mark_known_to_hub([order])
    return shown(backend, order)


def _found(backend: Backend, number: str) -> Order:
    order = backend.context.orders.get(number)
    if order is None:
        raise Refusal("Đơn hàng không tồn tại", code=404)
    return order


def reasons(backend: Backend, call: Call) -> list[Row]:
    """GET /salesorder/reason-collection."""
    return [{"code": code, "name": name} for code, name in facts.REASONS.items()]


def update(backend: Backend, call: Call) -> bool:
    """PUT /salesorder: accept (3), delivered (7), cancel (13)."""
    body = call.fields()
    order = _found(backend, text(body, "order_number"))
    wanted = whole(body, "order_status")
    if whole(body, "allow_check", 0) not in (0, 1):
        raise wrong("allow_check", "allow_check phải là 0 hoặc 1", body["allow_check"])
    if wanted not in _UPDATES:
        raise wrong("order_status", "Trạng thái không hợp lệ", wanted)
    if not backend.may_act(order):
        raise wrong("order_number", "Đơn hàng đang được Sendo kiểm tra, vui lòng thử lại sau", order.id)
    try:
        _UPDATES[wanted](backend, order, body)
    except InvalidState:
        raise wrong("order_status", "Trạng thái đơn hàng không cho phép", wanted) from None
    return True


def _accept(backend: Backend, order: Order, body: Row) -> None:
    backend.context.arrange_shipment(order)


def _deliver(backend: Backend, order: Order, body: Row) -> None:
    raise wrong("order_status", "Shop không tự vận chuyển", facts.DELIVERED)


def _cancel(backend: Backend, order: Order, body: Row) -> None:
    code = text(body, "cancel_order_reason")
    if code not in facts.REASONS:
        raise wrong("cancel_order_reason", "Lý do hủy không hợp lệ", code)
    backend.book.cancel_codes[order.id] = code
    backend.context.cancel(order, "seller", facts.BY_SELLER[code])


_UPDATES: Mapping[int, Callable[[Backend, Order, Row], None]] = {
    facts.ACCEPTED: _accept,
    facts.DELIVERED: _deliver,
    facts.CANCELLED: _cancel,
}
