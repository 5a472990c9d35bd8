"""Pages of rows that carry work on: the trace that the row belongs to, for whoever looks into what took so long."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.tracing import trace_id
from erpsync.admin.kit import words


class Traced:
    """Mixin of an admin whose rows have a traceparent. The page of a row that was not traced says nothing about it."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if obj is None or not obj.traceparent:
            return shown
        return [*shown, (_("For technical support"), {"fields": ("trace",)})]

    @display(description=_("trace id"))
    def trace(self, row: Any) -> str | SafeString:
        found = trace_id(row.traceparent)
        return words.link(settings.TRACE_URL.replace("{trace_id}", found), found) if settings.TRACE_URL else found
