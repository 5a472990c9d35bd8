"""Columns of an order, in the list and on its page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from erpsync.admin.kit import channel_words, words
from erpsync.admin.kit.base import once
from erpsync.admin.sales.amounts import amounts_of, cost_of
from erpsync.admin.sales.arrivals import arrival_of
from erpsync.admin.sales.fees import fees_of
from erpsync.admin.sales.order_desk import marks
from orders.models import Order, OrderLine
from orders.snapshots import PLATFORM
from orders.statuses import Status, statuses


def first_lines(order: Order) -> Iterable[OrderLine]:
    """Return the lines that were read with an order: in the list the first ones."""
    found: Iterable[OrderLine] | None = getattr(order, "first_lines", None)
    return order.lines.all() if found is None else found


def is_sent_by_platform(order: Order) -> bool:
    """Return whether the platform sends all of an order's lines that were read with it."""
    left = [line for line in first_lines(order) if line.quantity and line.status != Status.CANCELLED]
    return bool(left) and all(line.fulfilled_by == PLATFORM for line in left)


class OrderColumns:
    """Columns of an order, in the list and on its page."""

    @display(description=_("order"), header=True)
    def order(self, order: Order) -> list[str]:
        pieces = sum(line.quantity for line in first_lines(order))
        items = ngettext("%(n)s piece", "%(n)s pieces", pieces) % {"n": words.units(pieces)} if pieces else ""
        return words.Header([order.number, " · ".join(filter(None, (order.buyer_name, items)))])

    @display(description=_("shop"), header=True)
    def shop_label(self, order: Order) -> list[str]:
        return words.Header([order.shop.name, words.channel_title(order.shop.channel)])

    @display(description=_("status"))
    def status_label(self, order: Order) -> SafeString:
        return words.order_status(order)

    @display(description=_("total"))
    def total_label(self, order: Order) -> str:
        return words.money(order.total, order.currency)

    @display(description=_("how the total comes about"))
    def amounts(self, order: Order) -> Any:
        return once(order, "amounts", lambda: amounts_of(order))

    @display(description=_("what arrives, and when"))
    def arrival(self, order: Order) -> Any:
        return once(order, "arrival", lambda: arrival_of(order))

    @display(description=_("fees by the rules"))
    def fees(self, order: Order) -> Any:
        return once(order, "fees", lambda: fees_of(order))

    @display(description=_("sold by"))
    def sold_by(self, order: Order) -> str:
        """Name the staff member and the branch of a sale at the POS; their ids where they have no names."""
        return (
            " · ".join(filter(None, (order.staff_name or order.staff_id, order.branch_name or order.branch_id))) or "–"
        )

    @display(description=_("cost of the goods when they left"))
    def goods_cost(self, order: Order) -> str:
        return words.money(cost_of(order), order.currency)

    @display(description=_("ship by"))
    def ship_by_label(self, order: Order) -> Any:
        if order.ship_by is None or order.status not in statuses("may_ship") or is_sent_by_platform(order):
            return "–"
        left = (order.ship_by - timezone.now()).total_seconds()
        if left < 0:
            mark = words.label(_("%(time)s late") % {"time": words.span(-left)}, "danger")
        else:
            mark = words.label(_("in %(time)s") % {"time": words.span(left)}, "warning" if left < 14_400 else "default")
        return words.lines([words.moment(order.ship_by), mark])

    @display(description=_("attention"))
    def attention(self, order: Order) -> Any:
        found = [words.label(_("Look here"), "danger")] if order.has_problem else []
        return words.lines([*found, *filter(None, [marks(order)])])

    @display(description=_("payment"))
    def payment(self, order: Order) -> Any:
        channel, kinds = order.shop.channel, filter(None, (kind.strip() for kind in order.payment_method.split(",")))
        found = [channel_words.in_words(channel, channel_words.PAYMENTS, kind) for kind in kinds]
        if order.cash_on_delivery and not found:
            found = [str(_("Cash on delivery"))]
        return format_html_join(", ", "{}", ((each,) for each in found)) or "–"

    @display(description=_("channel's status"))
    def channel_word(self, order: Order) -> Any:
        return channel_words.verbatim(order.channel_status)

    @display(description=_("cancel reason"))
    def cancelled_because(self, order: Order) -> Any:
        return channel_words.in_words(order.shop.channel, channel_words.REASONS, order.cancel_reason)

    @display(description=_("recipient"))
    def ship_to(self, order: Order) -> Any:
        return words.lines(value for value in order.recipient.values() if value) if order.recipient else "–"

    @display(description=_("problems"))
    def problem_list(self, order: Order) -> Any:
        return words.lines(words.problem_texts(order.problems)) if order.problems else "–"
