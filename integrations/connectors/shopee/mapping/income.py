"""`order_income` of an escrow -> statement lines whose sum is what the seller gets.

The parts and their signs are those of the reference's own formula of `escrow_amount`. A name that is not in the table is
a line only when it explains what the known ones leave open; what stays open is a line of its own, so the sum always closes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from commissions.snapshots import PayoutSnapshot, StatementLineSnapshot
from integrations.connectors.shopee.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row

# field -> (our kind, 1 when it is money for the seller, -1 when it is taken from the seller)
PARTS: Mapping[str, tuple[str, int]] = {
    "original_cost_of_goods_sold": ("sale", 1),
    "seller_return_refund": ("refund", 1),  # comes negative
    "shopee_discount": ("voucher", 1),
    "original_shopee_discount": ("voucher", -1),
    "voucher_from_seller": ("voucher", -1),
    "seller_coin_cash_back": ("voucher", -1),
    "trade_in_bonus_by_seller": ("voucher", -1),
    "buyer_paid_shipping_fee": ("shipping", 1),
    "actual_shipping_fee": ("shipping", -1),
    "shopee_shipping_rebate": ("shipping", 1),
    "shipping_fee_discount_from_3pl": ("shipping", 1),
    "reverse_shipping_fee": ("shipping", -1),
    "final_return_to_seller_shipping_fee": ("shipping", -1),
    "rsf_seller_protection_fee_claim_amount": ("shipping", 1),
    "fsf_seller_protection_fee_claim_amount": ("shipping", 1),
    "buyer_paid_packaging_fee": ("shipping", 1),
    "commission_fee": ("commission", -1),
    "seller_transaction_fee": ("payment_fee", -1),
    "service_fee": ("service_fee", -1),
    "seller_order_processing_fee": ("service_fee", -1),
    "campaign_fee": ("service_fee", -1),
    "fbs_fee": ("service_fee", -1),
    "overseas_return_service_fee": ("service_fee", -1),
    "shipping_seller_protection_fee_amount": ("service_fee", -1),
    "delivery_seller_protection_fee_premium_amount": ("service_fee", -1),
    "ads_escrow_top_up_fee_or_technical_support_fee": ("service_fee", -1),
    "order_ams_commission_fee": ("affiliate", -1),
    "withholding_tax": ("tax", -1),
    "withholding_vat_tax": ("tax", -1),
    "withholding_pit_tax": ("tax", -1),
    "withholding_cit_tax": ("tax", -1),
    "escrow_tax": ("tax", -1),
    "sales_tax_on_lvg": ("tax", -1),
    "shipping_fee_sst": ("tax", -1),
    "reverse_shipping_fee_sst": ("tax", -1),
    "final_escrow_product_gst": ("tax", -1),
    "vat_on_imported_goods": ("tax", -1),
    "th_import_duty": ("tax", -1),
}
# prices, sums, what the buyer paid or Shopee gave the buyer, and what other fields hold already: never a line
NOT_LINES = frozenset(
    "escrow_amount escrow_amount_after_adjustment total_adjustment_amount buyer_total_amount original_price"
    " order_original_price order_discounted_price order_selling_price order_seller_discount seller_discount"
    " cost_of_goods_sold voucher_from_shopee voucher_from_external_party coins payment_promotion credit_card_promotion"
    " buyer_transaction_fee credit_card_transaction_fee cross_border_tax estimated_shipping_fee final_shipping_fee"
    " seller_shipping_discount order_chargeable_weight drc_adjustable_refund exchange_rate net_commission_fee"
    " net_service_fee final_product_protection final_product_vat_tax final_shipping_vat_tax bcrs_deposit pix_discount"
    " remaining_voucher".split()
)
# suffixes of other currencies and of shares of vouchers, which stand beside the amounts that count
_BESIDE = ("_pri", "_offset_return_items")
# documented answers of before the formula, and our main fields' source, name the goods otherwise
_GOODS, _PRICE, _DISCOUNT = "original_cost_of_goods_sold", "original_price", "seller_discount"
UNEXPLAINED, ADJUSTMENT = "unexplained", "order_adjustment"


def scope(number: str) -> str:
    """Return the scope of an order's escrow: it is released whole."""
    return number


