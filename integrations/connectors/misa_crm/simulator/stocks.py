"""Warehouse calls: warehouses and their stock ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.misa_crm.simulator import facts
from integrations.connectors.misa_crm.simulator.book import Book, folded
from integrations.connectors.misa_crm.simulator.records import Query, first_row, whole
from integrations.connectors.misa_crm.simulator.wire import Row, looked_up

# (SKU, warehouse of the world) -> units
Units = Callable[[str, str], int]


def all_stocks(book: Book) -> Row:
    """GET /Stocks: all of them, no paging."""
    return looked_up(list(book.stocks.values()))


def by_async_id(book: Book, query: Query) -> Row:
    """GET /Stocks/asyncid?async_ids=."""
    return looked_up([book.stocks[key] for key in query.get("async_ids", ()) if key in book.stocks])


def by_stock_code(book: Book, query: Query) -> Row:
    """GET /Stocks/code?stockCode=."""
    wanted = {folded(code) for code in query.get("stockCode", ())}
    return looked_up([row for row in book.stocks.values() if folded(row["stock_code"]) in wanted])


def ledger(book: Book, query: Query, units: Units) -> Row:
    """GET /Stocks/product_ledger: a good page says `success: false` and code 0."""
    warehouse = book.warehouses.get(query.get("stockID", [""])[-1], "")
    goods = list(book.tables["Products"].values()) if warehouse else []
    size = whole(query, "pageSize", facts.PAGE_DEFAULT, facts.LEDGER_PAGE_MAX)
    page, first = first_row(book, query, size)
    pages = -(-len(goods) // size)
    return {
        "success": False, "code": 0, "data": [_row(good, warehouse, units) for good in goods[first : first + size]],
        "total_records": len(goods), "total_pages": pages, "next_page": page + 1 < pages, "previous_page": page > 0,
    }  # fmt: skip


def _row(good: Row, warehouse: str, units: Units) -> Row:
    """Return a row with numbers or numeric strings and codes in another letter case: both occur. A bundle has no quantity."""
    sku, number = str(good["product_code"]).strip(), good["id"]
    on_hand: Any = units(sku, warehouse)
    row: Row = {
        "product_code": f" {sku.lower()}" if number % 7 == 0 else sku,
        "product_category_name": good["product_category"],
        "usage_unit_name": good["usage_unit"],
        "amount_summary": 0,
        "order_quantity": 0,
        "shipping_amount_summary": 0,
        "delivery_quantity": 0,
    }
    if good.get("product_properties") != "Combo":
        row["main_stock_quantity"] = f"{on_hand}.00" if number % 5 == 0 else on_hand
    return row
