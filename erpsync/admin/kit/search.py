"""Search boxes of lists and of select fields: any part of a word, without accents, from an index."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from core.search import matches


class SearchesExact:
    """Mixin of an admin whose rows are found by the whole value of one of `search_exact`."""

    search_exact: ClassVar[tuple[str, ...]] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(self.found_by(request, term)) if term else queryset), False

    def found_by(self, request: HttpRequest, term: str) -> Q:
        """Return the condition for rows that a person looks for."""
        found = Q(pk__in=())
        for path in self.search_exact:
            found |= Q(**{path: term})
        return found


class SearchesGrams(SearchesExact):
    """Mixin of an admin whose rows, or those at `search_prefix`, have search columns. A search that names nothing finds nothing."""

    search_prefix: ClassVar[str] = ""

    def found_by(self, request: HttpRequest, term: str) -> Q:
        """Return the condition for rows that have a part like it as well."""
        found, part = super().found_by(request, term), matches(term, self.search_prefix)
        return found if part is None else found | part
