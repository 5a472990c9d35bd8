"""Table of the kinds of imports."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.imports import costs, mappings, prices, shelves
from erpsync.admin.imports.changes import Kind
from inventory.models import Listing, Product

_LISTING = {
    "shop": gettext_lazy("Shop"),
    "item": gettext_lazy("Item id"),
    "variation": gettext_lazy("Variation id"),
    "sku": gettext_lazy("Seller SKU"),
}
_BY = gettext_lazy("A listing is named by its item id (and variation id), or by the seller SKU and the shop.")

KINDS: Mapping[str, Kind] = {
    "costs": Kind(
        gettext_lazy("Import costs"), Product, {"product": gettext_lazy("SKU"), "cost": gettext_lazy("Cost")},
        ("product", "cost"),
        gettext_lazy("An empty cost leaves the product as it is. A POS that tells costs goes on setting its own."),
        SEES_COST, costs.check, costs.store,
    ),
    "shelves": Kind(
        gettext_lazy("Import shelves"), Product,
        {"product": gettext_lazy("SKU"), "warehouse": gettext_lazy("Warehouse"), "shelf": gettext_lazy("Shelf")}, ("product", "shelf"),
        gettext_lazy("The branch by its name; it may be left out where the product is in one only. An empty shelf changes nothing."),
        permissions.OPERATOR, shelves.check, shelves.store,
    ),
    "mappings": Kind(
        gettext_lazy("Import mappings"), Listing,
        {**_LISTING, "product": gettext_lazy("Product"), "units": gettext_lazy("Units")}, ("product",), _BY,
        permissions.OPERATOR, mappings.check, mappings.store,
    ),
    "prices": Kind(
        gettext_lazy("Import prices"), Listing, {**_LISTING, "price": gettext_lazy("Price wanted")}, ("price",), _BY,
        permissions.OPERATOR, prices.check, prices.store,
    ),
}  # fmt: skip
