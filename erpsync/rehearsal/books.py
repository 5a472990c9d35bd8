"""Reader of the hub's books, straight from its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from core.db import fetch
from erpsync.rehearsal.shapes import Books, Order, OrderKey
from integrations import inbox

_ORDERS = """
SELECT shop.channel, connection.external_id, o.number, o.status, o.created_at,
    (SELECT min(change.created_at) FROM orders_statuschange change WHERE change.order_id = o.id AND change.after = 'cancelled')
FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection connection ON connection.shop_id = shop.id
"""

_LINES = """
SELECT shop.channel, connection.external_id, o.number, product.sku, sum(line.quantity * coalesce(listing.units, 1))
FROM orders_orderline line JOIN orders_order o ON o.id = line.order_id
JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection connection ON connection.shop_id = shop.id
LEFT JOIN inventory_product product ON product.id = line.product_id
LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
WHERE line.quantity > 0 AND (line.status <> 'cancelled' OR o.status = 'cancelled') GROUP BY 1, 2, 3, 4
"""

_CHANGED = """
SELECT shop.channel, connection.external_id, o.number, array_agg(event.time ORDER BY event.time)
FROM core_outboxevent event JOIN orders_order o ON event.entity = 'order' AND event.entity_id = o.id::text
JOIN inventory_shop shop ON shop.id = o.shop_id JOIN integrations_connection connection ON connection.shop_id = shop.id
GROUP BY 1, 2, 3
"""

_PARCELS = """
SELECT shop.channel, connection.external_id, o.number, parcel.number
FROM orders_parcel parcel JOIN orders_order o ON o.id = parcel.order_id
JOIN inventory_shop shop ON shop.id = o.shop_id JOIN integrations_connection connection ON connection.shop_id = shop.id
WHERE parcel.replaced_at IS NULL
"""

_STOCK = """
SELECT product.sku, warehouse.name, sum(level.on_hand)
FROM inventory_stocklevel level JOIN inventory_product product ON product.id = level.product_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id
WHERE NOT product.is_bundle GROUP BY 1, 2
"""

_SHOWN = """
SELECT shop.channel, connection.external_id, listing.item_id, listing.variation_id, stock.expected
FROM inventory_listing listing JOIN inventory_shop shop ON shop.id = listing.shop_id AND NOT shop.keeps_stock
JOIN integrations_connection connection ON connection.shop_id = shop.id
JOIN inventory_listingstock stock ON stock.listing_id = listing.id
WHERE listing.status = 'active' AND listing.product_id IS NOT NULL AND stock.wanted IS NOT NULL
"""

# of orders that buyers placed: events of kind order also come from a POS, about our own documents
_ORDER_WAITS = """
SELECT extract(epoch FROM e.finished_at - e.received_at) FROM integrations_inboxevent e
JOIN integrations_connection connection ON connection.id = e.connection_id
JOIN orders_order o ON o.shop_id = connection.shop_id AND o.number = e.external_id
WHERE e.kind = 'order' AND e.source = 'webhook' AND e.state = 'processed' AND e.received_at <= %s
"""

# invariants as queries that must return nothing: the breach's words -> one row per case
_UNSOUND = {
    "on hand is not the sum of movements": """
        SELECT product.sku, level.on_hand, coalesce(sum(m.quantity), 0) FROM inventory_stocklevel level
        JOIN inventory_product product ON product.id = level.product_id
        LEFT JOIN inventory_stockmovement m ON m.level_id = level.id
        GROUP BY level.id, product.sku HAVING level.on_hand <> coalesce(sum(m.quantity), 0)""",
    "reserved is not the sum of reservations": """
        SELECT product.sku, level.reserved, coalesce(sum(r.quantity), 0) FROM inventory_stocklevel level
        JOIN inventory_product product ON product.id = level.product_id
        LEFT JOIN inventory_reservation r ON r.level_id = level.id
        GROUP BY level.id, product.sku HAVING level.reserved <> coalesce(sum(r.quantity), 0)""",
    "units are held for an order that is over": """
        SELECT o.number, o.status, sum(r.quantity) FROM inventory_reservation r
        JOIN orders_order o ON o.shop_id = r.shop_id AND o.number = r.order_number
        WHERE o.status IN ('cancelled', 'completed', 'delivered', 'returned') AND r.quantity > 0 GROUP BY 1, 2""",
}

_DOUBLED = """
SELECT o.number, d.kind, sum(d.living) FROM orders_order o JOIN (
    SELECT order_id, warehouse_id, kind, count(*) AS living FROM integrations_command
    WHERE state = 'done' AND kind = 'pos_invoice' GROUP BY 1, 2, 3
    UNION ALL
    SELECT order_id, warehouse_id, 'pos_order', count(*) FILTER (WHERE kind = 'pos_order') - count(*) FILTER (WHERE kind = 'pos_void')
    FROM integrations_command WHERE state = 'done' GROUP BY 1, 2
) d ON d.order_id = o.id WHERE d.living > 1 GROUP BY o.id, 2
UNION ALL
SELECT m.order_number, 'deduction', count(*) FROM inventory_stockmovement m
WHERE m.kind = 'sale' GROUP BY m.shop_id, m.order_number, m.line_key, m.level_id
HAVING count(*) FILTER (WHERE m.quantity < 0) - count(*) FILTER (WHERE m.quantity > 0) > 1
"""

# Readings that only end the reservations of our own invoices wait five minutes for a sweep: the day has one, so nothing is to be
# waited for. One that is left after it is told by `events`.
_WAITING = {
    "events": """
        SELECT count(*) FROM integrations_inboxevent
        WHERE state = 'pending' AND due_at < clock_timestamp() + interval '2 minutes'""",
    "stock numbers to push": """
        SELECT count(*) FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id
        JOIN inventory_shop shop ON shop.id = l.shop_id AND NOT shop.keeps_stock AND NOT shop.pushes_paused
        WHERE l.status = 'active' AND l.product_id IS NOT NULL AND s.wanted IS NOT NULL
          AND (s.expected IS NULL OR s.expected <> s.wanted) AND s.wanted >= s.promotion_reserved""",
    "commands without an outcome": "SELECT count(*) FROM integrations_command WHERE state IN ('wanted', 'sent')",
}
# not pending: only a person can continue these
_REFUSED = {
    "documents the POS refused": """
        SELECT count(*) FROM integrations_command WHERE state = 'refused'
          AND kind IN ('pos_order', 'pos_correction', 'pos_invoice', 'pos_void')""",
    "writes the customer book refused": """
        SELECT count(*) FROM integrations_command WHERE state = 'refused' AND kind IN ('crm_customer', 'crm_order')""",
}


def read_books(last_buyer_at: datetime) -> Books:
    """Read everything that the hub believes. Events after the last buyer do not measure waits: the world skips time then."""
    return Books(
        orders=_orders(),
        stock={(sku, warehouse): units for sku, warehouse, units in fetch(_STOCK)},
        events=_events(),
        waiting={**waiting(), **_counted(_REFUSED)},
        doubled=tuple(sorted(f"{what} of {number} {times} times" for number, what, times in fetch(_DOUBLED))),
        unsound=tuple(
            f"{words} ({subject}: {_plain(left)}, {_plain(right)})"
            for words, statement in _UNSOUND.items()
            for subject, left, right in fetch(statement)
        ),
        shown={(channel, shop, item, variation): units for channel, shop, item, variation, units in fetch(_SHOWN)},
        order_waits=[float(seconds) for (seconds,) in fetch(_ORDER_WAITS, last_buyer_at)],
        changed={(channel, shop, number): times for channel, shop, number, times in fetch(_CHANGED)},
    )


def _plain(value: object) -> str:
    return f"{float(value):g}" if isinstance(value, Decimal) else str(value)


def waiting() -> dict[str, int]:
    """Count the hub's pending work by kind; all zero when it is quiet."""
    return _counted(_WAITING)


