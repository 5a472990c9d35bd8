"""What the CRM says now, and what changed: lists sorted by their last change, read down to the watermark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.misa_crm.calls import LEDGER_PAGE_SIZE, PAGE_SIZE, Api
from integrations.connectors.misa_crm.mapping import fields, goods, people, sales
from integrations.connectors.misa_crm.mapping.goods import Held
from integrations.wire.answers import Row
from inventory.snapshots import ListingSnapshot
from orders.snapshots import CustomerSnapshot, OrderSnapshot

_LATEST_FIRST = (("orderBy", "modified_date"), ("isDescending", "true"))
# whether pages count from 0 or 1 is not known, and records may go away meanwhile
_EARLIER = 2
OURS = "written by the hub for a marketplace order"


@dataclass(frozen=True, slots=True)
class Source:
    """One resource. `id_of`: the event's id of a row; `by`: what it is looked up by; `whole`: a field that brief rows lack."""

    path: str
    id_of: Callable[[Row], str]
    by: str
    whole: str


CUSTOMERS = Source("/Customers", lambda row: fields.text(row, "id"), "id", "modified_date")
CONTACTS = Source("/Contacts", lambda row: _prefixed(fields.text(row, "id")), "id", "modified_date")
PRODUCTS = Source("/Products", lambda row: fields.text(row, "product_code"), "code", "modified_date")
SALES = Source("/SaleOrders", lambda row: fields.text(row, "sale_order_no"), "code", sales.LINES)
SOURCES: Mapping[str, tuple[Source, ...]] = {
    "customer": (CUSTOMERS, CONTACTS),
    "listing": (PRODUCTS,),
    "order": (SALES,),
}


def _prefixed(number: str) -> str:
    return f"{people.CONTACT}{number}" if number else ""


@dataclass(slots=True)
class Gathered:
    """A truth in the making. `labels`: the tenant's words for states; `held`: what the ledgers say."""

    asked_at: datetime
    labels: Mapping[str, str]
    held: Held | None = None
    orders: list[OrderSnapshot] = field(default_factory=list)
    listings: list[ListingSnapshot] = field(default_factory=list)
    customers: list[CustomerSnapshot] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def add(self, source: Source, row: Row) -> None:
        """Take in one record. A field that makes no sense puts it under `unreadable`; the others stand."""
        try:
            _ADD[source.path](self, row)
        except ValueError as error:
            self.unreadable[source.id_of(row)] = str(error)

    def add_sale(self, row: Row) -> None:
        """Ours tell nothing new: the marketplace does."""
        if sales.is_ours(row):
            self.ignored[SALES.id_of(row)] = OURS
        else:
            self.orders.append(sales.order(row, self.labels, self.asked_at))

    def add_product(self, row: Row) -> None:
        """A product of the tenant."""
        self.listings.append(goods.listing(row, self.asked_at, self.held))

    def add_customer(self, row: Row) -> None:
        """A customer."""
        self.customers.append(people.customer(row, self.asked_at))

    def add_contact(self, row: Row) -> None:
        """A contact."""
        self.customers.append(people.contact(row, self.asked_at))

    def truth(self) -> Truth:
        """What was gathered, frozen."""
        return Truth(
            orders=tuple(self.orders),
            listings=tuple(self.listings),
            customers=tuple(self.customers),
            gone=tuple(self.gone),
            ignored=dict(self.ignored),
            unreadable=dict(self.unreadable),
        )


_ADD: Mapping[str, Callable[[Gathered, Row], None]] = {
    CUSTOMERS.path: Gathered.add_customer,
    CONTACTS.path: Gathered.add_contact,
    PRODUCTS.path: Gathered.add_product,
    SALES.path: Gathered.add_sale,
}


def read(api: Api, kind: str, ids: Sequence[str], gathered: Gathered) -> Truth:
    """The truth of these ids; each is in it, or named as gone, ignored or unreadable."""
    for source, mine in _sorted_out(kind, ids):
        missing = {fields.folded(external_id): external_id for external_id in mine}
        for row in look_up(api, source, mine):
            # asked in one letter case, answered in another
            if missing.pop(fields.folded(source.id_of(row)), None) is not None:
                gathered.add(source, row)
        gathered.gone += missing.values()
    return gathered.truth()


