"""Lists, look-ups and writes of customers, contacts, products and sale orders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.misa_crm.simulator import facts
from integrations.connectors.misa_crm.simulator.book import Book, Kind
from integrations.connectors.misa_crm.simulator.wire import Refusal, Row, listed, looked_up, taken, turned_down, written

Query = Mapping[str, Sequence[str]]
LINES = "sale_order_product_mappings"
# three forms are seen with clients; which are accepted is not verified, so all of them are
_DATE = re.compile(r"\d{2}/\d{2}/\d{4}|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}:\d{2}|Z)?)?")


def whole(query: Query, name: str, default: int, most: int | None = None) -> int:
    """A whole number of the query. Refused when it is none."""
    text = query.get(name, [str(default)])[-1]
    if not text.isdecimal():
        raise Refusal(400, f"{name} is not a number")
    return int(text) if most is None else max(1, min(int(text), most))


def first_row(book: Book, query: Query, size: int) -> tuple[int, int]:
    """Return (page counted from 0, its first row). The meaning of page 0 and page 1 is one of the switches."""
    page, base = whole(query, "page", 0), book.switches.page_base
    if base == 1 and page == 0:
        raise Refusal(400, "page must be 1 or more")
    shown = page if base == 0 else max(0, page - 1)
    return shown, shown * size


def list_rows(book: Book, kind: Kind, query: Query) -> Row:
    """GET of a resource: a page, sorted as asked."""
    rows = list(book.tables[kind.path].values())
    order = query.get("orderBy", ["id"])[-1]
    if rows and order not in rows[0]:
        raise Refusal(400, f"{order} is not a field")
    falling = query.get("isDescending", ["false"])[-1].lower() == "true"
    rows.sort(key=lambda row: (str(row.get(order) or "") if order != "id" else "", row["id"]), reverse=falling)
    size = whole(query, "pageSize", facts.PAGE_DEFAULT, facts.PAGE_MAX)
    page, first = first_row(book, query, size)
    shown = [show(book, kind, row) for row in rows[first : first + size]]
    return listed(shown, total=len(rows), page=page, size=size)


def by_id(book: Book, kind: Kind, query: Query) -> Row:
    """GET .../id?ids=1&ids=2; `id` in the prose of another source is taken as well."""
    wanted = [int(number) for number in (*query.get("ids", ()), *query.get("id", ())) if number.isdecimal()]
    rows = [book.tables[kind.path].get(number) for number in dict.fromkeys(wanted)]
    return looked_up([show(book, kind, row) for row in rows if row])


def by_code(book: Book, kind: Kind, query: Query) -> Row:
    """GET .../code?code=A&code=B."""
    found = [row for code in dict.fromkeys(query.get("code", ())) if (row := book.by_code(kind.path, code))]
    rows = [show(book, kind, row) for row in found]
    if book.switches.brief_lookups:
        state = {"id", kind.code, kind.name, *kind.brief}
        rows = [{name: value for name, value in row.items() if name in state} for row in rows]
    return looked_up(rows)


def show(book: Book, kind: Kind, row: Row) -> Row:
    """Return a record's JSON: links by the name of their target, numbers as numbers."""
    named = {
        field: target[name]
        for field, (path, _, name) in kind.links.items()
        if row.get(field) and (target := book.by_code(path, str(row[field])))
    }
    return row | named


def create(book: Book, kind: Kind, rows: Sequence[Any], now: str) -> Row:
    """POST: each row is validated by itself."""
    return written([_create(book, kind, row, now) for row in rows])


def _create(book: Book, kind: Kind, row: Any, now: str) -> Row:
    if not isinstance(row, dict):
        return turned_down("", facts.INVALID)
    missing = next((name for name in (kind.code, kind.name, "form_layout") if not row.get(name)), None)
    if missing:
        return turned_down(missing, facts.EMPTY)
    if book.by_code(kind.path, row[kind.code]):
        return turned_down(kind.code, facts.DUPLICATE)
    if refusal := _judge(book, kind, row):
        return refusal
    state = {name: value for name, value in row.items() if name not in ("id", "modified_date")}
    return taken(book.add(kind.path, _born(book, kind, state), now))


def update(book: Book, kind: Kind, rows: Sequence[Any], now: str) -> Row:
    """PUT: found by its code (clients send that), else by its id; only what is sent changes."""
    return written([_update(book, kind, row, now) for row in rows])


def _update(book: Book, kind: Kind, row: Any, now: str) -> Row:
    if not isinstance(row, dict):
        return turned_down("", facts.INVALID)
    code, number = row.get(kind.code), row.get("id")
    known = (
        book.by_code(kind.path, code) if code else book.tables[kind.path].get(number if isinstance(number, int) else 0)
    )
    if known is None or known.get("is_deleted"):
        return turned_down(kind.code, facts.MISSING)
    if refusal := _judge(book, kind, row):
        return refusal
    state = {name: value for name, value in row.items() if name not in ("id", kind.code, "modified_date")}
    known.update(_lined(book, state) | {"modified_date": now})
    return taken(known["id"])


def delete(book: Book, kind: Kind, rows: Sequence[Any], now: str) -> Row:
    """DELETE: an array of numeric ids."""
    results = []
    for number in rows:
        known = book.tables[kind.path].get(number) if isinstance(number, int) else None
        if known is None:
            results.append(turned_down("id", facts.MISSING))
            continue
        if kind.buried:
            known.update(is_deleted=True, modified_date=now)
        else:
            del book.tables[kind.path][number]
        results.append(taken(number))
    return written(results)


def _judge(book: Book, kind: Kind, row: Row) -> Row | None:
    """Validate a row by the tenant's form. A value that is sent again unchanged is judged again, and is its own duplicate."""
    for name in kind.unique:
        if row.get(name) and any(other.get(name) == row[name] for other in book.tables[kind.path].values()):
            return turned_down(name, facts.DUPLICATE)
    for name, (path, _, _) in kind.links.items():
        if row.get(name) and book.by_code(path, str(row[name])) is None:
            return turned_down(name, facts.MISSING)
    if kind.path == "SaleOrders":
        return _judge_sale(book, row)
    return None


def _judge_sale(book: Book, row: Row) -> Row | None:
    if row.get("status", facts.NEW) not in facts.STATES:
        return turned_down("status", facts.INVALID)
    if "sale_order_date" in row and not _DATE.fullmatch(str(row["sale_order_date"])):
        return turned_down("sale_order_date", facts.INVALID)
    lines = row.get(LINES, [])
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        return turned_down(LINES, facts.INVALID)
    for line in lines:
        if book.by_code("Products", str(line.get("product_code", ""))) is None:
            return turned_down("product_code", facts.MISSING)
        if not isinstance(line.get("amount"), int | float) or line["amount"] <= 0:
            return turned_down("amount", facts.INVALID)
    return None


def _born(book: Book, kind: Kind, row: Row) -> Row:
    if kind.path != "SaleOrders":
        return {"inactive": False} | row
    first = {"status": facts.NEW, "is_deleted": False, "other_sys_order_code": "", LINES: []}
    return _lined(book, first | row)


def _lined(book: Book, row: Row) -> Row:
    """Give lines their ids; earlier lines are replaced."""
    if LINES not in row:
        return row
    lines = []
    for line in row[LINES]:
        book.last_line += 1
        lines.append({"id": book.last_line, **line, "total_amount_delivered": 0, "is_note_row": False})
    return row | {LINES: lines}
