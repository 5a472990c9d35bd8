"""Import of shelves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models.functions import Upper
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.text import normal_key
from erpsync import permissions
from erpsync.admin.goods.shelf_actions import shelved_levels
from erpsync.admin.imports.changes import Change, Outcome, Wrong, checked
from erpsync.admin.imports.finding import products_by_sku
from erpsync.admin.imports.reading import Line
from inventory.models import StockLevel
from inventory.services.shelves import SHELF_LENGTH, set_shelves


def check(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    """Return which shelves rows would change."""
    skus = {line.values["product"] for line in lines}
    find = products_by_sku(permissions.products(request), skus)
    wanted = {normal_key(sku).upper() for sku in skus}
    by_product: dict[int, list[StockLevel]] = defaultdict(list)
    for level in shelved_levels(request).annotate(upper=Upper("product__sku")).filter(upper__in=wanted).order_by("pk"):
        by_product[level.product_id].append(level)

    def level_of(line: Line) -> StockLevel:
        product, name = find(line.values["product"]), line.values["warehouse"]
        levels = [
            level for level in by_product[product.pk] if not name or level.warehouse.name.casefold() == name.casefold()
        ]
        if not levels:
            raise Wrong(
                _("%(sku)s is in no such branch of yours: %(name)s.") % {"sku": product.sku, "name": name or "–"}
            )
        if len(levels) > 1:
            raise Wrong(_("%(sku)s is in several branches: name one.") % {"sku": product.sku})
        return levels[0]

    def change(line: Line, level: StockLevel) -> Change | None:
        shelf = " ".join(line.values["shelf"].split())
        if len(shelf) > SHELF_LENGTH:
            raise Wrong(_("A shelf has at most %(most)s characters.") % {"most": SHELF_LENGTH})
        if not shelf or shelf == level.shelf:
            return None
        return Change(
            line.number,
            level.pk,
            f"{line.values['product']} · {level.warehouse.name}",
            level.shelf or "–",
            shelf,
            (shelf,),
        )

    return checked(lines, level_of, change)


def store(changes: Sequence[Change]) -> None:
    """Store shelves."""
    set_shelves({change.pk: change.new[0] for change in changes})
