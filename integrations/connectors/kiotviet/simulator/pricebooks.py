"""Price books: /pricebooks. Their prices are written one product a call; making a book or changing its dates is not possible."""

from __future__ import annotations

from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, PriceBook
from integrations.connectors.kiotviet.simulator.catalogue import announce_product, found
from integrations.connectors.kiotviet.simulator.lists import changed_since, page
from integrations.connectors.kiotviet.simulator.request import Call, Refusal


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /pricebooks; branches, customer groups and users only where they are asked for."""
    rows = changed_since(call, book.price_books.values(), lambda one: one.modified_at or one.created_at)
    asked = {
        "priceBookBranches": call.query.flag("includePriceBookBranch"),
        "priceBookCustomerGroups": call.query.flag("includePriceBookCustomerGroups"),
        "priceBookUsers": call.query.flag("includePriceBookUsers"),
    }

    def row(one: PriceBook) -> dict[str, Any]:
        parts = {"priceBookBranches": _branches(one), "priceBookCustomerGroups": [], "priceBookUsers": []}
        return _head(one) | {name: part for name, part in parts.items() if asked[name]}

    return page(call, rows, row)


def prices(book: Book, call: Call, book_id: str) -> dict[str, Any]:
    """GET /pricebooks/{id}: a page of its prices."""
    rows = [
        (product, price) for product, price in _found(book, int(book_id)).prices.items() if product in book.products
    ]
    return page(
        call,
        rows,
        lambda row: {"productId": row[0], "productCode": book.products[row[0]].code, "price": row[1]},
    )


def set_price(book: Book, call: Call) -> dict[str, Any]:
    """POST /pricebooks/detail: `pricebookId` (0: the general price list), `productId`, `price`."""
    body = call.body
    product = found(book, body.whole("productId", facts.PRODUCT_ERROR) or 0)
    price = body.number("price", facts.GENERAL_ERROR)
    if price < ZERO:
        raise Refusal(facts.GENERAL_ERROR, facts.BAD_NUMBER.format(name="price"))
    book_id = body.whole("pricebookId", facts.GENERAL_ERROR)
    if book_id is None:
        product.price, product.modified_at = price, call.now
        announce_product(book, product)
    else:
        chosen = _found(book, book_id)
        chosen.prices[product.id], chosen.modified_at = price, call.now
        book.announce("pricebookdetail.update", {"PriceBookId": book_id, "ProductId": product.id, "Price": price})
    return {"message": "", "isSuccess": True}


def _found(book: Book, book_id: int) -> PriceBook:
    if book_id not in book.price_books:
        raise Refusal(facts.GENERAL_ERROR, facts.NO_SUCH_PRICE_BOOK)
    return book.price_books[book_id]


def _head(one: PriceBook) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "isActive": True,
        "isGlobal": not one.branch_ids,
        "startDate": one.starts_at,
        "endDate": one.ends_at,
        "forAllCusGroup": True,
        "forAllUser": True,
    }


def _branches(one: PriceBook) -> list[dict[str, Any]]:
    return [{"id": place, "priceBookId": one.id, "branchId": branch} for place, branch in enumerate(one.branch_ids, 1)]
