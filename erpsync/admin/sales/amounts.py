"""Breakdown of an order's total, and the seller's share of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import Greatest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from commissions.models import StatementLine
from erpsync.admin.kit import words
from erpsync.admin.kit.base import once
from orders.models import Order
from orders.statuses import Status

_ROW = '<tr class="{}"><td class="pr-6 py-0.5">{}</td><td class="py-0.5 text-right whitespace-nowrap">{}</td></tr>'
_SUM = "font-semibold text-important"

Amount = tuple[str, Any, Decimal]


def amounts_of(order: Order) -> Any:
    """Return the rows from the list prices to what the seller gets, as a small table."""
    got = list(_got(order))
    rows = [*_paid(order), *got]
    if not got:
        return format_html("<table>{}{}</table>", _table(order, rows), _last(_("not settled yet")))
    return format_html(
        "<table>{}{}</table>",
        _table(order, rows),
        _last(words.money(sum((amount for _style, _text, amount in got), Decimal(0)), order.currency)),
    )


def _table(order: Order, rows: Iterable[Amount]) -> Any:
    return format_html_join(
        "", _ROW, ((style, text, words.money(amount, order.currency)) for style, text, amount in rows)
    )


def _last(text: str) -> Any:
    return format_html(_ROW, _SUM, _("The seller gets"), text)


def _paid(order: Order) -> Iterator[Amount]:
    """Yield (style, text, amount) from the list prices to what the buyer pays.

    Where the channel does not tell who bears a discount, the lines tell how much it is; what is left open is a row, too.
    """
    sums = _sums(order)
    listed = sums["listed"]
    of_lines = sums["paid"] - listed
    is_told = order.seller_discount is not None or order.platform_discount is not None
    parts = [("", _("Goods at list price"), listed)]
    if is_told:
        parts.append(("", _sellers(order), -(order.seller_discount or Decimal(0))))
        parts.append(("", _platforms(order), -(order.platform_discount or Decimal(0))))
    else:
        parts.append(("", _("Discounts on the goods"), of_lines))
    parts.append(("", _("Shipping paid by the buyer"), order.shipping_fee or Decimal(0)))
    yield parts[0]
    yield from (part for part in parts[1:] if part[2])
    if order.total is None:
        return
    rest = order.total - sum((amount for _style, _text, amount in parts), Decimal(0))
    if rest:
        yield "", _rest(order, rest), rest
    yield _SUM, _("The buyer pays"), order.total


def _sellers(order: Order) -> str:
    return _of_which(order, _("Seller's discounts"), {_("vouchers %(amount)s"): order.seller_voucher})


def _platforms(order: Order) -> str:
    parts = {_("vouchers %(amount)s"): order.platform_voucher, _("coins %(amount)s"): order.coins}
    return _of_which(order, _("Platform's discounts"), parts)


def _of_which(order: Order, text: str, parts: Mapping[str, Decimal | None]) -> str:
    """Return the name of an amount with its parts, as far as they are told."""
    told = [name % {"amount": words.money(amount, order.currency)} for name, amount in parts.items() if amount]
    return f"{text} ({', '.join(told)})" if told else text


def cost_of(order: Order) -> Decimal | None:
    """Return what the goods of an order cost when they were handed to the carrier; None while a line's cost is not known."""
    sums = _sums(order)
    return sums["cost"] if sums["lines"] and sums["lines"] == sums["costed"] else None


def _sums(order: Order) -> dict[str, Any]:
    """Return the sums over an order's lines, added up by the database: an order may have 10,000 of them."""

    def added() -> dict[str, Any]:
        lines = order.lines.filter(quantity__gt=0).exclude(status=Status.CANCELLED)
        return lines.aggregate(
            lines=Count("pk"),
            costed=Count("unit_cost"),
            listed=_sum(Greatest("price", "paid_price")),
            paid=_sum(F("paid_price")),
            cost=_sum(F("unit_cost")),
        )

    return once(order, "sums", added)


def _sum(price: Any) -> Sum:
    return Sum(price * F("quantity"), default=Decimal(0))


def _rest(order: Order, rest: Decimal) -> str:
    """Return the name of what the parts do not explain."""
    if order.shipping_fee is not None:
        return _("Other amounts")
    return _("Shipping and vouchers") if rest > 0 else _("Vouchers and further discounts")


def _got(order: Order) -> Iterator[Amount]:
    """Yield what the channel has settled, kind by kind: its parts with the channel's names are in the tab beside."""
    sums = dict(order.statement_lines.order_by().values_list("kind").annotate(Sum("amount")))
    yield from (("", text, sums[kind]) for kind, text in StatementLine.Kind.choices if sums.get(kind))
