"""Reads of orders that several statements or the apps above share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from core.db import decode, fetch, fetch_as
from orders.models import Customer, CustomerIdentity, Order
from orders.snapshots import SELLER
from orders.statuses import Status, statuses

_OFF = Status.CANCELLED.value


def is_left_sql(line: str) -> str:
    """Return the SQL condition that a line, by its alias, is left of its order: neither taken out nor cancelled."""
    return f"({line}.quantity > 0 AND {line}.status <> '{_OFF}')"


def has_unmapped_sql(order_id: str) -> str:
    """Return the SQL condition that an order, by the column with its id, has an unmapped line.

    One that is left, and takes from our stock.
    """
    return (
        f"EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = {order_id} AND {is_left_sql('line')}"
        f" AND line.product_id IS NULL AND (line.fulfilled_by = '{SELLER}' OR EXISTS (SELECT FROM orders_order placed"
        " JOIN inventory_shop seller ON seller.id = placed.shop_id"
        " WHERE placed.id = line.order_id AND seller.platform_warehouse_id IS NOT NULL)))"
    )


def is_held_sql(order: str) -> str:
    """Return the SQL condition that a person holds an order back, by its alias, or its buyer in its shop."""
    return (
        f"({order}.held OR EXISTS (SELECT FROM orders_customeridentity buyer"
        f" WHERE buyer.customer_id = {order}.customer_id AND buyer.shop_id = {order}.shop_id AND buyer.held))"
    )


def held(order_ids: Collection[int]) -> frozenset[int]:
    """Return those of these orders that people hold back, themselves or their buyers."""
    rows = fetch(f"SELECT o.id FROM orders_order o WHERE o.id = ANY(%s) AND {is_held_sql('o')}", list(order_ids))
    return frozenset(row[0] for row in rows)


_SENT_BY_PLATFORM = f"""
SELECT order_id FROM orders_orderline line WHERE order_id = ANY(%(orders)s) AND {is_left_sql("line")}
GROUP BY order_id HAVING bool_and(fulfilled_by <> '{SELLER}')
"""


def sent_by_platform(order_ids: Collection[int]) -> frozenset[int]:
    """Return those of these orders that the platform sends whole, from its own warehouse: nothing is left for ours to do."""
    rows = fetch(_SENT_BY_PLATFORM, orders=list(order_ids)) if order_ids else []
    return frozenset(row[0] for row in rows)


def is_packed_by_platform_sql(parcel: str) -> str:
    """Return the SQL condition that a parcel, by its alias, holds lines of the platform and none of the seller."""
    held = (
        f"SELECT FROM orders_orderline line WHERE line.order_id = {parcel}.order_id AND line.parcel = {parcel}.number"
    )
    return f"(EXISTS ({held} AND line.fulfilled_by <> '{SELLER}') AND NOT EXISTS ({held} AND line.fulfilled_by = '{SELLER}'))"


def _parcels_all_sql(order: str, done: str) -> str:
    """Return the SQL condition that `done`, a query up to the parcel's number, has a row for every parcel of an order that is ours.

    One for the order's own number, from before it had a parcel, stands for all.
    """
    current = f"SELECT FROM orders_parcel p WHERE p.order_id = {order}.id AND p.replaced_at IS NULL AND NOT {is_packed_by_platform_sql('p')}"
    return (
        f"(EXISTS ({done} {order}.number) OR EXISTS ({current}) AND NOT EXISTS ({current} AND NOT EXISTS ({done} p.number)))"
    )  # fmt: skip


def is_packed_sql(order: str) -> str:
    """Return the SQL condition that every parcel of an order that is ours to pack was packed by scanning, by the order's alias."""
    done = f"SELECT FROM orders_packedparcel k WHERE k.shop_id = {order}.shop_id AND k.packed_at IS NOT NULL AND k.number ="
    return _parcels_all_sql(order, done)


def is_out_sql(order: str) -> str:
    """Return the SQL condition that every parcel of an order that is ours to pack was scanned out to a courier."""
    done = f"SELECT FROM orders_handoverscan k WHERE k.shop_id = {order}.shop_id AND k.outcome = 'out' AND k.number ="
    return _parcels_all_sql(order, done)


def labels_wait_for_packing(order_ids: Collection[int]) -> frozenset[int]:
    """Return those of these orders whose shop prints labels of packed parcels only, and that are not packed."""
    rows = fetch(
        "SELECT o.id FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id AND shop.labels_after_packing"
        f" WHERE o.id = ANY(%s) AND NOT {is_packed_sql('o')}",
        list(order_ids),
    )
    return frozenset(row[0] for row in rows)


