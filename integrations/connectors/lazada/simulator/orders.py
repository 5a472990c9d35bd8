"""Order calls: orders and their items."""

from __future__ import annotations

from typing import Any

from integrations.connectors.lazada.simulator import book, facts, orders_views
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole, missing
from integrations.connectors.lazada.simulator.wire import data, top

# filter word -> the item statuses it stands for
_FILTERS: dict[str, frozenset[str]] = {
    **{
        word: frozenset({word})
        for word in (
            book.UNPAID, book.PENDING, book.PACKED, book.READY, book.SHIPPED, book.DELIVERED, book.CANCELED,
            book.RETURNED, "failed", "lost_by_3pl", "damaged_by_3pl", "shipped_back", "shipped_back_success",
            "shipped_back_failed", "package_scrapped",
        )
    },
    "topack": frozenset({book.PENDING, book.REPACKED}),
    "toship": frozenset({book.PACKED, book.READY}),
    "shipping": frozenset({book.SHIPPED}),
    "lost": frozenset({"lost_by_3pl"}),
}  # fmt: skip
_SORTS = frozenset({"created_at", "updated_at"})
_DIRECTIONS = frozenset({"ASC", "DESC"})


def get_orders(backend: Backend, call: Call) -> Fields:
    """/orders/get: a page of the seller's orders in a span of creation or update times."""
    limit = call.number("limit", facts.ORDERS_PAGE, low=1, high=facts.ORDERS_PAGE, code="19", word="Limit")
    offset = call.number("offset", 0, high=facts.ORDERS_OFFSET, code="14", word="Offset")
    status = call.text("status", "all")
    if status != "all" and status not in _FILTERS:
        raise Refusal("36", f"E036: Invalid status filter, must be one of [{', '.join(_FILTERS)}]")
    sort = call.word("sort_by", _SORTS, "created_at", "74", "Invalid sort by.")
    direction = call.word("sort_direction", _DIRECTIONS, "DESC", "75", "Invalid sort direction.")
    found = [order for order in _in_span(backend, call) if _has(order, status)]
    found.sort(key=lambda order: (order.created if sort == "created_at" else order.updated, order.id))
    if direction == "DESC":
        found.reverse()
    page = found[offset : offset + limit]
    _mark_known(backend, page)
    shown = [orders_views.header(order) for order in page]
    return data({"count": len(page), "countTotal": len(found), "orders": shown})


def get_order(backend: Backend, call: Call) -> Fields:
    """/order/get."""
    order = find(backend, call)
    _mark_known(backend, [order])
    return data(orders_views.header(order))


def get_order_items(backend: Backend, call: Call) -> Fields:
    """/order/items/get."""
    order = find(backend, call)
    _mark_known(backend, [order])
    return data(orders_views.items(backend, order))


def get_orders_items(backend: Backend, call: Call) -> Fields:
    """/orders/items/get: up to 50 orders. Those it does not know are left out [inf], unless none is left."""
    bad = Refusal("56", "E056: Invalid OrdersIdList format. Must use array format [1,2]")
    ids: list[Any] = call.array("order_ids", bad)
    if len(ids) > facts.ORDERS_BATCH:
        raise Refusal("38", f"E038: Too many orders were requested, at most {facts.ORDERS_BATCH}")
    if not ids:
        raise Refusal("39", "E039: No orders were requested")
    if not all(is_whole(str(one)) for one in ids):
        raise Refusal("37", "E037: One or more order id in the list are incorrect")
    found = [order for one in dict.fromkeys(ids) if (order := backend.book.order(call.seller, int(one)))]
    if not found:
        raise Refusal("37", "E037: One or more order id in the list are incorrect")
    _mark_known(backend, found)
    rows = [
        {"order_number": order.id, "order_id": order.id, "order_items": orders_views.items(backend, order)}
        for order in found
    ]
    return data(rows)


def trace(backend: Backend, call: Call) -> Fields:
    """/logistic/order/trace: packages and their histories; empty until one is ready to ship."""
    order = find(backend, call)
    head = {"not_success": False, "success": True, "error_code": {}, "repeated": False, "retry": False}
    return top(result={**head, "module": orders_views.histories(order)})


def find(backend: Backend, call: Call, name: str = "order_id") -> Order:
    """Return the order a call names. Refused with 16 when this seller has none such."""
    number = call.id(name, "16", "Invalid Order ID")
    found = backend.book.order(call.seller, number)
    if found is None:
        raise Refusal("16", f'E016: "{number}" Invalid Order ID')
    return found


def _in_span(backend: Backend, call: Call) -> list[Order]:
    created, updated = call.time("created_after"), call.time("update_after")
    if created is None and updated is None:
        raise missing("created_after")
    before, changed = call.time("created_before"), call.time("update_before")
    first, last = created or 0.0, before or float(1 << 40)
    since, until = updated or 0.0, changed or float(1 << 40)
    by_creation = updated is None
    index = (backend.book.created if by_creation else backend.book.updated).get(call.seller)
    if index is None:
        return []
    entries = index.between(*((first, last) if by_creation else (since, until)))
    found = (backend.book.orders[call.seller, order_id] for _, order_id in entries)
    return [
        order for order in found if first <= int(order.created) <= last and since <= int(order.updated) <= until
    ]  # fmt: skip


def _has(order: Order, status: str) -> bool:
    return status == "all" or any(unit.status in _FILTERS[status] for unit in order.units)


def _mark_known(backend: Backend, orders: list[Order]) -> None:
    backend.context.mark_known_to_hub([backend.sale(order) for order in orders])
