"""Pages of long tables: numbered while the rows can be counted cheaply, back and forth beyond."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from unfold import paginator

# rows that a list counts: a filter that finds more is not counted to its end
COUNTED = 5_000


class InfinitePaginator(paginator.InfinitePaginator):  # the theme knows it by its name
    """Pages of a list that is not counted to its end. A late one finds the ids of its rows first, and reads only those rows.

    The ids are read from the index of the list's order where that ends with the id: what comes before the page is skipped there
    (page 10,000 of a million orders: half a million entries of an index, and no row).
    """

    def page(self, number: Any) -> Page[Any]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        if start < COUNTED:
            return super().page(number)
        ids = self.object_list.prefetch_related(None).values_list("pk", flat=True)
        return self._get_page(self.object_list.filter(pk__in=list(ids[start : start + self.per_page])), number, self)


def pages(rows: QuerySet[Any], per_page: int) -> Paginator[Any]:
    """Return the pages of a list's rows, counted once and up to `COUNTED`."""
    count = rows.order_by().values("pk")[: COUNTED + 1].count()
    if count > COUNTED:
        return InfinitePaginator(rows, per_page)
    found = Paginator(rows, per_page)
    found.count = count
    return found
