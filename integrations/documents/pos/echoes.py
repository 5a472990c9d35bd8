"""Notices about documents that we wrote at the POS: those that tell of nothing which people did there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.db import fetch
from integrations.documents.difference import DROPPED
from integrations.documents.pos.desired import INVOICE, ORDER, VOID
from integrations.models import Connection

# a document of ours, and whether its order was ever voided by us
_OURS = """
SELECT c.reference, c.kind, EXISTS (
    SELECT FROM integrations_command v WHERE v.order_id = c.order_id AND v.target_id = c.target_id
        AND v.warehouse_id IS NOT DISTINCT FROM c.warehouse_id AND v.kind = %(void)s AND v.id > c.id AND v.state <> %(dropped)s)
FROM integrations_command c
WHERE c.reference = ANY(%(references)s) AND c.target_id = %(pos)s AND c.kind = ANY(%(kinds)s)
"""


def as_written(pos: Connection, said: Mapping[str, Sequence[Mapping[str, str]]]) -> set[str]:
    """Return the codes of documents of which every notice names a document of ours that stands as we know it.

    An order that is void without a command of ours was voided by a person, and an invoice with the reference of an order was
    made by one: these are to be read.
    """
    references = sorted({notice.get("reference", "") for notices in said.values() for notice in notices} - {""})
    if not references:
        return set()
    rows = fetch(
        _OURS, references=references, pos=pos.pk, void=VOID, dropped=DROPPED, kinds=[ORDER, INVOICE]
    )  # fmt: skip
    ours = {reference: (kind, is_voided) for reference, kind, is_voided in rows}

    def is_known(notice: Mapping[str, str]) -> bool:
        kind, is_voided = ours.get(notice.get("reference", ""), ("", False))
        return kind == notice.get("kind") and (kind == INVOICE or notice.get("is_void") == "False" or is_voided)

    return {code for code, notices in said.items() if notices and all(map(is_known, notices))}
