"""Base classes of the admin: rows of the user's shops only, read-only unless said otherwise, words for an empty list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, PositiveIntegerField, PositiveSmallIntegerField, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline

from core.transactions import in_transaction
from erpsync import permissions
from erpsync.admin.kit.amounts import AmountInput, WholeNumberField
from erpsync.admin.kit.audit import AuditedAdmin
from erpsync.admin.kit.paging import pages
from erpsync.admin.kit.quick_rows import QuickRows
from erpsync.admin.kit.saved_filters import chips

PATTERNS = frozenset({"regex", "iregex", "search"})


class Head(NamedTuple):
    """A part above a list: its template, with names that no other part has."""

    template: str
    context: Mapping[str, Any]


class ShopAdmin(QuickRows, AuditedAdmin):
    """Admin of a model whose rows belong to shops. Nothing may be added, changed or deleted unless a subclass allows it.

    `shop_path` leads from the model to the shop's id. Three roles: viewers look, operators run actions, managers change
    settings. Rows without a shop are for superusers.
    """

    shop_path: ClassVar[str] = "shop_id"
    empty_text: ClassVar[Any] = ""
    list_before_template = "admin/list_head.html"
    # large columns that a list does not show
    list_defer: ClassVar[tuple[str, ...]] = ()
    list_per_page = 50
    empty_value_display = "–"
    list_filter_submit = True
    list_max_show_all = 0
    list_fullwidth = True
    show_full_result_count = False
    actions_on_top = True
    formfield_overrides = {
        PositiveIntegerField: {"form_class": WholeNumberField, "widget": AmountInput},
        PositiveSmallIntegerField: {"form_class": WholeNumberField, "widget": AmountInput},
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = self.visible(request, super().get_queryset(request))
        return queryset.defer(*self.list_defer) if self.is_list(request) else queryset

    def list_head(self, request: HttpRequest) -> list[Head]:
        """Return what stands above the list, from top to bottom: each class puts its own before that of its parents.

        Saved filters come last, beside what they filter.
        """
        return [Head("admin/kit/saved_filters.html", {"saved_filters": chips(request, self.model)})]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the list, below its head."""
        parts = self.list_head(request)
        # a list is called by its rows, in the window's title too: Django's says "Select order to view"
        title = capfirst(str(self.opts.verbose_name_plural))
        context: dict[str, Any] = {"title": title, "list_head": [part.template for part in parts]}
        for part in parts:
            context |= part.context
        return super().changelist_view(request, context | (extra_context or {}))

    def is_list(self, request: HttpRequest) -> bool:
        """Return whether the list is asked for, and no row's page."""
        place = request.resolver_match
        return place is not None and (place.url_name or "").endswith("_changelist")

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows the user may see. Superusers see all of them."""
        if request.user.is_superuser:
            return queryset
        return queryset.filter(**{f"{self.shop_path}__in": permissions.shop_ids(request)})

    def shop_id_of(self, obj: Model) -> int | None:
        """Return the shop a row belongs to: the role there decides what may be done with it."""
        return permissions.follow(obj, self.shop_path)

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        """Return whether the user has this role for a row."""
        return permissions.may(request, self.shop_id_of(obj), role)

    def may_operate(self, request: HttpRequest, row: Any) -> bool:
        return self.may(request, row, permissions.OPERATOR)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the history. Who may look at no row is told so before one is looked for: ids that exist answer like others."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def found(self, request: HttpRequest, object_id: Any) -> Any:
        """Return one row the user may see, read once per request. Raises Http404."""
        known = request.__dict__.setdefault("_found", {})
        key = (self.model, str(object_id))
        if key not in known:
            known[key] = self.get_object(request, str(object_id))
        if known[key] is None:
            raise Http404
        return known[key]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show or save the form. A save that the database breaks off is repeated as a whole."""
        show = super().changeform_view
        return (in_transaction(show) if request.method == "POST" else show)(request, object_id, form_url, extra_context)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Return whether an address may ask for this.

        Never for a pattern: the database reads it, at any length and cost. Nor for an array, whose text the database may refuse.
        """
        names = lookup.split(LOOKUP_SEP)
        arrays = {field.name for field in self.model._meta.concrete_fields if isinstance(field, ArrayField)}
        return (
            not PATTERNS.intersection(names)
            and names[0] not in arrays
            and super().lookup_allowed(lookup, value, request)
        )

    # --- what the user may do ---

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = request.user
        return bool(user.is_active and user.is_staff and (user.is_superuser or permissions.roles(request)))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._has_role(request, object_id, permissions.OPERATOR)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._has_role(request, object_id, permissions.MANAGER)

    def _has_role(self, request: HttpRequest, object_id: Any, role: str) -> bool:
        if object_id is None:
            return bool(request.user.is_superuser or permissions.shop_ids(request, role))
        return self.may(request, self.found(request, object_id), role)

    def permitted(self, request: HttpRequest, queryset: QuerySet[Any], role: str = permissions.OPERATOR) -> list[Any]:
        """Return the chosen rows for which the user has the role; says how many were left out."""
        rows = list(queryset)
        allowed = [row for row in rows if self.may(request, row, role)]
        if left_out := len(rows) - len(allowed):
            text = ngettext(
                "%(n)s row was left out: your role in its shop does not allow this.",
                "%(n)s rows were left out: your role in their shops does not allow this.",
                left_out,
            )
            messages.warning(request, text % {"n": left_out})
        return allowed

    # --- forms offer only what the user may see ---

    def formfield_for_foreignkey(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        return super().formfield_for_foreignkey(db_field, request, **self._seen(db_field, request, kwargs))

    def formfield_for_manytomany(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **self._seen(db_field, request, kwargs))

    def _seen(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if related is not None:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return kwargs

    # --- what a row's page offers ---

    def hidden_actions(self, row: Any) -> Collection[str]:
        """Return those of `actions_detail` that do not apply to this row now."""
        return ()

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered = super().get_actions_detail(request, object_id)
        if not offered:
            return []
        hidden = self.hidden_actions(self.found(request, object_id))
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [action for action in offered if action.action_name.removeprefix(prefix) not in hidden]

    # --- ways back ---

    def to_page(self, obj: Model) -> HttpResponse:
        """Redirect to the row's own page after a dialog."""
        return HttpResponse(headers={"HX-Redirect": page_of(obj)})

    def to_list(self) -> HttpResponse:
        """Redirect to the list after a dialog."""
        return HttpResponse(headers={"HX-Redirect": list_of(self.model)})


