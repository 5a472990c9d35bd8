"""Expected proceeds of an order and when they are due, beside the amounts settled and paid out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from commissions.findings.terms import Term, due_day, late_at
from commissions.services.payout_terms import term_of
from core.db import fetch

# Goods after the seller's discounts, less what was refunded and less the fees by the rules. Where the channel does not tell who bears
# a discount, what the lines lack is the seller's. Of an order `o`.
EXPECTED = """
    coalesce((SELECT sum(CASE WHEN o.seller_discount IS NULL AND o.platform_discount IS NULL AND line.paid_price > 0
            THEN line.paid_price ELSE line.price END * line.quantity)
        FROM orders_orderline line WHERE line.order_id = o.id AND line.status <> 'cancelled'), 0)
    - coalesce(o.seller_discount, 0)
    - coalesce((SELECT sum(ret.refund) FROM orders_return ret WHERE ret.order_id = o.id AND ret.status = 'refunded'), 0)
    - coalesce((SELECT sum(entry.amount) FROM commissions_commissionentry entry
        WHERE entry.order_id = o.id AND entry.payee = 'marketplace'), 0)
"""
_ORDER = f"""
SELECT o.shop_id, o.currency, o.status, {EXPECTED},
    (SELECT min(coalesce(change.version, change.created_at)) FROM orders_statuschange change
     WHERE change.order_id = o.id AND change.after = 'completed'),
    (SELECT min(coalesce(change.version, change.created_at)) FROM orders_statuschange change
     WHERE change.order_id = o.id AND change.after IN ('delivered', 'completed')),
    (SELECT sum(amount) FROM commissions_statementline line WHERE line.order_id = o.id),
    (SELECT sum(amount) FROM commissions_statementline line WHERE line.order_id = o.id AND line.is_paid),
    (SELECT max(paid_at) FROM commissions_statementline line WHERE line.order_id = o.id AND line.is_paid)
FROM orders_order o WHERE o.id = %s
"""


class Pay(NamedTuple):
    """`expected`, `due`, `late`: by the rules and the shop's term, which may be None; `settled`, `paid`: None where nothing was."""

    currency: str
    expected: Decimal
    term: Term | None
    ended_at: datetime | None
    due: date | None
    late: datetime | None
    settled: Decimal | None
    paid: Decimal | None
    paid_at: datetime | None


def pay_of(order_id: int) -> Pay:
    """Return the expected and the actual proceeds of an order."""
    [row] = fetch(_ORDER, order_id)
    shop_id, currency, _status, expected, completed, delivered, settled, paid, paid_at = row
    term = term_of(shop_id)
    ended = completed if term is not None and term.after == "completed" else delivered
    due = due_day(term, ended) if term and ended else None
    late = late_at(term, ended) if term and ended else None
    return Pay(currency, expected, term, ended, due, late, settled, paid, paid_at)
