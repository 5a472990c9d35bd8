"""Orders of the v2 API -> snapshots. A return is an order, too, flagged `is_rma`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot, ReturnLineSnapshot, ReturnSnapshot

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


def is_return(row: Row) -> bool:
    """Return whether an order brings goods back."""
    return fields.flag(row, "is_rma")


def order(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Map one order. Raises ValueError when a field is malformed."""
    code, placed_at = code_of(row), fields.moment(row, "created_at")
    if placed_at is None:
        raise ValueError("no created_at")
    word, invoice = fields.text(row, "status"), answers.part(row, "invoice")
    lines, problems = _lines(answers.rows(row, "items"))
    total = answers.number(invoice, "grand_total") if invoice.get("grand_total") is not None else None
    if total is not None and total != total.to_integral_value():
        problems.append("fractional_money")
    shipping, payment, customer = (answers.part(row, name) for name in ("shipping", "payment", "customer"))
    return OrderSnapshot(
        number=code,
        status=STATUS.get(word, ""),
        channel_status=word,
        currency=CURRENCY,
        placed_at=placed_at,
        asked_at=asked_at,
        lines=lines,
        version=fields.moment(row, "updated_at"),
        total=total,
        ship_by=_ship_by(answers.rows(row, "items")),
        buyer_name=fields.text(customer, "full_name"),
        buyer_id=fields.text(customer, "id"),
        recipient=_recipient(answers.part(shipping, "address")),
        cash_on_delivery=fields.text(payment, "method") == "cod",
        payment_method=fields.text(payment, "method"),
        carrier=fields.text(shipping, "partner_name"),
        cancel_reason=fields.text(answers.part(row, "cancel_info"), "reason_text"),
        parcels=_parcels(shipping),
        problems=tuple(dict.fromkeys(problems)),
        raw=answers.plain(row),
    )


def returned(row: Row, asked_at: datetime) -> ReturnSnapshot:
    """Map an order flagged `is_rma` to a return. Raises ValueError when it does not name the original order."""
    rma = answers.part(row, "rma_info")
    word = fields.text(row, "status")
    return ReturnSnapshot(
        number=code_of(row),
        order_number=fields.first_id(rma, "original_order_code"),
        status=RETURN_STATUS.get(word, ""),
        channel_status=word,
        asked_at=asked_at,
        lines=tuple(
            ReturnLineSnapshot(
                item_id=_product(item),
                variation_id="",
                quantity=max(0, fields.count(item, "qty")),
                sku=fields.text(answers.part(item, "product"), "seller_product_code"),
            )
            for item in answers.rows(row, "items")
        ),
        version=fields.moment(row, "updated_at"),
        requested_at=fields.moment(rma, "created_at") or fields.moment(row, "created_at"),
        note=fields.text(rma, "status"),
        tracking_number=fields.text(answers.part(row, "shipping"), "return_shipping_code"),
        raw=answers.plain(row),
    )


def confirmations(row: Row) -> tuple[str, ...]:
    """Return the state of each item's confirmation by the seller."""
    return tuple(fields.text(answers.part(item, "confirmation"), "status") for item in answers.rows(row, "items"))


def _lines(items: Sequence[Row]) -> tuple[tuple[LineSnapshot, ...], list[str]]:
    found, problems = [], []
    for item in items:
        quantity, price = fields.count(item, "qty"), answers.number(item, "price")
        problems += [
            code
            for code, applies in (
                ("zero_quantity", quantity == 0),
                ("negative_quantity", quantity < 0),
                ("fractional_money", price != price.to_integral_value()),
            )
            if applies
        ]
        found.append(_line(item, quantity, price))
    return tuple(found), problems if found else ["no_lines"]


def _line(item: Row, quantity: int, price: Decimal) -> LineSnapshot:
    product, word = answers.part(item, "product"), fields.text(answers.part(item, "confirmation"), "status")
    return LineSnapshot(
        key=fields.first_id(item, "id"),
        item_id=_product(item),
        variation_id="",
        quantity=max(0, quantity),
        sku=fields.text(product, "seller_product_code"),
        title=fields.text(product, "name"),
        price=price,
        paid_price=_paid(item, quantity, price),
        # an item that the seller refused is called off, whatever becomes of the others
        status="cancelled" if word == REFUSED else "",
        channel_status=word,
    )


def _paid(item: Row, quantity: int, price: Decimal) -> Decimal:
    """Return the price per piece less the invoice's discount. Raises ValueError when it is malformed."""
    discount = answers.number(answers.part(item, "invoice"), "discount_amount")
    return max(Decimal(0), price - discount / quantity) if quantity > 0 and discount else price


def _product(item: Row) -> str:
    return fields.first_id(answers.part(item, "product"), "id")


def _ship_by(items: Sequence[Row]) -> datetime | None:
    """Return the first deadline: to confirm that the goods are there, then to have them ready for the courier."""
    found = []
    for item in items:
        confirmation = answers.part(item, "confirmation")
        name = "available_confirm_sla" if fields.text(confirmation, "status") == WAITING else "pickup_confirm_sla"
        if at := fields.moment(confirmation, name):
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
