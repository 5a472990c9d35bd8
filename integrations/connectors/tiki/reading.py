"""What Tiki says now of orders and products, and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.tiki.calls import get
from integrations.connectors.tiki.mapping import errors, fields, money, orders, products
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot, ReturnSnapshot

BATCH = 50
# a hundred are allowed, fifty were seen to be safe
PAGE_SIZE = 50
# more wanted orders than this are looked for in the list first
ONE_BY_ONE = 4
# "everything there is": how far back, since the list may have a window of its own when it is given no date
HISTORY = timedelta(days=5 * 365)
# Tiki's clock may be ahead of ours: near the present a list has no end
SKEW = timedelta(minutes=5)
# products have no list of changes: one that asks for so little is given what is new, all others everything
RECENT = timedelta(hours=12)
# how often a list that shrank while it was read is read again
_PASSES = 5
_INCLUDE = ("include", "items.fees")
_NOT_YET = ("status", "nin|processing,waiting_payment")
NOT_YET_OURS = "it waits for payment or for Tiki"


@dataclass(slots=True)
class Gathered:
    """Orders in the making. `holds`: one that waits for payment holds stock; else it is left alone."""

    asked_at: datetime
    holds: bool = True
    orders: list[OrderSnapshot] = field(default_factory=list)
    returns: list[ReturnSnapshot] = field(default_factory=list)
    statements: dict[str, tuple[StatementLineSnapshot, ...]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take in one order, or a return. A field that makes no sense costs this one only."""
        try:
            self._add(orders.code_of(row), row)
        except ValueError as error:
            if code := fields.text(row, "code"):
                self.unreadable[code] = str(error)

    def truth(self) -> Truth:
        """What was gathered, frozen."""
        return Truth(
            orders=tuple(self.orders),
            returns=tuple(self.returns),
            statements=dict(self.statements),
            gone=tuple(self.gone),
            ignored=dict(self.ignored),
            unreadable=dict(self.unreadable),
        )

    def _add(self, code: str, row: Row) -> None:
        if orders.is_return(row):
            self.returns.append(orders.give_back(row, self.asked_at))
        elif not self.holds and fields.text(row, "status") in orders.NOT_YET_OURS:
            self.ignored[code] = NOT_YET_OURS
        else:
            found, lines = orders.order(row, self.asked_at), money.statement_lines(row, self.asked_at)
            self.orders.append(found)
            if lines:
                self.statements[code] = lines


def read_orders(line: Line, ids: Sequence[str], *, since: datetime, asked_at: datetime, holds: bool) -> Truth:
    """The truth of these orders: many are looked for in the list of what changed, the others are read one by one."""
    gathered, missing = Gathered(asked_at, holds), dict.fromkeys(ids)
    if len(missing) > ONE_BY_ONE:
        _from_list(line, missing, since, gathered)
    for code in missing:
        row = one_order(line, code)
        if row is None:
            gathered.gone.append(code)
        else:
            gathered.add(row)
    return gathered.truth()


def one_order(line: Line, code: str) -> Row | None:
    """An order as Tiki writes it, None when it does not know it."""
    # an id that is none would name another address
    if not (code.isascii() and code.isalnum()):
        return None
    try:
        found = get(line, f"v2/orders/{code}", [_INCLUDE], endpoint="v2/orders/*")
    except Rejected as refusal:
        if refusal.code == errors.NOT_FOUND:
            return None
        raise
    return found if isinstance(found, dict) else {}


