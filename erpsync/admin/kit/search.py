"""Search boxes of lists and of select fields: any part of a word, without accents, from an index."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from core.search import matches
from erpsync import permissions
from orders.models import Order

# rows that are found by a whole code
MOST_WHOLE = 1_000


class SearchesExact:
    """Mixin of an admin whose rows are found by the whole value of one of `search_exact`."""

    search_exact: ClassVar[tuple[str, ...]] = ()
    # the path to the shop, where the indexes of `search_exact` begin with it
    search_shop: ClassVar[str] = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(self.found_by(request, term)) if term else queryset), False

    def found_by(self, request: HttpRequest, term: str) -> Q:
        """Return the condition for rows that a person looks for."""
        found = Q(pk__in=())
        within = {f"{self.search_shop}__in": permissions.shop_ids(request)} if self.search_shop else {}
        for path in self.search_exact:
            found |= Q(**{path: term}, **within)
        return found


def orders_numbered(request: HttpRequest, number: str) -> list[int]:
    """Return the user's orders with a number: one, or a few of different shops."""
    found = Order.objects.filter(number=number, shop_id__in=permissions.shop_ids(request)).order_by()
    return list(found.values_list("pk", flat=True))


class SearchesGrams(SearchesExact):
    """Mixin of an admin whose rows, or those at `search_prefix`, have search columns. A search that names nothing finds nothing."""

    search_prefix: ClassVar[str] = ""

    def found_by(self, request: HttpRequest, term: str) -> Q:
        """Return the condition for rows that have a part like it as well. Whole codes are found first: an OR of both reads every row."""
        whole, part = super().found_by(request, term), matches(term, self.search_prefix)
        if part is None:
            return whole
        model: type[Model] = self.model  # type: ignore[attr-defined]
        ids = model._default_manager.filter(whole).order_by().values_list("pk", flat=True)[:MOST_WHOLE]
        return part | Q(pk__in=list(ids))