def adjustment_scope(number: str, amount: Decimal) -> str:
    """Return the scope of a later correction, which only its amount tells from others of the order."""
    return f"{number}:adjustment:{amount.normalize():f}"


def order_sn(detail: Row) -> str:
    """Return the order whose escrow this is. Raises ValueError when there is none."""
    found = fields.text(detail, "order_sn")
    if not found:
        raise ValueError("no order_sn")
    return found


def lines(
    detail: Row, asked_at: datetime, *, currency: str, released_at: datetime | None = None
) -> tuple[StatementLineSnapshot, ...]:
    """Return the lines of one order's escrow; amounts of 0 are left out. Raises ValueError for a malformed field.

    `released_at`: when the money was released, which only the list has; without it nothing counts as paid.
    """
    number, income = order_sn(detail), answers.part(detail, "order_income")
    if income.get("escrow_amount") is None:
        raise ValueError("no escrow_amount")
    found = [
        StatementLineSnapshot(
            external_id=f"{number}:{name}",
            kind=kind,
            fee=fee,
            amount=amount,
            currency=currency,
            asked_at=asked_at,
            order_number=number,
            scope=adjustment_scope(number, amount) if kind == "adjustment" else scope(number),
            happened_at=happened_at or released_at,
            is_paid=released_at is not None,
            paid_at=released_at,
            raw=answers.plain(raw),
        )
        for name, fee, kind, amount, happened_at, raw in _amounts(income)
        if amount
    ]
    return tuple(found)


def payout(row: Row, currency: str, asked_at: datetime) -> PayoutSnapshot | None:
    """Return what a row of the list of released escrows says was released into the wallet; None where it says nothing readable."""
    number, amount = fields.text(row, "order_sn"), fields.or_none(fields.amount, row, "payout_amount")
    if not number or amount is None:
        return None
    released_at = fields.or_none(fields.moment, row, "escrow_release_time")
    return PayoutSnapshot(
        number, amount, currency, asked_at, kind="wallet", order_number=number, paid_at=released_at,
        raw=answers.plain(row),
    )  # fmt: skip


Amount = tuple[str, str, str, Decimal, datetime | None, Row]


def _amounts(income: Row) -> Iterator[Amount]:
    """Yield (part of our id, Shopee's name, our kind, signed amount, its own time, raw row for people)."""
    known = {name: sign * fields.number(income, name) for name, (_, sign) in PARTS.items()}
    if income.get(_GOODS) is None:
        known[_GOODS] = fields.number(income, _PRICE) - fields.number(income, _DISCOUNT)
    for name, amount in known.items():
        yield name, name, PARTS[name][0], amount, None, income if name == _GOODS else {}
    for name, amount in _others(income, fields.number(income, "escrow_amount") - sum(known.values())):
        yield name, name, "other", amount, None, {}
    for place, row in enumerate(answers.rows(income, ADJUSTMENT)):
        reason = fields.text(row, "adjustment_reason") or ADJUSTMENT
        yield (
            f"{ADJUSTMENT}:{place}",
            reason,
            "adjustment",
            fields.number(row, "amount"),
            fields.moment(row, "date"),
            row,
        )


def _others(income: Row, left: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Yield what explains the amount that the known parts leave open: the unknown names if they do, else one line."""
    if not left:
        return
    unknown = {name: amount for name in income if _is_unknown(name) and (amount := _amount(income, name))}
    total = sum(unknown.values(), Decimal(0))
    if total and abs(total) == abs(left):
        yield from ((name, amount if total == left else -amount) for name, amount in unknown.items())
    else:
        yield UNEXPLAINED, left


def _is_unknown(name: str) -> bool:
    return name not in PARTS and name not in NOT_LINES and not name.endswith(_BESIDE)


def _amount(income: Row, name: str) -> Decimal:
    """Return a number, 0 for anything else."""
    value = income[name]
    return (
        fields.number(income, name) if isinstance(value, int | Decimal) and not isinstance(value, bool) else Decimal(0)
    )
