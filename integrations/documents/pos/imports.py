"""Documents that a POS imports by itself: kept as they are seen, and noted on what is held for their orders.

Either may be known first: a document before its order, an order before its lines or their mapping. So both look for the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from core.db import execute, fetch, fetch_as, named_columns
from core.repeats import newest_of_each
from core.widths import fitted, shortened_id, widths
from integrations.inbox.refetch import refetch
from integrations.models import Connection, ImportedDocument, InboxEvent
from inventory.queries import items_of
from inventory.services.levels import lock_levels
from inventory.services.readings import PosDocument, document_level_ids, lower_pos_units, note_pos_documents
from orders.snapshots import PosDocumentSnapshot

# kind of inbox event by which a POS is asked what its branches hold of a product
STOCK = "stock"
# both are stored at one moment, and a sweep follows within minutes
MISSED_WITHIN = timedelta(hours=6)

_KEEP = """
INSERT INTO integrations_importeddocument AS known (pos_id, code, kind, channel, order_number, is_void, asked_at)
SELECT %(pos)s, * FROM unnest(%(codes)s::text[], %(kinds)s::text[], %(channels)s::text[], %(numbers)s::text[], %(voids)s::boolean[],
    %(asked)s::timestamptz[])
ON CONFLICT (pos_id, code) DO UPDATE SET kind = excluded.kind, channel = excluded.channel, order_number = excluded.order_number,
    is_void = excluded.is_void, asked_at = excluded.asked_at
WHERE known.asked_at < excluded.asked_at
"""

# Documents of which a branch that holds units of their order does not know yet. Not: an order document once the invoice is known, and
# the void of an invoice, whose goods are received at the POS by a person.
_UNNOTED = """
SELECT DISTINCT d.pos_id, CASE WHEN d.is_void THEN 'pos_void' ELSE d.kind END AS kind, d.asked_at, o.shop_id, o.number,
    warehouse.id AS warehouse_id
FROM integrations_importeddocument d
JOIN integrations_connection pos ON pos.id = d.pos_id
JOIN integrations_link link ON link.target_id = pos.id AND link.role = 'pos' AND link.settings @> '{{"imports_itself": true}}'
JOIN integrations_connection mine ON mine.id = link.connection_id
JOIN inventory_shop shop ON shop.id = mine.shop_id AND shop.channel = d.channel
JOIN orders_order o ON o.shop_id = shop.id AND o.number = d.order_number
JOIN inventory_reservation held ON held.shop_id = o.shop_id AND held.order_number = o.number
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = pos.shop_id
WHERE {these} AND CASE
    WHEN d.is_void THEN d.kind = 'pos_order' AND held.pos_written_at IS NOT NULL AND held.pos_closed_at IS NULL
    WHEN d.kind = 'pos_invoice' THEN held.invoiced_at IS NULL
    ELSE held.pos_written_at IS NULL AND held.invoiced_at IS NULL END
