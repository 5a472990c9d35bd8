"""Storing order lines: their mapping to products, and their stock effects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.db import columns, decode, encode, execute, fetch
from inventory.models import Shop
from inventory.queries import PARTS
from inventory.services.expected import OwnSale, forget_expected, note_own_sales
from inventory.services.stock_effects import (
    DEDUCT,
    ELSEWHERE,
    HOLD,
    NOTHING,
    PAST,
    SOFT,
    LineEffect,
    post_effects,
)
from inventory.services.wanted import refresh_wanted
from orders.services.costs import freeze_costs
from orders.services.settled_amounts import LINE_FACTS
from orders.snapshots import PLATFORM, SELLER, LineSnapshot, OrderSnapshot
from orders.statuses import TRAITS

# stock effect of a line by its status
EFFECTS: Mapping[str, str] = {
    str(status): HOLD if traits.holds_stock else DEDUCT if traits.has_left else NOTHING
    for status, traits in TRAITS.items()
}

UNMAPPED = "unmapped_line"

Parts = dict[int, Decimal]


@dataclass(frozen=True, slots=True)
class _Mapped:
    """Composition of one sold piece of a listing; `product` None while it is unmapped."""

    listing: int | None = None
    product: int | None = None
    parts: Parts | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A stored line: `product` and `parts` are those it was first mapped to; `cancelled` when it held nothing."""

    mapped: _Mapped
    cancelled: bool


_STORED = """
SELECT order_id, key, listing_id, product_id, parts, quantity = 0 OR status = 'cancelled'
FROM orders_orderline WHERE order_id = ANY(%s)
"""

_LISTINGS = f"""
SELECT l.item_id, l.variation_id, l.id, l.product_id, part.product_id, part.units * l.units
FROM unnest(%s::text[], %s::text[]) AS n(item_id, variation_id)
JOIN inventory_listing l ON l.shop_id = %s AND l.item_id = n.item_id AND l.variation_id = n.variation_id
LEFT JOIN ({PARTS}) part ON part.sold_id = l.product_id
"""

# what a line is: its columns that stay as they were first written
_IDENTITY = {"order_id": "bigint", "key": "text", "item_id": "text", "variation_id": "text"}
# and those that follow each answer
_STATE = {
    "listing_id": "bigint", "product_id": "bigint", "parts": "jsonb", "sku": "text", "title": "text", "variation_name": "text",
    "quantity": "int", "price": "numeric", "paid_price": "numeric", "status": "text", "channel_status": "text", "parcel": "text",
    "fulfilled_by": "text", "campaigns": "text[]", "seller_discount": "numeric", "platform_discount": "numeric",
    "platform_voucher": "numeric", "coins": "numeric", "tax": "numeric", "affiliate_id": "text", "affiliate_rate": "numeric",
}  # fmt: skip
_COLUMNS = _IDENTITY | _STATE
# what a settlement told stays until the order tells it
_NEXT = {
    name: f"coalesce(excluded.{name}, CASE WHEN line.has_settled_facts THEN line.{name} END)" for name in LINE_FACTS
}
# a line keeps the category that it was first known to be in: a listing that moves changes no fee of what was sold before
_UPSERT = f"""
INSERT INTO orders_orderline AS line ({", ".join(_COLUMNS)}, category_id)
SELECT {", ".join(f"n.{name}" for name in _COLUMNS)}, coalesce(nullif(n.category_id, ''), listing.category_id, '')
FROM jsonb_to_recordset(%s::jsonb) AS n({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())}, category_id text)
LEFT JOIN inventory_listing listing ON listing.id = n.listing_id
ON CONFLICT (order_id, key) DO UPDATE SET {", ".join(f"{name} = {_NEXT.get(name, f'excluded.{name}')}" for name in _STATE)},
    has_settled_facts = line.has_settled_facts AND num_nonnulls({", ".join(f"excluded.{name}" for name in LINE_FACTS)}) = 0,
    category_id = CASE WHEN line.category_id = '' THEN excluded.category_id ELSE line.category_id END
"""

# a cancellation that names no line at all cancels all of them; else a line that is absent has nothing left
_ABSENT = """
UPDATE orders_orderline line SET quantity = CASE WHEN n.is_off THEN line.quantity ELSE 0 END,
    status = CASE WHEN n.is_off THEN 'cancelled' ELSE line.status END
FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS n(order_id, key, is_off)
WHERE line.order_id = n.order_id AND line.key = n.key
"""


