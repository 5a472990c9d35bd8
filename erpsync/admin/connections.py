"""Connections: each shop's link with its lights, and what brings a red one back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from erpsync.admin import access, declared, words
from erpsync.admin.base import ShopAdmin, list_of, once, page_of
from erpsync.admin.connect import ConnectForm
from erpsync.admin.consent import customer_books, page_address, stock_masters
from erpsync.admin.filters import shop_filter
from erpsync.admin.leaving import LeavingView
from erpsync.admin.lights import Light, lights, measured, overall
from integrations import consenting, inbox, wake
from integrations.access import connector_for
from integrations.connecting import reconnect
from integrations.connectors import channels, connector_class
from integrations.connectors.base import Field
from integrations.crm import book_channels
from integrations.models import AppRegistration, Connection
from integrations.wire.errors import ChannelError
from inventory.services.shops import pause_pushes

ACCOUNTING = {
    "received": _("Received"), "processed": _("Processed"), "duplicate": _("Duplicate"), "ignored": _("Ignored"),
    "pending": _("Pending"), "dead": _("Dead letter"),
}  # fmt: skip


class ConnectionForm(ModelForm):  # type: ignore[type-arg]
    """The connector's settings join the fixed ones."""

    shop_fields: Sequence[Field] = ()

    class Meta:
        model = Connection
        fields = ("is_active", "pos", "pos_imports_itself", "crm")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # what a consent told of the shop stays, declared or not
        self.instance.settings |= declared.check(self, self.shop_fields, self.instance.settings)
        return cleaned


class ConsentForm(BaseDialogForm):
    """A fresh code or fresh tokens for a connection."""

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        connection = get_object_or_404(Connection.objects.select_related("authorisation__app"), pk=object_id)
        self.fields |= declared.way_fields(connector_class(connection.authorisation.app.channel).consent)


