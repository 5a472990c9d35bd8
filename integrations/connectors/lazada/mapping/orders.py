"""An order's header and its items, one per unit -> a snapshot. The order has no status of its own: its items have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from integrations.connectors.lazada.mapping import errors, fields
from integrations.connectors.lazada.mapping.returns import OPEN_RETURN
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.oddities import Oddities
from orders.snapshots import PLATFORM, SELLER, LineSnapshot, OrderSnapshot, ParcelSnapshot

# every status of an item, and the words of the list's filter, -> ours
STATUS = {
    "unpaid": "unpaid",
    "pending": "to_ship",
    "repacked": "to_ship",  # its package was taken apart: it must be packed again
    "packed": "packed",
    "ready_to_ship_pending": "packed",
    "ready_to_ship": "packed",
    "shipped": "shipped",
    "delivered": "delivered",
    "confirmed": "completed",
    "canceled": "cancelled",
    "failed": "failed",
    "failed_delivery": "failed",
    "shipped_back": "returning",
    "shipped_back_success": "returned",
    "shipped_back_failed": "failed",
    "returned": "returned",
    "lost_by_3pl": "failed",
    "damaged_by_3pl": "failed",
    "package_scrapped": "failed",
    # the filter's own
    "topack": "to_ship",
    "toship": "packed",
    "shipping": "shipped",
    "lost": "failed",
}
CANCELLED = "cancelled"
# how far a line has come: the order is where its least advanced line is that was not cancelled
_ADVANCE = (
    "unpaid", "on_hold", "cancelling", "to_ship", "packed", "shipped", "failed", "returning", "delivered", "completed",
    "returned", CANCELLED,
)  # fmt: skip
_HERE = frozenset({"unpaid", "on_hold", "to_ship", "packed"})
_AT_THE_BUYER = frozenset({"delivered", "completed"})
_COD = "COD"
_NO_INITIATOR = "null-null"
_REASONS = ("reason", "reason_detail")
# Vietnamese addresses: address3 is the province, address4 the district, address5 the ward
_VOUCHER_CODES = ("voucher_code_seller", "voucher_code_platform")
_RECIPIENT = {
    "phone": "phone",
    "address": "address1",
    "ward": "address5",
    "district": "address4",
    "province": "address3",
    "postcode": "post_code",
}


def order_id(row: Row) -> str:
    """Return the order's number within its shop. Raises ValueError when there is none."""
    return fields.first_id(row, "order_id")


def order(header: Row, items: Sequence[Row], asked_at: datetime) -> OrderSnapshot:
    """Map one order. Raises ValueError when it has no number; every other field may be unknown."""
    number, odd = order_id(header), Oddities()
    placed_at, version = odd.read(fields.moment, header, "created_at"), odd.read(fields.moment, header, "updated_at")
    units = answers.last_of_each(enumerate(items), lambda unit: fields.id_or_none(unit[1], "order_item_id") or unit[0])
    rows = [row for _, row in units]
    currency = next((word for row in rows if (word := fields.text(row, "currency"))), "VND")
    # a flag of the order as well; that of a unit takes precedence
    asked = {"is_cancel_pending": header.get("is_cancel_pending")}
    lines = odd.lines(line(odd, {**asked, **row}, currency) for row in rows)
    address = answers.part(header, "address_shipping")
    return OrderSnapshot(
        number=number,
        status=status_of(lines),
        channel_status=", ".join(dict.fromkeys(found.channel_status for found in lines)),
        currency=currency,
        placed_at=odd.known(placed_at, "created_at", version or asked_at),
        asked_at=asked_at,
        lines=lines,
        version=version,
        total=_total(odd, header, currency),
        shipping_fee=odd.money(header, "shipping_fee", currency),
        seller_discount=odd.money(header, "voucher_seller", currency),
        platform_discount=odd.money(header, "voucher_platform", currency),
        seller_voucher=odd.money(header, "voucher_seller", currency),
        platform_voucher=odd.money(header, "voucher_platform", currency),
        seller_shipping=odd.money(header, "shipping_fee_discount_seller", currency),
        ship_by=min((at for row in rows if (at := odd.read(fields.moment, row, "sla_time_stamp"))), default=None),
        buyer_name=_name(header, "customer_first_name", "customer_last_name"),
        recipient=_recipient(address),
        cash_on_delivery=fields.text(header, "payment_method") == _COD,
        payment_method=fields.text(header, "payment_method"),
        carrier=next((name for row in rows if (name := fields.text(row, "shipment_provider"))), ""),
        cancel_reason=_cancel_reason(rows),
        note="\n".join(filter(None, (fields.text(header, name) for name in ("buyer_note", "remarks", "gift_message")))),
        parcels=tuple(_parcels(rows)),
        problems=odd.codes,
        raw=answers.plain({**header, "order_items": list(items)}),
    )


