"""Catalogue calls that read: /branches, /products, /productOnHands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book, Branch, Product
from integrations.connectors.kiotviet.simulator.lists import changed_since, in_order, page, removed
from integrations.connectors.kiotviet.simulator.request import Call, Refusal
from integrations.connectors.kiotviet.simulator.stock import hook_row
from integrations.connectors.kiotviet.simulator.wire import fixed, pascal

_SORT: dict[str, Callable[[Product], Any]] = {
    "id": lambda product: product.id,
    "code": lambda product: product.code,
    "name": lambda product: product.name,
    "createdDate": lambda product: (product.created_at, product.id),
    "modifiedDate": lambda product: (_touched(product), product.id),
}
_HOOK_KEYS = [
    "id",
    "code",
    "name",
    "fullName",
    "categoryId",
    "categoryName",
    "masterProductId",
    "allowsSale",
    "hasVariants",
    "basePrice",
    "weight",
    "unit",
    "masterUnitId",
    "conversionValue",
    "modifiedDate",
    "isActive",
    "description",
]


def _touched(product: Product) -> datetime:
    return product.modified_at or product.created_at


def branches(book: Book, call: Call) -> dict[str, Any]:
    """GET /branches."""
    rows = changed_since(call, book.branches.values(), lambda branch: branch.created_at)

    def row(branch: Branch) -> dict[str, Any]:
        return {
            "id": branch.id,
            "branchName": branch.name,
            "address": branch.address,
            "contactNumber": branch.phone,
            "retailerId": book.retailer_id,
            "createdDate": branch.created_at,
        }

    return page(call, rows, row, extra=removed(book, call, "branch", "removedIds"))


def _inventory(book: Book, product: Product, branch: Branch) -> dict[str, Any]:
    shelf = book.shelf(product.id, branch.id)
    return {
        "productId": product.id,
        "branchId": branch.id,
        "branchName": branch.name,
        "cost": fixed(product.cost, 10) if product.cost else 0,
        "onHand": shelf.on_hand,
        "reserved": shelf.reserved,
        "actualReserved": 0,
        "minQuantity": 0,
        "maxQuantity": 0,
        "isActive": True,
        "onOrder": 0,
    }


def _formula(book: Book, product: Product) -> list[dict[str, Any]]:
    parts = (
        (book.products[part_id], quantity) for part_id, quantity in product.formula.items() if part_id in book.products
    )
    return [
        {
            "materialId": part.id,
            "materialCode": part.code,
            "materialFullName": part.name,
            "quantity": quantity,
            "basePrice": part.price,
        }
        for part, quantity in parts
    ]


def show(
    book: Book, product: Product, *, inventories: bool = True, formula: bool = True, branch_ids: set[int] | None = None
) -> dict[str, Any]:
    """A product. Without `inventories` there is no such key at all. `images` are URL strings, as live ones are."""
    group = book.categories.get(product.category_id)
    row: dict[str, Any] = {
        "createdDate": product.created_at,
        "id": product.id,
        "retailerId": book.retailer_id,
        "code": product.code,
        "barCode": product.barcode,
        "name": product.name,
        "fullName": product.name,
        "categoryId": product.category_id,
        "categoryName": group and group.name,
        "allowsSale": product.allows_sale,
        "type": product.kind,
        "hasVariants": False,
        # fixed decimals at times, as captured: 850000.0000 in one shop, 149000.0 in another
        "basePrice": fixed(product.price, 4 if product.id % 2 else 1),
        "conversionValue": 1,
        "description": "",
        "modifiedDate": product.modified_at,
        "isActive": product.is_active,
        "isRewardPoint": True,
        "isLotSerialControl": False,
        "isBatchExpireControl": False,
    }
    if inventories:
        shown = [branch for branch in book.branches.values() if not branch_ids or branch.id in branch_ids]
        row["inventories"] = [_inventory(book, product, branch) for branch in shown]
    if formula and product.kind == facts.COMBO:
        row["productFormulas"] = _formula(book, product)
    return row | {"images": [f"https://img.example.com/{product.id}.png"]}


def products(book: Book, call: Call) -> dict[str, Any]:
    """GET /products. A stock movement does not touch modifiedDate."""
    query = call.query
    group, kind = query.whole("categoryId", facts.GENERAL_ERROR), query.whole("productType", facts.GENERAL_ERROR)
    name, active = query.text("name"), query.value("isActive")
    rows = [
        product
        for product in changed_since(call, book.products.values(), _touched)
        if (group is None or product.category_id == group)
        and (kind is None or product.kind == kind)
        and (not name or name.lower() in product.name.lower())
        and (active is None or product.is_active == query.flag("isActive"))
    ]
    with_stock, with_formula = query.flag("includeInventory"), query.flag("includeMaterial")
    branch_ids = call.ids("BranchIds")
    return page(
        call,
        in_order(call, rows, _SORT),
        lambda product: show(book, product, inventories=with_stock, formula=with_formula, branch_ids=branch_ids),
        extra=removed(book, call, "product", "removeId"),
    )


def found(book: Book, product_id: int) -> Product:
    """The product with this id. Refused when there is none."""
    if product_id not in book.products:
        raise Refusal(facts.PRODUCT_ERROR, facts.NO_SUCH_PRODUCT)
    return book.products[product_id]


def by_id(book: Book, call: Call, product_id: str) -> dict[str, Any]:
    """GET /products/{id}: inventories always present."""
    return show(book, found(book, int(product_id)))


def by_code(book: Book, call: Call, code: str | None = None) -> dict[str, Any]:
    """GET /products/code/{code}, and the older /products/code?Code=."""
    product = book.product_by_code(code or call.query.text("code") or "")
    if product is None:
        raise Refusal(facts.PRODUCT_ERROR, facts.NO_SUCH_PRODUCT)
    return show(book, product)


def on_hands(book: Book, call: Call) -> dict[str, Any]:
    """GET /productOnHands: stock only. Sales and receipts do not move modifiedDate, so lastModifiedFrom misses them."""
    branch_ids = call.ids("branchIds")
    rows = changed_since(call, book.products.values(), _touched)

    def row(product: Product) -> dict[str, Any]:
        shown = (branch_id for branch_id in book.branches if not branch_ids or branch_id in branch_ids)
        shelves = [(branch_id, book.shelf(product.id, branch_id)) for branch_id in shown]
        return {
            "id": product.id,
            "code": product.code,
            "createdDate": product.created_at,
            "modifiedDate": product.modified_at,
            "inventories": [
                {"branchId": branch_id, "onHand": shelf.on_hand, "reserved": shelf.reserved}
                for branch_id, shelf in shelves
            ],
        }

    return page(call, in_order(call, rows, _SORT), row)


def announce_product(book: Book, product: Product) -> None:
    """Announce a product as it stands now."""
    row = show(book, product, inventories=False, formula=False)
    shown = pascal({key: row[key] for key in _HOOK_KEYS if key in row})
    shelves = [pascal(hook_row(book, product.id, branch_id)) for branch_id in book.branches]
    images = [{"Image": url} for url in row["images"]]
    empty: dict[str, Any] = {"Attributes": [], "Units": [], "PriceBooks": []}
    book.announce("product.update", shown | empty | {"Inventories": shelves, "Images": images})
