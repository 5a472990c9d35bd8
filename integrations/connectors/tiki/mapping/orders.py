"""Orders of the v2 API -> snapshots. What comes back, or goes out in exchange, is an order, too, flagged `is_rma`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
from orders.snapshots import (
    PLATFORM,
    SELLER,
    LineSnapshot,
    OrderSnapshot,
    ParcelSnapshot,
    ReturnLineSnapshot,
    ReturnSnapshot,
)

CURRENCY = "VND"
# every status of the v2 documentation -> ours. Until `queueing` an order is Tiki's own: it holds stock, nothing is to be done
STATUS = {
    "waiting_payment": "unpaid",
    "processing": "on_hold",
    "payment_review": "on_hold",
    "paid": "on_hold",
    "holded": "on_hold",
    "queueing": "to_ship",
    "picking": "packed",
    "packaging": "packed",
    "finished_packing": "packed",
    "ready_to_ship": "packed",
    "handover_to_partner": "shipped",
    "shipping": "shipped",
    "delivered": "delivered",
    "successful_delivery": "delivered",
    "complete": "completed",
    "closed": "completed",
    "canceled": "cancelled",
    "returned": "returned",
}
# the documentation says to leave these alone
NOT_YET_OURS = frozenset({"waiting_payment", "processing"})
QUEUEING = "queueing"
# what an item's confirmation may say
WAITING, CONFIRMED, REFUSED = (
    "waiting",
    frozenset({"seller_confirmed", "confirmed", "ready_to_pick"}),
    "seller_canceled",
)
# goods that lie in Tiki's own warehouse: an item's `inventory_type`, in an order that Tiki delivers
_TIKI_DELIVERY, _IN_STOCK = "tiki_delivery", "instock"
# problem of an order flagged `is_rma`, while nobody has said what the flag means for the shop
UNCLEAR_RMA = "unclear_rma"
# how far the order of a return has come -> ours; the words of `rma_info.status` are documented nowhere
RETURN_STATUS = {
    "waiting_payment": "requested",
    "processing": "requested",
    "payment_review": "requested",
    "paid": "requested",
    "holded": "requested",
    "queueing": "requested",
    "picking": "approved",
    "packaging": "approved",
    "finished_packing": "approved",
    "ready_to_ship": "approved",
    "handover_to_partner": "in_transit",
    "shipping": "in_transit",
    "delivered": "received",
    "successful_delivery": "received",
    "complete": "received",
    "closed": "received",
    "returned": "received",
    "canceled": "refused",
}
# what is off the price, by who bears it: (group, field) of `seller_income_detail.discount`
_SELLERS, _PLATFORMS = ("discount_coupon", "seller_discount"), ("discount_coupon", "platform_discount")
_COINS, _SHIPPING = ("discount_tikixu", "amount"), ("discount_shipping_fee", "seller_subsidy")
_ADDRESS = {
    "ward": "ward",
    "district": "district",
    "province": "region",
    "phone": "phone",
    "name": "full_name",
    "address": "street",
}


def code_of(row: Row) -> str:
    """Return the order's code. Raises ValueError when there is none."""
    return fields.first_id(row, "code")


def is_rma(row: Row) -> bool:
    """Return whether an order is part of a return: whether its goods come back or go out in exchange, no source tells."""
    return fields.flag(row, "is_rma")


