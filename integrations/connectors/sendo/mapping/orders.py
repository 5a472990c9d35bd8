"""Orders of search, detail and the create webhook -> snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from integrations.connectors.sendo.mapping import fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot

NEW, ACCEPTED, SHIPPING, DELIVERED, COMPLETED, CANCELLED = 2, 3, 6, 7, 8, 13
# every order_status of the page -> ours
STATUS: dict[str, str] = {
    "2": "to_ship",  # new
    "3": "packed",  # accepted by the seller: Sendo sends the courier
    "6": "shipped",
    "7": "delivered",
    "8": "completed",
    "10": "failed",  # closed, or in dispute: people must look
    "11": "on_hold",  # the seller asked for a delay
    "12": "on_hold",  # delayed
    "13": "cancelled",
    "14": "on_hold",  # to be split
    "15": "on_hold",
    "19": "on_hold",  # to be merged
    "21": "returning",
    "22": "returned",
    "23": "on_hold",  # waits for Sendo
}
# A new order that Sendo still checks may not be touched. Its word is kept apart from the unchecked one's, because the end of
# the check may show in nothing but the flag.
LOCKED = f"{NEW} locked"
UNPAID = f"{NEW} unpaid"
STATUS |= {LOCKED: "on_hold", UNPAID: "unpaid"}

CURRENCY = "VND"
PAYMENT_METHODS = {"1": "COD", "2": "Senpay", "4": "COD + Senpay", "5": "PayLater"}
_COD, _ONLINE = "1", "2"
# payment_status of an online order that waits for its money, and of money that is there
_WAITING = frozenset({"1", "6"})
_PAID = frozenset({"2", "3", "4"})
# whichever is latest: it is not known whether the update time follows each of the others
_CHANGES = (
    "updated_date_time_stamp",
    "order_status_date_time_stamp",
    "payment_status_date_time_stamp",
    "delay_date_time_stamp",
    "created_date_time_stamp",
)
_PLACED = ("order_date_time_stamp", "created_date_time_stamp")
FLASH_SALE = "flash_sale"
_RECIPIENT = {
    "name": ("receiver_name",),
    "phone": ("shipping_contact_phone", "buyer_phone"),
    "address": ("ship_to_address", "receiver_address", "buyer_address"),
    "ward": ("ship_to_ward", "receiver_ward", "buyer_ward"),
    "district": ("receiver_district", "buyer_district"),
    "province": ("receiver_region", "buyer_region", "region_name"),
}


def parts(row: Row) -> tuple[Row, list[Row]]:
    """Return (the order, its lines): in the two objects of the search, or all in one, as it may be in a detail or a webhook."""
    order = answers.part(row, "sales_order") or row
    return order, answers.rows(row, "sku_details") or answers.rows(order, "sku_details")


def number_of(row: Row) -> str:
    """Return the order's number, "" when there is none."""
    return fields.text(parts(row)[0], "order_number")


def status_of(order: Row) -> int:
    """Return the bare order_status, 0 when there is none."""
    return fields.or_none(fields.count, order, "order_status") or 0


def word(order: Row) -> str:
    """Return Sendo's word for the state: order_status, and of a new order whether it is being checked or waits for money."""
    status = fields.text(order, "order_status")
    if status != str(NEW):
        return status
    if order.get("can_action") is False:
        return LOCKED
    waits = fields.text(order, "payment_method") == _ONLINE and fields.text(order, "payment_status") in _WAITING
    return UNPAID if waits else status


def version(order: Row) -> datetime | None:
    """Return the time of the last change, None when no field holds one."""
    return max(filter(None, (fields.or_none(fields.moment, order, key) for key in _CHANGES)), default=None)


def status_moment(order: Row) -> datetime | None:
    """Return the time of the last change of status, by which lists are cut; None when it is missing."""
    return fields.or_none(fields.moment, order, "order_status_date_time_stamp")


