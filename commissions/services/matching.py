"""Matching: fees that the rules expect of an order beside those that the channel settled, kind by kind, as sums."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from commissions.models import FeeMatch, StatementLine
from commissions.rules.words import MARKETPLACE, STATEMENT_KIND
from commissions.services import match_sql
from commissions.services.seen import NotDecidable, Seen
from core.conflicts import ChangedMeanwhile
from core.db import columns, execute
from core.transactions import in_transaction
from orders.services.attention import lock_orders

State = FeeMatch.State
Kind = StatementLine.Kind
# kinds of statement lines that are no fees: money for the goods, and adjustments
NO_FEES = (Kind.SALE, Kind.REFUND, Kind.VOUCHER, Kind.ADJUSTMENT)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A difference that is taken as rounding: at most `amount`, and at most `percent` of what is expected."""

    amount: Decimal = Decimal(1)
    percent: Decimal = Decimal(1)


# sums of overcharges and of undercharges, kept apart: neither hides the other
ABOVE, BELOW = Tolerance(), Tolerance()


def match(order_ids: Collection[int]) -> None:
    """Compare both sides of these orders' fees. May be repeated; a person's decision stands while the difference does.

    Orders of a channel without any active rule are left out, unless they were compared before. A fee that is gone on both sides
    becomes a match of nothing. Runs inside the transaction that holds the orders' row locks; three statements for any number.
    """
    if not order_ids:
        return
    fees, kinds = columns(sorted(STATEMENT_KIND.items()), 2)
    orders, decisions = sorted(order_ids), list(FeeMatch.DECISIONS)
    execute(
        match_sql.SUMS, orders=orders, fees=fees, kinds=kinds, marketplace=MARKETPLACE, no_fees=list(NO_FEES),
        above=ABOVE.amount, above_percent=ABOVE.percent, below=BELOW.amount, below_percent=BELOW.percent, decisions=decisions,
    )  # fmt: skip
    execute(match_sql.TIE, orders=orders)
    execute(match_sql.CORRECTED, orders=orders, decisions=decisions)


def shown(row: FeeMatch) -> Seen:
    """Return what a person decides about."""
    return Seen(row.state, row.difference)


@in_transaction
def decide(match_id: int, state: str, *, seen: Seen, note: str, actor_id: int | None) -> None:
    """Mark a difference as disputed or written off, with the reason. Raises ChangedMeanwhile and NotDecidable."""
    row = FeeMatch.objects.select_for_update().get(pk=match_id)
    if shown(row) != seen:
        raise ChangedMeanwhile
    if state not in FeeMatch.DECISIONS or row.state not in FeeMatch.OPEN:
        raise NotDecidable
    execute(
        "UPDATE commissions_feematch SET state = %s, note = %s, decided_by_id = %s, decided_at = clock_timestamp() WHERE id = %s",
        state, note, actor_id, match_id,
    )  # fmt: skip


@in_transaction
def reopen(match_id: int) -> None:
    """Take a person's decision back: the state is what both sides say, also where the channel has no active rule any more.

    Locks the order first: its other fees are compared again, and a settlement that is under way must not be overwritten.
    """
    orders = list(FeeMatch.objects.filter(pk=match_id).values_list("order_id", flat=True))
    lock_orders(orders)
    execute(
        "UPDATE commissions_feematch SET state = 'due', note = '', decided_by_id = NULL, decided_at = NULL"
        " WHERE id = %s AND state = ANY(%s)",
        match_id, list(FeeMatch.DECISIONS),
    )  # fmt: skip
    match(orders)
