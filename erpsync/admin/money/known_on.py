"""Filter of the ledger by what was known on a day."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

from commissions.queries.known import NotOver, known_until


class KnownOnFilter(TextFilter):
    """Filter: entries recorded until the end of a day. What is no day, or one that is not over, is said and filters nothing."""

    title = _("as known on (day)")
    parameter_name = "known_on"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = str(self.value() or "").strip()
        if not typed:
            return queryset
        try:
            return queryset.filter(recorded_at__lt=known_until(forms.DateField().clean(typed)))
        except forms.ValidationError:
            messages.warning(request, _("“As known on” wants a day, like 31/10/2026."))
        except NotOver:
            messages.warning(
                request, _("That day is not over: its sums may still change. Leave it empty for those of now.")
            )
        return queryset
