"""Pages of long tables: numbered while the rows can be counted cheaply, back and forth beyond."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from unfold.paginator import InfinitePaginator

# rows that a list counts: a filter that finds more is not counted to its end
COUNTED = 5_000


def pages(rows: QuerySet[Any], per_page: int) -> Paginator[Any]:
    """Return the pages of a list's rows, counted once and up to `COUNTED`."""
    count = rows.order_by().values("pk")[: COUNTED + 1].count()
    if count > COUNTED:
        return InfinitePaginator(rows, per_page)
    found = Paginator(rows, per_page)
    found.count = count
    return found
