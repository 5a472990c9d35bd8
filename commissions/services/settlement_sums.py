"""Sums of what channels settled, by shop and week."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from commissions.models import StatementLine
from commissions.rules.rule_set import ZONE, moment
from core.db import fetch_as

Kind = StatementLine.Kind
SALES = (Kind.SALE, Kind.REFUND)
# money for the goods, and what a person or the channel puts right, is no fee; tax is the seller's own
NO_FEES = (*SALES, Kind.VOUCHER, Kind.ADJUSTMENT, Kind.TAX)
_WEEKS = """
SELECT line.shop_id, shop.name AS shop, shop.channel, line.currency,
    date_trunc('week', line.happened_at AT TIME ZONE %(zone)s)::date AS week, count(DISTINCT line.order_number) AS orders,
    coalesce(sum(line.amount) FILTER (WHERE line.kind = ANY(%(sales)s)), 0) AS sales,
    -coalesce(sum(line.amount) FILTER (WHERE line.kind <> ALL(%(no_fees)s)), 0) AS fees,
    -coalesce(sum(line.amount) FILTER (WHERE line.kind = 'tax'), 0) AS taxes,
    coalesce(sum(line.amount) FILTER (WHERE line.kind IN ('voucher', 'adjustment')), 0) AS others,
    sum(line.amount) AS settled, coalesce(sum(line.amount) FILTER (WHERE line.is_paid), 0) AS paid
FROM commissions_statementline line JOIN inventory_shop shop ON shop.id = line.shop_id
WHERE line.shop_id = ANY(%(shops)s) AND line.happened_at >= %(first)s AND line.happened_at < %(until)s
GROUP BY 1, 2, 3, 4, 5 ORDER BY week DESC, shop.name, line.shop_id, line.currency
"""


class Week(NamedTuple):
    """Sums that a channel settled for a shop in a week, which begins on Monday in Vietnam. `fees` and `taxes` are positive.

    `settled` = `sales` - `fees` - `taxes` + `others`; `paid`: what of it the channel has paid out.
    """

    shop_id: int
    shop: str
    channel: str
    currency: str
    week: date
    orders: int
    sales: Decimal
    fees: Decimal
    taxes: Decimal
    others: Decimal
    settled: Decimal
    paid: Decimal

    @property
    def fee_share(self) -> Decimal | None:
        """The fees in percent of the sales; None without sales."""
        return 100 * self.fees / self.sales if self.sales > 0 else None


def weeks(shop_ids: Collection[int], *, first: date, last: date) -> list[Week]:
    """Return the weeks of these days, the last one first. One query."""
    return fetch_as(
        Week, _WEEKS, shops=list(shop_ids), zone=str(ZONE), first=moment(first), until=moment(last + timedelta(days=1)),
        sales=list(SALES), no_fees=list(NO_FEES),
    )  # fmt: skip