def order(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Map one order. Raises ValueError when it has no code; every other field may be unknown."""
    code, odd = code_of(row), Oddities()
    placed_at, version = odd.read(fields.moment, row, "created_at"), odd.read(fields.moment, row, "updated_at")
    word, items = fields.text(row, "status"), answers.rows(row, "items")
    lines = odd.lines(_lines(odd, items, by_tiki=fields.text(row, "fulfillment_type") == _TIKI_DELIVERY))
    shipping, payment, customer = (answers.part(row, name) for name in ("shipping", "payment", "customer"))
    invoice = answers.part(row, "invoice")
    return OrderSnapshot(
        number=code,
        status=STATUS.get(word, ""),
        channel_status=word,
        currency=CURRENCY,
        placed_at=odd.known(placed_at, "created_at", version or asked_at),
        asked_at=asked_at,
        lines=lines,
        version=version,
        total=odd.money(invoice, "grand_total", CURRENCY),
        shipping_fee=odd.money(invoice, "shipping_amount_after_discount", CURRENCY),
        seller_discount=(sellers := _borne(odd, items, _SELLERS)),
        platform_discount=_borne(odd, items, _PLATFORMS, _COINS),
        seller_voucher=sellers,
        platform_voucher=_borne(odd, items, _PLATFORMS),
        coins=_borne(odd, items, _COINS),
        seller_shipping=_borne(odd, items, _SHIPPING),
        ship_by=_ship_by(odd, items),
        buyer_name=fields.text(customer, "full_name"),
        buyer_id=fields.text(customer, "id"),
        recipient=_recipient(answers.part(shipping, "address")),
        cash_on_delivery=fields.text(payment, "method") == "cod",
        payment_method=fields.text(payment, "method"),
        carrier=fields.text(shipping, "partner_name"),
        cancel_reason=fields.text(answers.part(row, "cancel_info"), "reason_text"),
        parcels=_parcels(shipping),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def returned(row: Row, asked_at: datetime, *, comes_back: bool) -> ReturnSnapshot:
    """Map an order flagged `is_rma` to a return. Raises ValueError when it has no code; every other field may be unknown.

    `comes_back` False: whether its goods come back is unclear, so none are waited for, and a person is to look.
    """
    rma, odd = answers.part(row, "rma_info"), Oddities()
    word = fields.text(row, "status")
    lines = odd.lines(
        ReturnLineSnapshot(
            item_id=odd.product(_product(item)),
            variation_id="",
            quantity=odd.pieces(item, "qty"),
            sku=fields.text(answers.part(item, "product"), "seller_product_code"),
        )
        for item in answers.rows(row, "items")
    )
    odd.note(UNCLEAR_RMA, when=not comes_back)
    return ReturnSnapshot(
        number=code_of(row),
        order_number=fields.id_or_none(rma, "original_order_code"),
        status=RETURN_STATUS.get(word, ""),
        channel_status=word,
        asked_at=asked_at,
        lines=lines,
        version=odd.read(fields.moment, row, "updated_at"),
        requested_at=odd.read(fields.moment, rma, "created_at") or odd.read(fields.moment, row, "created_at"),
        goods_come_back=comes_back,
        note=fields.text(rma, "status"),
        tracking_number=fields.text(answers.part(row, "shipping"), "return_shipping_code"),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def confirmations(row: Row) -> tuple[str, ...]:
    """Return the state of each item's confirmation by the seller."""
    return tuple(fields.text(answers.part(item, "confirmation"), "status") for item in answers.rows(row, "items"))


def _lines(odd: Oddities, items: Iterable[Row], *, by_tiki: bool) -> Iterator[LineSnapshot]:
    for item in items:
        product, word = answers.part(item, "product"), fields.text(answers.part(item, "confirmation"), "status")
        quantity, price = odd.pieces(item, "qty"), odd.money(item, "price", CURRENCY) or Decimal(0)
        number = odd.product(_product(item))
        yield LineSnapshot(
            key=odd.key(fields.id_or_none(item, "id"), number, ""),
            item_id=number,
            variation_id="",
            quantity=quantity,
            sku=fields.text(product, "seller_product_code"),
            title=fields.text(product, "name"),
            price=price,
            paid_price=_paid(odd, item, quantity, price),
            # an item that the seller refused is called off, whatever becomes of the others
            status="cancelled" if word == REFUSED else "",
            channel_status=word,
            fulfilled_by=PLATFORM if by_tiki and _inventory_type(item, product) == _IN_STOCK else SELLER,
            campaigns=fields.words(item, "applied_rule_ids"),
            seller_discount=_borne(odd, [item], _SELLERS),
            platform_discount=_borne(odd, [item], _PLATFORMS, _COINS),
            platform_voucher=_borne(odd, [item], _PLATFORMS),
            coins=_borne(odd, [item], _COINS),
        )


def _inventory_type(item: Row, product: Row) -> str:
    """Return where an item is kept: recorded orders say so of its product, Tiki's pages of the item."""
    return fields.text(product, "inventory_type") or fields.text(item, "inventory_type")


def _paid(odd: Oddities, item: Row, quantity: int, price: Decimal) -> Decimal:
    """Return the price per piece less the invoice's discount."""
    discount = odd.read(fields.number, answers.part(item, "invoice"), "discount_amount")
    return max(Decimal(0), price - discount / quantity) if quantity > 0 and discount else price


def _borne(odd: Oddities, items: Iterable[Row], *places: tuple[str, str]) -> Decimal | None:
    """Return the discounts of all items that one side bears: (group, field) of `seller_income_detail`. None where no item tells."""
    discounts = [answers.part(answers.part(item, "seller_income_detail"), "discount") for item in items]
    found = [odd.money(answers.part(row, group), name, CURRENCY) for row in discounts for group, name in places]
    known = [amount for amount in found if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _product(item: Row) -> str:
    return fields.id_or_none(answers.part(item, "product"), "id")


def _ship_by(odd: Oddities, items: Sequence[Row]) -> datetime | None:
    """Return the first deadline: to confirm that the goods are there, then to have them ready for the courier."""
    found = []
    for item in items:
        confirmation = answers.part(item, "confirmation")
        name = "available_confirm_sla" if fields.text(confirmation, "status") == WAITING else "pickup_confirm_sla"
        if at := odd.read(fields.moment, confirmation, name):
            found.append(at)
    return min(found, default=None)


def _recipient(address: Row) -> dict[str, str]:
    return {ours: value for ours, theirs in _ADDRESS.items() if (value := fields.text(address, theirs))}


def _parcels(shipping: Row) -> tuple[ParcelSnapshot, ...]:
    number = fields.text(shipping, "tracking_code")
    if not number:
        return ()
    carrier, word = fields.text(shipping, "partner_name"), fields.text(shipping, "status")
    return (ParcelSnapshot(number=number, tracking_number=number, carrier=carrier, channel_status=word),)
