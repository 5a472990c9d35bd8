"""List responses: envelope, paging by record offset, modification window, sorting, deleted ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book
from integrations.connectors.kiotviet.simulator.request import Call, Refusal
from integrations.connectors.kiotviet.simulator.wire import stamp

Row = TypeVar("Row")


def page(
    call: Call, rows: list[Row], show: Callable[[Row], dict[str, Any]], *, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return one page. `currentItem` is the offset of its first record; an empty page has no `data`."""
    size = int(call.query.number("pageSize", facts.GENERAL_ERROR, Decimal(facts.PAGE_DEFAULT)))
    size = min(size, facts.PAGE_MAX) if size > 0 else facts.PAGE_DEFAULT
    first = max(0, int(call.query.number("currentItem", facts.GENERAL_ERROR, ZERO)))
    shown = [show(row) for row in rows[first : first + size]]
    answer: dict[str, Any] = {"total": len(rows), "pageSize": size}
    if shown:
        answer["data"] = shown
    return answer | (extra or {}) | {"timestamp": stamp(call.now)}


def changed_since(call: Call, rows: Iterable[Row], touched: Callable[[Row], datetime]) -> list[Row]:
    """The rows inside [lastModifiedFrom, toDate]; toDate bounds the modification time despite its name."""
    since = call.query.moment("lastModifiedFrom", facts.GENERAL_ERROR)
    until = call.query.moment("toDate", facts.GENERAL_ERROR)
    return [row for row in rows if (not since or touched(row) >= since) and (not until or touched(row) <= until)]


def in_order(call: Call, rows: list[Row], keys: Mapping[str, Callable[[Row], Any]]) -> list[Row]:
    """Sort by `orderBy` (default: as created) and `orderDirection` (default Asc). An unknown field is refused."""
    field = (call.query.text("orderBy") or "id").lower()
    known = {name.lower(): key for name, key in keys.items()}
    if field not in known:
        raise Refusal(facts.GENERAL_ERROR, facts.BAD_NUMBER.format(name="orderBy"))
    falling = (call.query.text("orderDirection") or "Asc").lower() == "desc"
    return sorted(rows, key=known[field], reverse=falling)


def removed(book: Book, call: Call, kind: str, name: str) -> dict[str, Any]:
    """The deleted ids under the name this resource uses; only with includeRemoveIds=true and lastModifiedFrom."""
    since = call.query.moment("lastModifiedFrom", facts.GENERAL_ERROR)
    if since is None or not call.query.flag("includeRemoveIds"):
        return {}
    return {name: [gone for when, gone in book.removed.get(kind, []) if when >= since]}
