"""Records of one KiotViet shop: branches, goods, stock, customers, orders, invoices and its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts

ZERO = Decimal(0)


def ignore(kind: str, row: Any) -> None:
    """Ignore an announcement: no hooks yet."""


@dataclass
class Settings:
    """Settings of the owner. GET /settings shows the first four; the others only show as refusals."""

    manager_customer_by_branch: bool = False
    allow_order_when_out_stock: bool = True
    allow_sell_when_order_out_stock: bool = True
    allow_sell_when_out_stock: bool = False
    ordering: bool = True
    delivery: bool = True
    cod: bool = True
    surcharge: bool = True
    sales_locked_before: datetime | None = None


@dataclass
class Branch:
    """Branch that holds stock. `warehouse` is the world's name for it."""

    id: int
    name: str
    warehouse: str
    created_at: datetime
    address: str = ""
    phone: str = ""


@dataclass
class Category:
    """A group of goods, three levels at most."""

    id: int
    name: str
    created_at: datetime
    parent_id: int | None = None
    modified_at: datetime | None = None


@dataclass
class Product:
    """Product. `formula` (component id -> quantity) only on combos, which hold no stock of their own."""

    id: int
    code: str
    name: str
    category_id: int
    price: Decimal
    cost: Decimal
    created_at: datetime
    barcode: str | None = None
    kind: int = facts.ORDINARY
    formula: dict[int, Decimal] = field(default_factory=dict)
    allows_sale: bool = True
    is_active: bool = True
    modified_at: datetime | None = None
    # what it is in the world: its first code
    sku: str = ""

    def __post_init__(self) -> None:
        self.sku = self.sku or self.code

    @property
    def keeps_stock(self) -> bool:
        """Return whether a sale of it moves stock of its own."""
        return self.kind == facts.ORDINARY


@dataclass
class Shelf:
    """The stock of one product at one branch; both numbers may be fractional, on_hand also negative."""

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO


@dataclass
class Customer:
    """Customer of the shop."""

    id: int
    code: str
    name: str
    created_at: datetime
    branch_id: int | None = None
    phone: str | None = None
    address: str | None = None
    location: str | None = None
    ward: str | None = None
    email: str | None = None
    gender: bool | None = None
    comments: str | None = None
    modified_at: datetime | None = None


@dataclass
class Line:
    """A row of an order or invoice; `discount` is per unit."""

    id: int
    product_id: int
    code: str
    name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal = ZERO
    discount_ratio: Decimal | None = None
    note: str = ""
    taxes: tuple[int, ...] = ()

    def tax(self, tax_id: int) -> Decimal:
        """The tax of the whole line, whole dong."""
        return (self.net * facts.TAXES[tax_id][1] / 100).quantize(Decimal(1))

    @property
    def net(self) -> Decimal:
        """Price of the line before tax."""
        return (self.price - self.discount) * self.quantity


@dataclass
class Document:
    """Fields that orders and invoices share. `held` is what it holds of the stock: (product, branch) -> quantity."""

    id: int
    code: str
    branch_id: int
    purchase_date: datetime
    status: int
    created_at: datetime
    lines: list[Line] = field(default_factory=list)
    customer_id: int | None = None
    discount: Decimal = ZERO
    payments: list[dict[str, Any]] = field(default_factory=list)
    surcharges: list[dict[str, Any]] = field(default_factory=list)
    delivery: dict[str, Any] | None = None
    description: str = ""
    sale_channel_id: int | None = None
    sold_by_id: int | None = None
    using_cod: bool = False
    modified_at: datetime | None = None
    held: dict[tuple[int, int], Decimal] = field(default_factory=dict)

    @property
    def touched_at(self) -> datetime:
        """Time of the last change; a document that never changed carries no modifiedDate."""
        return self.modified_at or self.created_at

    @property
    def tax(self) -> Decimal:
        """All tax of all lines."""
        return sum((line.tax(tax_id) for line in self.lines for tax_id in line.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """Amount that the customer is to pay: lines - discount + tax + surcharges, as the documented samples add up."""
        charged = sum((charge["price"] for charge in self.surcharges), ZERO)
        return sum((line.net for line in self.lines), ZERO) - self.discount + self.tax + charged

    @property
    def paid(self) -> Decimal:
        """Amount that the customer has paid."""
        return sum((payment["amount"] for payment in self.payments), ZERO)


@dataclass
class Order(Document):
    """Order DH......: goods promised. `base_status` is its status while nothing of it is invoiced."""

    base_status: int = facts.ORDER_DRAFT
    invoice_ids: list[int] = field(default_factory=list)


@dataclass
class Invoice(Document):
    """Invoice HD......: goods gone."""

    order_id: int | None = None


@dataclass
class Surcharge:
    """Surcharge of a document. `value`: its usual amount."""

    id: int
    code: str
    name: str
    created_at: datetime
    value: Decimal = ZERO
    is_active: bool = True
    modified_at: datetime | None = None


@dataclass
class PriceBook:
    """Price list for a time: product id -> price. Without branches it is for all."""

    id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    branch_ids: list[int] = field(default_factory=list)
    prices: dict[int, Decimal] = field(default_factory=dict)
    modified_at: datetime | None = None


@dataclass
class Return:
    """Return TH......: goods of an invoice that came back over the counter."""

    id: int
    code: str
    invoice_id: int
    lines: list[Line]
    created_at: datetime
    received_by: int


@dataclass
class Book:
    """Records of one shop. Not thread-safe: the server holds one lock around each call."""

    retailer_id: int
    name: str
    settings: Settings = field(default_factory=Settings)
    branches: dict[int, Branch] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    shelves: dict[tuple[int, int], Shelf] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    invoices: dict[int, Invoice] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)
    surcharges: dict[int, Surcharge] = field(default_factory=dict)
    price_books: dict[int, PriceBook] = field(default_factory=dict)
    bank_accounts: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    sale_channels: list[dict[str, Any]] = field(default_factory=list)
    removed: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    last_id: dict[str, int] = field(default_factory=dict)
    # called for every change: (webhook type, row in PascalCase)
    announce: Callable[[str, Any], None] = ignore

    def next_id(self, kind: str, start: int) -> int:
        """The next id of a kind: start + 1, start + 2, ..."""
        self.last_id[kind] = self.last_id.get(kind, start) + 1
        return self.last_id[kind]

    def branch_name(self, branch_id: int) -> str:
        """The name of a branch that exists."""
        return self.branches[branch_id].name

    def product_by_code(self, code: str) -> Product | None:
        """The product with this SKU, in any letter case."""
        return next((found for found in self.products.values() if found.code.lower() == code.lower()), None)

    def product_by_sku(self, sku: str) -> Product | None:
        """The product that the world knows by this SKU, whatever its code is by now."""
        return next((found for found in self.products.values() if found.sku == sku), None)

    def shelf(self, product_id: int, branch_id: int) -> Shelf:
        """The stock of a product at a branch; an empty shelf where there never was any."""
        return self.shelves.setdefault((product_id, branch_id), Shelf())
