"""Proceeds of an order and their dates: expected, settled and paid out."""

from __future__ import annotations

from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from commissions.services.expected_pay import Pay, pay_of
from erpsync.admin.kit import words
from orders.models import Order

_ROW = '<tr><td class="pr-6 py-0.5">{}</td><td class="pr-6 text-right whitespace-nowrap">{}</td><td>{}</td></tr>'


def arrival_of(order: Order) -> SafeString:
    """Return a small table: what should arrive and when, what the channel settled, and what it paid out."""
    pay = pay_of(order.pk)
    rows = [
        (_("Expected by the rules"), words.money(pay.expected, pay.currency), _when_due(pay)),
        (_("Settled by the channel"), _amount(pay, pay.settled), ""),
        (_("Paid out by the channel"), _amount(pay, pay.paid), words.moment(pay.paid_at) if pay.paid_at else ""),
    ]
    return words.table(format_html_join("", _ROW, rows))


def _amount(pay: Pay, amount: Any) -> str:
    return "–" if amount is None else words.money(amount, pay.currency)


def _when_due(pay: Pay) -> str:
    if pay.term is None:
        return _("no payout term is known for this shop")
    if pay.due is None:
        return _("due once it is completed") if pay.term.after == "completed" else _("due once it is delivered")
    return _("due on %(day)s") % {"day": date_format(pay.due, "SHORT_DATE_FORMAT")}
