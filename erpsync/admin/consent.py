"""Connecting by the channel's own page: out to it, back with a consent, and the shops to choose from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from erpsync.admin import access, declared, words
from erpsync.admin.base import list_of, page_of
from integrations import consenting, wake
from integrations.connectors import channels, connector_class
from integrations.connectors.base import ShopFound
from integrations.crm import book_channels
from integrations.models import AppRegistration, BackfillRun, Connection, Consent
from integrations.wire.errors import ChannelError


def stock_masters(request: HttpRequest) -> Any:
    """The connections that can take in orders as a POS, of the user's shops."""
    return Connection.objects.filter(shop__in=access.shops(request), shop__keeps_stock=True).select_related("shop")


def customer_books(request: HttpRequest) -> Any:
    """The connections that take in buyers and orders as a CRM, of the user's shops."""
    books = Connection.objects.filter(shop__in=access.shops(request), shop__channel__in=book_channels())
    return books.select_related("shop")


def pos_fields(request: HttpRequest) -> dict[str, forms.Field]:
    """Which POS takes a new shop's orders."""
    return {
        "pos": forms.ModelChoiceField(
            stock_masters(request), label=_("POS"), required=False, empty_label=_("none"),
            widget=UnfoldAdminSelectWidget,
            help_text=_("Orders of this shop are written there, and its branches' stock is sold here."),
        ),
        "pos_imports_itself": forms.BooleanField(
            label=_("the POS imports this shop by itself"), required=False, widget=UnfoldBooleanSwitchWidget,
            help_text=_("Then we never write its orders to the POS; every sale would count twice."),
        ),
    }  # fmt: skip


def is_taken(request: HttpRequest, app: AppRegistration, shop_id: str) -> bool:
    """Whether the shop is connected and not this user's to connect again."""
    known = Connection.objects.filter(authorisation__app=app, external_id=shop_id).first()
    return known is not None and not access.may(request, known.shop_id, access.MANAGER)


