"""Statement transactions (202501) -> statement lines, whose sum is what the seller gets.

Whether the 202501 amounts of fees are negative is not documented: the sign is the one by which the parts add up to
`settlement_amount`. What they leave over is a line of its own, so that the money is right and the gap is visible.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.tiktok_shop.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row

# TikTok Shop's name of a part -> our kind; a name that is not here is a service fee below `fee`, a tax below `tax`
KINDS = {
    "platform_commission_amount": "commission",
    "transaction_fee_amount": "payment_fee",
    "affiliate_commission_amount": "affiliate",
    "affiliate_partner_commission_amount": "affiliate",
    "affiliate_ads_commission_amount": "affiliate",
    "sfp_service_fee_amount": "service_fee",
    "voucher_xtra_service_fee_amount": "service_fee",
    "flash_sales_service_fee_amount": "service_fee",
    "vn_fix_infrastructure_fee": "service_fee",
    "pit_amount": "tax",
    "local_vat_amount": "tax",
}
_DEFAULT = {"fee": "service_fee", "tax": "tax"}
PAID = "PAID"
# what a transaction is known by outside the API: an order's by the order, all others by their adjustment
_OWN_IDS = {"ORDER": ("order_id",)}
_OWN_ID = ("adjustment_id", "order_id")


def scope(number: str, settled: Decimal) -> str:
    """Return the scope of a transaction: the id of its order or adjustment, and what it settles. An order may be settled in
    several transactions, and files do not have their ids.
    """
    return f"{number}:{settled.normalize():f}"


def lines(transaction: Row, statement: Row, asked_at: datetime) -> tuple[StatementLineSnapshot, ...]:
    """Return the parts of one transaction that are not zero. Raises ValueError for a malformed field."""
    number = fields.first_id(transaction, "id")
    settled = fields.amount(transaction, "settlement_amount") or Decimal(0)
    parts = _signed(list(_parts(transaction)), settled, _amount(transaction, "revenue_amount"))
    rest = settled - sum((amount for _, _, amount in parts), Decimal(0))
    currency = fields.text(transaction, "currency") or fields.text(statement, "currency") or "VND"
    own = fields.id_or_none(transaction, *_OWN_IDS.get(fields.text(transaction, "type"), _OWN_ID))
    order = fields.text(transaction, "order_id") or fields.text(transaction, "adjustment_order_id")
    return tuple(
        StatementLineSnapshot(
            external_id=f"{number}:{fee}",
            kind=kind,
            fee=fee,
            amount=amount,
            currency=currency,
            asked_at=asked_at,
            order_number=order,
            scope=scope(own, settled) if own else "",
            statement=fields.text(statement, "id"),
            happened_at=fields.moment(statement, "statement_time"),
            is_paid=fields.text(statement, "payment_status") == PAID,
            raw=answers.plain({"type": transaction.get("type"), fee: str(amount)}),
        )
        for kind, fee, amount in (*parts, ("other", "difference", rest))
        if amount
    )


def _parts(transaction: Row) -> Iterator[tuple[str, str, Decimal]]:
    """Yield (kind, name, amount as written)."""
    revenue = _amount(transaction, "revenue_amount")
    yield ("refund" if revenue < 0 else "sale", "revenue_amount", revenue)
    yield "shipping", "shipping_cost_amount", _amount(transaction, "shipping_cost_amount")
    breakdown, total = answers.part(transaction, "fee_tax_breakdown"), _amount(transaction, "fee_tax_amount")
    broken_down = Decimal(0)
    for group, default in _DEFAULT.items():
        for name in answers.part(breakdown, group):
            amount = _amount(answers.part(breakdown, group), name)
            broken_down += amount
            yield KINDS.get(name, default), name, amount
    # a breakdown that is missing or less than the whole
    yield "other", "fee_tax_amount", total - broken_down if total else Decimal(0)
    yield "adjustment", "adjustment_amount", _amount(transaction, "adjustment_amount")


def _signed(
    parts: list[tuple[str, str, Decimal]], settled: Decimal, revenue: Decimal
) -> list[tuple[str, str, Decimal]]:
    """Return the costs as written when they add up, negated when that does. The 202309 samples write them negative."""
    written = sum((amount for _, _, amount in parts), Decimal(0))
    turned = 2 * revenue - written
    if written != settled and turned == settled:
        return [(kind, name, amount if name == "revenue_amount" else -amount) for kind, name, amount in parts]
    return parts


def _amount(row: Row, key: str) -> Decimal:
    return fields.amount(row, key) or Decimal(0)