@admin.register(Connection)
class ConnectionAdmin(ShopAdmin):
    list_display = ("light", "shop_label", "token", "webhook", "lag", "pending", "dead")
    list_filter = (shop_filter("shop_id"), "is_active")
    search_fields = ("shop__name", "external_id")
    ordering = ("shop__name", "id")
    sortable_by = ()
    form = ConnectionForm
    list_display_links = ("light", "shop_label")
    actions_detail = ["check_now", "sweep_now", "agree_again", "connect_again", "pause", "resume", "disconnect"]
    empty_text = _("Connect your first shop: choose its app, enter the shop's id and the code the channel gave you.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return measured(super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or access.shop_ids(request, access.MANAGER))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return access.may(request, obj.shop_id, access.MANAGER)

    # --- connecting ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the app, then the shop. Outside any transaction: the channel is called."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = request.GET.get("app", "")
        if not chosen.isdigit():
            return self._choose_app(request)
        app = get_object_or_404(access.apps(request).filter(channel__in=channels()), pk=chosen)
        form = ConnectForm(request, app, request.POST or None)
        if request.method == "POST" and form.is_valid() and (connection := form.connect()):
            self.log_addition(request, connection, str(_("Connected")))
            text = gettext("%(shop)s is connected. Its listings and orders are being read.")
            messages.success(request, text % {"shop": connection.shop})
            if connection.trouble:
                messages.warning(request, connection.trouble)
            wake.ring("sweep", [connection.pk])
            return HttpResponseRedirect(page_of(connection))
        context = self.admin_site.each_context(request) | {
            "title": _("Connect a shop"), "opts": self.opts, "form": form, "back": reverse("admin:integrations_connection_add"),
            "card_title": f"{words.channel_title(app.channel)}: {app.name}", "intro": "",
            "agree_at": reverse("connect_leave", args=(app.pk,)) if consenting.has_page(app.channel) else "",
            "channel": words.channel_title(app.channel),
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/connect.html", context)

    def _choose_app(self, request: HttpRequest) -> HttpResponse:
        apps = access.apps(request).filter(is_active=True, channel__in=channels()).order_by("channel", "name")
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

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.Form]:
        channel = obj.authorisation.app.channel if obj else ""
        shop_fields = connector_class(channel).shop_fields if channel in channels() else ()
        may_write = self.has_change_permission(request, obj)
        extra = declared.form_fields(shop_fields, obj.settings if obj else {}) if may_write else {}
        kwargs["form"] = type("ShopForm", (ConnectionForm,), {"shop_fields": shop_fields, **extra})
        kwargs["fields"] = self._own_fields(obj)
        return super().get_form(request, obj, change=change, **kwargs)

    def _own_fields(self, obj: Connection | None) -> list[str]:
        if obj is not None and obj.shop.keeps_stock:
            return ["is_active"]
        is_book = obj is not None and obj.shop.channel in book_channels()
        return ["is_active", "pos", "pos_imports_itself", *([] if is_book else ["crm"])]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        channel = obj.authorisation.app.channel if obj else ""
        shop_fields = connector_class(channel).shop_fields if channel in channels() else ()
        own = (
            [declared.PREFIX + field.name for field in shop_fields] if self.has_change_permission(request, obj) else []
        )
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
            (_("Link"), {"fields": [("shop", "external_id"), ("app_label", "account"), *self._own_fields(obj)]}),
            (words.channel_title(channel), {"fields": own}),
        )[: 3 if own else 2]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return (
            "light_and_advice", "token", "webhook", "lag", "pending", "dead", "last_sweep_at", "last_read_at", "accounting",
            "shop", "external_id", "app_label", "account",
        )  # fmt: skip

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        offered = {"pos": stock_masters, "crm": customer_books}
        if db_field.name in offered:
            kwargs["queryset"] = offered[db_field.name](request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        obj.save(update_fields=[*self._own_fields(obj), "settings"])

    # --- columns ---

    def _lights(self, connection: Connection) -> dict[str, Light]:
        found: dict[str, Light] = once(connection, "lights", lambda: lights(connection))
        return found

    @display(description=_("state"))
    def light(self, connection: Connection) -> SafeString:
        return overall(connection).label()

    @display(description=_("state"))
    def light_and_advice(self, connection: Connection) -> SafeString:
        worst = overall(connection)
        return words.lines([worst.label(), *([worst.advice] if worst.advice else [])])

    @display(description=_("shop"), header=True)
    def shop_label(self, connection: Connection) -> list[str]:
        return [connection.shop.name, words.channel_title(connection.shop.channel)]

    @display(description=_("token"))
    def token(self, connection: Connection) -> SafeString:
        return self._lights(connection)["token"].label()

    @display(description=_("last webhook"))
    def webhook(self, connection: Connection) -> SafeString:
        return self._lights(connection)["webhook"].label()

    @display(description=_("order lag"))
    def lag(self, connection: Connection) -> SafeString:
        return self._lights(connection)["lag"].label()

    @display(description=_("pending"))
    def pending(self, connection: Connection) -> SafeString:
        return self._lights(connection)["pending"].label()

    @display(description=_("dead letters"))
    def dead(self, connection: Connection) -> SafeString:
        return self._lights(connection)["dead"].label()

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

    # --- what can be done ---

    def hidden_actions(self, row: Connection) -> Collection[str]:
        shop = row.shop
        hidden = {"pause", "resume"} if shop.keeps_stock else {"pause" if shop.pushes_paused else "resume"}
        if shop.channel not in channels() or not consenting.has_page(shop.channel):
            hidden.add("agree_again")
        if not row.is_active:
            hidden |= {"disconnect", "sweep_now"}
        return hidden

    @action(
        description=_("Check now"), icon="network_check", permissions=["operate"],
        dialog={"title": _("Check now"), "description": _("Makes the cheapest call the channel has."), "form_submit_text": _("Check")},
    )  # fmt: skip
    def check_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        connection = self.found(request, object_id)
        try:
            health = connector_for(connection, lane="bulk").check()
        except ChannelError as error:
            messages.error(request, error.reason)
        else:
            text = (
                gettext("The link works: %(name)s answers.")
                if health.is_open
                else gettext("The link works, but %(name)s is closed.")
            )
            messages.success(request, text % {"name": health.name})
        return self.to_page(connection)

    @action(
        description=_("Sweep now"), icon="cleaning_services", permissions=["operate"],
        dialog={
            "title": _("Sweep now"), "form_submit_text": _("Sweep"),
            "description": _("Looks for changed orders and stock that no webhook told of. May be repeated."),
        },
    )  # fmt: skip
    def sweep_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        connection = self.found(request, object_id)
        wake.ring("sweep", [connection.pk])
        messages.success(request, _("A worker looks for what was missed."))
        return self.to_page(connection)

    @action(
        description=_("Agree again"), icon="handshake", permissions=["manage"],
        dialog={
            "title": _("Agree again at the channel"), "form_submit_text": _("Go to the channel"),
            "description": _("You sign in at the channel and agree once more; settings and everything read so far stay."),
        },
    )  # fmt: skip
    def agree_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        connection = self.found(request, object_id)
        return HttpResponse(headers={"HX-Redirect": page_address(request, connection.authorisation.app, connection)})

    @action(description=_("Disconnect"), icon="link_off", permissions=["manage"], variant=ActionVariant.DANGER)
    def disconnect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return LeavingView.as_view(model_admin=self)(request, connection=self.found(request, object_id))

    @action(
        description=_("Connect again"), icon="key", permissions=["manage"],
        dialog={
            "title": _("Connect again"), "form_class": ConsentForm, "form_submit_text": _("Connect"),
            "description": _("A fresh consent replaces the tokens; settings and everything read so far stay."),
        },
    )  # fmt: skip
    def connect_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        connection = self.found(request, object_id)
        try:
            reconnect(connection, **{name: form.cleaned_data.get(name, "") for name in declared.WAYS})
        except ChannelError as error:
            messages.error(request, error.reason)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            self.log_change(request, connection, str(_("Connected again")))
            messages.success(request, _("The shop is connected again."))
        return self.to_page(connection)

    @action(
        description=_("Pause pushes"), icon="pause", permissions=["manage"],
        dialog={
            "title": _("Pause pushes"), "form_submit_text": _("Pause"),
            "description": _("No stock and no price leaves for this shop until you resume. Orders still come in."),
        },
    )  # fmt: skip
    def pause(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._pause(request, object_id, paused=True)

    @action(
        description=_("Resume pushes"), icon="play_arrow", permissions=["manage"],
        dialog={"title": _("Resume pushes"), "description": _("What changed meanwhile leaves at once."), "form_submit_text": _("Resume")},
    )  # fmt: skip
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._pause(request, object_id, paused=False)

    def _pause(self, request: HttpRequest, object_id: str, *, paused: bool) -> HttpResponse:
        connection = self.found(request, object_id)
        with transaction.atomic():
            pause_pushes([connection.shop_id], paused=paused)
            transaction.on_commit(partial(wake.ring, "publish", [connection.pk]))
        self.log_change(request, connection, str(_("Pushes paused") if paused else _("Pushes resumed")))
        messages.success(request, _("Pushes are paused.") if paused else _("Pushes go out again."))
        return self.to_page(connection)