"""
# the places at a POS where units are held for orders that it imports
_PLACES = """
SELECT DISTINCT held.shop_id, held.order_number, level.warehouse_id
FROM unnest(%(channels)s::text[], %(numbers)s::text[]) AS d(channel, order_number)
JOIN integrations_link link ON link.target_id = %(pos)s AND link.role = 'pos' AND link.settings @> '{"imports_itself": true}'
JOIN integrations_connection mine ON mine.id = link.connection_id
JOIN inventory_shop shop ON shop.id = mine.shop_id AND shop.channel = d.channel
JOIN inventory_reservation held ON held.shop_id = shop.id AND held.order_number = d.order_number
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = %(pos_shop)s
"""
# those of these orders that a POS imports by itself
_IMPORTED = """
SELECT o.id, o.shop_id, o.number FROM orders_order o
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_link link ON link.connection_id = mine.id AND link.role = 'pos' AND link.settings @> '{"imports_itself": true}'
WHERE o.id = ANY(%(orders)s)
"""
_OF_ORDERS = _UNNOTED.format(these="o.id = ANY(%(orders)s)")
_OF_DOCUMENTS = _UNNOTED.format(these="d.pos_id = %(pos)s AND d.code = ANY(%(codes)s)")
_OF_POS = _UNNOTED.format(these="d.pos_id = %(pos)s AND d.asked_at > clock_timestamp() - %(since)s::interval")


class Unnoted(NamedTuple):
    """A document of which a branch does not know yet."""

    pos_id: int
    kind: str
    asked_at: datetime
    shop_id: int
    number: str
    warehouse_id: int


def keep(pos: Connection, documents: Sequence[PosDocumentSnapshot]) -> list[Unnoted]:
    """Keep documents that were imported, and return those to be noted now. Inside the caller's transaction, which has locked the
    levels of `places_of`; may be repeated.
    """
    newest = newest_of_each((_fitted(d) for d in documents if d.order_number), lambda document: document.code)
    if not newest:
        return []
    rows = [(d.code, d.kind, d.order_channel, d.order_number, d.is_void, d.asked_at) for _, d in sorted(newest.items())]
    execute(_KEEP, pos=pos.pk, **named_columns("codes kinds channels numbers voids asked", rows))
    return fetch_as(Unnoted, _OF_DOCUMENTS, pos=pos.pk, codes=sorted(newest))


def _fitted(document: PosDocumentSnapshot) -> PosDocumentSnapshot:
    channel = shortened_id(document.order_channel, widths(ImportedDocument)["channel"])
    return replace(
        fitted(ImportedDocument, document, ids=("code", "kind", "order_number")), order_channel=channel
    )  # fmt: skip


def by_time(found: Iterable[Unnoted]) -> dict[datetime, list[PosDocument]]:
    """Return the documents by the time from which readings include them: of an order, that of the newest."""
    known_at: dict[tuple[int, str], datetime] = {}
    rows = list(found)
    for row in rows:
        order = (row.shop_id, row.number)
        known_at[order] = max(row.asked_at, known_at.get(order, row.asked_at))
    documents: dict[datetime, list[PosDocument]] = defaultdict(list)
    for row in rows:
        documents[known_at[row.shop_id, row.number]].append(
            PosDocument(row.kind, row.shop_id, row.number, row.warehouse_id)
        )
    return documents


def places_of(pos: Connection, documents: Sequence[PosDocumentSnapshot]) -> list[tuple[int, str, int]]:
    """Return (shop, order number, branch) of what is held for the orders that these documents were imported for."""
    orders = sorted({(d.order_channel, shortened_id(d.order_number)) for d in documents if d.order_number})
    named = named_columns("channels numbers", orders)
    return fetch(_PLACES, pos=pos.pk, pos_shop=pos.own_shop.pk, **named) if orders else []


def adopt_imports(order_ids: Collection[int]) -> None:
    """Note the documents that were imported before what is held for these orders was known. May be repeated.

    Runs inside the transaction that changed the orders, which has locked their levels; one query where the POS imports nothing.
    """
    mine = fetch(_IMPORTED, orders=sorted(order_ids))
    if mine:
        lower_pos_units([(shop_id, number) for _, shop_id, number in mine])
        _note(fetch_as(Unnoted, _OF_ORDERS, orders=[order_id for order_id, _, _ in mine]))


def adopt_missed(pos: Connection) -> None:
    """Note what both sides missed: a document and what is held for its order, stored at one moment. May be repeated."""
    with transaction.atomic():
        found = fetch_as(Unnoted, _OF_POS, pos=pos.pk, since=MISSED_WITHIN)
        documents = [PosDocument(row.kind, row.shop_id, row.number, row.warehouse_id) for row in found]
        lock_levels(level_ids=document_level_ids(documents))
        _note(found)


def _note(found: Sequence[Unnoted]) -> None:
    by_pos: dict[int, list[Unnoted]] = defaultdict(list)
    for row in found:
        by_pos[row.pos_id].append(row)
    for pos in Connection.objects.filter(pk__in=by_pos).select_related("authorisation", "shop").order_by("pk"):
        products: set[int] = set()
        for known_at, documents in sorted(by_time(by_pos[pos.pk]).items()):
            products |= note_pos_documents(documents, known_at=known_at)
        refetch(pos, STOCK, items_of(pos.shop_id, products), InboxEvent.Source.COMMAND)