def line(odd: Oddities, row: Row, currency: str) -> LineSnapshot:
    """Map one unit."""
    item, sku = _ids(odd, row)
    word = fields.text(row, "status")
    price = odd.money(row, "item_price", currency) or Decimal(0)
    paid = odd.money(row, "paid_price", currency)
    return LineSnapshot(
        key=odd.key(fields.id_or_none(row, "order_item_id"), item, sku),
        item_id=item,
        variation_id=sku,
        quantity=1,
        sku=fields.text(row, "sku"),
        title=fields.text(row, "name"),
        variation_name=fields.text(row, "variation"),
        price=price,
        paid_price=price if paid is None else paid,
        status=_line_status(row, word),
        channel_status=word,
        parcel=fields.text(row, "package_id"),
        fulfilled_by=PLATFORM if is_by_lazada(row) else SELLER,
        campaigns=tuple(filter(None, (fields.text(row, name) for name in _VOUCHER_CODES))),
        seller_discount=odd.money(row, "voucher_seller", currency),
        platform_discount=(platforms := odd.money(row, "voucher_platform", currency)),
        platform_voucher=platforms,
        tax=odd.money(row, "tax_amount", currency),
    )


def _total(odd: Oddities, header: Row, currency: str) -> Decimal | None:
    """Return goods less vouchers plus shipping; None where the goods are unknown."""
    price = odd.money(header, "price", currency)
    voucher, shipping = (odd.money(header, key, currency) or Decimal(0) for key in ("voucher", "shipping_fee"))
    return None if price is None else price - voucher + shipping


def status_of(lines: Iterable[LineSnapshot]) -> str:
    """Return the status of the least advanced line that was not cancelled; "" when a line's word is not known, or there are none."""
    statuses = [found.status for found in lines]
    return min(statuses, key=_ADVANCE.index) if statuses and all(statuses) else ""


def is_cancel_asked(row: Row) -> bool:
    """Return whether the buyer of this unit waits for an answer. "Need confirm" alone may be a rule of the order, and no wish."""
    is_named = fields.flag(row, "need_cancel_confirm") and bool(fields.text(row, "reverse_order_id"))
    return fields.flag(row, "is_cancel_pending") or is_named


def package_ids(items: Iterable[Row]) -> tuple[str, ...]:
    """Return the packages that hold units which were not cancelled."""
    return tuple(dict.fromkeys(found for row in remaining(items) if (found := fields.text(row, "package_id"))))


def remaining(items: Iterable[Row]) -> list[Row]:
    """Return the items that were not cancelled."""
    return [row for row in items if STATUS.get(fields.text(row, "status")) != CANCELLED]


def is_by_lazada(item: Row) -> bool:
    """Return whether an item is sent out of a warehouse of Lazada's."""
    return fields.flag(item, "is_fbl")


def own(items: Iterable[Row]) -> list[Row]:
    """Return the items that the seller sends: not cancelled, and not out of a warehouse of Lazada's.

    Raises Rejected where Lazada sends all that is left.
    """
    left = remaining(items)
    ours = [row for row in left if not is_by_lazada(row)]
    if left and not ours:
        raise errors.refusal(errors.BY_LAZADA)
    return ours


def progress(items: Sequence[Row]) -> dict[str, list[str]]:
    """Return the items' own words and packages, kept with the outcome of a command."""
    return {
        "statuses": list(dict.fromkeys(fields.text(row, "status") for row in items)),
        "packages": list(package_ids(items)),
    }


def _line_status(row: Row, word: str) -> str:
    status = STATUS.get(word, "")
    if status in _HERE and is_cancel_asked(row):
        return "cancelling"
    if status in _AT_THE_BUYER and fields.text(row, "return_status") in OPEN_RETURN:
        return "returning"
    return status


def _ids(odd: Oddities, row: Row) -> tuple[str, str]:
    """Return item and SKU; older rows carry them only inside `shop_sku` (1306535254_VNAMZ-5058631360)."""
    item, sku = fields.id_or_none(row, "product_id"), fields.id_or_none(row, "sku_id")
    shop_sku = fields.text(row, "shop_sku")
    return odd.product(item or shop_sku.partition("_")[0]), sku or shop_sku.rpartition("-")[2]


def _recipient(address: Row) -> dict[str, str]:
    found = {"name": _name(address, "first_name", "last_name")}
    found |= {ours: fields.text(address, theirs) for ours, theirs in _RECIPIENT.items()}
    return {name: value for name, value in found.items() if value}


def _name(row: Row, first: str, last: str) -> str:
    return " ".join(filter(None, (fields.text(row, first), fields.text(row, last))))


def _cancel_reason(items: Iterable[Row]) -> str:
    for row in items:
        initiator = fields.text(row, "cancel_return_initiator")
        words = [initiator if initiator != _NO_INITIATOR else "", *(fields.text(row, key) for key in _REASONS)]
        if any(words):
            return ": ".join(filter(None, words))
    return ""


def _parcels(items: Sequence[Row]) -> Iterable[ParcelSnapshot]:
    for number in package_ids(items):
        row = next(row for row in items if fields.text(row, "package_id") == number)
        yield ParcelSnapshot(
            number=number,
            tracking_number=fields.text(row, "tracking_code"),
            carrier=fields.text(row, "shipment_provider"),
            channel_status=fields.text(row, "status"),
        )
