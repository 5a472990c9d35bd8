"""Products made and changed by clients: /products, /listaddproducts, /listupdatedproducts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Product, Shelf
from integrations.connectors.kiotviet.simulator.catalogue import announce_product, found, show
from integrations.connectors.kiotviet.simulator.initial_state import FIRST_PRODUCT
from integrations.connectors.kiotviet.simulator.request import Call, Fields, Refusal
from integrations.connectors.kiotviet.simulator.stock import announce_stock

_BARCODE_LENGTH = 16
_KINDS = frozenset({facts.COMBO, facts.ORDINARY, facts.SERVICE})


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /products: the product, with its stock."""
    return show(book, _add(book, call, _checked(book, call.body, taken=set())))


def create_many(book: Book, call: Call) -> dict[str, Any]:
    """POST /listaddproducts: all of them or none (inferred); only a message, no ids."""
    taken: set[str] = set()
    for row in [_checked(book, row, taken=taken) for row in _rows(call)]:
        _add(book, call, row)
    return {"message": facts.SAVED}


def update(book: Book, call: Call, product_id: str) -> dict[str, Any]:
    """PUT /products/{id}: a partial body of name, price, sale flags; stock is not verified, hence untouched."""
    product = found(book, int(product_id))
    _change(product, call.body)()
    _changed(book, call, product)
    return show(book, product)


def update_many(book: Book, call: Call) -> dict[str, Any]:
    """PUT /listupdatedproducts, each named by `id`, else by `code`: all of them or none (inferred)."""
    named = [(_named(book, row), row) for row in _rows(call)]
    changes = [(product, _change(product, row)) for product, row in named]
    for product, change in changes:
        change()
        _changed(book, call, product)
    return {"message": facts.SAVED}


def delete(book: Book, call: Call, product_id: str) -> dict[str, Any]:
    """DELETE /products/{id}."""
    product = found(book, int(product_id))
    del book.products[product.id]
    book.removed.setdefault("product", []).append((call.now, product.id))
    book.announce("product.delete", product.id)
    return {"message": facts.DELETED}


def _rows(call: Call) -> list[Fields]:
    rows = call.body.parts("listProducts")
    if not rows:
        raise Refusal(facts.PRODUCT_ERROR, facts.NO_LINES)
    return rows


def _named(book: Book, row: Fields) -> Product:
    if product_id := row.whole("id", facts.PRODUCT_ERROR):
        return found(book, product_id)
    product = book.product_by_code(row.text("code") or "")
    if product is None:
        raise Refusal(facts.PRODUCT_ERROR, facts.NO_SUCH_PRODUCT)
    return product


def _checked(book: Book, row: Fields, *, taken: set[str]) -> Fields:
    """Return a new product's body when nothing is wrong with it. `taken`: codes of the same call."""
    code, category = (row.text("code") or "").lower(), row.whole("categoryId", facts.PRODUCT_ERROR)
    if not row.text("name"):
        raise Refusal(facts.PRODUCT_ERROR, facts.NAME_MISSING)
    if code and (code in taken or book.product_by_code(code)):
        raise Refusal(facts.PRODUCT_ERROR, facts.CODE_TAKEN.format(code=row.text("code")))
    if category is not None and category not in book.categories:
        raise Refusal(facts.PRODUCT_ERROR, facts.NO_SUCH_CATEGORY)
    if len(row.text("barCode") or "") > _BARCODE_LENGTH:
        raise Refusal(facts.PRODUCT_ERROR, facts.BAD_NUMBER.format(name="barCode"))
    if row.number("type", facts.PRODUCT_ERROR, Decimal(facts.ORDINARY)) not in _KINDS:
        raise Refusal(facts.PRODUCT_ERROR, facts.BAD_NUMBER.format(name="type"))
    _price(row, ZERO)
    for place in row.parts("inventories"):
        if place.whole("branchId", facts.PRODUCT_ERROR) not in book.branches:
            raise Refusal(facts.PRODUCT_ERROR, facts.NO_SUCH_BRANCH)
    taken.add(code)
    return row


def _add(book: Book, call: Call, row: Fields) -> Product:
    product_id = book.next_id("product", FIRST_PRODUCT)
    places = row.parts("inventories")
    product = Product(
        id=product_id,
        code=row.text("code") or f"SP{product_id - FIRST_PRODUCT:06d}",
        name=row.text("name") or "",
        category_id=row.whole("categoryId", facts.PRODUCT_ERROR) or next(iter(book.categories), 0),
        price=_price(row, ZERO),
        cost=places[0].number("cost", facts.PRODUCT_ERROR, ZERO) if places else ZERO,
        created_at=call.now,
        barcode=row.text("barCode"),
        kind=int(row.number("type", facts.PRODUCT_ERROR, Decimal(facts.ORDINARY))),
        allows_sale=row.flag("allowsSale", True),
        is_active=row.flag("isActive", True),
    )
    book.products[product.id] = product
    for place in places:
        branch = place.whole("branchId", facts.PRODUCT_ERROR) or 0
        book.shelves[product.id, branch] = Shelf(place.number("onHand", facts.PRODUCT_ERROR, ZERO))
    announce_product(book, product)
    for branch in book.branches if product.keeps_stock else ():
        announce_stock(book, product.id, branch)
    return product


def _price(row: Fields, default: Decimal) -> Decimal:
    price = row.number("basePrice", facts.PRODUCT_ERROR, default)
    if price < ZERO:
        raise Refusal(facts.PRODUCT_ERROR, facts.BAD_NUMBER.format(name="basePrice"))
    return price


def _change(product: Product, body: Fields) -> Callable[[], None]:
    """Return what a body changes, once it is known to be sound."""
    price = _price(body, product.price)

    def change() -> None:
        product.name = body.text("name") or product.name
        product.price = price
        product.allows_sale = body.flag("allowsSale", product.allows_sale)
        product.is_active = body.flag("isActive", product.is_active)

    return change


def _changed(book: Book, call: Call, product: Product) -> None:
    product.modified_at = call.now
    announce_product(book, product)
