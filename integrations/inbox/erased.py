"""Notifications that name erased people: they are stored without words, or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core import erased
from core.db import fetch
from core.erased import Identity

if TYPE_CHECKING:
    from integrations.inbox.store import Incoming

# the kind of event whose thing is a person
CUSTOMER = "customer"


def without_erased_words(rows: Sequence[Incoming]) -> list[Incoming]:
    """Return the rows, those that name an erased person without body and raw body: the channel is asked, whatever they said."""
    if erased.is_empty() or not any(row.body or row.raw for row in rows):
        return list(rows)
    shops = _shops(rows)
    named = [erased.mentioned(_words(row), shops.get(row.connection_id)) for row in rows]
    known = erased.look_up(one for found in named for one in found)
    return [
        replace(row, body={}, raw=None) if any(one in known for one in found) else row
        for row, found in zip(rows, named, strict=True)
    ]


def without_erased_people(rows: Sequence[Incoming]) -> list[Incoming]:
    """Return the rows without those that are about an erased person, who would be read and not be stored."""
    if erased.is_empty() or not any(row.kind == CUSTOMER for row in rows):
        return list(rows)
    shops = _shops(rows)
    people = {at: one for at, row in enumerate(rows) if (one := _person(row, shops.get(row.connection_id)))}
    known = erased.look_up(people.values())
    gone = {at for at, one in people.items() if one in known}
    if gone:
        gone -= _back_again(gone, people)
    return [row for at, row in enumerate(rows) if at not in gone]


def _back_again(gone: set[int], people: dict[int, Identity]) -> set[int]:
    """Return those of them who bought again since: an order made their identity anew."""
    rows = fetch(
        "SELECT shop_id, external_id FROM orders_customeridentity WHERE external_id = ANY(%s)",
        sorted({people[at].value for at in gone}),
    )
    return {at for at in gone if (people[at].scope, people[at].value) in set(rows)} if rows else set()


def _person(row: Incoming, shop_id: int | None) -> Identity | None:
    return erased.buyer(shop_id, row.external_id) if row.kind == CUSTOMER and shop_id is not None else None


def _shops(rows: Sequence[Incoming]) -> dict[int | None, int]:
    ids = sorted({row.connection_id for row in rows if row.connection_id is not None})
    return dict(
        fetch("SELECT id, shop_id FROM integrations_connection WHERE id = ANY(%s) AND shop_id IS NOT NULL", ids)
    )


def _words(row: Incoming) -> str:
    said = json.dumps(row.body, default=str, ensure_ascii=False) if row.body else ""
    return said + (row.raw or b"").decode("utf-8", "replace")
