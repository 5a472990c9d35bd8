"""What the shop's book says about marketplace orders, to be held against the world: doubled or missing hand-overs show here."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book, Document


def stock(book: Book) -> dict[str, dict[str, Decimal]]:
    """{sku: {warehouse: onHand}} of everything that keeps stock."""
    return {
        product.code: {branch.warehouse: book.shelf(product.id, branch.id).on_hand for branch in book.branches.values()}
        for product in book.products.values()
        if product.keeps_stock
    }


def drift(book: Book, physical: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """Every shelf whose onHand is not what is physically there."""
    return [
        {"sku": sku, "warehouse": warehouse, "on_hand": on_hand, "physical": physical.get(sku, {}).get(warehouse, 0)}
        for sku, shelves in stock(book).items()
        for warehouse, on_hand in shelves.items()
        if on_hand != physical.get(sku, {}).get(warehouse, 0)
    ]


def hand_overs(book: Book, numbers: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many living orders and invoices name each marketplace order, in their code or description."""
    living_orders = [order for order in book.orders.values() if order.status != facts.ORDER_CANCELLED]
    living_invoices = [one for one in book.invoices.values() if one.status in facts.INVOICE_HOLDS_GOODS]
    of_order = {order.id: order for order in book.orders.values()}
    found: dict[str, dict[str, int]] = {}
    for number in numbers:
        named = {order_id for order_id, order in of_order.items() if _names(order, number)}
        found[number] = {
            "orders": sum(order.id in named for order in living_orders),
            "invoices": sum(_names(one, number) or one.order_id in named for one in living_invoices),
        }
    return found


def _names(document: Document, number: str) -> bool:
    return number in document.code or number in document.description