class OwnLine(NamedTuple):
    """A line of an order as its shop knows it. `paid_price`: of one piece."""

    item_id: str
    variation_id: str
    sku: str
    quantity: int
    paid_price: Decimal


_OWN_LINES = f"""
SELECT item_id, variation_id, sku, quantity, paid_price FROM orders_orderline line
WHERE order_id = %(order)s AND {is_left_sql("line")} ORDER BY id
"""


def own_lines(order_id: int) -> list[OwnLine]:
    """Return the lines that are left of an order, as its shop knows them."""
    return fetch_as(OwnLine, _OWN_LINES, order=order_id)


class SoldPart(NamedTuple):
    """A part of one piece of a line. `paid_price`: of the piece; `price`: the product's own, 0 where it has none."""

    line_id: int
    pieces: int
    paid_price: Decimal
    product_id: int
    units: Decimal
    price: Decimal


_SOLD_PARTS = f"""
SELECT line.id AS line_id, line.quantity AS pieces, line.paid_price, product.id AS product_id,
       part.value::numeric AS units, coalesce(product.price, 0) AS price
FROM orders_orderline line
CROSS JOIN LATERAL jsonb_each_text(line.parts) part
JOIN inventory_product product ON product.id = part.key::bigint
WHERE line.order_id = %(order)s AND {is_left_sql("line")} ORDER BY line.id, product.id
"""


def sold_parts(order_id: int | None) -> list[SoldPart]:
    """Return the parts of the lines that are left of an order, line by line."""
    return fetch_as(SoldPart, _SOLD_PARTS, order=order_id)


class BookLine(NamedTuple):
    """A line of an order by the SKU of its product in a book. `units`: of the product, in one piece."""

    sku: str
    title: str
    quantity: int
    units: int
    paid_price: Decimal


# an order that is off is written with the lines it had
_IN_BOOK = f"line.quantity > 0 AND (line.status <> '{_OFF}' OR placed.status = '{_OFF}')"
_BOOK_LINES = f"""
SELECT coalesce(book.sku, nullif(product.sku, ''), line.sku) AS sku, line.title, line.quantity,
       coalesce(listing.units, 1) AS units, line.paid_price
FROM orders_orderline line
JOIN orders_order placed ON placed.id = line.order_id
LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
LEFT JOIN inventory_product product ON product.id = line.product_id
LEFT JOIN LATERAL (
    SELECT l.sku FROM inventory_listing l
    WHERE l.shop_id = %(book)s AND l.product_id = line.product_id AND l.units = 1 AND l.sku <> '' AND l.status <> 'deleted'
    ORDER BY l.id LIMIT 1
) book ON true
WHERE line.order_id = %(order)s AND {_IN_BOOK}
ORDER BY line.id
"""
_BOOK_UNITS = f"""
SELECT line.order_id, coalesce(line.product_id, -line.id), sum(line.quantity * coalesce(listing.units, 1))
FROM orders_orderline line JOIN orders_order placed ON placed.id = line.order_id
LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
WHERE line.order_id = ANY(%(orders)s) AND {_IN_BOOK}
GROUP BY 1, 2 ORDER BY 1, 2
"""


def book_lines(order_id: int | None, book_shop_id: int | None) -> list[BookLine]:
    """Return the lines of an order by the SKUs of the shop that keeps the book, else by our own, else as they were sold."""
    return fetch_as(BookLine, _BOOK_LINES, order=order_id, book=book_shop_id)


def book_units(order_ids: Sequence[int]) -> list[tuple[int, int, Decimal]]:
    """Return (order, product, units) of the lines that a book has of these orders; a line without product: the negative id of the line."""
    rows = fetch(_BOOK_UNITS, orders=list(order_ids))
    return [(order, key, Decimal(units)) for order, key, units in rows]


_OPEN_UNITS = """
SELECT line.listing_id, sum(line.quantity)::int
FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id AND o.shop_id = %(shop)s
WHERE line.listing_id = ANY(%(listings)s) AND line.status = ANY(%(statuses)s) AND line.fulfilled_by = %(seller)s
GROUP BY line.listing_id
"""


def open_units(shop_id: int, listing_ids: Collection[int]) -> dict[int, int]:
    """Return the pieces of each listing in the shop's orders that have not left our stock yet."""
    holding = sorted(statuses("holds_stock"))
    return dict(fetch(_OPEN_UNITS, shop=shop_id, listings=list(listing_ids), statuses=holding, seller=SELLER))


