"""Reads: a few ids one by one, many by one list, and changed-since lists for the sweep."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from integrations.connectors.kiotviet.answer import ORDER_BY_CODE, AnswerBuilder
from integrations.connectors.kiotviet.client import PAGE_SIZE, ListPage, Params, ShopClient
from integrations.connectors.kiotviet.mapping import customers, documents, fields
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire.answers import Row
from integrations.wire.paging import past_end

# up to so many ids are read one by one; more become one list
ONE_BY_ONE = 5
# `toDate` is only sent for windows that ended this long ago: near the present our clock must not hide rows from us
_PRESENT = timedelta(hours=2)


def _id(row: Row) -> str:
    return fields.text(row, "id")


def _modified(row: Row) -> datetime | None:
    return fields.moment(row, "modifiedDate")


def _unversioned(row: Row) -> datetime | None:
    """No version: a product's time is not moved by sales and receipts (seen live)."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Endpoints of a kind of thing: its list, and one object by id or code.

    `has_window`: the list honours `toDate`, an upper bound of the modification time. `names_deleted`: it lists deleted ids.
    """

    path: str
    one: str
    id_of: Callable[[Row], str] = _id
    version: Callable[[Row], datetime | None] = _modified
    params: Params = ()
    has_window: bool = False
    names_deleted: bool = False


_SORTED = (("orderBy", "modifiedDate"), ("orderDirection", "Asc"))
SOURCES: Mapping[str, Source] = {
    "order": Source(
        path="/orders",
        one=ORDER_BY_CODE,
        id_of=documents.code_of,
        params=(("includePayment", "true"), ("includeOrderDelivery", "true"), *_SORTED),
        has_window=True,
    ),
    "invoice": Source(
        path="/invoices",
        one="/invoices/code/{}",
        id_of=documents.code_of,
        params=(("includePayment", "true"), ("includeInvoiceDelivery", "true"), *_SORTED),
        has_window=True,
    ),
    "product": Source(
        path="/products",
        one="/products/{}",
        params=(("includeInventory", "true"), ("includeMaterial", "true"), *_SORTED),
        names_deleted=True,
    ),
    # sorted by a field that does not change while the list is read
    "stock": Source(
        path="/productOnHands", one="/products/{}", version=_unversioned, params=(("orderBy", "Code"),)
    ),
    "customer": Source(
        path="/customers", one="/customers/{}", version=customers.version, params=_SORTED, names_deleted=True
    ),
}  # fmt: skip


def read(kind: str, access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the current state of these ids: codes (order, invoice), product ids (product, stock) or customer ids.

    Each is in the answer, or named as gone, ignored or unreadable.
    """
    builder = AnswerBuilder(ShopClient(access), asked_at, _sells_inactive(access))
    missing = dict.fromkeys(ids)
    if len(missing) > ONE_BY_ONE:
        missing = _add_from_list(builder, kind, missing, _lower_bound(access, kind, since))
    for external_id in missing:
        _add_one(builder, kind, external_id)
    return builder.build()


def changed(kind: str, access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of what changed, with whole objects where the list has them; other invoices are read later.

    Snapshots count as asked for at `until`, which is never later than the question.
    """
    client, source = ShopClient(access), SOURCES[kind]
    upper = past_end(until, present=_PRESENT)
    for page in _pages(client, source, _lower_bound(access, kind, since), upper):
        builder = AnswerBuilder(client, until, _sells_inactive(access))
        changes = []
        for external_id, row in _identified(source, page.rows):
            builder.add(kind, external_id, row, whole=False)
            changes.append(Change(external_id, _version(source, row)))
        builder.gone += page.deleted
        changes += [Change(external_id) for external_id in page.deleted]
        yield Page(tuple(changes), builder.build())


def _sells_inactive(access: Access) -> bool:
    return access.settings.get("inactive_products", "stop") == "sell"


def _lower_bound(access: Access, kind: str, since: datetime | None) -> datetime | None:
    whole = kind == "stock" and access.settings.get("stock_list", "whole") == "whole"
    return None if whole else since


def _add_one(builder: AnswerBuilder, kind: str, external_id: str) -> None:
    try:
        row = builder.client.find(SOURCES[kind].one, external_id)
    except Rejected as refusal:
        builder.unreadable[external_id] = refusal.reason
        return
    if row is None:
        builder.gone.append(external_id)
    else:
        builder.add(kind, external_id, row, whole=True)


def _add_from_list(
    builder: AnswerBuilder, kind: str, wanted: Mapping[str, None], since: datetime | None
) -> dict[str, None]:
    """Add the wanted ids that the list holds and return the others: never more pages than single reads."""
    missing, seen = dict(wanted), 0
    for page in _pages(builder.client, SOURCES[kind], since, None):
        for external_id, row in _identified(SOURCES[kind], page.rows):
            if external_id in missing and builder.add(kind, external_id, row, whole=False):
                del missing[external_id]
        for external_id in missing.keys() & set(page.deleted):
            builder.gone.append(external_id)
            del missing[external_id]
        seen += len(page.rows)
        if math.ceil((page.total - seen) / PAGE_SIZE) > len(missing) or not missing:
            break
    return missing


def _pages(client: ShopClient, source: Source, since: datetime | None, until: datetime | None) -> Iterator[ListPage]:
    params = list(source.params)
    if since is not None:
        params.append(("lastModifiedFrom", fields.local(since)))
        if source.names_deleted:
            params.append(("includeRemoveIds", "true"))
    if until is not None and source.has_window:
        params.append(("toDate", fields.local(until, up=True)))
    return client.pages(source.path, params)


def _identified(source: Source, rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """Yield the rows that have an id or code; one without can be neither named nor asked for."""
    for row in rows:
        try:
            external_id = source.id_of(row)
        except ValueError:
            continue
        if external_id:
            yield external_id, row


def _version(source: Source, row: Row) -> datetime | None:
    try:
        return source.version(row)
    except ValueError:
        return None


READS: Mapping[str, Reader] = {
    kind: Reader(read=partial(read, kind), changed=partial(changed, kind), batch=PAGE_SIZE) for kind in SOURCES
}
