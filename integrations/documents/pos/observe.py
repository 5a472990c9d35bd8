"""Documents observed at the POS: from our own commands, its webhooks, sweeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.db import database_time, fetch, fetch_as
from integrations.documents.commands import store
from integrations.documents.commands.store import Claimed, MadeElsewhere
from integrations.documents.difference import DROPPED
from integrations.documents.existing import existing_of
from integrations.documents.pos.desired import INVOICE, KINDS, ORDER, VOID, PosDocuments
from integrations.documents.references import reference_for
from integrations.inbox.refetch import refetch
from integrations.models import Connection, InboxEvent
from inventory.queries import items_of
from inventory.services.levels import lock_levels
from inventory.services.readings import PosDocument, document_level_ids, note_pos_documents
from orders.snapshots import PosDocumentSnapshot

# kind of inbox event by which a POS is asked what its branches hold of a product
STOCK = "stock"

# time of knowing -> documents
_Found = dict[datetime, list[PosDocument]]


def note_documents(pos: Connection, documents: Sequence[PosDocument], *, known_at: datetime) -> None:
    """Store what became known of documents at `known_at` and read their products again. Inside the caller's transaction."""
    products = note_pos_documents(documents, known_at=known_at)
    refetch(pos, STOCK, items_of(pos.shop_id, products), InboxEvent.Source.COMMAND)


def note_written(pos: Connection, claimed: Claimed) -> None:
    """Store that a command of ours wrote or voided a document. Inside the caller's transaction."""
    assert claimed.warehouse_id is not None, "a POS document is written for a branch"
    assert claimed.order_shop_id is not None, "a POS document is about an order"
    document = PosDocument(claimed.kind, claimed.order_shop_id, claimed.order_number, claimed.warehouse_id)
    note_documents(pos, [document], known_at=database_time())


def observe(pos: Connection, documents: Sequence[PosDocumentSnapshot]) -> None:
    """Store documents that stand for marketplace orders: ours, made by hand from ours, or imported by the POS itself.

    Runs inside the caller's transaction; may be repeated. Known from the time they were asked for: later readings
    include them.
    """
    found: _Found = defaultdict(list)
    _observe_imported(pos, [d for d in documents if d.order_number], found)
    made = _observe_ours(pos, [d for d in documents if not d.order_number], found)
    # all of them before the first is noted: locks taken in two steps are not in order
    lock_levels(level_ids=document_level_ids([document for some in found.values() for document in some]))
    for known_at in sorted(found):
        note_documents(pos, found[known_at], known_at=known_at)
    store.made_elsewhere(made, reason="made at the POS by hand")


_OURS = """
SELECT c.reference, c.order_id, o.shop_id, o.number, c.warehouse_id
FROM integrations_command c JOIN orders_order o ON o.id = c.order_id
WHERE c.reference = ANY(%(references)s) AND c.target_id = %(pos)s AND c.warehouse_id IS NOT NULL
"""

_KEEP_ORDERS = "SELECT id FROM orders_order WHERE id = ANY(%(orders)s) ORDER BY id FOR KEY SHARE"


class _Ours(NamedTuple):
    """A document of ours: the order and the branch that it was written for."""

    reference: str
    order_id: int
    shop_id: int
    number: str
    warehouse_id: int


def _observe_ours(pos: Connection, documents: Sequence[PosDocumentSnapshot], found: _Found) -> list[MadeElsewhere]:
    """A document of ours is new to us when a person at the POS invoiced or voided it.

    Whoever stores the orders wants their documents: it goes first, or waits for us.
    """
    references = sorted({document.reference for document in documents})
    ours = {row.reference: row for row in fetch_as(_Ours, _OURS, references=references, pos=pos.pk)}
    fetch(_KEEP_ORDERS, orders=[row.order_id for row in ours.values()])
    existing = existing_of(sorted({row.order_id for row in ours.values()}), KINDS)
    made = []
    for document in documents:
        row = ours.get(document.reference)
        if row is None:
            continue
        kind = _made_by_hand(document, PosDocuments.of(existing[row.order_id, row.warehouse_id]))
        if kind is None:
            continue
        made.append(
            MadeElsewhere(
                target_id=pos.pk,
                kind=kind,
                order_id=row.order_id,
                warehouse_id=row.warehouse_id,
                reference=reference_for(document.reference, kind),
                external_id=document.external_id,
                code=document.code,
            )
        )
        found[document.asked_at].append(PosDocument(kind, row.shop_id, row.number, row.warehouse_id))
    return made


def _made_by_hand(document: PosDocumentSnapshot, now: PosDocuments) -> str | None:
    """Return the kind of the document that people made, if we did not."""
    if document.kind == ORDER and document.is_void and not now.has(VOID):
        return VOID
    if document.kind == INVOICE and not document.is_void and now.state(INVOICE) in (DROPPED, "wanted"):
        return INVOICE
    return None


_IMPORTED = """
SELECT DISTINCT o.number, o.shop_id, warehouse.id AS warehouse_id, held.invoiced_at IS NOT NULL AS is_invoiced,
       held.pos_written_at IS NOT NULL AS is_written, held.pos_closed_at IS NOT NULL AS is_closed
FROM orders_order o
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_link link ON link.connection_id = mine.id AND link.role = 'pos' AND link.target_id = %(pos)s
    AND link.settings @> '{"imports_itself": true}'
JOIN inventory_reservation held ON held.shop_id = o.shop_id AND held.order_number = o.number
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = %(pos_shop)s
WHERE o.number = ANY(%(numbers)s)
"""


class _Imported(NamedTuple):
    """An order that the POS imports by itself, at one branch, and what is known of it there."""

    number: str
    shop_id: int
    warehouse_id: int
    is_invoiced: bool
    is_written: bool
    is_closed: bool

    def knows(self, kind: str) -> bool:
        return {INVOICE: self.is_invoiced, ORDER: self.is_written, VOID: self.is_closed}[kind]


def _observe_imported(pos: Connection, documents: Sequence[PosDocumentSnapshot], found: _Found) -> None:
    places: dict[str, list[_Imported]] = defaultdict(list)
    numbers = sorted({document.order_number for document in documents})
    for row in fetch_as(_Imported, _IMPORTED, pos=pos.id, pos_shop=pos.own_shop.pk, numbers=numbers):
        places[row.number].append(row)
    for document in documents:
        if document.is_void and document.kind == INVOICE:
            # goods that come back are received at the POS by a person
            continue
        kind = VOID if document.is_void else document.kind
        for row in places[document.order_number]:
            if not row.knows(kind):
                found[document.asked_at].append(PosDocument(kind, row.shop_id, row.number, row.warehouse_id))


def level_ids(pos: Connection, documents: Sequence[PosDocumentSnapshot]) -> list[int]:
    """Return the ids of the levels that `observe` may write for these documents."""
    ours = fetch_as(_Ours, _OURS, references=sorted({d.reference for d in documents}), pos=pos.pk)
    numbers = sorted({d.order_number for d in documents})
    imported = fetch_as(_Imported, _IMPORTED, pos=pos.pk, pos_shop=pos.own_shop.pk, numbers=numbers)
    places = [(row.shop_id, row.number, row.warehouse_id) for row in ours]
    places += [(row.shop_id, row.number, row.warehouse_id) for row in imported]
    return document_level_ids([PosDocument("", *place) for place in places])
