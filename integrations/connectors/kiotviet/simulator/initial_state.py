"""Initial state of a shop: a book with branches, goods and stock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book, Branch, Category, PriceBook, Product, Shelf, Surcharge
from integrations.connectors.kiotviet.simulator.tokens import Tokens

FIRST_BRANCH, FIRST_PRODUCT, FIRST_CATEGORY, SELLER = 200_000, 51_500_000, 1_600_000, 100_001
FIRST_PRICE_BOOK = 2_001
_STAFF = ("Nhân viên mẫu", "Trần Thị Thu", "Lê Minh Quân")


@dataclass(frozen=True)
class Good:
    """One SKU to put on the shelves. `stock`: units per warehouse; `components` (sku -> units) make it a combo."""

    sku: str
    name: str
    price: Decimal
    cost: Decimal
    category: str = "Khác"
    barcode: str | None = None
    stock: Mapping[str, int] = field(default_factory=dict)
    components: Mapping[str, int] = field(default_factory=dict)


def open_book(name: str, retailer_id: int, warehouses: Mapping[str, str], goods: Sequence[Good], now: datetime) -> Book:
    """Return a shop with one branch per warehouse (the world's name -> the branch's name), created a year ago."""
    opened = now - timedelta(days=365)
    book = Book(retailer_id, name)
    for place, (warehouse, title) in enumerate(warehouses.items(), 1):
        branch = Branch(FIRST_BRANCH + place, title, warehouse, opened, phone="+84900000000")
        book.branches[branch.id] = branch
    book.users = [
        {"id": SELLER + place, "userName": f"nhanvien{place + 1:02d}", "givenName": name, "createdDate": opened}
        for place, name in enumerate(_STAFF)
    ]
    book.sale_channels = [
        {"id": 1, "name": "Khác", "isActive": True, "img": "fas fa-ellipsis-h", "isNotDelete": True},
        {"id": 3, "name": "Website", "isActive": True, "isNotDelete": False},
    ]
    book.bank_accounts = [
        {"id": 12, "bankName": "Vietcombank", "accountNumber": "0000000000", "description": "", "createdDate": opened}
    ]
    freight = Surcharge(book.next_id("surcharge kind", 0), "THK000001", "Phí giao hàng", opened)
    book.surcharges[freight.id] = freight
    prices = PriceBook(FIRST_PRICE_BOOK, "Bảng giá sàn", opened, now + timedelta(days=365), opened)
    book.price_books[prices.id] = prices
    for good in goods:
        _stock_up(book, good, opened)
    for good in goods:
        product = book.product_by_code(good.sku)
        if product is not None:
            _compose(book, product, good)
    return book


def _stock_up(book: Book, good: Good, opened: datetime) -> None:
    group = next((found for found in book.categories.values() if found.name == good.category), None)
    if group is None:
        group = Category(book.next_id("category", FIRST_CATEGORY), good.category, opened)
        book.categories[group.id] = group
    product = Product(
        id=book.next_id("product", FIRST_PRODUCT),
        code=good.sku,
        name=good.name,
        category_id=group.id,
        price=good.price,
        cost=good.cost,
        created_at=opened,
        barcode=good.barcode,
        kind=facts.COMBO if good.components else facts.ORDINARY,
    )
    book.products[product.id] = product
    for branch in book.branches.values():
        book.shelves[product.id, branch.id] = Shelf(Decimal(good.stock.get(branch.warehouse, 0)))


def _compose(book: Book, product: Product, good: Good) -> None:
    for sku, quantity in good.components.items():
        part = book.product_by_code(sku)
        if part is not None:
            product.formula[part.id] = Decimal(quantity)


def open_tokens(book: Book, seed: str) -> Tokens:
    """Return the shop's API credentials: a GUID, and 40 upper-case hex characters."""
    digest = hashlib.blake2b(f"{seed}/{book.name}".encode(), digest_size=36).digest()
    client_id = str(UUID(bytes=digest[:16], version=4))
    return Tokens(client_id, digest[16:].hex().upper(), book.name, book.retailer_id, SELLER)