def _from_list(line: Line, missing: dict[str, None], since: datetime, gathered: Gathered) -> None:
    """Take the wanted orders that the list tells out of `missing`: never more pages than single reads."""
    seen = 0
    for listed in _order_pages(line, since, None, ()):
        for row in listed.rows:
            if (code := fields.text(row, "code")) in missing:
                gathered.add(row)
                del missing[code]
        seen += len(listed.rows)
        if math.ceil((listed.total - seen) / PAGE_SIZE) > len(missing) or not missing:
            return


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list, and how many rows the list has now."""

    rows: list[Row]
    total: int


def changed_orders(line: Line, *, since: datetime | None, until: datetime, holds: bool) -> Iterator[Page]:
    """Pages of orders whose update time lies in the span, told whole; the truth counts as asked for at `until`.

    Rows are ordered by creation. Near the present the list has no end, so that none leaves it while it is read. One of the
    past shrinks when its orders change: then it is read again, at most five times.
    """
    end = until if until < datetime.now(UTC) - SKEW else None
    for _ in range(_PASSES):
        shrank, last = False, 0
        for listed in _order_pages(line, since or until - HISTORY, end, () if holds else (_NOT_YET,)):
            shrank, last = shrank or listed.total < last, listed.total
            yield _order_page(listed.rows, until, holds)
        if not shrank:
            return


def _order_pages(
    line: Line, since: datetime, until: datetime | None, more: Sequence[tuple[str, str]]
) -> Iterator[Listed]:
    params = [("updated_from_date", fields.local(since)), ("order_by", "created_at|desc"), _INCLUDE, *more]
    if until is not None:
        params.append(("updated_to_date", fields.local(until, up=True)))
    return _pages(line, "v2/orders", params)


def _order_page(rows: Iterable[Row], asked_at: datetime, holds: bool) -> Page:
    gathered, changes = Gathered(asked_at, holds), []
    for row in rows:
        gathered.add(row)
        if code := fields.text(row, "code"):
            changes.append(Change(code, _version(row), fields.text(row, "status")))
    return Page(tuple(changes), gathered.truth())


def _version(row: Row) -> datetime | None:
    try:
        return fields.moment(row, "updated_at")
    except ValueError:
        return None


def _pages(line: Line, path: str, params: Sequence[tuple[str, str]]) -> Iterator[Listed]:
    """All pages; `last_page` is 0 when there is nothing."""
    number = 1
    while True:
        answer = get(line, path, [("page", str(number)), ("limit", str(PAGE_SIZE)), *params])
        rows, paging = answers.rows(answer, "data"), answers.part(answer, "paging")
        yield Listed(rows, _count(paging, "total"))
        if not rows or number >= _count(paging, "last_page"):
            return
        number += 1


def _count(row: Row, key: str) -> int:
    try:
        return fields.count(row, key)
    except ValueError:
        return 0


# --- products ---


def read_products(line: Line, ids: Sequence[str], asked_at: datetime, warehouse: str) -> Truth:
    """The truth of these products, a call for each. One that Tiki does not know is gone, a container is ignored."""
    found: list[ListingSnapshot] = []
    gone, ignored, unreadable = [], {}, {}
    for number in dict.fromkeys(ids):
        row = one_product(line, number)
        if row is None:
            gone.append(number)
        elif not products.is_sold(row):
            ignored[number] = "it holds products together and is not sold"
        else:
            try:
                found.append(products.listing(row, asked_at, warehouse=warehouse))
            except ValueError as error:
                unreadable[number] = str(error)
    return Truth(listings=tuple(found), gone=tuple(gone), ignored=ignored, unreadable=unreadable)


def one_product(line: Line, number: str) -> Row | None:
    """A product as Tiki writes it, None when it does not know it."""
    if not (number.isascii() and number.isalnum()):
        return None
    try:
        found = get(line, f"v2/products/{number}", [("includes", "inventory,images")], endpoint="v2/products/*")
    except Rejected as refusal:
        if refusal.code == errors.NOT_FOUND:
            return None
        raise
    return found if isinstance(found, dict) else {}


def changed_products(line: Line, *, since: datetime | None, until: datetime, warehouse: str) -> Iterator[Page]:
    """Products, told whole: those made in the span when little is asked for, else all that there are.

    Tiki lists no changes of products: the queue tells them, and what a push leaves behind is read back. The list has no
    order that is documented: one that shrinks or repeats a row is read again, at most five times.
    """
    params = [("include", "inventory,images")]
    if since is not None and until - since < RECENT:
        params.append(("created_from_date", fields.local(since)))
    for _ in range(_PASSES):
        seen: set[str] = set()
        moved, last = False, 0
        for listed in _pages(line, "v2.1/products", params):
            numbers = [fields.text(row, "product_id") or fields.text(row, "id") for row in listed.rows]
            moved = moved or listed.total < last or not seen.isdisjoint(numbers)
            seen.update(numbers)
            last = listed.total
            yield _product_page(listed.rows, until, warehouse)
        if not moved:
            return


def _product_page(rows: Iterable[Row], asked_at: datetime, warehouse: str) -> Page:
    found, unreadable, changes = [], {}, []
    for row in rows:
        number = fields.text(row, "product_id") or fields.text(row, "id")
        if not number or not products.is_sold(row):
            continue
        # its time is not known to move with its stock: it is no version
        changes.append(Change(number))
        try:
            found.append(products.listing(row, asked_at, warehouse=warehouse))
        except ValueError as error:
            unreadable[number] = str(error)
    return Page(tuple(changes), Truth(listings=tuple(found), unreadable=unreadable))
