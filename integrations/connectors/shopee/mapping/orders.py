"""Orders of `get_order_detail` -> snapshots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from integrations.connectors.shopee.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot

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
# everything beyond the default fields must be asked for by name
OPTIONAL_FIELDS = (
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,goods_to_declare,note,"
    "note_update_time,item_list,pay_time,dropshipper,split_up,buyer_cancel_reason,cancel_by,cancel_reason,"
    "actual_shipping_fee_confirmed,fulfillment_flag,pickup_done_time,package_list,shipping_carrier,payment_method,"
    "total_amount,invoice_data,order_chargeable_weight_gram,return_request_due_date,edt,payment_info"
)
# values of the connection's setting `item_prices`
PER_UNIT, PER_LINE = "unit", "line"
# currencies without minor units
WHOLE_MONEY = frozenset({"VND"})
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
    """Map one order. Raises ValueError for a malformed field.

    `tracking`: tracking numbers by package, read elsewhere. `line_prices`: item prices are those of the whole line.
    """
    number, placed_at = order_sn(row), fields.moment(row, "create_time")
    if placed_at is None:
        raise ValueError("no create_time")
    word, currency = fields.text(row, "order_status"), fields.text(row, "currency") or "VND"
    lines, problems = _lines(answers.rows(row, "item_list"), currency, line_prices)
    total = answers.number(row, "total_amount") if row.get("total_amount") is not None else None
    if total is not None and not _is_payable(total, currency):
        problems.append("fractional_money")
    return OrderSnapshot(
        number=number,
        status=STATUS.get(word, ""),
        channel_status=word,
        currency=currency,
        placed_at=placed_at,
        asked_at=asked_at,
        lines=lines,
        version=fields.moment(row, "update_time"),
        total=total,
        paid_at=fields.moment(row, "pay_time"),
        ship_by=fields.moment(row, "ship_by_date"),
        buyer_name=fields.text(row, "buyer_username"),
        buyer_id=_buyer_id(row),
        recipient=_recipient(answers.part(row, "recipient_address")),
        cash_on_delivery=row.get("cod") is True,
        payment_method=fields.text(row, "payment_method"),
        carrier=fields.text(row, "shipping_carrier"),
        cancel_reason=fields.text(row, "cancel_reason") or fields.text(row, "buyer_cancel_reason"),
        note="\n".join(filter(None, (fields.text(row, "message_to_seller"), fields.text(row, "note")))),
        parcels=tuple(_parcels(answers.rows(row, "package_list"), tracking or {})),
        problems=tuple(dict.fromkeys(problems)),
        raw=answers.plain(row),
    )


def package_numbers(row: Row) -> tuple[str, ...]:
    """Return the parcels of an order that have a number."""
    numbers = (fields.text(package, "package_number") for package in answers.rows(row, "package_list"))
    return tuple(number for number in numbers if number)


def _lines(items: Iterable[Row], currency: str, line_prices: bool) -> tuple[tuple[LineSnapshot, ...], list[str]]:
    """Return the lines, and the codes of their problems.

    `order_item_id` repeats for every model of an item and within promotions, so a line is known by item, model and
    its place among those. Lines that change places are of one item and model: no stock moves.
    """
    found: list[LineSnapshot] = []
    problems: list[str] = []
    places: Counter[tuple[str, str]] = Counter()
    for row in items:
        item, model = fields.first_id(row, "item_id"), fields.model_id(row)
        quantity = fields.count(row, "model_quantity_purchased")
        price, paid = _prices(row, quantity if line_prices else 1)
        places[item, model] += 1
        problems += _line_problems(quantity, price, paid, currency)
        found.append(
            LineSnapshot(
                key=f"{item}:{model}:{places[item, model]}",
                item_id=item,
                variation_id=model,
                quantity=max(0, quantity),
                sku=fields.text(row, "model_sku") or fields.text(row, "item_sku"),
                title=fields.text(row, "item_name"),
                variation_name=fields.text(row, "model_name"),
                price=price,
                paid_price=paid,
            )
        )
    return tuple(found), problems if found else ["no_lines"]


def _prices(row: Row, divisor: int) -> tuple[Decimal, Decimal]:
    """Return the original and the paid price of one unit."""
    price = answers.number(row, "model_original_price")
    paid = answers.number(row, "model_discounted_price", price)
    if paid == 0 and fields.text(row, "promotion_type") == _BUNDLE:
        paid = price
    return (price / divisor, paid / divisor) if divisor > 1 else (price, paid)


def _line_problems(quantity: int, price: Decimal, paid: Decimal, currency: str) -> list[str]:
    checks = (
        ("zero_quantity", quantity == 0),
        ("negative_quantity", quantity < 0),
        ("fractional_money", not (_is_payable(price, currency) and _is_payable(paid, currency))),
    )
    return [code for code, applies in checks if applies]


def _is_payable(money: Decimal, currency: str) -> bool:
    return currency not in WHOLE_MONEY or answers.is_whole(money)


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
