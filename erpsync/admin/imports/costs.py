"""Import of costs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpRequest

from core.money import BOOK_CURRENCY
from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.admin.imports.changes import Change, Outcome, checked
from erpsync.admin.imports.finding import amount_of, products_by_sku
from erpsync.admin.imports.reading import Line
from erpsync.admin.kit.log_texts import Money
from inventory.models import Product
from inventory.services.selling import set_costs


def check(request: HttpRequest, lines: Sequence[Line]) -> Outcome:
    """Return which costs rows would change."""
    queryset = Product.objects.all()
    if not permissions.access_of(request).everything:
        queryset = queryset.filter(permissions.products_of(request, SEES_COST))
    find = products_by_sku(queryset, {line.values["product"] for line in lines})

    def change(line: Line, product: Product) -> Change | None:
        if not line.values["cost"]:
            return None
        cost = amount_of(line.values["cost"], BOOK_CURRENCY)
        if cost == product.cost:
            return None
        before, after = Money(product.cost, BOOK_CURRENCY), Money(cost, BOOK_CURRENCY)
        return Change(line.number, product.pk, str(product), before, after, (str(cost),))

    return checked(lines, lambda line: find(line.values["product"]), change)


def store(changes: Sequence[Change]) -> None:
    """Store costs."""
    set_costs([(change.pk, Decimal(change.new[0])) for change in changes])