class WaitingOrder(NamedTuple):
    """An order with a line that was not mapped when it was stored."""

    shop_id: int
    number: str


_WAITING = """
SELECT DISTINCT placed.shop_id, placed.number
FROM inventory_listing listing
JOIN orders_order placed ON placed.shop_id = listing.shop_id
JOIN orders_orderline line ON line.order_id = placed.id AND line.product_id IS NULL
    AND line.item_id = listing.item_id AND line.variation_id = listing.variation_id
WHERE listing.id = ANY(%(listings)s) AND listing.product_id IS NOT NULL
ORDER BY 1, 2
"""


def orders_waiting_for(listing_ids: Collection[int]) -> list[WaitingOrder]:
    """Return the orders that wait for these listings to be mapped, of those that are mapped by now."""
    return fetch_as(WaitingOrder, _WAITING, listings=sorted(listing_ids))


_STORED_SINCE = """
SELECT DISTINCT line.listing_id FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
WHERE o.shop_id = %(shop)s AND o.created_at >= %(since)s AND line.listing_id = ANY(%(listings)s)
"""


def sold_since(shop_id: int, listing_ids: Collection[int], since: datetime) -> set[int]:
    """Return those of the listings that are in an order of their shop which was first stored since then."""
    rows = fetch(_STORED_SINCE, shop=shop_id, listings=sorted(listing_ids), since=since)
    return {row[0] for row in rows}


def raw_answer(order_id: int) -> dict[str, Any]:
    """Return an order as its channel answered when it was last read."""
    [(raw,)] = fetch("SELECT raw FROM orders_order WHERE id = %s", order_id)
    found: dict[str, Any] = decode(raw)
    return found


def as_told(queryset: QuerySet[Customer], shops: Sequence[int]) -> QuerySet[Customer]:
    """Annotate customers with name, telephone and e-mail as these shops know them: `told_name`, `told_phone`, `told_email`.

    A row stands for a person over all channels, and holds what any shop has told.
    """
    identities = CustomerIdentity.objects.filter(customer_id=OuterRef("pk"), shop_id__in=shops).order_by("-asked_at")
    orders = Order.objects.filter(customer_id=OuterRef("pk"), shop_id__in=shops).order_by("-placed_at")

    def known(field: str) -> Subquery:
        return Subquery(identities.exclude(**{field: ""}).values(field)[:1])

    buyer = Subquery(orders.exclude(buyer_name="").values("buyer_name")[:1])
    recipient = Subquery(
        orders.annotate(told=KeyTextTransform("phone", "recipient")).exclude(told="").values("told")[:1]
    )
    nothing = Value("")
    return queryset.annotate(
        told_name=Coalesce(known("name"), buyer, nothing, output_field=TextField()),
        told_phone=Coalesce(known("phone"), recipient, nothing, output_field=TextField()),
        told_email=Coalesce(known("email"), nothing, output_field=TextField()),
    )


@dataclass(frozen=True, slots=True)
class TrackedOrder:
    """An order on its way, whose status changed since the steps of its parcels were read. `parcels`: the current ones."""

    id: int
    number: str
    status: str
    parcels: list[str]


_CURRENT = (
    "ARRAY(SELECT p.number FROM orders_parcel p WHERE p.order_id = {order} AND p.replaced_at IS NULL ORDER BY p.id)"
)
# completed says nothing of a parcel that delivered did not; after a month nobody asks where a parcel is
_TRACKING_NEWS = f"""
SELECT o.id, o.number, o.status, {_CURRENT.format(order="o.id")} AS parcels
FROM orders_order o LEFT JOIN orders_trackingread r ON r.order_id = o.id
WHERE o.shop_id = %(shop)s AND o.placed_at > clock_timestamp() - interval '30 days'
    AND o.status IN ('shipped', 'delivered', 'failed', 'returning', 'returned') AND r.status IS DISTINCT FROM o.status
ORDER BY o.placed_at DESC, o.id DESC LIMIT %(limit)s
"""


def orders_with_tracking_news(shop_id: int, *, limit: int) -> list[TrackedOrder]:
    """Return the newest orders of a shop that are under way, arrived or on their way back, and whose steps were not read since."""
    return fetch_as(TrackedOrder, _TRACKING_NEWS, shop=shop_id, limit=limit)


def current_parcels(order_id: int) -> list[str]:
    """Return the numbers of an order's current parcels."""
    [(found,)] = fetch(f"SELECT {_CURRENT.format(order='%(order)s')}", order=order_id)
    return list(found)
