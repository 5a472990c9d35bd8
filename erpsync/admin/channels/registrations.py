"""Admin of app registrations: our credentials and settings at a channel. Secrets are write-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminURLInputWidget

from erpsync import permissions
from erpsync.admin.kit import declared, words
from erpsync.admin.kit.base import ShopAdmin
from integrations.accounts.registrations import register_app, webhook_address
from integrations.connectors import channels, connector_of
from integrations.contract.declarations import Field
from integrations.models import AppRegistration


class RegistrationForm(ModelForm):  # type: ignore[type-arg]
    """The fixed fields, and the credentials and settings that the channel declares."""

    channel: str = ""
    credential_fields: Sequence[Field] = ()
    setting_fields: Sequence[Field] = ()
    base_url = forms.URLField(
        label=_("API address"), required=False, assume_scheme="https", widget=UnfoldAdminURLInputWidget,
        help_text=_("Empty: the channel's own. Set for a sandbox or the simulator."),
    )  # fmt: skip

    class Meta:
        model = AppRegistration
        fields = ("name", "base_url", "callback_url", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        stored = self.instance
        declared.check(self, self.credential_fields, stored.credentials if stored.pk else {})
        declared.check(self, self.setting_fields, stored.settings if stored.pk else {})
        taken = AppRegistration.objects.filter(channel=self.channel, name=cleaned.get("name", ""))
        if not self.instance.pk and taken.exists():
            self.add_error("name", _("There is one with this name: open it, or choose another name."))
        return cleaned


@admin.register(AppRegistration)
class AppRegistrationAdmin(ShopAdmin):
    list_display = ("registration", "channel_label", "keys", "shops", "is_active")
    search_fields = ("name",)
    ordering = ("channel", "name")
    form = RegistrationForm
    empty_text = _("Register the app you made in a channel's developer console: then its shops can be connected.")

    def visible(self, request: HttpRequest, queryset: QuerySet[AppRegistration]) -> QuerySet[AppRegistration]:
        return queryset if request.user.is_superuser else queryset.filter(pk__in=permissions.apps(request).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppRegistration]:
        seen = permissions.connections(request).order_by("pk")
        return super().get_queryset(request).prefetch_related(Prefetch("authorisations__connections", seen))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    # --- the form of a channel ---

    def _channel(self, request: HttpRequest, obj: AppRegistration | None) -> str:
        asked = obj.channel if obj else request.GET.get("channel", "")
        return asked if asked in channels() else ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the channel, then fill in its form."""
        if self._channel(request, None) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        offered = [{"url": f"?channel={channel}", "title": words.channel_title(channel)} for channel in channels()]
        context = self.admin_site.each_context(request) | {
            "title": _("Register an app: which channel?"), "opts": self.opts, "offered": offered,
            "intro": _("Choose where you registered your app in the developer console."),
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/choose.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.Form]:
        channel = self._channel(request, obj)
        credentials, settings = _declared(channel)
        extra: dict[str, forms.Field] = {}
        if self.has_change_permission(request, obj):
            extra = declared.form_fields(credentials, obj.credentials if obj else {})
            extra |= declared.form_fields(settings, obj.settings if obj else {})
        kwargs["form"] = type(
            "ChannelForm", (RegistrationForm,),
            {"channel": channel, "credential_fields": credentials, "setting_fields": settings, **extra},
        )  # fmt: skip
        kwargs["fields"] = [name for name in RegistrationForm.Meta.fields if not (obj and name == "name")]
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        channel = self._channel(request, obj)
        credentials, settings = ([declared.PREFIX + field.name for field in fields] for fields in _declared(channel))
        if not self.has_change_permission(request, obj):
            credentials, settings = ["keys"], []
        addresses = [*(["address"] if obj else []), "callback_url"] if self._shows_address(request, obj) else []
        return (
            (words.channel_title(channel), {"fields": ["name", *credentials, "is_active"]}),
            *(((_("Settings"), {"fields": settings}),) if settings else ()),
            (_("Addresses"), {"fields": [*addresses, "base_url"]}),
        )

    def _shows_address(self, request: HttpRequest, obj: AppRegistration | None) -> bool:
        """Return whether the user may read the webhook address, whose key is half of what protects it where nobody signs."""
        if request.user.is_superuser or obj is None:
            return bool(request.user.is_superuser)
        managed = permissions.connections(request, permissions.MANAGER)
        return managed.filter(authorisation__app=obj).exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("name", "address", "keys") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"name": words.channel_title(self._channel(request, None))}

    def save_model(self, request: HttpRequest, obj: AppRegistration, form: Any, change: bool) -> None:
        given = declared.given(form.cleaned_data)
        stored = register_app(
            form.channel if not change else obj.channel, obj.name, given, settings=given, base_url=obj.base_url,
            callback_url=obj.callback_url, is_active=obj.is_active,
        )  # fmt: skip
        obj.pk, obj.key, obj.channel = stored.pk, stored.key, stored.channel

    # --- columns ---

    @display(description=_("app"))
    def registration(self, app: AppRegistration) -> str:
        return app.name

    @display(description=_("channel"))
    def channel_label(self, app: AppRegistration) -> str:
        return words.channel_title(app.channel)

    @display(description=_("credentials"))
    def keys(self, app: AppRegistration) -> Any:
        if app.channel not in channels():
            return "–"
        stored = app.settings | app.credentials
        missing = [f for fields in _declared(app.channel) for f in fields if f.required and not stored.get(f.name)]
        return words.label(_("Incomplete"), "danger") if missing else words.label(_("Set"), "success")

    @display(description=_("shops"))
    def shops(self, app: AppRegistration) -> Any:
        reached = [str(c) for granted in app.authorisations.all() for c in granted.connections.all()]
        return ", ".join(reached[:5]) + (" …" if len(reached) > 5 else "") if reached else "–"

    @display(description=_("webhook address"))
    def address(self, app: AppRegistration) -> str:
        return webhook_address(app)


def _declared(channel: str) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """Return the declared credentials and settings of a channel; none for a channel without a folder."""
    if channel not in channels():
        return (), ()
    connector = connector_of(channel)
    return connector.account_fields, connector.account_settings
