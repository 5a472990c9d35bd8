"""Reads of orders (with returns and fees) and listings: their current state, and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from commissions.snapshots import SettlementSnapshot
from integrations.connectors.tiki.account import warehouse_of
from integrations.connectors.tiki.client import get, in_path, shop_client
from integrations.connectors.tiki.mapping import errors, fields, orders, products, statements
from integrations.connectors.tiki.paging import PAGE_SIZE, Listed, pages
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.reasons import Cause
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.paging import PASSES, past_end
from integrations.wire.partial_answers import from_rows
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot

# values of the connection's setting `unpaid_orders`
HOLD, IGNORE = "hold", "ignore"
# values of the connection's setting `rma_orders`: what an order flagged `is_rma` means, which Tiki's own pages tell both ways
RMA_FLAG, RMA_RETURN, RMA_REPLACEMENT = "flag", "return", "replacement"
ODD_FEES = "odd_field:fees"
# more wanted orders than this are looked for in the list first
ONE_BY_ONE = 4
# "everything there is": how far back, since the list may have a window of its own when it is given no date
HISTORY = timedelta(days=5 * 365)
# products have no list of changes: one that asks for so little is given what is new, all others everything
RECENT = timedelta(hours=12)
_INCLUDE = ("include", "items.fees")
_NOT_YET = ("status", "nin|processing,waiting_payment")


# --- orders ---


@dataclass(slots=True)
class Gathered:
    """Orders in the making. `holds`: one that waits for payment holds stock; else it is left alone. `rma`: what `is_rma` means."""

    asked_at: datetime
    holds: bool = True
    rma: str = RMA_FLAG
    orders: list[OrderSnapshot] = field(default_factory=list)
    returns: list[ReturnSnapshot] = field(default_factory=list)
    settlements: list[SettlementSnapshot] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    ignored: dict[str, Cause] = field(default_factory=dict)
    unreadable: dict[str, Cause] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take in one order, or a return. A malformed field costs this one only."""
        try:
            self._add(orders.code_of(row), row)
        except ValueError as error:
            if code := fields.text(row, "code"):
                self.unreadable[code] = str(error)

    def answer(self) -> Answer:
        """Return everything gathered, frozen."""
        return Answer(
            snapshots=(*self.orders, *self.returns, *self.settlements),
            gone=tuple(self.gone),
            ignored=dict(self.ignored),
            unreadable=dict(self.unreadable),
        )

    def _add(self, code: str, row: Row) -> None:
        if orders.is_rma(row) and self.rma != RMA_REPLACEMENT:
            self.returns.append(orders.returned(row, self.asked_at, comes_back=self.rma == RMA_RETURN))
        elif not self.holds and fields.text(row, "status") in orders.NOT_YET_OURS:
            self.ignored[code] = errors.NOT_YET_OURS
        else:
            found = orders.order(row, self.asked_at)
            try:
                lines = statements.lines(row, self.asked_at)
            except ValueError:
                # money that cannot be read costs the order nothing
                lines, found = (), replace(found, problems=(*found.problems, ODD_FEES))
            self.orders.append(found)
            if lines:
                self.settlements.append(SettlementSnapshot(code, lines))


