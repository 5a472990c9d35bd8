"""What becomes known of documents at the POS: by our own commands, by its webhooks, by sweeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from integrations import inbox, wake
from integrations.handover.steps import INVOICE, ORDER, VOID, Standing
from integrations.handover.wanting import standing_of
from integrations.inbox import Incoming
from integrations.models import Connection
from inventory.services.readings import PosDocument, note_pos_documents
from inventory.sql import fetch
from orders.services import fulfilments
from orders.services.fulfilments import MadeElsewhere
from orders.snapshots import HandOverSnapshot

# kind of inbox event by which a POS is asked what its branches hold of a product
STOCK = "stock"

# time of knowing -> documents
_Found = dict[datetime, list[PosDocument]]


def note_documents(pos: Connection, documents: Sequence[PosDocument], *, known_at: datetime) -> None:
    """What became known of documents at `known_at`; their products are read again. Inside the caller's transaction."""
    products = note_pos_documents(documents, known_at=known_at)
    rows = fetch(
        "SELECT DISTINCT item_id FROM inventory_listing WHERE shop_id = %s AND product_id = ANY(%s) ORDER BY 1",
        pos.shop_id, sorted(products),
    )  # fmt: skip
    inbox.add([Incoming(pos.authorisation.app_id, pos.id, STOCK, item_id, "command") for (item_id,) in rows])
    if rows:
        transaction.on_commit(partial(wake.ring, "drain", [pos.id]))


def learn(pos: Connection, documents: Sequence[HandOverSnapshot]) -> None:
    """The POS told of documents that stand for marketplace orders: ours, made by hand from ours, or imported by itself.

    Runs inside the caller's transaction; may be repeated. Known from the time they were asked for: later readings
    include them.
    """
    found: _Found = defaultdict(list)
    _learn_imported(pos, [d for d in documents if d.order_number], found)
    _learn_own(pos, [d for d in documents if not d.order_number], found)
    for known_at in sorted(found):
        note_documents(pos, found[known_at], known_at=known_at)


_OURS = """
SELECT f.reference, f.order_id, o.shop_id, o.number, f.warehouse_id
FROM orders_fulfilment f JOIN orders_order o ON o.id = f.order_id
WHERE f.reference = ANY(%s) AND f.target_id = %s AND f.warehouse_id IS NOT NULL
"""


def _learn_own(pos: Connection, documents: Sequence[HandOverSnapshot], found: _Found) -> None:
    """Documents of ours tell something new when a person at the POS invoiced or voided them."""
    ours = {row[0]: row[1:] for row in fetch(_OURS, sorted({d.reference for d in documents}), pos.shop_id)}
    standing = standing_of(sorted({order_id for order_id, *_ in ours.values()}))
    made = []
    for document in documents:
        if document.reference not in ours:
            continue
        order_id, shop_id, number, warehouse_id = ours[document.reference]
        now = standing[order_id].get(warehouse_id, Standing())
        if document.kind == ORDER and document.is_void and not now.has(VOID):
            kind = VOID
        elif (
            document.kind == INVOICE and not document.is_void and now.states.get(INVOICE) in (None, "dropped", "wanted")
        ):
            kind = INVOICE
        else:
            continue
        made.append(
            MadeElsewhere(
                order_id,
                kind,
                pos.shop_id,
                warehouse_id,
                f"{document.reference}-{kind}",
                document.external_id,
                document.code,
            )
        )
        found[document.asked_at].append(PosDocument(kind, shop_id, number, warehouse_id))
    fulfilments.made_elsewhere(made)


_IMPORTED = """
SELECT DISTINCT o.number, o.shop_id, warehouse.id, held.invoiced_at IS NOT NULL, held.pos_written_at IS NOT NULL,
       held.pos_closed_at IS NOT NULL
FROM orders_order o
JOIN integrations_connection mine ON mine.shop_id = o.shop_id AND mine.pos_id = %s AND mine.pos_imports_itself
JOIN inventory_reservation held ON held.shop_id = o.shop_id AND held.order_number = o.number
JOIN inventory_stocklevel level ON level.id = held.level_id
JOIN inventory_warehouse warehouse ON warehouse.id = level.warehouse_id AND warehouse.shop_id = %s
WHERE o.number = ANY(%s)
"""


def _learn_imported(pos: Connection, documents: Sequence[HandOverSnapshot], found: _Found) -> None:
    places: dict[str, list[tuple[int, int, bool, bool, bool]]] = defaultdict(list)
    numbers = sorted({document.order_number for document in documents})
    for number, *place in fetch(_IMPORTED, pos.id, pos.shop_id, numbers):
        places[number].append((place[0], place[1], place[2], place[3], place[4]))
    for document in documents:
        if document.is_void and document.kind == INVOICE:
            # goods that come back are received at the POS by a person
            continue
        kind = VOID if document.is_void else document.kind
        for shop_id, warehouse_id, invoiced, written, closed in places[document.order_number]:
            if not {INVOICE: invoiced, ORDER: written, VOID: closed}[kind]:
                found[document.asked_at].append(PosDocument(kind, shop_id, document.order_number, warehouse_id))
