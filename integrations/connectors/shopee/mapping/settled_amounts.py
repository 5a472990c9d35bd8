"""`order_income` of an escrow -> discounts and shipping of its order, which the order itself does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from integrations.connectors.shopee.mapping import fields
from integrations.connectors.shopee.mapping.income import order_sn
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import SettledAmountsSnapshot, SettledLine

# by who bears it: vouchers and coins are parts of the discounts here, and apart from them in the escrow
_SELLER, _PLATFORM = ("seller_discount", "voucher_from_seller"), ("shopee_discount", "voucher_from_shopee", "coins")
_LINE_SELLER = ("seller_discount", "discount_from_voucher_seller")
_LINE_PLATFORM = ("shopee_discount", "discount_from_voucher_shopee", "discount_from_coin")
# what the carrier takes, less what others than the seller pay of it
_SHIPPING = ("buyer_paid_shipping_fee", "shopee_shipping_rebate", "shipping_fee_discount_from_3pl")


def settled_amounts(detail: Row, asked_at: datetime) -> SettledAmountsSnapshot:
    """Return what an escrow tells of its order. Raises ValueError when there is no order or an amount is malformed."""
    income = answers.part(detail, "order_income")
    carrier = fields.amount(income, "actual_shipping_fee")
    others = _sum(income, _SHIPPING)
    return SettledAmountsSnapshot(
        number=order_sn(detail),
        asked_at=asked_at,
        shipping_fee=fields.amount(income, "buyer_paid_shipping_fee"),
        seller_discount=_sum(income, _SELLER),
        platform_discount=_sum(income, _PLATFORM),
        seller_voucher=fields.amount(income, "voucher_from_seller"),
        platform_voucher=fields.amount(income, "voucher_from_shopee"),
        coins=fields.amount(income, "coins"),
        seller_shipping=None if carrier is None else max(carrier - (others or 0), Decimal(0)),
        lines=tuple(_lines(answers.rows(income, "items"))),
    )


def _lines(items: list[Row]) -> Iterator[SettledLine]:
    for row in items:
        if item := fields.id_or_none(row, "item_id"):
            yield SettledLine(
                item_id=item,
                variation_id=fields.model_id(row),
                seller_discount=_sum(row, _LINE_SELLER),
                platform_discount=_sum(row, _LINE_PLATFORM),
                platform_voucher=fields.amount(row, "discount_from_voucher_shopee"),
                coins=fields.amount(row, "discount_from_coin"),
            )


def _sum(row: Row, names: tuple[str, ...]) -> Decimal | None:
    """Return the sum of the amounts that are told, None where none is."""
    told = [amount for name in names if (amount := fields.amount(row, name)) is not None]
    return sum(told, Decimal(0)) if told else None
