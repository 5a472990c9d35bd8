"""Admin of connections: health, links and settings of each account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.channels.connect_page import ConnectForm
from erpsync.admin.channels.connection_actions import ConnectionActions
from erpsync.admin.channels.link_fields import check_links, described, link_fields, names_for, save_links
from erpsync.admin.kit import declared, words
from erpsync.admin.kit.base import (
    list_of,
    once,
    page_of,
)
from erpsync.admin.kit.filters import shop_filter
from erpsync.connections.health import (
    AMBER,
    GREEN,
    OFF,
    RED,
    Light,
    lights,
    measured,
    overall,
)
from integrations import inbox
from integrations.accounts import consents
from integrations.connectors import channels, connector_of
from integrations.contract.declarations import Field
from integrations.models import AppRegistration, Connection
from integrations.work import wakeups

ACCOUNTING = {
    "received": _("Received"), "processed": _("Processed"), "duplicate": _("Duplicate"), "ignored": _("Ignored"),
    "pending": _("Pending"), "dead": _("Dead letter"),
}  # fmt: skip

_COLOURS = {GREEN: "success", AMBER: "warning", RED: "danger", OFF: "default"}


def _label(light: Light) -> SafeString:
    """Return the theme's coloured label of a light, with the exact time below it."""
    mark = words.label(light.text, _COLOURS[light.colour])
    return words.lines([mark, light.exact]) if light.exact else mark


class ConnectionForm(ModelForm):  # type: ignore[type-arg]
    """Settings of a connection: the fixed ones, its links, and those that the connector declares."""

    shop_fields: Sequence[Field] = ()

    class Meta:
        model = Connection
        fields = ("is_active",)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        check_links(self, self.instance)
        # settings that came with a consent stay, declared or not
        self.instance.settings |= declared.check(self, self.shop_fields, self.instance.settings)
        return cleaned


