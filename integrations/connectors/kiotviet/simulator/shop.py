"""Calls about the shop itself: /salechannel, /users, /BankAccounts, /settings."""

from __future__ import annotations

from typing import Any

from integrations.connectors.kiotviet.simulator.book import Book
from integrations.connectors.kiotviet.simulator.lists import page, removed
from integrations.connectors.kiotviet.simulator.request import Call


def sale_channels(book: Book, call: Call) -> dict[str, Any]:
    """GET /salechannel (singular): its envelope has no timestamp."""
    answer = page(call, book.sale_channels, dict)
    del answer["timestamp"]
    return answer


def users(book: Book, call: Call) -> dict[str, Any]:
    """GET /users."""
    return page(
        call,
        book.users,
        lambda user: user | {"retailerId": book.retailer_id},
        extra=removed(book, call, "user", "removeIds"),
    )


def bank_accounts(book: Book, call: Call) -> dict[str, Any]:
    """GET /BankAccounts."""
    return page(
        call,
        book.bank_accounts,
        lambda account: account | {"retailerId": book.retailer_id},
        extra=removed(book, call, "bank account", "removeIds"),
    )


def settings(book: Book, call: Call) -> dict[str, Any]:
    """GET /settings: PascalCase, and only these four."""
    found = book.settings
    return {
        "ManagerCustomerByBranch": found.manager_customer_by_branch,
        "AllowOrderWhenOutStock": found.allow_order_when_out_stock,
        "AllowSellWhenOrderOutStock": found.allow_sell_when_order_out_stock,
        "AllowSellWhenOutStock": found.allow_sell_when_out_stock,
    }