def _sorted_out(kind: str, ids: Sequence[str]) -> Iterable[tuple[Source, list[str]]]:
    """Which source each id belongs to."""
    if kind != "customer":
        return [(SOURCES[kind][0], list(dict.fromkeys(ids)))]
    of_contacts = {external_id for external_id in ids if external_id.startswith(people.CONTACT)}
    of_customers = set(ids) - of_contacts
    return [(CUSTOMERS, sorted(of_customers)), (CONTACTS, sorted(of_contacts))]


def look_up(api: Api, source: Source, ids: Sequence[str]) -> list[Row]:
    """Whole records, in one call or two: a look-up by code may answer with a few fields only (not verified)."""
    if source.by == "id":
        return _by_number(api, source, [external_id.removeprefix(people.CONTACT) for external_id in ids])
    rows = api.found(f"{source.path}/code", "code", ids)
    brief = [row for row in rows if source.whole not in row]
    whole = _by_number(api, source, [fields.text(row, "id") for row in brief])
    return [row for row in rows if source.whole in row] + whole


def _by_number(api: Api, source: Source, numbers: Sequence[str]) -> list[Row]:
    return api.found(f"{source.path}/id", "ids", [number for number in numbers if number.isdecimal()])


def changed(
    api: Api, kind: str, gather: Callable[[], Gathered], *, since: datetime | None, until: datetime | None
) -> Iterator[Page]:
    """Pages of what changed in [since, until], with the whole records. `until` None: nothing is too new."""
    for source in SOURCES[kind]:
        first = _first_page(api, source, until) if until else 0
        for rows in _down_to(api, source, since, first):
            gathered = gather()
            changes = []
            for row in rows:
                at, external_id = fields.version(row), source.id_of(row)
                if not external_id or (at and until and at > until) or (at and since and at < since):
                    continue
                # products are taken as they are: their stock moves without a word in `modified_date`
                changes.append(Change(external_id, None if gathered.held is not None else at))
                gathered.add(source, row)
            yield Page(tuple(changes), gathered.truth())


def _first_page(api: Api, source: Source, until: datetime) -> int:
    """The page from which on a list holds what is no younger than `until`, some pages early; 0 where its order cannot be trusted.

    History is read day by day: without this, each day would read everything that is younger again.
    """
    # page 1 is one wherever they count from
    _, total = api.page(source.path, _LATEST_FIRST, 1)
    low, high = 0, -(-(total or 0) // PAGE_SIZE)
    while low < high:
        middle = (low + high) // 2
        rows, _ = api.page(source.path, _LATEST_FIRST, middle)
        times = [at for at in map(fields.version, rows) if at is not None]
        if len(times) < len(rows) or times != sorted(times, reverse=True):
            return 0
        if times and times[-1] > until:
            low = middle + 1
        else:
            high = middle
    return max(0, low - _EARLIER)


def earliest(api: Api, kind: str) -> datetime | None:
    """The oldest change that any record of a kind shows; None where there is none, or the order cannot be trusted."""
    found = []
    for source in SOURCES[kind]:
        ends = [_first_version(api, source, falling) for falling in ("false", "true")]
        if ends == [None, None]:
            continue
        oldest, latest = ends
        if oldest is None or latest is None or oldest >= latest:
            return None
        found.append(oldest)
    return min(found, default=None)


def _first_version(api: Api, source: Source, falling: str) -> datetime | None:
    order = (("orderBy", "modified_date"), ("isDescending", falling))
    rows = next((rows for rows in api.pages(source.path, order, size=1) if rows), [])
    return fields.version(rows[0]) if rows else None


def _down_to(api: Api, source: Source, since: datetime | None, first: int) -> Iterator[list[Row]]:
    """Pages until one reaches below `since`, provided the list really is sorted by its last change."""
    last: datetime | None = None
    is_sorted = True
    for rows in api.pages(source.path, _LATEST_FIRST, first=first):
        yield rows
        for at in map(fields.version, rows):
            is_sorted = is_sorted and at is not None and (last is None or at <= last)
            last = at
        if since is not None and is_sorted and last is not None and last < since:
            return


def ledgers(api: Api, quantity: str) -> Held:
    """What lies in every warehouse that is in use, by the warehouse's code."""
    found: dict[str, list[Row]] = {}
    for stock in fields.rows(api.get("/Stocks")["data"]):
        key, code = fields.text(stock, "async_id"), fields.text(stock, "stock_code")
        if key and code and stock.get("inactive") is not True:
            pages = api.pages("/Stocks/product_ledger", (("stockID", key),), key="product_code", size=LEDGER_PAGE_SIZE)
            found[code] = [row for rows in pages for row in rows]
    return goods.held(found, quantity)