class ConnectionScopedAdmin(ShopAdmin):
    """Admin of a model whose rows belong to connections, with or without a shop. `connection_path` leads to the connection's id."""

    connection_path: ClassVar[str] = "connection_id"

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if request.user.is_superuser else self.with_role(request, queryset, permissions.VIEWER)

    def with_role(self, request: HttpRequest, queryset: QuerySet[Any], role: str) -> QuerySet[Any]:
        """Return the rows with which the user may do what this role allows."""
        return queryset.filter(**{f"{self.connection_path}__in": permissions.connection_ids(request, role)})

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        return permissions.may_with(request, permissions.follow(obj, self.connection_path), role)


class BigShopAdmin(ShopAdmin):
    """Admin of a table that grows without bound: its rows are counted only so far."""

    def get_paginator(self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any) -> Any:
        if queryset.model is self.model:
            return pages(queryset, per_page)
        return super().get_paginator(request, queryset, per_page, *args, **kwargs)


class ShopInline(TabularInline):
    """Read-only inline of related rows. Where they may belong to other shops, `shop_path` hides those."""

    shop_path: ClassVar[str] = ""
    # 10,000 rows are 80 MB of page and a minute of work: a walk-in customer of a POS has as many orders
    per_page = 25
    extra = 0
    can_delete = False
    empty_value_display = "–"
    show_change_link = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        if not queryset.ordered:
            queryset = queryset.order_by("pk")
        if not self.shop_path or request.user.is_superuser:
            return queryset
        return queryset.filter(**{f"{self.shop_path}__in": permissions.shop_ids(request)})

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def menu(*names: str) -> dict[str, Any]:
    """Return a menu of buttons, for `actions_detail`: those that are not for every day. It is left out while none applies."""
    return {"title": _("More"), "icon": "more_horiz", "items": names}


def once(obj: Model, name: str, make: Callable[[], Any]) -> Any:
    """Return what `make` gives, computed once per row: the theme asks for a field's contents several times."""
    known: dict[str, Any] = obj.__dict__.setdefault("_shown", {})
    if name not in known:
        known[name] = make()
    return known[name]


def page_of(obj: Model) -> str:
    """Return the address of a row's page."""
    meta = obj._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(obj.pk,))


def list_of(model: type[Model]) -> str:
    """Return the address of a model's list."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
