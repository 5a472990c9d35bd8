"""Orders of `get_order_detail` -> snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from integrations.connectors.shopee.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import UNKNOWN_FULFILMENT, Oddities
from orders.snapshots import PLATFORM, SELLER, LineSnapshot, OrderSnapshot, ParcelSnapshot

# every status of the v2 reference -> ours
STATUS = {
    "UNPAID": "unpaid",
    "PENDING": "on_hold",  # held by Shopee, listed only on request
    "INVOICE_PENDING": "on_hold",  # documented as a list filter only
    "READY_TO_SHIP": "to_ship",
    "PROCESSED": "packed",
    "RETRY_SHIP": "packed",  # the courier did not come: the parcel waits here for another pickup
    "SHIPPED": "shipped",
    "TO_CONFIRM_RECEIVE": "delivered",
    "COMPLETED": "completed",
    "IN_CANCEL": "cancelling",
    "CANCELLED": "cancelled",
    "TO_RETURN": "returning",
}
FULFILLED_BY = {
    "fulfilled_by_shopee": PLATFORM,
    "fulfilled_by_cb_seller": SELLER,
    "fulfilled_by_local_seller": SELLER,
}
# everything beyond the default fields must be asked for by name
OPTIONAL_FIELDS = (
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,goods_to_declare,note,"
    "note_update_time,item_list,pay_time,dropshipper,split_up,buyer_cancel_reason,cancel_by,cancel_reason,"
    "actual_shipping_fee_confirmed,fulfillment_flag,pickup_done_time,package_list,shipping_carrier,payment_method,"
    "total_amount,invoice_data,order_chargeable_weight_gram,return_request_due_date,edt,payment_info"
)
# values of the connection's setting `item_prices`
PER_UNIT, PER_LINE = "unit", "line"
# in a bundle deal the discounted price is 0 by design; what was paid is only in the escrow
_BUNDLE = "bundle_deal"
# Vietnamese addresses: state is the province, city the district, district the ward
_RECIPIENT = {
    "name": "name",
    "phone": "phone",
    "address": "full_address",
    "ward": "district",
    "district": "city",
    "province": "state",
    "postcode": "zipcode",
}


def order_sn(row: Row) -> str:
    """Return the order's number. Raises ValueError when there is none."""
    found = fields.text(row, "order_sn")
    if not found:
        raise ValueError("no order_sn")
    return found


def order(
    row: Row, asked_at: datetime, *, tracking: Mapping[str, str] | None = None, line_prices: bool = False
) -> OrderSnapshot:
    """Map one order. Raises ValueError when it has no number; every other field may be unknown.

    `tracking`: tracking numbers by package, read elsewhere. `line_prices`: item prices are those of the whole line.
    """
    number, odd = order_sn(row), Oddities()
    word, currency = fields.text(row, "order_status"), fields.text(row, "currency") or "VND"
    placed_at, version = odd.read(fields.moment, row, "create_time"), odd.read(fields.moment, row, "update_time")
    lines = odd.lines(_lines(odd, answers.rows(row, "item_list"), currency, line_prices, _fulfilled_by(odd, row)))
    return OrderSnapshot(
        number=number,
        status=STATUS.get(word, ""),
        channel_status=word,
        currency=currency,
        placed_at=odd.known(placed_at, "create_time", version or asked_at),
        asked_at=asked_at,
        lines=lines,
        version=version,
        total=odd.money(row, "total_amount", currency),
        paid_at=odd.read(fields.moment, row, "pay_time"),
        ship_by=odd.read(fields.moment, row, "ship_by_date"),
        buyer_name=fields.text(row, "buyer_username"),
        buyer_id=_buyer_id(row),
        recipient=_recipient(answers.part(row, "recipient_address")),
        cash_on_delivery=row.get("cod") is True,
        payment_method=fields.text(row, "payment_method"),
        carrier=fields.text(row, "shipping_carrier"),
        cancel_reason=fields.text(row, "cancel_reason") or fields.text(row, "buyer_cancel_reason"),
        note="\n".join(filter(None, (fields.text(row, "message_to_seller"), fields.text(row, "note")))),
        parcels=tuple(_parcels(answers.rows(row, "package_list"), tracking or {})),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def package_numbers(row: Row) -> tuple[str, ...]:
    """Return the parcels of an order that have a number."""
    numbers = (fields.text(package, "package_number") for package in answers.rows(row, "package_list"))
    return tuple(number for number in numbers if number)


def _lines(
    odd: Oddities, items: Iterable[Row], currency: str, line_prices: bool, fulfilled_by: str
) -> Iterator[LineSnapshot]:
    """Yield the lines.

    `order_item_id` repeats for every model of an item and within promotions, so a line is known by item, model and
    its place among those. Lines that change places are of one item and model: no stock moves.
    """
    for row in items:
        item, model = odd.product(fields.id_or_none(row, "item_id")), fields.model_id(row)
        quantity = odd.pieces(row, "model_quantity_purchased")
        price, paid = _prices(odd, row, quantity if line_prices else 1, currency)
        yield LineSnapshot(
            key=odd.place(item, model),
            item_id=item,
            variation_id=model,
            quantity=quantity,
            sku=fields.text(row, "model_sku") or fields.text(row, "item_sku"),
            title=fields.text(row, "item_name"),
            variation_name=fields.text(row, "model_name"),
            price=price,
            paid_price=paid,
            fulfilled_by=fulfilled_by,
            campaigns=_campaigns(row),
        )


def _prices(odd: Oddities, row: Row, divisor: int, currency: str) -> tuple[Decimal, Decimal]:
    """Return the original and the paid price of one unit."""
    paid = odd.read(fields.amount, row, "model_discounted_price")
    price = odd.read(fields.amount, row, "model_original_price") or paid or Decimal(0)
    if paid is None or (paid == 0 and fields.text(row, "promotion_type") == _BUNDLE):
        paid = price
    if divisor > 1:
        price, paid = price / divisor, paid / divisor
    odd.payable(price, currency)
    odd.payable(paid, currency)
    return price, paid


def _campaigns(row: Row) -> tuple[str, ...]:
    """Return the kind of the promotion that the item was sold under, and its id."""
    found = (fields.text(row, "promotion_type"), fields.id_or_none(row, "promotion_id"))
    return tuple(filter(None, found))


def _fulfilled_by(odd: Oddities, row: Row) -> str:
    """Return who packs the order, from `fulfillment_flag`; what is not in the table is the seller's, and flagged."""
    word = fields.text(row, "fulfillment_flag")
    odd.note(UNKNOWN_FULFILMENT, when=bool(word) and word not in FULFILLED_BY)
    return FULFILLED_BY.get(word, SELLER)


def _buyer_id(row: Row) -> str:
    found = fields.text(row, "buyer_user_id")
    return "" if found == "0" else found


def _recipient(address: Row) -> dict[str, str]:
    return {ours: value for ours, theirs in _RECIPIENT.items() if (value := fields.text(address, theirs))}


def _parcels(packages: Iterable[Row], tracking: Mapping[str, str]) -> Iterable[ParcelSnapshot]:
    for package in packages:
        number = fields.text(package, "package_number")
        if number:
            yield ParcelSnapshot(
                number=number,
                tracking_number=tracking.get(number) or fields.text(package, "tracking_number"),
                carrier=fields.text(package, "shipping_carrier"),
                channel_status=fields.text(package, "logistics_status"),
            )
