"""Products, listings and amounts by what a file calls them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.money import NotAnAmount, parse_amount
from core.text import normal_key
from erpsync import permissions
from erpsync.admin.imports.changes import Wrong
from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.amounts import refusal_text
from inventory.models import Listing, Product


def products_by_sku(queryset: QuerySet[Product], skus: set[str]) -> Callable[[str], Product]:
    """Return the lookup of products by SKU, in any case."""
    found: dict[str, list[Product]] = defaultdict(list)
    wanted = {normal_key(sku).upper() for sku in skus if sku}
    rows = queryset.filter(gone_at=None).annotate(upper=Upper("sku")).filter(upper__in=wanted)
    for product in rows.only("sku", "name", "cost"):
        found[product.sku.upper()].append(product)

    def one(sku: str) -> Product:
        if not sku:
            raise Wrong(_("The SKU is missing."))
        named = found[normal_key(sku).upper()]
        if not named:
            raise Wrong(_("There is no product with the SKU %(sku)s.") % {"sku": sku})
        if len(named) > 1:
            raise Wrong(_("Several products have the SKU %(sku)s: change it on the product's page.") % {"sku": sku})
        return named[0]

    return one


def listings_by_name(request: HttpRequest, lines: Sequence[Line]) -> Callable[[Line], Listing]:
    """Return the lookup of listings by the channel's ids or the seller's SKU, with the shop where that names several."""
    shops = permissions.shop_ids(request, permissions.OPERATOR)
    items = {line.values["item"] for line in lines} - {""}
    skus = {line.values["sku"] for line in lines if not line.values["item"]} - {""}
    rows = Listing.objects.filter(Q(item_id__in=items) | Q(sku__in=skus), shop_id__in=shops).exclude(status="deleted")
    known = list(rows.select_related("shop", "product").defer("raw", "description"))
    by_item: dict[str, list[Listing]] = defaultdict(list)
    by_sku: dict[str, list[Listing]] = defaultdict(list)
    for row in known:
        by_item[row.item_id].append(row)
        by_sku[row.sku].append(row)

    def one(line: Line) -> Listing:
        item, variation, sku, shop = (line.values[name] for name in ("item", "variation", "sku", "shop"))
        if not item and not sku:
            raise Wrong(_("Name the listing by its item id or its seller SKU."))
        named = by_item[item] if item else by_sku[sku]
        if item and (variation or len(named) > 1):
            named = [row for row in named if row.variation_id == variation]
        if shop:
            named = [row for row in named if row.shop.name.casefold() == shop.casefold()]
        if not named:
            raise Wrong(_("There is no such listing in your shops: %(name)s.") % {"name": item or sku})
        if len(named) > 1:
            raise Wrong(
                _("Several listings are called %(name)s: add shop, item id and variation id.") % {"name": item or sku}
            )
        return named[0]

    return one


def amount_of(text: str, currency: str) -> Decimal:
    """Return the amount that a cell holds. Raises Wrong."""
    try:
        return parse_amount(text, currency)
    except NotAnAmount as refused:
        raise Wrong(f"{text}: {refusal_text(refused, currency)}") from refused
