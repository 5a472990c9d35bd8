"""Admin of API keys: made here and shown once, rotated, ended when they leaked. For managers of all shops of a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from core.permissions import RANK, SCOPES, role_for
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, list_of, page_of
from erpsync.admin.kit.views import AdminView
from erpsync.api.keys import services
from erpsync.models import ApiKey
from inventory.models import Shop


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form of a key: its shops are those in which the user is manager."""

    scopes = forms.MultipleChoiceField(
        label=_("scopes"), choices=[(scope, scope) for scope in SCOPES], widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("What it may do, by resource and verb."),
    )  # fmt: skip
    addresses = SimpleArrayField(
        forms.CharField(max_length=50), label=_("only from these addresses"), required=False, widget=UnfoldAdminTextInputWidget,
        help_text=_("Addresses or ranges such as 203.0.113.0/24, separated by commas. Empty: from anywhere."),
    )  # fmt: skip

    class Meta:
        model = ApiKey
        fields = ("name", "shops", "role", "scopes", "addresses", "expires_at", "per_minute", "is_active")
        widgets = {"shops": UnfoldAdminCheckboxSelectMultipleWidget}

    def clean_addresses(self) -> list[str]:
        return services.check_addresses(self.cleaned_data["addresses"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        role, scopes = cleaned.get("role"), cleaned.get("scopes")
        if role and scopes and RANK[role] < RANK[role_for(scopes)]:
            self.add_error("role", gettext("These scopes need the role of an operator."))
        return cleaned


class RotateView(AdminView):
    """Page that asks before a key is rotated, and then shows the new one."""

    title = _("New key")
    template_name = "admin/api_keys/key.html"

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_manage_permission(self.request, self.kwargs["key"].pk))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        key: ApiKey = self.kwargs["key"]
        return super().get_context_data(
            **kwargs, name=key.name, days=services.GRACE.days, opts=ApiKey._meta, back=page_of(key)
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        made = services.rotate(self.kwargs["key"].pk)
        self.model_admin.log_change(request, made.key, _("New key made"))
        return self.render_to_response(self.get_context_data(**kwargs, text=made.text))


@admin.register(ApiKey)
class ApiKeyAdmin(ShopAdmin):
    form = KeyForm
    list_display = ("name", "start_label", "shops_label", "role", "state", "last_used_at", "expires_at")
    search_fields = ("name", "start")
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["rotate", "leaked"]
    empty_text = _("No partner system has a key yet.")
    readonly_fields = ("start_label", "state", "last_used_at", "last_used_from", "old_ends_at", "owner", "created_at")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = (("name", "role"), "shops", "scopes", "addresses", ("expires_at", "per_minute"))
        facts = (
            "is_active",
            ("start_label", "state"),
            ("last_used_at", "last_used_from"),
            ("old_ends_at",),
            ("owner", "created_at"),
        )
        return ((None, {"fields": fields if obj is None else (*fields, *facts)}),)

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the keys whose shops are all the user's to manage."""
        if permissions.access_of(request).everything:
            return queryset
        others = Shop.objects.exclude(pk__in=permissions.shop_ids(request, permissions.MANAGER))
        return queryset.filter(shops__isnull=False).exclude(shops__in=others).distinct()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("shops").select_related("owner")

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        return self.visible(request, ApiKey.objects.filter(pk=obj.pk)).exists()

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        is_manager = request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER)
        return bool(super().has_view_permission(request, obj) and is_manager)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        mine = permissions.shop_ids(request, permissions.MANAGER)
        return super().formfield_for_manytomany(db_field, request, **kwargs, queryset=Shop.objects.filter(pk__in=mine))

    # --- columns ---

    @display(description=_("begins with"))
    def start_label(self, key: ApiKey) -> str:
        return f"{key.start}…"

    @display(description=_("shops"))
    def shops_label(self, key: ApiKey) -> str:
        return ", ".join(sorted(shop.name for shop in key.shops.all()))

    @display(description=_("state"))
    def state(self, key: ApiKey) -> SafeString:
        if key.leaked_at is not None:
            return words.label(_("Leaked"), "danger")
        return words.label(_("Active"), "success") if key.is_active else words.label(_("Switched off"))

    # --- what can be done ---

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Save a key; the text of a new one is kept for the answer, which shows it once."""
        if not change:
            request.__dict__["_new_key"] = services.stamp(obj)
            obj.owner_id = request.user.pk
        obj.save()

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("New key"), "opts": self.opts, "name": obj.name, "text": request.__dict__["_new_key"],
            "sandbox": settings.SANDBOX_URL, "back": list_of(ApiKey),
        }  # fmt: skip
        return TemplateResponse(request, RotateView.template_name, context)

    def hidden_actions(self, row: ApiKey) -> Sequence[str]:
        return ["rotate", "leaked"] if row.leaked_at else []

    @action(description=_("New key in its place"), icon="autorenew", permissions=["manage"])
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return RotateView.as_view(model_admin=self)(request, key=self.found(request, object_id))

    @action(
        description=_("It leaked: end it now"), icon="gpp_bad", permissions=["manage"],
        dialog={
            "title": _("It leaked: end it now"), "form_submit_text": _("Yes, end it"),
            "description": _("The key, the one before it and their tokens are refused from now on. The system needs a new one."),
        },
    )  # fmt: skip
    def leaked(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        key = self.found(request, object_id)
        services.leaked(key.pk)
        self.log_change(request, key, _("Ended: it leaked"))
        messages.success(request, gettext("The key is refused from now on."))
        return self.to_page(key)
