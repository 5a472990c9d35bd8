"""Documents observed at the POS: from our own commands, its webhooks, sweeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.db import database_time, fetch, fetch_as
from integrations.contract.reasons import MADE_BY_HAND
from integrations.documents.commands.store import Claimed
from integrations.documents.commands.wanted import MadeElsewhere, made_elsewhere
from integrations.documents.difference import DROPPED
from integrations.documents.existing import existing_of
from integrations.documents.pos import imports
from integrations.documents.pos.desired import INVOICE, KINDS, ORDER, VOID, PosDocuments
from integrations.documents.pos.imports import STOCK
from integrations.documents.quantities import units_in
from integrations.documents.references import reference_for
from integrations.inbox.refetch import ReadAgain, refetch
from integrations.models import Connection, InboxEvent
from inventory.queries import items_of
from inventory.services.levels import lock_levels
from inventory.services.readings import PosDocument, document_level_ids, note_pos_documents
from orders.snapshots import PosDocumentSnapshot

# a reading that ends reservations may wait so many seconds: units are held as long, instead of gone
SETTLES_AFTER = 300.0

# time of knowing -> documents
_Found = dict[datetime, list[PosDocument]]


def note_written(pos: Connection, claimed: Claimed) -> ReadAgain:
    """Store that a command of ours wrote or voided a document. Inside the caller's transaction.

    What that did to the stock is known. Only the reservations that an invoice ends wait for a reading.
    """
    assert claimed.warehouse_id is not None, "a POS document is written for a branch"
    assert claimed.order_shop_id is not None, "a POS document is about an order"
    document = PosDocument(
        claimed.kind, claimed.order_shop_id, claimed.order_number, claimed.warehouse_id, units_in(claimed.options)
    )
    products = note_pos_documents([document], known_at=database_time())
    return {STOCK: items_of(pos.shop_id, products)} if claimed.kind == INVOICE else {}


def observe(pos: Connection, documents: Sequence[PosDocumentSnapshot]) -> None:
    """Store documents that stand for marketplace orders: ours, made by hand from ours, or imported by the POS itself.

    Runs inside the caller's transaction; may be repeated. Known from the time they were asked for: later readings
    include them.
    """
    found: _Found = defaultdict(list)
    made = _observe_ours(pos, [d for d in documents if not d.order_number], found)
    # all of them before the first is noted: locks taken in two steps are not in order
    ours = [document for some in found.values() for document in some]
    imported = [PosDocument("", *place) for place in imports.places_of(pos, documents)]
    lock_levels(level_ids=document_level_ids([*ours, *imported]))
    for known_at, some in imports.by_time(imports.keep(pos, documents)).items():
        found[known_at] += some
    products: set[int] = set()
    for known_at in sorted(found):
        products |= note_pos_documents(found[known_at], known_at=known_at)
    made_elsewhere(made, reason=MADE_BY_HAND)
    refetch(pos, STOCK, items_of(pos.shop_id, products), InboxEvent.Source.COMMAND)


_OURS = """
SELECT c.reference, c.order_id, o.shop_id, o.number, c.warehouse_id
FROM integrations_command c JOIN orders_order o ON o.id = c.order_id
WHERE c.reference = ANY(%(references)s) AND c.target_id = %(pos)s AND c.warehouse_id IS NOT NULL
"""

_LOCK_ORDERS = "SELECT id FROM orders_order WHERE id = ANY(%(orders)s) ORDER BY id FOR NO KEY UPDATE"


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
    fetch(_LOCK_ORDERS, orders=[row.order_id for row in ours.values()])
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


def rows_to_lock(pos: Connection, documents: Sequence[PosDocumentSnapshot]) -> tuple[list[int], list[int]]:
    """Return the ids of the orders and of the levels that `observe` locks for these documents."""
    ours = fetch_as(_Ours, _OURS, references=sorted({d.reference for d in documents}), pos=pos.pk)
    places = [(row.shop_id, row.number, row.warehouse_id) for row in ours]
    places += imports.places_of(pos, documents)
    return [row.order_id for row in ours], document_level_ids([PosDocument("", *place) for place in places])
