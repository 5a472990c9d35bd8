"""Import of mappings."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.money import NotAnAmount, parse_whole
from erpsync import permissions
from erpsync.admin.imports.changes import Change, Outcome, Wrong, checked
from erpsync.admin.imports.finding import listings_by_name, products_by_sku
from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.amounts import refusal_text
from inventory.models import Listing, Product
from inventory.services.mapping import map_listings

MOST_UNITS = 10_000


def check(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    """Return which mappings rows would change."""
    product_of = products_by_sku(permissions.products(request), {line.values["product"] for line in lines})

    def change(line: Line, listing: Listing) -> Change | None:
        if not line.values["product"]:
            return None
        product, units = product_of(line.values["product"]), _units(line.values["units"] or "1")
        if (listing.product_id, listing.units) == (product.pk, units):
            return None
        before = _mapped(listing.units, listing.product) if listing.product else "–"
        name = f"{listing} · {listing.shop}"
        return Change(line.number, listing.pk, name, before, _mapped(units, product), (product.pk, units))

    return checked(lines, listings_by_name(request, lines), change)


def _units(text: str) -> int:
    try:
        units = parse_whole(text)
    except NotAnAmount as refused:
        raise Wrong(f"{text}: {refusal_text(refused, '')}") from refused
    if not 1 <= units <= MOST_UNITS:
        raise Wrong(_("Units: a whole number from 1 to %(most)s.") % {"most": MOST_UNITS})
    return units


def _mapped(units: int, product: Product) -> str:
    return str(product) if units == 1 else f"{units} × {product}"


def store(changes: Sequence[Change]) -> None:
    """Store mappings."""
    map_listings([(change.pk, *change.new) for change in changes])
