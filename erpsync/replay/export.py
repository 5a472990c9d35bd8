"""Saving a channel's answer as a case: as it is stored, else read once more; who and which are replaced."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.db import database_time
from erpsync.replay.stored import with_stored
from integrations.accounts.connections import account_of
from integrations.accounts.links import IMPORTS_ITSELF
from integrations.connectors import channels, connector_of
from integrations.contract.connector import Role
from integrations.ingest.recording import record
from integrations.models import Connection, Link
from integrations.wire.anonymise import Anonymiser
from integrations.wire.transport import Exchanged
from inventory.models import Listing
from orders.models import OrderLine

_NOT_SAVED = "this answer was no JSON"


# what a case's file says of its answers
STORED, ASKED_NOW = "as it was stored, {time}", "asked for the file, {time}"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A channel's answer about a thing at `asked_at`, as the hub keeps it: the thing's row, or the calls as they were answered."""

    asked_at: datetime
    row: Mapping[str, Any] = field(default_factory=dict)
    calls: Sequence[Mapping[str, Any]] = ()


def as_case(
    connection: Connection, kind: str, external_id: str, *, stored: StoredAnswer | None = None, notice: Any = None
) -> dict[str, Any]:
    """Return a case of one thing as its channel answered, with nothing of the original in it that names anybody.

    `stored`: what the hub keeps of it. Of a row alone the channel is asked for the form of its answers all the same. Where
    there is none, or those answers have no place for it, the case is what the channel answers now; `answered` says which.
    `notice`: what made the hub ask. `fault`, `expected` and `want` are left for a person to fill in. Raises ChannelError
    when the channel does not answer.
    """
    answered, found = _answers(connection, kind, external_id, stored)
    anonymiser = Anonymiser()
    replaced_id = anonymiser.id(external_id)
    bodies = [(path, anonymiser.value(body)) for path, body in found]
    listing = [anonymiser.id(part) for part in _listing(connection, kind, external_id)]
    at_pos = connection.own_shop.keeps_stock
    step = {"read": kind, "id": replaced_id, "answers": {anonymiser.path(path): body for path, body in bodies}}
    return {
        "fault": "",
        "answered": answered,
        **({"notice": anonymiser.value(notice)} if notice else {}),
        "given": _given(connection, listing),
        "steps": [({"at": "pos"} if at_pos else {}) | step],
        "expected": "",
        "want": {},
    }


def may_be_saved(connection: Connection | None, kind: str) -> bool:
    """Return whether the channel can be asked about a thing of this kind, and a case can have it."""
    if connection is None or connection.shop is None or not connection.is_active:
        return False
    known = connection.channel in channels()
    return known and kind in connector_of(connection.channel).reads and _seller(connection) is not None


def _answers(
    connection: Connection, kind: str, external_id: str, stored: StoredAnswer | None
) -> tuple[str, list[tuple[str, Any]]]:
    """Return what the answers are, in words, and the body of each call by its path."""
    as_stored = STORED.format(time=f"{stored.asked_at:%Y-%m-%d %H:%M} UTC") if stored else ""
    if stored and stored.calls:
        return as_stored, [(call["path"], _answer(call["status"], call["body"])) for call in stored.calls]
    found = [(one.path, _body(one)) for one in record(account_of(connection), kind, external_id)]
    if stored and stored.row:
        replaced = [(path, *with_stored(body, stored.row, external_id)) for path, body in found]
        if any(count for _, _, count in replaced):
            return as_stored, [(path, body) for path, body, _ in replaced]
    return ASKED_NOW.format(time=f"{database_time():%Y-%m-%d %H:%M} UTC"), found


def _body(found: Exchanged) -> Any:
    try:
        body = json.loads(found.content)
    except ValueError:
        body = _NOT_SAVED
    return _answer(found.status, body)


def _answer(status: int, body: Any) -> Any:
    return body if status == 200 else {"http": status, "body": body}


def _given(connection: Connection, listing: list[str]) -> dict[str, Any]:
    seller = _seller(connection)
    assert seller is not None, "checked before"
    pos = Link.objects.filter(connection=seller, role=Role.POS).first()
    given: dict[str, Any] = {"channel": seller.channel, "on_hand": 10, "pos": pos is not None}
    if pos is not None and pos.settings.get(IMPORTS_ITSELF):
        given["pos_imports_itself"] = True
    return given | {"listing": listing or None}


def _seller(connection: Connection) -> Connection | None:
    """Return the account that sells: of a POS' thing the first one whose POS it is."""
    if not connection.own_shop.keeps_stock:
        return connection
    return Connection.objects.filter(links__target=connection, links__role=Role.POS).order_by("pk").first()


def _listing(connection: Connection, kind: str, external_id: str) -> Iterable[str]:
    """Return item and variation of the first mapped listing that the thing is about; nothing where there is none."""
    if connection.own_shop.keeps_stock:
        return ()
    listings = Listing.objects.filter(shop=connection.shop, product__isnull=False)
    lines = OrderLine.objects.filter(order__shop=connection.shop, order__number=external_id)
    about = (
        listings.filter(pk__in=lines.values("listing_id"))
        if kind != "listing"
        else listings.filter(item_id=external_id)
    )
    return about.order_by("pk").values_list("item_id", "variation_id").first() or ()
