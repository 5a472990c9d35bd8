"""Products that get other codes, as shopkeepers do it: renamed, swapped with another's, or a freed code used for something else.

The product's id stays, and so does what it is: its `sku` in the world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from integrations.connectors.kiotviet.simulator.book import Book, Product
from integrations.connectors.kiotviet.simulator.catalogue import announce_product

_Recode = Callable[[Product, Product, int], None]


def recode(book: Book, how: str, product: Product, other: Product, number: int, now: datetime) -> None:
    """Change codes in one of the ways of `WAYS`; `number` makes a new code unique."""
    WAYS[how](product, other, number)
    for changed in (product, other) if how != "renamed" else (product,):
        changed.modified_at = now
        announce_product(book, changed)


def codes(book: Book) -> dict[str, str]:
    """Return the present code of each good whose code has changed, by its SKU in the world."""
    return {product.sku: product.code for product in book.products.values() if product.code != product.sku}


def _rename(product: Product, _: Product, number: int) -> None:
    product.code = f"{product.sku}-M{number}"


def _swap(product: Product, other: Product, _: int) -> None:
    product.code, other.code = other.code, product.code


def _reuse(product: Product, other: Product, number: int) -> None:
    other.code, product.code = product.code, f"{product.sku}-CU{number}"


WAYS: Mapping[str, _Recode] = {"renamed": _rename, "swapped": _swap, "reused": _reuse}