def _counted(statements: Mapping[str, str]) -> dict[str, int]:
    return {what: int(fetch(statement)[0][0]) for what, statement in statements.items()}


def _orders() -> dict[OrderKey, Order]:
    lines: dict[OrderKey, dict[str, Decimal] | None] = defaultdict(dict)
    for channel, shop, number, sku, quantity in fetch(_LINES):
        key = (channel, shop, number)
        known = lines[key]
        if sku is None:
            lines[key] = None
        elif known is not None:
            known[sku] = Decimal(quantity)
    parcels: dict[OrderKey, set[str]] = defaultdict(set)
    for channel, shop, number, parcel in fetch(_PARCELS):
        parcels[channel, shop, number].add(parcel)
    return {
        (channel, shop, number): Order(
            status, lines[channel, shop, number], known_at, off_known_at, frozenset(parcels[channel, shop, number])
        )
        for channel, shop, number, status, known_at, off_known_at in fetch(_ORDERS)
    }


def _events() -> Mapping[str, int]:
    """Sum the accounting of all connections; `received` is counted apart from it, as the sum of all sightings."""
    ends: dict[str, int] = defaultdict(int)
    for (connection,) in fetch("SELECT DISTINCT connection_id FROM integrations_inboxevent"):
        for end, count in inbox.accounting(connection).items():
            ends[end] += count
    ends["dead_letter"] = ends.pop("dead", 0)
    [(received,)] = fetch("SELECT coalesce(sum(seen), 0) FROM integrations_inboxevent")
    return {**{end: ends[end] for end in ("processed", "duplicate", "ignored", "pending", "dead_letter")},
            "received": int(received)}  # fmt: skip
