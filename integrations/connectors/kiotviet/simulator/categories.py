"""Groups of goods: /categories, read and written."""

from __future__ import annotations

from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book, Category
from integrations.connectors.kiotviet.simulator.initial_state import FIRST_CATEGORY
from integrations.connectors.kiotviet.simulator.lists import changed_since, page, removed
from integrations.connectors.kiotviet.simulator.request import Call, Refusal

_LONGEST_NAME, _LEVELS = 125, 3


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /categories; `hierachicalData=true` (their spelling) gives the tree and ignores lastModifiedFrom."""
    extra = removed(book, call, "category", "removedIds")
    everything = list(book.categories.values())
    if call.query.flag("hierachicalData"):
        top = [one for one in everything if one.parent_id is None]
        return page(call, top, lambda one: _tree(book, one), extra=extra)
    rows = changed_since(call, everything, lambda one: one.modified_at or one.created_at)
    return page(call, rows, lambda one: _row(book, one), extra=extra)


def by_id(book: Book, call: Call, category_id: str) -> dict[str, Any]:
    """GET /categories/{id}: wrapped in `data`."""
    return {"data": _row(book, _found(book, int(category_id)))}


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /categories: `categoryName`, `parentId`; three levels at most."""
    name, parent_id = _name(call, ""), call.body.whole("parentId", facts.GENERAL_ERROR)
    if parent_id is not None and _level(book, _found(book, parent_id)) >= _LEVELS:
        raise Refusal(facts.GENERAL_ERROR, facts.BAD_NUMBER.format(name="parentId"))
    made = Category(book.next_id("category", FIRST_CATEGORY), name, call.now, parent_id)
    book.categories[made.id] = made
    _announce(book, made)
    return {"message": facts.SAVED, "data": _row(book, made)}


def update(book: Book, call: Call, category_id: str) -> dict[str, Any]:
    """PUT /categories/{id}: another name."""
    found = _found(book, int(category_id))
    found.name, found.modified_at = _name(call, found.name), call.now
    _announce(book, found)
    return {"message": facts.SAVED, "data": _row(book, found)}


def delete(book: Book, call: Call, category_id: str) -> dict[str, Any]:
    """DELETE /categories/{id}. One that holds groups or goods is kept (inferred)."""
    found = _found(book, int(category_id))
    parents = {one.parent_id for one in book.categories.values()}
    if found.id in parents or any(product.category_id == found.id for product in book.products.values()):
        raise Refusal(facts.GENERAL_ERROR, facts.CATEGORY_IN_USE)
    del book.categories[found.id]
    book.removed.setdefault("category", []).append((call.now, found.id))
    book.announce("category.delete", found.id)
    return {"message": facts.DELETED}


def _found(book: Book, category_id: int) -> Category:
    if category_id not in book.categories:
        raise Refusal(facts.GENERAL_ERROR, facts.NO_SUCH_CATEGORY)
    return book.categories[category_id]


def _name(call: Call, default: str) -> str:
    name = call.body.text("categoryName") or default
    if not name or len(name) > _LONGEST_NAME:
        raise Refusal(facts.GENERAL_ERROR, facts.NAME_MISSING)
    return name


def _level(book: Book, one: Category) -> int:
    parent = book.categories.get(one.parent_id or 0)
    return 1 + (_level(book, parent) if parent else 0)


def _row(book: Book, one: Category) -> dict[str, Any]:
    siblings = [other.id for other in book.categories.values() if other.parent_id == one.parent_id]
    return {
        "categoryId": one.id,
        "parentId": one.parent_id,
        "categoryName": one.name,
        "retailerId": book.retailer_id,
        "hasChild": any(other.parent_id == one.id for other in book.categories.values()),
        "createdDate": one.created_at,
        "modifiedDate": one.modified_at,
        "rank": siblings.index(one.id),
    }


def _tree(book: Book, one: Category) -> dict[str, Any]:
    children = [_tree(book, other) for other in book.categories.values() if other.parent_id == one.id]
    return _row(book, one) | {"children": children}


def _announce(book: Book, one: Category) -> None:
    row = _row(book, one)
    book.announce(
        "category.update",
        {
            "Id": one.id,
            "Name": one.name,
            "ParentId": one.parent_id,
            "IsDeleted": False,
            "CreatedDate": one.created_at,
            "ModifiedDate": one.modified_at,
            "RetailerId": book.retailer_id,
            "Rank": row["rank"],
            "HasChild": row["hasChild"],
        },
    )
