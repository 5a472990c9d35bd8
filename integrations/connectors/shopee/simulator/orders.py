"""Order and package calls: lists, details, cancellation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from integrations.connectors.shopee.simulator import book, facts, views
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.book import Order
from integrations.connectors.shopee.simulator.request import (
    Call,
    Fields,
    Refusal,
    is_whole,
    missing,
    optional,
    out_of_range,
    required,
    rows,
)
from integrations.connectors.shopee.simulator.wire import wrapped
from integrations.simulator.oddities import (
    OrderForm,
    as_milliseconds,
    as_text,
    long_name,
    long_tracking,
    odd_line,
    odd_order,
)
from integrations.simulator.simulated_platform import InvalidState

# its lines have no ids: two that are alike are two
FORM = OrderForm(
    lines="item_list",
    repeats=False,
    fields={
        "ship_by_date": ("N/A", "0000-00-00 00:00:00", as_milliseconds),
        "pay_time": (as_milliseconds, as_text, "N/A"),
        "total_amount": (as_text,),
        "actual_shipping_fee": (as_text, "N/A"),
    },
    line_fields={"model_discounted_price": (as_text,), "weight": ("N/A",)},
    line_long={"item_name": long_name},
)
PACKAGE_FORM = OrderForm(lines="", line_long={"tracking_number": long_tracking})

# INVOICE_PENDING exists as a filter only
_FILTERS = frozenset({*book.STATUSES, "PENDING", "INVOICE_PENDING"})
_REASONS = {"OUT_OF_STOCK": "out_of_stock", "CUSTOMER_REQUEST": "changed_mind", "COD_NOT_SUPPORTED": "not_shipped"}
_UNSHIPPED = frozenset({book.NOT_START, book.PACKAGE_READY, book.REQUESTED, book.PICKUP_RETRY})

# package_status of search_package_list
_PACKAGES: Mapping[int, Callable[[Order], bool]] = {
    0: lambda order: True,
    1: lambda order: order.package_status == book.NOT_START,
    2: lambda order: order.package_status in {book.PACKAGE_READY, book.PICKUP_RETRY} and not order.arranged,
    3: lambda order: order.arranged,
}


def get_order_list(backend: Backend, call: Call) -> Fields:
    """GET order/get_order_list. The cursor is an offset into a list, newest first, that moves while it is read."""
    index = {"create_time": backend.book.created, "update_time": backend.book.updated}.get(
        call.text("time_range_field")
    )
    if index is None:
        raise out_of_range("time_range_field")
    first, last = call.number("time_from"), call.number("time_to")
    size = call.number("page_size", low=1, high=facts.PAGE_MAX)
    if first > last or last - first > facts.ORDER_WINDOW:
        raise Refusal("order.order_list_invalid_time", "Start time must be earlier than end time and diff in 15days.")
    status = call.text("order_status", "")
    if status and status not in _FILTERS:
        raise out_of_range("order_status")
    offset = _offset(call.text("cursor", ""))
    orders = (backend.book.orders[key] for key in book.between(index, call.shop, first, last))
    wanted = (order for order in orders if not status or order.status == status)
    page = list(islice(wanted, offset, offset + size + 1))
    with_status = "order_status" in call.texts("response_optional_fields")
    return wrapped(
        {
            "more": len(page) > size,
            "next_cursor": str(offset + size) if len(page) > size else "",
            "order_list": [
                {"order_sn": order.order_sn} | ({"order_status": order.status} if with_status else {})
                for order in page[:size]
            ],
        }
    )


def get_order_detail(backend: Backend, call: Call) -> Fields:
    """GET order/get_order_detail. Unknown numbers among known ones are left out [inf]."""
    found = [
        order
        for order_sn in dict.fromkeys(call.batch("order_sn_list"))
        if (order := backend.book.order(call.shop, order_sn))
    ]
    if not found:
        raise Refusal("error_not_found", "Wrong parameters, detail: the order is not found.")
    asked = call.texts("response_optional_fields")
    backend.context.mark_known_to_hub([backend.sale(order) for order in found])
    return wrapped({"order_list": [_shown(backend, order, asked) for order in found]})


def _shown(backend: Backend, order: Order, asked: Iterable[str]) -> Fields:
    row = views.detail(order, asked)
    if "fulfillment_flag" in row and backend.sale(order).fulfilled_by == "platform":
        row["fulfillment_flag"] = "fulfilled_by_shopee"
    return odd_order(backend.context, FORM, row, order.order_sn, order.status)


def search_package_list(backend: Backend, call: Call) -> Fields:
    """POST order/search_package_list: packages that have not been shipped, by order time and number."""
    pagination = required(call.body, "pagination", dict)
    size = required(pagination, "page_size", int, "pagination.")
    if not 1 <= size <= facts.PAGE_MAX:
        raise out_of_range("page_size")
    wanted = optional(optional(call.body, "filter", dict) or {}, "package_status", int, "filter.") or 0
    if wanted not in _PACKAGES:
        raise out_of_range("package_status")
    sort = optional(call.body, "sort", dict) or {}
    rising = bool(optional(sort, "ascending", bool, "sort.") or optional(sort, "is_asc", bool, "sort."))
    matches = _PACKAGES[wanted]
    index = backend.book.created.get(call.shop)
    found = [
        (moment, order)
        for moment, key in (index.keys if index else ())
        if (order := backend.book.orders[key]).package_status in _UNSHIPPED
        and order.status not in {book.UNPAID, book.CANCELLED}
        and matches(order)
    ]
    if not rising:
        found.reverse()
    keys = [_package_cursor(moment, order) for moment, order in found]
    cursor = optional(pagination, "cursor", str, "pagination.") or ""
    if cursor and cursor not in keys:
        raise out_of_range("cursor")
    begin = keys.index(cursor) + 1 if cursor else 0
    page = found[begin : begin + size]
    more = len(found) > begin + size
    return wrapped(
        {
            "packages_list": [views.package_row(order) for _, order in page],
            "pagination": {
                "total_count": len(found),
                "next_cursor": _package_cursor(*page[-1]) if more else "",
                "more": more,
            },
            "sort": {"sort_type": optional(sort, "sort_type", int, "sort.") or 1, "is_asc": rising},
        }
    )


def get_package_detail(backend: Backend, call: Call) -> Fields:
    """GET order/get_package_detail."""
    numbers = dict.fromkeys(call.batch("package_number_list"))
    found = [order for number in numbers if (order := backend.book.package(call.shop, number))]
    if not found:
        raise Refusal("error_not_found", "Wrong parameters, detail: the package is not found.")
    context = backend.context
    rows = [
        odd_line(context, PACKAGE_FORM, views.package(order, order.tracking_number), order.order_sn) for order in found
    ]
    return wrapped({"package_list": rows}, warning="")


def cancel_order(backend: Backend, call: Call) -> Fields:
    """POST order/cancel_order, by the seller."""
    order = backend.order(call, required(call.body, "order_sn", str))
    reason = required(call.body, "cancel_reason", str)
    if reason not in _REASONS:
        raise Refusal(
            "error_param", f"Wrong parameters, detail: cancel_reason {reason} is not supported in this region."
        )
    if reason == "OUT_OF_STOCK":
        _check_items(order, call.body)
    if order.status == book.IN_CANCEL:
        raise _not_now()
    try:
        backend.context.cancel(backend.sale(order), "seller", _REASONS[reason])
    except InvalidState:
        raise _not_now() from None
    return wrapped({"update_time": order.update_time})


def handle_buyer_cancellation(backend: Backend, call: Call) -> Fields:
    """POST order/handle_buyer_cancellation."""
    order = backend.order(call, required(call.body, "order_sn", str))
    operation = required(call.body, "operation", str)
    if operation not in {"ACCEPT", "REJECT"}:
        raise out_of_range("operation")
    try:
        backend.context.answer_cancellation(backend.sale(order), accept=operation == "ACCEPT")
    except InvalidState:
        raise _not_now() from None
    return wrapped({"update_time": order.update_time})


def _offset(cursor: str) -> int:
    if cursor and not is_whole(cursor):
        raise out_of_range("cursor")
    return int(cursor or 0)


def _package_cursor(moment: int, order: Order) -> str:
    return f"{moment},{order.package_number.removeprefix('OFG')}"


def _check_items(order: Order, body: Fields) -> None:
    if not body.get("item_list"):
        raise missing("item_list")
    known = {(line.item_id, line.model_id) for line in order.lines}
    for row in rows(body, "item_list"):
        key = required(row, "item_id", int, "item_list."), optional(row, "model_id", int, "item_list.") or 0
        if key not in known:
            raise out_of_range("item_list")


def _not_now() -> Refusal:
    return Refusal("order.order_status_invalid", "The order status does not support this operation.")
