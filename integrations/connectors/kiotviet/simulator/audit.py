"""Comparison of the shop's book with the world: shows duplicate or missing documents of marketplace orders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import Book, Document

_WORDS = re.compile(r"[0-9A-Za-z]+")


def stock(book: Book) -> dict[str, dict[str, Decimal]]:
    """Return {sku: {warehouse: onHand}} of everything that keeps stock."""
    return {
        product.sku: {branch.warehouse: book.shelf(product.id, branch.id).on_hand for branch in book.branches.values()}
        for product in book.products.values()
        if product.keeps_stock
    }


def drift(book: Book, physical: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """Return every shelf of the world's goods whose onHand differs from the physical stock."""
    return [
        {
            "sku": sku,
            "warehouse": warehouse,
            "on_hand": float(on_hand),
            "physical": physical[sku].get(warehouse, 0),
        }
        for sku, shelves in stock(book).items()
        for warehouse, on_hand in shelves.items()
        # what a client made as a product is in no warehouse of the world
        if sku in physical and on_hand != physical[sku].get(warehouse, 0)
    ]


def hand_overs(book: Book, numbers: Iterable[str]) -> dict[str, dict[str, int]]:
    """Count the open orders and invoices that name each marketplace order in code or description."""
    found = {number: {"orders": 0, "invoices": 0} for number in numbers}
    for order in book.orders.values():
        if order.status != facts.ORDER_CANCELLED:
            for number in _named(order) & found.keys():
                found[number]["orders"] += 1
    for invoice in book.invoices.values():
        if invoice.status in facts.INVOICE_HOLDS_GOODS:
            fulfilled = book.orders.get(invoice.order_id or 0)
            for number in (_named(invoice) | (_named(fulfilled) if fulfilled else set())) & found.keys():
                found[number]["invoices"] += 1
    return found


def _named(document: Document) -> set[str]:
    return set(_WORDS.findall(f"{document.code} {document.description}"))
