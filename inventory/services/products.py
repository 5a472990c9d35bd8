"""Products and warehouses of a retailer whose stock is kept here. A POS brings its own: see `listings` and `shops`."""

from __future__ import annotations

from core.search import listing_words, searched
from core.text import normal_key
from inventory.models import Product, Warehouse


def add_product(sku: str, name: str) -> Product:
    """Add a product to the book. Raises ValueError for a SKU that is there: two could not be told apart."""
    key = normal_key(sku)
    if Product.objects.filter(sku=key, gone_at=None).exists():
        raise ValueError(f"there is a product {key} already")
    text, grams = searched(listing_words(key, "", name))
    return Product.objects.create(sku=key, name=name, search_text=text, search_grams=grams)


def add_warehouse(name: str) -> Warehouse:
    """Add a warehouse that is managed here. Not repeatable: the caller knows whether there is one."""
    return Warehouse.objects.create(name=name)
