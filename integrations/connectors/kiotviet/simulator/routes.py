"""Routes of the platform. Paths are matched without regard to letter case (inferred)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from integrations.connectors.kiotviet.simulator import (
    catalogue,
    categories,
    customers,
    facts,
    invoices,
    orders,
    payments,
    pricebooks,
    product_writes,
    returns,
    shop,
    surcharges,
)
from integrations.connectors.kiotviet.simulator.book import Book
from integrations.connectors.kiotviet.simulator.hooks import Hooks
from integrations.connectors.kiotviet.simulator.request import Call, Refusal

Response = Callable[..., dict[str, Any]]

_TABLE: tuple[tuple[str, str, Response], ...] = (
    ("GET", "/branches", catalogue.branches),
    ("GET", "/categories", categories.listed),
    ("POST", "/categories", categories.create),
    ("GET", "/categories/ID", categories.by_id),
    ("PUT", "/categories/ID", categories.update),
    ("DELETE", "/categories/ID", categories.delete),
    ("GET", "/products", catalogue.products),
    ("POST", "/products", product_writes.create),
    ("GET", "/products/ID", catalogue.by_id),
    ("PUT", "/products/ID", product_writes.update),
    ("DELETE", "/products/ID", product_writes.delete),
    ("POST", "/listaddproducts", product_writes.create_many),
    ("PUT", "/listupdatedproducts", product_writes.update_many),
    ("GET", "/products/code", catalogue.by_code),
    ("GET", "/products/code/CODE", catalogue.by_code),
    ("GET", "/productonhands", catalogue.on_hands),
    ("GET", "/pricebooks", pricebooks.listed),
    ("GET", "/pricebooks/ID", pricebooks.prices),
    ("POST", "/pricebooks/detail", pricebooks.set_price),
    ("GET", "/customers", customers.listed),
    ("POST", "/customers", customers.create),
    ("GET", "/customers/ID", customers.by_id),
    ("PUT", "/customers/ID", customers.update),
    ("DELETE", "/customers/ID", customers.delete),
    ("GET", "/customers/code/CODE", customers.by_code),
    ("POST", "/listaddcutomers", customers.create_many),
    ("POST", "/listaddcustomers", customers.create_many),
    ("PUT", "/listupdatecustomers", customers.update_many),
    ("GET", "/orders", orders.listed),
    ("POST", "/orders", orders.create),
    ("GET", "/orders/ID", orders.by_id),
    ("PUT", "/orders/ID", orders.update),
    ("DELETE", "/orders/ID", orders.cancel),
    ("GET", "/orders/code/CODE", orders.by_code),
    ("GET", "/invoices", invoices.listed),
    ("POST", "/invoices", invoices.create),
    ("DELETE", "/invoices", invoices.void),
    ("GET", "/invoices/ID", invoices.by_id),
    ("PUT", "/invoices/ID", invoices.update),
    ("GET", "/invoices/code/CODE", invoices.by_code),
    ("POST", "/payments", payments.create),
    ("GET", "/returns", returns.listed),
    ("GET", "/returns/ID", returns.by_id),
    ("GET", "/returns/code/CODE", returns.by_code),
    ("GET", "/surchages", surcharges.listed),
    ("POST", "/surchages", surcharges.create),
    ("PUT", "/surchages/ID", surcharges.update),
    ("POST", "/surchages/ID/activesurchage", surcharges.switch),
    ("GET", "/bankaccounts", shop.bank_accounts),
    ("GET", "/salechannel", shop.sale_channels),
    ("GET", "/users", shop.users),
    ("GET", "/settings", shop.settings),
)
_HOOKS: tuple[tuple[str, str, Response], ...] = (
    ("GET", "/webhooks", Hooks.listed),
    ("POST", "/webhooks", Hooks.create),
    ("GET", "/webhooks/ID", Hooks.by_id),
    ("DELETE", "/webhooks/ID", Hooks.delete),
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("ID", r"(\d{1,18})").replace("CODE", "(.+)"), re.IGNORECASE)


_BOOK_ROUTES = [(method, _pattern(path), answer) for method, path, answer in _TABLE]
_HOOK_ROUTES = [(method, _pattern(path), answer) for method, path, answer in _HOOKS]


def find(book: Book, hooks: Hooks, call: Call) -> Callable[[], dict[str, Any]]:
    """Find the handler of a call. Refused with 404 for an unknown path and 405 for an unknown method (not verified)."""
    known = False
    path = call.path.rstrip("/")
    for routes, owner in ((_BOOK_ROUTES, book), (_HOOK_ROUTES, hooks)):
        for method, pattern, answer in routes:
            match = pattern.fullmatch(path)
            if match and method == call.method:
                return partial(answer, owner, call, *match.groups())
            known = known or match is not None
    raise Refusal(facts.GENERAL_ERROR, facts.NOT_FOUND, status=405 if known else 404)
