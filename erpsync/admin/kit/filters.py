"""Filters of lists: by the user's own shops, and by one or several values of a field."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import CheckboxFilter, DropdownFilter

from erpsync import permissions
from erpsync.admin.kit.words import channel_title
from integrations.models import Connection
from inventory.models import Shop

UNKNOWN = "unknown"


def declared(chosen: SimpleListFilter) -> set[str]:
    """Return the values that a filter offers: any other came by hand, and may be what no column can be asked for."""
    return {str(value) for value, _label in chosen.lookup_choices}


class ShopFilter(DropdownFilter):
    """Filter by one of the user's shops."""

    parameter_name = "in_shop"
    path: ClassVar[str] = "shop_id"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.title = _shop_word()
        super().__init__(*args, **kwargs)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(shop.pk), f"{shop.name} ({channel_title(shop.channel)})") for shop in permissions.shops(request).all()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.path: value}) if value in declared(self) else queryset


def shop_filter(path: str) -> type[ShopFilter]:
    """Return the shop filter of a model that reaches its shop by `path`."""
    return type("ShopFilter", (ShopFilter,), {"path": path})


class ConnectionShopFilter(ShopFilter):
    """Filter of rows that belong to connections. A shop's is known by its id: a join would not be walked in the list's order."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in declared(self):
            return queryset
        ids = Connection.objects.filter(shop_id=value).values_list("pk", flat=True)
        return queryset.filter(connection_id__in=list(ids))


def _shop_word() -> Any:
    return Shop._meta.verbose_name


class ChoiceFilter(CheckboxFilter):
    """Filter by one or several values of a field. Where it may be empty, "unknown" is a choice as well."""

    field: ClassVar[str] = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        field = model_admin.model._meta.get_field(self.field)
        return [*field.flatchoices, *([(UNKNOWN, _("Unknown"))] if field.blank else [])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = declared(self)
        chosen = ["" if value == UNKNOWN else value for value in self.value() or () if value in known]
        return queryset.filter(**{f"{self.field}__in": chosen}) if chosen else queryset


def choice_filter(field: str, title: Any) -> type[ChoiceFilter]:
    """Return the filter of a field with choices, under a title."""
    return type("ChoiceFilter", (ChoiceFilter,), {"field": field, "title": title, "parameter_name": f"in_{field}"})