Listings = Mapping[tuple[str, str], _Mapped]


def store_lines(
    shop: Shop, taken: Sequence[tuple[int, OrderSnapshot]], listings: Listings, *, is_new: bool = False
) -> dict[int, list[str]]:
    """Store the lines of locked orders and post their stock effects; returns problems by order id. May be repeated.

    `listings` is from `listings_of`; `is_new`: none of the orders was stored before. In the stock master's own shop
    nothing is posted: its readings already include it.
    """
    stored = {} if is_new else _stored([order for order, _ in taken])
    lines = [(order, snapshot, line) for order, snapshot in taken for line in snapshot.lines]
    mapped = {
        (order, line.key): kept.mapped
        if (kept := stored.get((order, line.key))) and kept.mapped.product
        else listings.get((line.item_id, line.variation_id), _Mapped())
        for order, _, line in lines
    }
    execute(_UPSERT, encode([_row(order, s, line, mapped[order, line.key]) for order, s, line in lines]))
    freeze_costs([order for order, s, line in lines if TRAITS[_status(s, line)].has_left])
    absent = sorted(stored.keys() - mapped.keys())
    if absent:
        named = {order for order, snapshot in taken if snapshot.lines}
        execute(_ABSENT, *columns([(order, key, order not in named) for order, key in absent], 3))
    if shop.keeps_stock:
        return {}
    posted = post_effects(_effects(shop, taken, mapped, stored, absent))
    sales, cancelled = _channel_changes(lines, mapped, stored)
    refresh_wanted(posted.products, also_lock=cancelled.union(sale.listing_id for sale in sales))
    note_own_sales(sales)
    forget_expected(sorted(cancelled))
    problems: dict[int, list[str]] = defaultdict(list)
    for order, snapshot, line in lines:
        if not mapped[order, line.key].product and needs_product(shop, snapshot, line):
            problems[order].append(UNMAPPED)
        if (shop.id, snapshot.number) in posted.unassigned:
            problems[order].append("no_warehouse")
    return problems


def _stored(order_ids: Sequence[int]) -> dict[tuple[int, str], _Kept]:
    found: dict[tuple[int, str], _Kept] = {}
    for order, key, listing, product, parts, cancelled in fetch(_STORED, order_ids):
        units_of = {int(part): Decimal(units) for part, units in decode(parts).items()}
        found[order, key] = _Kept(_Mapped(listing, product, units_of), cancelled)
    return found


def listings_of(shop_id: int, snapshots: Iterable[OrderSnapshot]) -> Listings:
    """Return the shop's listings that these orders' lines were sold from, and what each is mapped to now."""
    found: dict[tuple[str, str], _Mapped] = {}
    wanted = sorted({(line.item_id, line.variation_id) for snapshot in snapshots for line in snapshot.lines})
    for item, variation, listing, product, part, units in fetch(_LISTINGS, *columns(wanted, 2), shop_id):
        parts = found[item, variation].parts or {} if (item, variation) in found else {}
        if part is not None:
            parts[part] = units
        found[item, variation] = _Mapped(listing, product, parts)
    return found


def unmapped_problem(shop: Shop, snapshot: OrderSnapshot, listings: Listings) -> list[str]:
    """Return the problem that a new order with a line of an unmapped listing will have."""
    if shop.keeps_stock:
        return []
    needing = [line for line in snapshot.lines if needs_product(shop, snapshot, line)]
    mapped = (listings.get((line.item_id, line.variation_id), _Mapped()) for line in needing)
    return [] if all(line.product for line in mapped) else [UNMAPPED]


def needs_product(shop: Shop, snapshot: OrderSnapshot, line: LineSnapshot) -> bool:
    """Return whether somebody is to map a line: with a product it would hold or take something from our stock."""
    return moves_stock(shop, line) and line.quantity > 0 and _state(shop, snapshot, line) not in (NOTHING, PAST)


def moves_stock(shop: Shop, line: LineSnapshot) -> bool:
    """Return whether a line takes something from our stock: what the platform sends does so only where a warehouse stands for it."""
    return line.fulfilled_by == SELLER or shop.platform_warehouse_id is not None


def _state(shop: Shop, snapshot: OrderSnapshot, line: LineSnapshot) -> str:
    """Return the stock effect of a line, as far as its status decides; what was shipped before stock is counted is past."""
    state = EFFECTS[_status(snapshot, line)]
    is_past = state == DEDUCT and shop.stock_since is not None and snapshot.placed_at < shop.stock_since
    return PAST if is_past else state


