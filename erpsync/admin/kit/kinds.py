"""Admin and form of rows that are of a declared kind and of shops: its fields beside ours, its secrets stored encrypted.

Whoever manages all shops of a row sees and changes it; one that names no shop is a superuser's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from django import forms
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.kit import declared
from erpsync.admin.kit.base import ShopAdmin
from integrations.accounts.registrations import split_secrets
from integrations.contract.declarations import Field

SHOPS_SHOWN = 5


class Kind(Protocol):
    """A kind of contact point, or of sink."""

    @property
    def key(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def fields(self) -> Sequence[Field]: ...

    def problems(self, values: Mapping[str, str]) -> Mapping[str, str]: ...


class KindForm(ModelForm):  # type: ignore[type-arg]
    """The fixed fields, and those that the kind declares."""

    kind: Kind | None = None
    must_name_shops = True
    no_shops: ClassVar[Any]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fields = self.kind.fields if self.kind else ()
        values = declared.check(self, fields, {**self.instance.settings, **self.instance.secrets})
        for name, text in (self.kind.problems(values) if self.kind and values else {}).items():
            self.add_error(declared.PREFIX + name, gettext(text))
        self.values_to_store, self.secrets_to_store = split_secrets(fields, values)
        if self.must_name_shops and "only_shops" in self.fields and not cleaned.get("only_shops"):
            self.add_error("only_shops", self.no_shops)
        return cleaned


class KindAdmin(ShopAdmin):
    """A new row's kind is chosen first, and stays."""

    form: type[KindForm]
    choose_title: ClassVar[Any]
    choose_intro: ClassVar[Any]

    @abstractmethod
    def kinds(self) -> Mapping[str, Kind]:
        """Return all kinds by key."""

    def offered(self, request: HttpRequest) -> Mapping[str, Kind]:
        """Return the kinds that the user may add."""
        return self.kinds()

    def kind_of(self, request: HttpRequest, obj: Any) -> Kind | None:
        """Return the kind of a row, or that chosen for a new one."""
        return self.kinds().get(obj.kind) if obj else self.offered(request).get(request.GET.get("kind", ""))

    def begin(self, obj: Any) -> None:
        """Prepare a new row, before it is saved."""

    @abstractmethod
    def change(self, pk: int, fields: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        """Store the fields of a row, and secrets beside those that it has."""

    # --- who may ---

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return permissions.of_shops_only(request, queryset)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("only_shops")

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        """Return whether the user may change a row: whoever sees one is manager of all its shops."""
        return permissions.of_shops_only(request, self.model._default_manager.filter(pk=obj.pk)).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request) and self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and (obj is None or self.may(request, obj, permissions.MANAGER))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    # --- the form of a kind ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the kind, then fill in its form."""
        if self.kind_of(request, None) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        offered = [{"url": f"?kind={key}", "title": gettext(kind.title)} for key, kind in self.offered(request).items()]
        context = self.admin_site.each_context(request) | {
            "title": self.choose_title, "intro": self.choose_intro, "opts": self.opts, "offered": offered,
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/choose.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.Form]:
        kind = self.kind_of(request, obj)
        extra = declared.form_fields(kind.fields if kind else (), {**obj.settings, **obj.secrets} if obj else {})
        kwargs["form"] = type(
            "FormOfKind", (self.form,), {"kind": kind, "must_name_shops": not request.user.is_superuser, **extra}
        )
        kwargs["fields"] = self.form.Meta.fields  # type: ignore[attr-defined]
        return super().get_form(request, obj, change=change, **kwargs)

    def declared_names(self, request: HttpRequest, obj: Any) -> list[str]:
        """Return the names of the form fields that the kind declares."""
        kind = self.kind_of(request, obj)
        return [declared.PREFIX + field.name for field in (kind.fields if kind else ())]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.settings = form.values_to_store
        if change:
            # no column that the form does not show: the work that goes on meanwhile writes them
            names = [field.name for field in obj._meta.concrete_fields if field.name in form.fields]
            self.change(obj.pk, {name: getattr(obj, name) for name in [*names, "settings"]}, form.secrets_to_store)
            return
        kind = self.kind_of(request, None)
        assert kind is not None, "the form is shown for a kind only"
        obj.kind, obj.secrets = kind.key, form.secrets_to_store
        self.begin(obj)
        super().save_model(request, obj, form, change)

    # --- columns ---

    def title_of(self, request: HttpRequest, obj: Any) -> str | None:
        """Return the title of a row's kind, None while none is chosen."""
        kind = self.kind_of(request, obj)
        return gettext(kind.title) if kind else None

    @display(description=_("kind"))
    def kind_label(self, row: Any) -> str:
        kind = self.kinds().get(row.kind)
        return gettext(kind.title) if kind else str(row.kind)

    @display(description=_("shops"))
    def shops_label(self, row: Any) -> str:
        return ", ".join(shop.name for shop in list(row.only_shops.all())[:SHOPS_SHOWN]) or str(_("all"))
