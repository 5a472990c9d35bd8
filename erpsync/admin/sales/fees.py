"""Expected fees of an order, line by line in words, beside the settled ones."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commissions.models import CommissionEntry, FeeMatch
from commissions.rules.words import FEE_KINDS, MARKETPLACE, PAYEES, STATEMENT_KIND
from commissions.services import months
from erpsync.admin.kit import words
from erpsync.admin.kit.base import page_of
from orders.models import Order

COLOURS = {
    "matched": "success",
    "tolerated": "success",
    "corrected": "success",
    "due": "info",
    "disputed": "warning",
    "written_off": "default",
}
_ROW = (
    '<tr class="align-top"><td class="pr-6 py-1">{}</td><td class="pr-6 py-1 text-right whitespace-nowrap">{}</td>'
    '<td class="pr-6 py-1 text-right whitespace-nowrap">{}</td><td class="py-1">{}</td></tr>'
)
_HEAD = (
    '<tr class="text-left"><th class="pr-6">{}</th><th class="pr-6 text-right">{}</th><th class="pr-6 text-right">{}</th>'
    "<th></th></tr>"
)


def fees_of(order: Order) -> Any:
    """Return a small table: each kind of fee, what is expected and how that comes about, what was settled, and the verdict."""
    matches = list(order.fee_matches.select_related("rule").order_by("kind"))
    shares = format_html_join("", "<p>{}</p>", ((share_text(share),) for share in months.shares_of(order.pk)))
    if not matches:
        return shares or _("No commission rule applies to this order yet.")
    entries = _by_statement_kind(order)
    rows = [
        (
            _named(match, entries.get(match.kind, ())),
            words.money(match.expected, match.currency),
            "–" if match.state == FeeMatch.State.DUE else words.money(match.settled, match.currency),
            words.link(page_of(match), words.label(match.get_state_display(), COLOURS.get(match.state, "danger"))),
        )
        for match in matches
    ]
    head = format_html(_HEAD, _("Fee"), _("Expected"), _("Settled"))
    table = words.table(head, format_html_join("", _ROW, rows), _sum(order, matches))
    return format_html("{}{}", table, shares)


def share_text(share: months.Share) -> str:
    """Return what an order's share of a fee by shop and month is, in words."""
    return _("%(fee)s for %(payee)s in %(month)s: %(of_month)s in all, this order's share %(share)s") % {
        "fee": capfirst(str(FEE_KINDS[share.rule.fee_kind])),
        "payee": " ".join(filter(None, (str(PAYEES[share.rule.payee]), share.payee_id))),
        "month": date_format(share.month, "YEAR_MONTH_FORMAT"),
        "of_month": words.money(share.of_month, share.currency),
        "share": words.money(share.amount, share.currency),
    }


def _by_statement_kind(order: Order) -> dict[str, list[CommissionEntry]]:
    entries = order.commission_entries.filter(payee=MARKETPLACE).defer("working").order_by("id")
    found: dict[str, list[CommissionEntry]] = {}
    for entry in entries:
        found.setdefault(STATEMENT_KIND[entry.fee_kind], []).append(entry)
    return found


def _named(match: FeeMatch, entries: Sequence[CommissionEntry]) -> SafeString:
    """Return the kind of fee, and below it each fee with its rate and base; those of several lines in sum."""
    texts: list[Any] = [match.get_kind_display()]
    in_order = sorted(entries, key=lambda entry: (entry.fee_kind, entry.rule_id))
    for (kind, _rule), group in groupby(in_order, key=lambda entry: (entry.fee_kind, entry.rule_id)):
        some = list(group)
        net = sum((entry.amount for entry in some), Decimal(0))
        taken = [entry for entry in some if entry.reverses_id is None]
        base, rates = sum((entry.base for entry in taken), Decimal(0)), {entry.rate for entry in taken}
        rate = rates.pop() if len(rates) == 1 else None
        how = f"{words.units(rate)} % × {words.money(base, match.currency)}" if rate is not None else ""
        back = _("less what came back") if len(taken) < len(some) else ""
        about = ", ".join(part for part in (how, back) if part)
        text = f"{capfirst(str(FEE_KINDS[kind]))}: {words.money(net, match.currency)}"
        texts.append(format_html('<span class="text-xs">{}{}</span>', text, f" ({about})" if about else ""))
    return words.lines(texts)


def _sum(order: Order, matches: Sequence[FeeMatch]) -> SafeString:
    expected, settled = (sum((getattr(one, name) for one in matches), Decimal(0)) for name in ("expected", "settled"))
    return format_html(
        '<tr class="font-semibold text-important"><td class="pr-6 py-1">{}</td>'
        '<td class="pr-6 text-right whitespace-nowrap">{}</td><td class="pr-6 text-right whitespace-nowrap">{}</td><td></td></tr>',
        _("All fees"), words.money(expected, order.currency), words.money(settled, order.currency),
    )  # fmt: skip