def _status(snapshot: OrderSnapshot, line: LineSnapshot) -> str:
    return line.status or snapshot.status


def _row(order: int, snapshot: OrderSnapshot, line: LineSnapshot, mapped: _Mapped) -> dict[str, object]:
    return {
        "order_id": order,
        "key": line.key,
        "listing_id": mapped.listing,
        "product_id": mapped.product,
        "parts": {str(part): str(units) for part, units in (mapped.parts or {}).items()},
        "item_id": line.item_id,
        "variation_id": line.variation_id,
        "sku": line.sku,
        "title": line.title,
        "variation_name": line.variation_name,
        "quantity": line.quantity,
        "price": line.price,
        "paid_price": line.paid_price,
        "status": _status(snapshot, line),
        "channel_status": line.channel_status,
        "parcel": line.parcel,
        "fulfilled_by": line.fulfilled_by,
        "category_id": line.category_id,
        "campaigns": line.campaigns,
        "seller_discount": line.seller_discount,
        "platform_discount": line.platform_discount,
        "platform_voucher": line.platform_voucher,
        "coins": line.coins,
        "tax": line.tax,
        "affiliate_id": line.affiliate_id,
        "affiliate_rate": line.affiliate_rate,
    }


def _effects(
    shop: Shop,
    taken: Sequence[tuple[int, OrderSnapshot]],
    mapped: Mapping[tuple[int, str], _Mapped],
    stored: Mapping[tuple[int, str], _Kept],
    absent: Sequence[tuple[int, str]],
) -> list[LineEffect]:
    """Return the effect of every line, of absent ones too. An unmapped line holds the product its SKU names, softly."""
    guesses = _guesses({line.sku for order, s in taken for line in s.lines if not mapped[order, line.key].product})
    numbers = {order: snapshot.number for order, snapshot in taken}
    effects = []
    for order, snapshot in taken:
        for line in snapshot.lines:
            parts, state = mapped[order, line.key].parts or {}, _state(shop, snapshot, line)
            if not mapped[order, line.key].product:
                parts = {guesses[line.sku]: Decimal(1)} if line.sku in guesses else {}
                state = NOTHING if state in (NOTHING, PAST) else SOFT
            whole = {part: units * line.quantity for part, units in parts.items()}
            if not moves_stock(shop, line):
                whole, state = {}, ELSEWHERE
            platforms = shop.platform_warehouse_id
            place, never = (platforms, None) if line.fulfilled_by == PLATFORM else (None, platforms)
            effects.append(LineEffect(shop.id, snapshot.number, line.key, whole, state, place, never))
    gone = [LineEffect(shop.id, numbers[o], key, stored[o, key].mapped.parts or {}, NOTHING) for o, key in absent]
    return effects + gone


def _guesses(skus: set[str]) -> dict[str, int]:
    """Return the products that the SKUs of unmapped lines name; one that several products have names none."""
    if not (named := sorted(skus - {""})):
        return {}
    return dict(
        fetch(
            "SELECT sku, min(id) FROM inventory_product WHERE sku = ANY(%s) AND NOT is_bundle AND gone_at IS NULL"
            " GROUP BY sku HAVING count(*) = 1",
            named,
        )
    )


def _channel_changes(
    lines: Sequence[tuple[int, OrderSnapshot, LineSnapshot]],
    mapped: Mapping[tuple[int, str], _Mapped],
    stored: Mapping[tuple[int, str], _Kept],
) -> tuple[list[OwnSale], set[int]]:
    """Return new sales and listings with cancelled ones: the channel lowers its own number by a sale and may put it back."""
    sales: list[OwnSale] = []
    cancelled: set[int] = set()
    for order, snapshot, line in lines:
        listing, kept = mapped[order, line.key].listing, stored.get((order, line.key))
        if listing is None or line.fulfilled_by == PLATFORM:
            # the number that we show is that of our own stock
            continue
        is_cancelled = EFFECTS[_status(snapshot, line)] == NOTHING
        if kept is None and not is_cancelled and line.quantity:
            sales.append(OwnSale(listing, line.quantity, snapshot.placed_at))
        elif is_cancelled and (kept is None or not kept.cancelled):
            cancelled.add(listing)
    return sales, cancelled