def read_orders(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read orders with their fees: many are looked for in the list of what changed, the others are read one by one.

    One flagged `is_rma` is what the setting makes of it: a return, or an order that goes out.
    """
    client = shop_client(access)
    gathered, missing = _gathered(access, asked_at), dict.fromkeys(ids)
    if len(missing) > ONE_BY_ONE:
        _take_from_list(client, missing, since, gathered)
    for code in missing:
        row = one_order(client, code)
        if row is None:
            gathered.gone.append(code)
        else:
            gathered.add(row)
    return gathered.answer()


def one_order(client: ChannelClient, code: str) -> Row | None:
    """Return an order as Tiki writes it, None when Tiki does not know it."""
    try:
        found = get(client, f"v2/orders/{in_path(code)}", [_INCLUDE], endpoint="v2/orders/*")
    except Rejected as refusal:
        if refusal.code == errors.NOT_FOUND:
            return None
        raise
    return found if isinstance(found, dict) else {}


def known_order(client: ChannelClient, code: str) -> Row:
    """Return an order as Tiki writes it. Raises Rejected when there is none."""
    found = one_order(client, code)
    if found is None:
        raise errors.ERRORS.refusal(errors.NOT_FOUND, code)
    return found


def _holds_unpaid(access: Access) -> bool:
    return access.settings.get("unpaid_orders", HOLD) != IGNORE


def _gathered(access: Access, asked_at: datetime) -> Gathered:
    """Return an empty collection that follows the settings of the connection."""
    return Gathered(asked_at, _holds_unpaid(access), access.settings.get("rma_orders") or RMA_FLAG)


def _take_from_list(client: ChannelClient, missing: dict[str, None], since: datetime, gathered: Gathered) -> None:
    """Move the wanted orders that the list holds out of `missing`: never more pages than single reads."""
    seen = 0
    for listed in _order_pages(client, since, None, ()):
        for row in listed.rows:
            if (code := fields.text(row, "code")) in missing:
                gathered.add(row)
                del missing[code]
        seen += len(listed.rows)
        if math.ceil((listed.total - seen) / PAGE_SIZE) > len(missing) or not missing:
            return


def changed_orders(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of whole orders whose update time lies in the span; the answer counts as asked for at `until`.

    Rows are ordered by creation. Near the present the list has no end, so that none leaves it while it is read. One of the
    past shrinks when its orders change: then it is read again, at most five times.
    """
    client, holds = shop_client(access), _holds_unpaid(access)
    end = past_end(until)
    for _ in range(PASSES):
        shrank, last = False, 0
        for listed in _order_pages(client, since or until - HISTORY, end, () if holds else (_NOT_YET,)):
            shrank, last = shrank or listed.total < last, listed.total
            yield _orders_page(listed.rows, _gathered(access, until))
        if not shrank:
            return


def _order_pages(
    client: ChannelClient, since: datetime, until: datetime | None, more: Sequence[tuple[str, str]]
) -> Iterator[Listed]:
    params = [("updated_from_date", fields.local(since)), ("order_by", "created_at|desc"), _INCLUDE, *more]
    if until is not None:
        params.append(("updated_to_date", fields.local(until, up=True)))
    return pages(client, "v2/orders", params)


def _orders_page(rows: Iterable[Row], gathered: Gathered) -> Page:
    changes = []
    for row in rows:
        gathered.add(row)
        if code := fields.text(row, "code"):
            changes.append(Change(code, fields.or_none(fields.moment, row, "updated_at"), fields.text(row, "status")))
    return Page(tuple(changes), gathered.answer())


ORDERS = Reader(read=read_orders, changed=changed_orders, batch=50)


# --- listings ---


def read_listings(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Read some products, a call for each. One that Tiki does not know is gone, a container is ignored."""
    client, warehouse = shop_client(access), warehouse_of(access)
    found: list[ListingSnapshot] = []
    gone, ignored, unreadable = [], {}, {}
    for number in dict.fromkeys(ids):
        row = one_product(client, number)
        if row is None:
            gone.append(number)
        elif not products.is_sold(row):
            ignored[number] = errors.CONTAINER
        else:
            try:
                found.append(products.listing(row, asked_at, warehouse=warehouse))
            except ValueError as error:
                unreadable[number] = str(error)
    return Answer(snapshots=tuple(found), gone=tuple(gone), ignored=ignored, unreadable=unreadable)


def one_product(client: ChannelClient, number: str) -> Row | None:
    """Return a product as Tiki writes it, None when Tiki does not know it."""
    try:
        found = get(
            client,
            f"v2/products/{in_path(number)}",
            [("includes", "categories,inventory,images")],
            endpoint="v2/products/*",
        )
    except Rejected as refusal:
        if refusal.code == errors.NOT_FOUND:
            return None
        raise
    return found if isinstance(found, dict) else {}


def changed_listings(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of whole products: those made in the span when little is asked for, else all that there are.

    Tiki lists no changes of products: the queue reports them, and what a push leaves behind is read back. The list has no
    order that is documented: one that shrinks or repeats a row is read again, at most five times.
    """
    client, warehouse = shop_client(access), warehouse_of(access)
    params = [("include", "inventory,images")]
    if since is not None and until - since < RECENT:
        params.append(("created_from_date", fields.local(since)))
    for _ in range(PASSES):
        seen: set[str] = set()
        moved, last = False, 0
        for listed in pages(client, "v2.1/products", params):
            numbers = [_product_id(row) for row in listed.rows]
            moved = moved or listed.total < last or not seen.isdisjoint(numbers)
            seen.update(numbers)
            last = listed.total
            yield _listings_page(listed.rows, until, warehouse)
        if not moved:
            return


def _listings_page(rows: Iterable[Row], asked_at: datetime, warehouse: str) -> Page:
    sold = [row for row in rows if _product_id(row) and products.is_sold(row)]
    # a product's time is not known to move with its stock: it is no version
    changes = tuple(Change(_product_id(row)) for row in sold)
    return Page(
        changes, from_rows(sold, lambda row: [products.listing(row, asked_at, warehouse=warehouse)], _product_id)
    )


def _product_id(row: Row) -> str:
    return fields.text(row, "product_id") or fields.text(row, "id")


LISTINGS = Reader(read=read_listings, changed=changed_listings, batch=20)