class ConsentFilter(DropdownFilter):
    """Filter: the consent has ended, or ends soon."""

    title = _("consent")
    parameter_name = "consent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ending", _("Ended, or ends within 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        return queryset.filter(worklists.consent_ends()) if self.value() == "ending" else queryset


@admin.register(Connection)
class ConnectionAdmin(ConnectionActions):
    list_display = ("light", "shop_label", "token", "webhook", "lag", "pending", "dead")
    list_filter = (shop_filter("shop_id"), ConsentFilter, "is_active")
    search_fields = ("shop__name", "name", "external_id")
    ordering = ("shop__name", "name", "id")
    sortable_by = ()
    form = ConnectionForm
    list_display_links = ("light", "shop_label")
    empty_text = _("Connect your first shop: choose its app, enter the shop's id and the code the channel gave you.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return measured(super().get_queryset(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Connection | None:
        found: Connection | None = super().get_object(request, object_id, from_field)
        if found is not None:
            # the page names the accounts that this one serves: a field's contents are not told who asks
            once(found, "visible", lambda: permissions.connection_ids(request))
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return permissions.may_with(request, obj.pk, permissions.MANAGER)

    # --- connecting ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the app, then connect the account. Outside any transaction: the channel is called."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = request.GET.get("app", "")
        if not chosen.isdecimal():
            return self._choose_app(request)
        app = get_object_or_404(permissions.apps(request).filter(channel__in=channels()), pk=chosen)
        form = ConnectForm(request, app, request.POST or None)
        if request.method == "POST" and form.is_valid() and (connection := form.connect()):
            self.log_addition(request, connection, _("Connected"))
            text = gettext("%(shop)s is connected. Its listings and orders are being read.")
            messages.success(request, text % {"shop": connection})
            if connection.trouble:
                messages.warning(request, str(connection.trouble))
            wakeups.enqueue_once("sweep", [connection.pk])
            return HttpResponseRedirect(page_of(connection))
        context = self.admin_site.each_context(request) | {
            "title": _("Connect a shop"), "opts": self.opts, "form": form, "back": reverse("admin:integrations_connection_add"),
            "card_title": f"{words.channel_title(app.channel)}: {app.name}", "intro": "",
            "agree_at": reverse("connect_leave", args=(app.pk,)) if consents.has_page(app) else "",
            "channel": words.channel_title(app.channel),
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/connect.html", context)

    def _choose_app(self, request: HttpRequest) -> HttpResponse:
        apps = permissions.apps(request).filter(is_active=True, channel__in=channels()).order_by("channel", "name")
        context = self.admin_site.each_context(request) | {
            "title": _("Connect a shop: through which app?"),
            "opts": self.opts,
            "offered": [
                {"url": f"?app={app.pk}", "title": words.channel_title(app.channel), "detail": app.name} for app in apps
            ],
            "nothing": _(
                "No app is registered yet. Register the app you made in the channel's developer console first."
            ),
        }
        if request.user.is_superuser:
            context |= {"elsewhere": f"{list_of(AppRegistration)}add/", "elsewhere_text": _("Register another app")}
        return TemplateResponse(request, "admin/integrations/choose.html", context)

    # --- the page ---

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without "save and add another": an account is connected, not filled in."""
        return super().render_change_form(request, context | {"show_save_and_add_another": False}, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.Form]:
        shop_fields = self._declared(obj)
        extra: dict[str, Any] = {}
        if obj is not None and self.has_change_permission(request, obj):
            extra = declared.form_fields(shop_fields, obj.settings) | link_fields(request, obj)
        kwargs["form"] = type("ShopForm", (ConnectionForm,), {"shop_fields": shop_fields, **extra})
        kwargs["fields"] = ["is_active"]
        return super().get_form(request, obj, change=change, **kwargs)

    def _declared(self, obj: Connection | None) -> Sequence[Field]:
        return connector_of(obj.channel).connection_fields if obj is not None and obj.channel in channels() else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_write = obj is not None and self.has_change_permission(request, obj)
        own = [declared.PREFIX + field.name for field in self._declared(obj)] if may_write else []
        # a form has fields for its own links; those towards it, and what a viewer sees, are text
        linked = names_for(obj) if may_write else []
        who = "shop" if obj is None or obj.shop else "name"
        return (
            (
                _("Health"),
                {
                    "fields": (
                        "light_and_advice",
                        ("token", "webhook"),
                        ("lag", "pending", "dead"),
                        ("last_sweep_at", "last_read_at"),
                        "accounting",
                    )
                },
            ),
            (_("Link"), {"fields": [(who, "external_id"), ("app_label", "account"), "is_active", *linked, "linked"]}),
            (words.channel_title(obj.channel if obj else ""), {"fields": own}),
        )[: 3 if own else 2]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return (
            "light_and_advice", "token", "webhook", "lag", "pending", "dead", "last_sweep_at", "last_read_at", "accounting",
            "shop", "name", "external_id", "app_label", "account", "linked",
        )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        obj.save(update_fields=["is_active", "settings"])
        save_links(obj, form.cleaned_data)

    # --- columns ---

    def _lights(self, connection: Connection) -> dict[str, Light]:
        found: dict[str, Light] = once(connection, "lights", lambda: lights(connection))
        return found

    @display(description=_("state"))
    def light(self, connection: Connection) -> SafeString:
        return _label(overall(connection))

    @display(description=_("state"))
    def light_and_advice(self, connection: Connection) -> SafeString:
        worst = overall(connection)
        return words.lines([_label(worst), *([worst.advice] if worst.advice else [])])

    @display(description=_("shop"), header=True)
    def shop_label(self, connection: Connection) -> list[str]:
        return words.Header([str(connection), words.channel_title(connection.channel)])

    @display(description=_("linked to"))
    def linked(self, connection: Connection) -> Any:
        visible = once(connection, "visible", list)
        return words.lines(described(connection, visible)) if connection.pk else "–"

    @display(description=_("token"))
    def token(self, connection: Connection) -> SafeString:
        return _label(self._lights(connection)["token"])

    @display(description=_("last webhook"))
    def webhook(self, connection: Connection) -> SafeString:
        return _label(self._lights(connection)["webhook"])

    @display(description=_("order lag"))
    def lag(self, connection: Connection) -> SafeString:
        return _label(self._lights(connection)["lag"])

    @display(description=_("pending"))
    def pending(self, connection: Connection) -> SafeString:
        return _label(self._lights(connection)["pending"])

    @display(description=_("dead letters"))
    def dead(self, connection: Connection) -> SafeString:
        return _label(self._lights(connection)["dead"])

    @display(description=_("app"))
    def app_label(self, connection: Connection) -> str:
        return connection.authorisation.app.name

    @display(description=_("account at the channel"))
    def account(self, connection: Connection) -> str:
        return connection.authorisation.external_id or "–"

    @display(description=_("events ever received"))
    def accounting(self, connection: Connection) -> str:
        counts = once(connection, "accounting", lambda: inbox.accounting(connection.pk))
        return " · ".join(f"{ACCOUNTING[name]} {words.units(counts[name])}" for name in ACCOUNTING)