class ChooseForm(forms.Form):
    """Which of the shops that a consent covers, and with which POS."""

    def __init__(self, request: HttpRequest, consent: Consent, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.consent = request, consent
        self.found = {shop.external_id: shop for shop in consenting.found_shops(consent)}
        self.connector = connector_class(consent.app.channel)
        self._offer_shops()
        missing = [field for field in self.connector.shop_fields if field.required and not field.default]
        told = [shop.settings for shop in self.found.values()]
        self.asked = [field for field in missing if not told or not all(field.name in known for known in told)]
        self.fields |= declared.form_fields(self.asked, {})
        if not self.connector.keeps_stock:
            self.fields |= pos_fields(request)

    def _offer_shops(self) -> None:
        if not self.found:
            self.fields["shop_id"] = forms.CharField(
                label=_("Shop id at the channel"), max_length=64, widget=UnfoldAdminTextInputWidget,
                help_text=_("As the channel shows it: a number, or the name in the shop's address."),
            )  # fmt: skip
            return
        free = [shop for shop in self.found.values() if not is_taken(self.request, self.consent.app, shop.external_id)]
        self.fields["shops"] = forms.MultipleChoiceField(
            label=_("Shops"), widget=UnfoldAdminCheckboxSelectMultipleWidget, initial=[shop.external_id for shop in free],
            choices=[(shop.external_id, f"{shop.name} ({shop.external_id})") for shop in free],
            help_text="" if len(free) == len(self.found) else _(
                "Shops that are connected already are left out. Ask one of their managers to let you in."),
        )  # fmt: skip

    def clean_shop_id(self) -> str:
        """Somebody else's shop is not taken over by connecting it again."""
        shop_id: str = self.cleaned_data["shop_id"].strip()
        if is_taken(self.request, self.consent.app, shop_id):
            raise ValidationError(_("This shop is connected already. Ask one of its managers to let you in."))
        return shop_id

    def connect(self) -> list[Connection]:
        """Connect what was chosen; nothing when that failed, with the reason in the form. Calls the channel."""
        data, user = self.cleaned_data, self.request.user
        chosen = [self.found[shop_id] for shop_id in data.get("shops", ())] or [ShopFound(data["shop_id"], "")]
        try:
            return consenting.take(
                self.consent, chosen, user=user,  # type: ignore[arg-type]  # signed in, as everywhere in the admin
                settings=declared.given(data), pos=data.get("pos"), pos_imports_itself=bool(data.get("pos_imports_itself")),
            )  # fmt: skip
        except ValidationError as refused:
            for name, problems in refused.error_dict.items():
                self.add_error(declared.PREFIX + name if declared.PREFIX + name in self.fields else None, problems)
        except ChannelError as error:
            self.add_error(None, error.reason)
        return []


def page_address(request: HttpRequest, app: AppRegistration, connection: Connection | None = None) -> str:
    """Where the channel's page is; the seller comes back to `came_back`."""
    back = _return_address(app.channel)
    return consenting.begin(app, request.user, redirect_url=back, connection=connection)  # type: ignore[arg-type]


def _return_address(channel: str) -> str:
    return settings.PUBLIC_URL + reverse("connect_return", args=(channel,))


@require_POST
def leave(request: HttpRequest, app_id: int) -> HttpResponse:
    """Out to the channel's page, for a new shop."""
    if not (request.user.is_superuser or access.shop_ids(request, access.MANAGER)):
        raise PermissionDenied
    app = get_object_or_404(access.apps(request).filter(is_active=True, channel__in=channels()), pk=app_id)
    if not consenting.has_page(app.channel):
        raise Http404
    return HttpResponseRedirect(page_address(request, app))


@never_cache
def came_back(request: HttpRequest, channel: str) -> HttpResponse:
    """The address that is registered at the channel: a connection is brought back, or shops are offered."""
    if channel not in channels():
        raise Http404
    try:
        back = _return_address(channel)
        consent = consenting.came_back(channel, request.user, request.GET.dict(), redirect_url=back)  # type: ignore[arg-type]
        if consent.connection is not None:
            return _brought_back(request, consent)
    except consenting.ConsentFailed as failed:
        return _came_to_nothing(request, channel, str(failed))
    return _choose(request, consent)


def _brought_back(request: HttpRequest, consent: Consent) -> HttpResponse:
    known = consent.connection
    if known is None or not access.may(request, known.shop_id, access.MANAGER):
        raise PermissionDenied
    try:
        connection = consenting.bring_back(consent)
    except ValidationError as refused:
        raise consenting.ConsentFailed(" ".join(refused.messages)) from refused
    except ChannelError as error:
        raise consenting.ConsentFailed(error.reason) from error
    registered = admin.site.get_model_admin(Connection)
    registered.log_change(request, connection, str(_("Connected again")))
    _say(request, connection, gettext("The shop is connected again."))
    return HttpResponseRedirect(page_of(connection))


def _choose(request: HttpRequest, consent: Consent) -> HttpResponse:
    form = ChooseForm(request, consent, request.POST or None)
    if request.method == "POST" and form.is_valid() and (connections := form.connect()):
        registered = admin.site.get_model_admin(Connection)
        for connection in connections:
            registered.log_addition(request, connection, str(_("Connected")))
            text = gettext("%(shop)s is connected. Its listings and orders are being read.")
            _say(request, connection, text % {"shop": connection.shop})
        return HttpResponseRedirect(offer_of(connections[0]))
    context = admin.site.each_context(request) | {
        "title": _("Connect a shop"), "opts": Connection._meta, "form": form, "back": f"{list_of(Connection)}add/",
        "card_title": gettext("%(channel)s: which shops?") % {"channel": words.channel_title(consent.app.channel)},
        "intro": _("You agreed. Nothing is read or changed in a shop before you connect it."),
    }  # fmt: skip
    return TemplateResponse(request, "admin/integrations/connect.html", context)


def _say(request: HttpRequest, connection: Connection, text: str) -> None:
    messages.success(request, text)
    if connection.trouble:
        messages.warning(request, connection.trouble)
    wake.ring("sweep", [connection.pk])


def offer_of(connection: Connection) -> str:
    """The page that offers to read a new shop's history."""
    return f"{list_of(BackfillRun)}add/?connection={connection.pk}&new=1"


def _came_to_nothing(request: HttpRequest, channel: str, reason: str) -> HttpResponse:
    again = {
        "url": f"{list_of(Connection)}add/",
        "title": _("Start again"),
        "detail": _("Choose the app, and agree once more."),
    }
    context = admin.site.each_context(request) | {
        "title": gettext("%(channel)s: not connected") % {"channel": words.channel_title(channel)},
        "opts": Connection._meta,
        "intro": reason,
        "offered": [again, {"url": list_of(Connection), "title": _("Connections"), "detail": _("See how your shops do.")}],
    }  # fmt: skip
    return TemplateResponse(request, "admin/integrations/choose.html", context, status=400)
