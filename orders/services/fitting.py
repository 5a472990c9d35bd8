"""Snapshots as they can be stored: each thing in them once, keys in their normal form, and no text longer than its column."""

from __future__ import annotations

from dataclasses import replace

from core.repeats import last_of_each
from core.text import normal_key
from core.widths import fitted, shortened_id
from orders.models import CustomerIdentity, Order, OrderLine, Parcel, Return, ReturnLine
from orders.snapshots import CustomerSnapshot, LineSnapshot, OrderSnapshot, ReturnLineSnapshot, ReturnSnapshot

# problem of a thing that came with words longer than are kept
CUT = "text_cut"
# a whole, in percent
_WHOLE = 100
_ORDER_IDS = ("number", "buyer_id", "staff_id", "branch_id")
_LINE_IDS = ("key", "item_id", "variation_id", "sku", "parcel", "category_id", "affiliate_id")
_PARCEL_IDS = ("number", "tracking_number")
_RETURN_IDS = ("number", "order_number", "tracking_number")
_RETURN_LINE_IDS = ("item_id", "variation_id", "sku")


def fitted_order(order: OrderSnapshot) -> OrderSnapshot:
    """Return an order with each line and parcel once; one whose texts had to be shortened has the problem `CUT`."""
    once = replace(
        order,
        lines=tuple(_normal_line(line) for line in last_of_each(order.lines, lambda line: line.key)),
        parcels=tuple(last_of_each(order.parcels, lambda parcel: parcel.number)),
    )
    fit = replace(
        fitted(Order, once, ids=_ORDER_IDS),
        lines=tuple(_fitted_line(line) for line in once.lines),
        parcels=tuple(fitted(Parcel, parcel, ids=_PARCEL_IDS) for parcel in once.parcels),
    )
    return fit if fit == once else replace(fit, problems=(*fit.problems, CUT))


def _normal_line(line: LineSnapshot) -> LineSnapshot:
    """Return a line with each campaign once. A rate that no affiliate can have is unknown."""
    rate = line.affiliate_rate
    return replace(
        line,
        sku=normal_key(line.sku),
        campaigns=tuple(dict.fromkeys(line.campaigns)),
        affiliate_rate=rate if rate is not None and 0 <= rate <= _WHOLE else None,
    )


def _fitted_line(line: LineSnapshot) -> LineSnapshot:
    fit = fitted(OrderLine, line, ids=_LINE_IDS)
    return replace(fit, campaigns=tuple(map(shortened_id, fit.campaigns)))


def fitted_return(ret: ReturnSnapshot) -> ReturnSnapshot:
    """Return a return with each line that names one of its order's once. As `fitted_order`."""
    numbered = last_of_each(enumerate(ret.lines), lambda one: one[1].line_key or one[0])
    once = replace(ret, lines=tuple(replace(line, sku=normal_key(line.sku)) for _, line in numbered))
    fit = replace(
        fitted(Return, once, ids=_RETURN_IDS),
        lines=tuple(_fitted_return_line(line) for line in once.lines),
    )
    return fit if fit == once else replace(fit, problems=(*fit.problems, CUT))


def _fitted_return_line(line: ReturnLineSnapshot) -> ReturnLineSnapshot:
    # it names a line of the order, whose key was shortened in the same way
    return replace(fitted(ReturnLine, line, ids=_RETURN_LINE_IDS), line_key=shortened_id(line.line_key))


def fitted_customer(customer: CustomerSnapshot) -> CustomerSnapshot:
    """Return a customer whose texts fit."""
    normal = replace(customer, code=normal_key(customer.code))
    return fitted(CustomerIdentity, normal, ids=("external_id", "code"))
