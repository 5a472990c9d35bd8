"""Escrow: the seller's income of an order. Whole dong, each fee rounded half up separately."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from integrations.connectors.shopee.simulator import book, facts
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.book import Line, Order
from integrations.connectors.shopee.simulator.request import Call, Fields, Refusal, out_of_range, required
from integrations.connectors.shopee.simulator.wire import wrapped
from integrations.simulator.fees import (
    COMMISSION,
    ORDER_FEE,
    PAYMENT,
    TAX_PIT,
    TAX_VAT,
    Sold,
    read_schedule,
    whole_dong,
)
from integrations.simulator.money_errors import DOUBLE, NO_ERROR, SHORT_PAYOUT, SHORT_SHARE, MoneyError

# of a normal shop whose owner is a household: fixed fee, payment fee on goods and freight, fee per order, withheld VAT and PIT
FEES = read_schedule(Path(__file__).parent)
_DEFAULT_PAGE = 40


def get_escrow_list(backend: Backend, call: Call) -> Fields:
    """GET payment/get_escrow_list: released orders, newest first, pages counted from 1."""
    first, last = call.number("release_time_from"), call.number("release_time_to")
    if first > last:
        raise out_of_range("release_time_to")
    size = call.number("page_size", _DEFAULT_PAGE, low=1, high=facts.PAGE_MAX)
    begin = size * (call.number("page_no", 1, low=1) - 1)
    keys = book.between(backend.book.completed, call.shop, first, last)
    page = [backend.book.orders[key] for key in islice(keys, begin, begin + size + 1)]
    rows = [
        {
            "order_sn": order.order_sn,
            "payout_amount": _payout(backend, order),
            "escrow_release_time": order.completed_time,
        }
        for order in page[:size]
    ]
    return wrapped({"more": len(page) > size, "escrow_list": rows})


def get_escrow_detail(backend: Backend, call: Call) -> Fields:
    """GET payment/get_escrow_detail. The amount may change until the order is COMPLETED."""
    return wrapped(_detail(backend, call, call.text("order_sn")))


def get_escrow_detail_batch(backend: Backend, call: Call) -> Fields:
    """payment/get_escrow_detail_batch: an array as `response`. GET or POST is in dispute, so both are served."""
    if call.method == "GET":
        numbers = call.batch("order_sn_list")
    else:
        numbers = [str(number) for number in required(call.body, "order_sn_list", list)]
        if not 1 <= len(numbers) <= facts.BATCH_MAX:
            raise out_of_range("order_sn_list")
    return wrapped([{"escrow_detail": _detail(backend, call, number)} for number in numbers])


def income(order: Order, sold: Sequence[Sold], *, refunded: bool, error: MoneyError = NO_ERROR) -> Fields:
    """Return `order_income`, whose parts add up to `escrow_amount`; zero for a refunded or cancelled order.

    `sold`: its goods; `error`: what Shopee settles wrongly of it. A payout does not change once it is released: what is given back is
    an adjustment.
    """
    lines = () if order.status == book.CANCELLED else order.lines
    goods = sum(line.price * line.quantity for line in lines)
    freight = order.freight if lines else 0
    state = 0 if refunded else goods

    def fee(kind: str) -> int:
        if not state and not error.charges_cancelled(kind):
            return 0
        return error.times(kind) * FEES.total(kind, order.create_time, sold, shipping=freight, error=error)

    commission, payment, processing, vat, pit = map(fee, (COMMISSION, PAYMENT, ORDER_FEE, TAX_VAT, TAX_PIT))
    amount = state - commission - payment - processing - vat - pit
    adjustments = _given_back(error, payment // 2)
    return {
        "escrow_amount": amount,
        "buyer_total_amount": goods + freight,
        "order_original_price": goods,
        "original_price": goods,
        "order_discounted_price": goods,
        "order_selling_price": goods,
        "order_seller_discount": 0,
        "seller_discount": 0,
        "shopee_discount": 0,
        "voucher_from_seller": 0,
        "voucher_from_shopee": 0,
        "coins": 0,
        "buyer_paid_shipping_fee": freight,
        "estimated_shipping_fee": freight,
        "actual_shipping_fee": freight,
        "final_shipping_fee": 0,
        "shopee_shipping_rebate": 0,
        "reverse_shipping_fee": 0,
        "commission_fee": commission,
        "service_fee": 0,
        "seller_transaction_fee": payment,
        "seller_order_processing_fee": processing,
        "campaign_fee": 0,
        "order_ams_commission_fee": 0,
        "seller_return_refund": -goods if refunded else 0,
        "drc_adjustable_refund": goods if refunded else 0,
        "cost_of_goods_sold": goods,
        "withholding_vat_tax": vat,
        "withholding_pit_tax": pit,
        "order_adjustment": adjustments,
        "total_adjustment_amount": sum(row["amount"] for row in adjustments),
        "escrow_amount_after_adjustment": amount + sum(row["amount"] for row in adjustments),
        "items": [_item(line) for line in lines],
    }


def _detail(backend: Backend, call: Call, order_sn: str) -> Fields:
    order = backend.order(call, order_sn)
    if order.status == book.UNPAID:
        raise Refusal("error_not_found", "Wrong parameters, detail: the order has no escrow yet.")
    returned = backend.book.returns.get(order.return_sn)
    refunded = bool(returned and returned.status == "ACCEPTED")
    parts = income(order, _sold(backend, order), refunded=refunded, error=backend.context.money_error(order_sn))
    return {
        "order_sn": order_sn,
        "buyer_user_name": f"b******{order.buyer_id % 100:02d}",
        "return_order_sn_list": [order.return_sn] if order.return_sn else [],
        "order_income": parts,
        "buyer_payment_info": {
            "buyer_payment_method": "Cash on Delivery" if order.cod else "ShopeePay",
            "buyer_total_amount": parts["buyer_total_amount"],
            "merchant_subtotal": parts["original_price"],
            "shipping_fee": parts["buyer_paid_shipping_fee"],
            "shopee_voucher": 0,
            "seller_voucher": 0,
            "shopee_coins_redeemed": 0,
        },
    }


def _item(line: Line) -> Fields:
    """A line of `items`; its prices are of all its pieces."""
    total = line.price * line.quantity
    return {
        "item_id": line.item_id,
        "item_name": line.item_name,
        "item_sku": line.item_sku,
        "model_id": line.model_id,
        "model_name": line.model_name,
        "model_sku": line.model_sku,
        "original_price": total,
        "selling_price": total,
        "discounted_price": total,
        "seller_discount": 0,
        "shopee_discount": 0,
        "discount_from_coin": 0,
        "discount_from_voucher_shopee": 0,
        "discount_from_voucher_seller": 0,
        "activity_type": "",
        "activity_id": 0,
        "is_main_item": False,
        "quantity_purchased": line.quantity,
        "ams_commission_fee": 0,
        "promotion_list": [],
    }


def _given_back(error: MoneyError, amount: int) -> list[Fields]:
    if error.name != DOUBLE or error.returned_at is None:
        return []
    reason = "Refund of Transaction Fee"
    return [{"amount": amount, "date": int(error.returned_at), "currency": "VND", "adjustment_reason": reason}]


def _sold(backend: Backend, order: Order) -> list[Sold]:
    categories = backend.context.categories
    return [
        Sold(str(line.item_id), line.price * line.quantity, categories(str(order.shop), str(line.item_id)))
        for line in order.lines
    ]


def _payout(backend: Backend, order: Order) -> int:
    """Return what is released into the seller's balance."""
    error = backend.context.money_error(order.order_sn)
    amount: int = income(order, _sold(backend, order), refunded=False, error=error)["escrow_amount"]
    return amount - whole_dong(amount * SHORT_SHARE) if error.name == SHORT_PAYOUT else amount
