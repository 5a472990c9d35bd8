"""What KiotViet says now: one by one for a few ids, by one list for many, and what changed for the sweep."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.kiotviet.calls import PAGE_SIZE, Api, Listing, Params, filled
from integrations.connectors.kiotviet.mapping import customers, documents, errors, fields, products
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from inventory.snapshots import ListingSnapshot, StockReading
from orders.snapshots import CustomerSnapshot, HandOverSnapshot, OrderSnapshot

# up to so many ids are read one by one; more become one list
ONE_BY_ONE = 5
# A refused read means "not there" only in these words: a switched-off feature refuses with the same code.
_MISSING = re.compile(r"không tồn tại|bị xóa|không tìm thấy|not exist|not found|deleted", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a kind of thing is read. `window`: its list honours `toDate` (an upper bound of the modification time)."""

    path: str
    one: str
    id_of: Callable[[Row], str]
    params: Params = ()
    window: bool = False


def _id(row: Row) -> str:
    return fields.text(row, "id")


_SORTED = (("orderBy", "modifiedDate"), ("orderDirection", "Asc"))
_PRODUCT = (("includeInventory", "true"), ("includeMaterial", "true"), *_SORTED)
SOURCES: Mapping[str, Source] = {
    "order": Source(
        "/orders",
        "/orders/code/{}",
        documents.code_of,
        (("includePayment", "true"), ("includeOrderDelivery", "true"), *_SORTED),
        window=True,
    ),
    "invoice": Source(
        "/invoices",
        "/invoices/code/{}",
        documents.code_of,
        (("includePayment", "true"), ("includeInvoiceDelivery", "true"), *_SORTED),
        window=True,
    ),
    "product": Source("/products", "/products/{}", _id, _PRODUCT),
    # sorted by a field that does not change while the list is read
    "stock": Source("/productOnHands", "/products/{}", _id, (("orderBy", "Code"),)),
    "customer": Source("/customers", "/customers/{}", _id, _SORTED),
}
# their lists name what was deleted
_TELLS_DELETED = frozenset({"product", "customer"})


@dataclass(slots=True)
class Gathered:
    """A truth in the making. `add` says False for a list row that tells too little: the thing itself must be read."""

    api: Api
    asked_at: datetime
    orders: list[OrderSnapshot] = field(default_factory=list)
    listings: list[ListingSnapshot] = field(default_factory=list)
    readings: list[StockReading] = field(default_factory=list)
    hand_overs: list[HandOverSnapshot] = field(default_factory=list)
    customers: list[CustomerSnapshot] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    # code of an order -> our reference in it, asked for once
    references: dict[str, str] = field(default_factory=dict)

    def truth(self) -> Truth:
        """What was gathered, frozen."""
        return Truth(
            orders=tuple(self.orders),
            listings=tuple(self.listings),
            readings=tuple(self.readings),
            hand_overs=tuple(self.hand_overs),
            customers=tuple(self.customers),
            gone=tuple(dict.fromkeys(self.gone)),
            ignored=dict(self.ignored),
            unreadable=dict(self.unreadable),
        )

    def add(self, kind: str, external_id: str, row: Row, *, whole: bool) -> bool:
        """Take in one object. A field that makes no sense puts this id under `unreadable`; the others stand."""
        try:
            return _ADD[kind](self, row, whole)
        except ValueError as error:
            self.unreadable[external_id] = str(error)
            return True

    def add_order(self, row: Row, whole: bool) -> bool:
        """Ours or imported: a hand-over. Anything else was ordered at the POS."""
        found = documents.hand_over("pos_order", row, self.asked_at)
        if found:
            self.hand_overs.append(found)
        else:
            self.orders.append(documents.order(row, self.asked_at))
        return True

    def add_invoice(self, row: Row, whole: bool) -> bool:
        """Ours, imported, of an order, or a till sale. A list need not name the order: then the invoice is read."""
        order_code = fields.text(row, "orderCode")
        found = documents.hand_over("pos_invoice", row, self.asked_at)
        if found is None and not whole and (not order_code or "invoiceDetails" not in row):
            return False
        if found is None and order_code:
            reference = self._reference_of(order_code)
            found = documents.hand_over("pos_invoice", row, self.asked_at, reference=reference)
            if found is None:
                self.ignored[documents.code_of(row)] = f"its order {order_code} tells"
                return True
        if found:
            self.hand_overs.append(found)
        else:
            self.orders.append(documents.invoice(row, self.asked_at))
        return True

    def add_product(self, row: Row, whole: bool) -> bool:
        """A product of the book, with what the branches hold of it."""
        self.listings.append(products.listing(row, self.asked_at))
        self.readings += products.readings(row, self.asked_at)
        return True

    def add_stock(self, row: Row, whole: bool) -> bool:
        """What the branches hold; a product without stock of its own is none of our business here."""
        found = products.readings(row, self.asked_at)
        self.readings += found
        if not found:
            self.ignored[_id(row)] = "no stock of its own"
        return True

    def add_customer(self, row: Row, whole: bool) -> bool:
        """Somebody the shop knows; those that our own orders made are nobody."""
        if customers.is_ours(row):
            self.ignored[_id(row)] = "made for an order that we wrote"
        else:
            self.customers.append(customers.customer(row, self.asked_at))
        return True

    def _reference_of(self, order_code: str) -> str:
        if order_code not in self.references:
            row = one(self.api, SOURCES["order"], order_code)
            self.references[order_code] = documents.reference_in(row) if row else ""
        return self.references[order_code]