def order(row: Row, asked_at: datetime) -> OrderSnapshot:
    """Map one order. Raises ValueError when it has no number; every other field may be unknown."""
    header, items = parts(row)
    number, odd = fields.text(header, "order_number"), Oddities()
    if not number:
        raise ValueError("no order_number")
    placed_at = next(filter(None, (odd.read(fields.moment, header, key) for key in _PLACED)), None)
    lines = odd.lines(_lines(odd, items, fields.text(header, "shop_program_name")))
    state, method = word(header), fields.text(header, "payment_method")
    return OrderSnapshot(
        number=number,
        status=STATUS.get(state, ""),
        channel_status=state,
        currency=CURRENCY,
        placed_at=odd.known(placed_at, _PLACED[0], version(header) or asked_at),
        asked_at=asked_at,
        lines=lines,
        version=version(header),
        total=odd.money(header, "total_amount", CURRENCY),
        seller_discount=_sum(odd, header, "shop_voucher_amount", "shop_program_amount"),
        platform_discount=odd.money(header, "sendo_voucher_amount", CURRENCY),
        seller_voucher=odd.money(header, "shop_voucher_amount", CURRENCY),
        platform_voucher=odd.money(header, "sendo_voucher_amount", CURRENCY),
        seller_shipping=odd.money(header, "seller_shipping_fee", CURRENCY),
        paid_at=_paid_at(odd, header),
        buyer_name=fields.text(header, "receiver_name"),
        recipient=_recipient(header),
        cash_on_delivery=method == _COD,
        payment_method=PAYMENT_METHODS.get(method, method),
        carrier=fields.text(header, "carrier_name"),
        cancel_reason=fields.text(header, "reason_cancel") or fields.text(header, "reason_cancel_code"),
        note=fields.text(header, "note"),
        parcels=_parcels(header, number),
        problems=odd.codes,
        raw=answers.plain(row),
    )


def _sum(odd: Oddities, header: Row, *keys: str) -> Decimal | None:
    """Return the sum of the amounts that are given, None where none is."""
    found = [amount for key in keys if (amount := odd.money(header, key, CURRENCY)) is not None]
    return sum(found, Decimal(0)) if found else None


def _paid_at(odd: Oddities, header: Row) -> datetime | None:
    is_paid = fields.text(header, "payment_status") in _PAID
    return odd.read(fields.moment, header, "payment_status_date_time_stamp") if is_paid else None


def _recipient(header: Row) -> dict[str, str]:
    found = {
        ours: next(filter(None, (fields.text(header, key) for key in keys)), "") for ours, keys in _RECIPIENT.items()
    }
    return {ours: value for ours, value in found.items() if value}


def _parcels(header: Row, number: str) -> tuple[ParcelSnapshot, ...]:
    """Return the parcel: an order is one, which has no number of its own."""
    tracking = fields.text(header, "tracking_number")
    if not tracking:
        return ()
    return (
        ParcelSnapshot(number, tracking, fields.text(header, "carrier_name"), fields.text(header, "delivery_status")),
    )


def _lines(odd: Oddities, rows: Iterable[Row], program: str) -> Iterator[LineSnapshot]:
    """Yield the lines. They have no ids: a line is known by item, variant and its place among those.

    `program`: of the shop, that the whole order was sold under. What is off by line is not told apart from what the order says.
    """
    for row in rows:
        item, variant = variant_of(row)
        price = odd.money(row, "price", CURRENCY) or Decimal(0)
        yield LineSnapshot(
            key=odd.place(odd.product(item), variant),
            item_id=item,
            variation_id=variant,
            quantity=odd.pieces(row, "quantity"),
            sku=fields.text(row, "sku"),
            title=fields.text(row, "product_name"),
            variation_name=", ".join(filter(None, (fields.text(row, "color"), fields.text(row, "size")))),
            price=price,
            # discounts of vouchers are given per order, and the sums of an order do not add up
            paid_price=price,
            campaigns=_campaigns(row, program),
        )


def _campaigns(row: Row, program: str) -> tuple[str, ...]:
    flash = (FLASH_SALE,) if fields.flag(row, "is_flash_sales") else ()
    return tuple(filter(None, (*flash, *fields.words(row, "flash_deal_type_names"), program)))


def variant_of(row: Row) -> tuple[str, str]:
    """Return (product, variant hash) of a line; the product is "" where it is not told, as for the id 0.

    `product_variant_id` is the product's id and the hash ("35858106_22750405"); the hash is repeated and may be null.
    """
    item, _, rest = fields.text(row, "product_variant_id").partition("_")
    return "" if item == "0" else item, fields.text(row, "attribute_hash") or rest
