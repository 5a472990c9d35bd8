"""Business events of listings: mappings, prices and drift, in the transaction that caused them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from core.db import decode, fetch
from core.event_types import EventType
from core.json_sql import money_sql, utc_sql
from core.outbox import Event, emit
from inventory.payloads import DRIFT_FOUND, LISTING_MAPPED, PRICE_CHANGED

SOURCE = "/erpsync/inventory"

_LISTING = """
jsonb_build_object('channel', shop.channel, 'shop_id', shop.id::text, 'listing_id', l.id::text, 'item_id', l.item_id,
    'variation_id', l.variation_id, 'sku', l.sku)
"""
_OF_SHOPS = "inventory_listing l JOIN inventory_shop shop ON shop.id = l.shop_id"

# the book of a POS is no listing: its products are mapped to themselves
_MAPPED = f"""
SELECT l.id, shop.id, jsonb_build_object('listing', {_LISTING}, 'units', l.units, 'changed_at', {utc_sql("clock_timestamp()")},
    'product', CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('product_id', p.id::text, 'sku', p.sku) END)::text
FROM {_OF_SHOPS} LEFT JOIN inventory_product p ON p.id = l.product_id
WHERE l.id = ANY(%(listings)s) AND NOT shop.keeps_stock ORDER BY l.id
"""
_PRICED = f"""
SELECT l.id, shop.id, jsonb_build_object('listing', {_LISTING}, 'price', {money_sql("l.price", "l.currency")},
    'previous', {money_sql("n.before", "l.currency")}, 'changed_at', {utc_sql("clock_timestamp()")})::text
FROM unnest(%(listings)s::bigint[], %(before)s::numeric[]) AS n(id, before) JOIN {_OF_SHOPS} ON l.id = n.id
WHERE NOT shop.keeps_stock AND l.price IS NOT NULL AND l.price IS DISTINCT FROM n.before ORDER BY l.id
"""
_DRIFTED = f"""
SELECT drift.id, shop.id, jsonb_build_object('drift_id', drift.id::text, 'listing', {_LISTING}, 'expected', drift.expected,
    'observed', drift.observed, 'cause', drift.cause, 'decision', drift.decision, 'found_at', {utc_sql("drift.found_at")})::text
FROM inventory_stockdrift drift JOIN inventory_listingstock stock ON stock.id = drift.stock_id
JOIN {_OF_SHOPS} ON l.id = stock.listing_id WHERE drift.id = ANY(%(drifts)s) ORDER BY drift.id
"""


def emit_mapped(listing_ids: Collection[int]) -> None:
    """Emit `listing.mapped` for these listings. The caller holds their rows."""
    _emit(LISTING_MAPPED, "listing", _MAPPED, listings=sorted(listing_ids))


def emit_prices(before: Mapping[int, Decimal | None]) -> None:
    """Emit `price.changed` for the listings whose price is another than `before`. The caller holds their rows."""
    if before:
        _emit(PRICE_CHANGED, "listing", _PRICED, listings=list(before), before=list(before.values()))


def emit_drifts(drift_ids: Collection[int]) -> None:
    """Emit `drift.found` for these drifts, which the caller has just made."""
    if drift_ids:
        _emit(DRIFT_FOUND, "drift", _DRIFTED, drifts=sorted(drift_ids))


def _emit(kind: EventType, entity: str, statement: str, **named: object) -> None:
    rows = fetch(statement, **named)
    emit([Event(kind.name, SOURCE, entity, str(pk), decode(data), (shop_id,)) for pk, shop_id, data in rows])