_ADD: Mapping[str, Callable[[Gathered, Row, bool], bool]] = {
    "order": Gathered.add_order,
    "invoice": Gathered.add_invoice,
    "product": Gathered.add_product,
    "stock": Gathered.add_stock,
    "customer": Gathered.add_customer,
}


def one(api: Api, source: Source, external_id: str) -> Row | None:
    """One thing; None when KiotViet no longer knows it. Raises Rejected for any other refusal."""
    try:
        body = api.get(filled(source.one, external_id))
    except Rejected as refusal:
        if refusal.code in errors.NOT_FOUND and _MISSING.search(refusal.reason):
            return None
        raise
    found = answers.part(body, "data") or body if isinstance(body, dict) else None
    if not found:
        raise Rejected(f"KiotViet answered nothing for {external_id}")
    return found


def read(api: Api, kind: str, ids: Sequence[str], *, since: datetime | None, asked_at: datetime) -> Truth:
    """The truth of these ids; each is in it, or named as gone, ignored or unreadable."""
    gathered = Gathered(api, asked_at)
    missing = dict.fromkeys(ids)
    if len(missing) > ONE_BY_ONE:
        missing = _from_list(api, kind, missing, since, gathered)
    for external_id in missing:
        _read_one(api, kind, external_id, gathered)
    return gathered.truth()


def _read_one(api: Api, kind: str, external_id: str, gathered: Gathered) -> None:
    try:
        row = one(api, SOURCES[kind], external_id)
    except Rejected as refusal:
        gathered.unreadable[external_id] = refusal.reason
        return
    if row is None:
        gathered.gone.append(external_id)
    else:
        gathered.add(kind, external_id, row, whole=True)


def _from_list(
    api: Api, kind: str, wanted: dict[str, None], since: datetime | None, gathered: Gathered
) -> dict[str, None]:
    """Take in what the list tells of the wanted ids and return the others: never more pages than single reads."""
    missing, seen = dict(wanted), 0
    for page in _pages(api, kind, since, None):
        for external_id, row in _known(kind, page.rows):
            if external_id in missing and gathered.add(kind, external_id, row, whole=False):
                del missing[external_id]
        for external_id in missing.keys() & set(page.deleted):
            gathered.gone.append(external_id)
            del missing[external_id]
        seen += len(page.rows)
        if math.ceil((page.total - seen) / PAGE_SIZE) > len(missing) or not missing:
            break
    return missing


def changed(api: Api, kind: str, *, since: datetime | None, until: datetime, bounded: bool) -> Iterator[Page]:
    """Pages of what changed, with whole objects where the list tells all. `bounded`: nothing later than `until`.

    The truth counts as asked for at `until`, which is never later than the question.
    """
    for page in _pages(api, kind, since, until if bounded else None):
        gathered = Gathered(api, until)
        changes = []
        for external_id, row in _known(kind, page.rows):
            gathered.add(kind, external_id, row, whole=False)
            changes.append(Change(external_id, _version(kind, row)))
        gathered.gone += page.deleted
        changes += [Change(external_id) for external_id in page.deleted]
        yield Page(tuple(changes), gathered.truth())


def _pages(api: Api, kind: str, since: datetime | None, until: datetime | None) -> Iterator[Listing]:
    source = SOURCES[kind]
    params = list(source.params)
    if since is not None:
        params.append(("lastModifiedFrom", fields.local(since)))
        if kind in _TELLS_DELETED:
            params.append(("includeRemoveIds", "true"))
    if until is not None and source.window:
        params.append(("toDate", fields.local(until, up=True)))
    return api.pages(source.path, params)


def _known(kind: str, rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """The rows that have an id or code; one without can be neither named nor asked for."""
    for row in rows:
        try:
            external_id = SOURCES[kind].id_of(row)
        except ValueError:
            continue
        if external_id:
            yield external_id, row


def _version(kind: str, row: Row) -> datetime | None:
    # a product's time is not moved by sales and receipts (seen live), so it is no version of its stock
    if kind == "stock":
        return None
    try:
        return customers.version(row) if kind == "customer" else fields.moment(row, "modifiedDate")
    except ValueError:
        return None
