"""Parts of a list that the theme renders anew for each row or cell, rendered once: they were a quarter of a page's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache, wraps
from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold.admin import ModelAdmin, checkbox
from unfold.decorators import display
from unfold.templatetags import unfold_list

_PLACE = "row-id"
Headers = Callable[[Any], Iterable[dict[str, Any]]]


class QuickRows(ModelAdmin):
    """Admin whose lists cost no more than their rows."""

    # "Show counts" would count the whole table once for each choice of each filter
    show_facets = ShowFacets.NEVER

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> str:
        """Return the box that chooses a row for an action."""
        before, after = _checkbox(get_language())
        return SafeString(f"{before}{obj.pk}{after}")


@cache
def _checkbox(_language: str | None) -> tuple[str, str]:
    before, _place, after = str(checkbox.render(ACTION_CHECKBOX_NAME, _PLACE)).partition(_PLACE)
    return before, after


def label(text: Any, colour: str) -> SafeString:
    """Return a coloured label of the theme."""
    return _label(conditional_escape(text), colour)


@lru_cache(maxsize=1_000)
def _label(text: SafeString, colour: str) -> SafeString:
    return SafeString(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}))


def _once(render: Headers) -> Headers:
    """Return the theme's headers of a list, kept with it: each cell repeats the text of its own, and the theme renders all per row."""

    @wraps(render)
    def headers(changelist: Any) -> Iterable[dict[str, Any]]:
        known: dict[str, Any] = vars(changelist)
        if "_headers" not in known:
            known["_headers"] = list(render(changelist))
        found: Iterable[dict[str, Any]] = known["_headers"]
        return found

    return headers


unfold_list.result_headers = _once(unfold_list.result_headers)
