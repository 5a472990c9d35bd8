"""Connect by the channel's own consent page: the redirect out, the return address, and the form to choose shops."""

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
    UnfoldAdminTextInputWidget,
)

from erpsync import permissions
from erpsync.admin.channels.link_fields import chosen_links, new_link_fields
from erpsync.admin.kit import declared, words
from erpsync.admin.kit.base import list_of, page_of
from integrations.accounts import consents
from integrations.connectors import channels, connector_of
from integrations.contract.consent import ShopFound
from integrations.contract.errors import ChannelError
from integrations.models import AppRegistration, BackfillRun, Connection, Consent
from integrations.work import wakeups


def is_taken(request: HttpRequest, app: AppRegistration, shop_id: str) -> bool:
    """Return whether the account is connected already and this user may not connect it again."""
    known = Connection.objects.filter(authorisation__app=app, external_id=shop_id).first()
    return known is not None and not permissions.may_with(request, known.pk, permissions.MANAGER)


class ChooseForm(forms.Form):
    """Form to choose among the shops that a consent covers, with their links."""

    def __init__(self, request: HttpRequest, consent: Consent, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.consent = request, consent
        self.found = {shop.external_id: shop for shop in consents.found_shops(consent)}
        self.connector = connector_of(consent.app.channel)
        self._offer_shops()
        missing = [field for field in self.connector.connection_fields if field.required and not field.default]
        known = [shop.settings for shop in self.found.values()]
        self.asked = [field for field in missing if not known or not all(field.name in given for given in known)]
        self.fields |= declared.form_fields(self.asked, {})
        self.fields |= new_link_fields(request, self.connector)

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
        """Refuse to take over a connected account of other people's shops."""
        shop_id: str = self.cleaned_data["shop_id"].strip()
        if is_taken(self.request, self.consent.app, shop_id):
            raise ValidationError(_("This shop is connected already. Ask one of its managers to let you in."))
        return shop_id

    def connect(self) -> list[Connection]:
        """Connect the chosen shops; none when that failed, with the reason in the form. Calls the channel."""
        data, user = self.cleaned_data, self.request.user
        chosen = [self.found[shop_id] for shop_id in data.get("shops", ())] or [ShopFound(data["shop_id"], "")]
        try:
            return consents.take(
                self.consent, chosen, user=user,  # type: ignore[arg-type]  # signed in, as everywhere in the admin
                settings=declared.given(data), **chosen_links(data),
            )  # fmt: skip
        except ValidationError as refused:
            for name, problems in refused.error_dict.items():
                self.add_error(declared.PREFIX + name if declared.PREFIX + name in self.fields else None, problems)
        except ChannelError as error:
            self.add_error(None, str(error.reason))
        return []


def page_address(request: HttpRequest, app: AppRegistration, connection: Connection | None = None) -> str:
    """Return the address of the channel's page; the seller comes back to `came_back`."""
    back = _return_address(app.channel)
    return consents.begin(app, request.user, redirect_url=back, connection=connection)  # type: ignore[arg-type]


def _return_address(channel: str) -> str:
    return settings.PUBLIC_URL + reverse("connect_return", args=(channel,))


@require_POST
def leave(request: HttpRequest, app_id: int) -> HttpResponse:
    """Redirect to the channel's page, for a new connection."""
    _check_manager(request)
    app = get_object_or_404(permissions.apps(request).filter(is_active=True, channel__in=channels()), pk=app_id)
    if not consents.has_page(app):
        raise Http404
    admin.site.get_model_admin(AppRegistration).log_change(request, app, _("Sent to the channel to agree"))
    return HttpResponseRedirect(page_address(request, app))


def _check_manager(request: HttpRequest) -> None:
    if not (request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER)):
        raise PermissionDenied


@never_cache
def came_back(request: HttpRequest, channel: str) -> HttpResponse:
    """Return address registered at the channel: renew a connection, or offer the shops. Asks again what `leave` asked: half an
    hour may lie between, in which somebody was thrown out of every shop."""
    _check_manager(request)
    if channel not in channels():
        raise Http404
    try:
        back = _return_address(channel)
        consent = consents.came_back(channel, request.user, request.GET.dict(), redirect_url=back)  # type: ignore[arg-type]
        if consent.connection is not None:
            return _brought_back(request, consent)
    except consents.ConsentFailed as failed:
        return _failed_page(request, channel, str(failed))
    return _choose(request, consent)


def _brought_back(request: HttpRequest, consent: Consent) -> HttpResponse:
    known = consent.connection
    if known is None or not permissions.may_with(request, known.pk, permissions.MANAGER):
        raise PermissionDenied
    try:
        connection = consents.bring_back(consent)
    except ValidationError as refused:
        raise consents.ConsentFailed(" ".join(refused.messages)) from refused
    except ChannelError as error:
        raise consents.ConsentFailed(str(error.reason)) from error
    registered = admin.site.get_model_admin(Connection)
    registered.log_change(request, connection, _("Connected again"))
    _say(request, connection, gettext("The shop is connected again."))
    return HttpResponseRedirect(page_of(connection))


def _choose(request: HttpRequest, consent: Consent) -> HttpResponse:
    form = ChooseForm(request, consent, request.POST or None)
    if request.method == "POST" and form.is_valid() and (connections := form.connect()):
        registered = admin.site.get_model_admin(Connection)
        for connection in connections:
            registered.log_addition(request, connection, _("Connected"))
            text = gettext("%(shop)s is connected. Its listings and orders are being read.")
            _say(request, connection, text % {"shop": connection})
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
        messages.warning(request, str(connection.trouble))
    wakeups.enqueue_once("sweep", [connection.pk])


def offer_of(connection: Connection) -> str:
    """Return the address of the page that offers to read a new shop's history."""
    return f"{list_of(BackfillRun)}add/?connection={connection.pk}&new=1"


def _failed_page(request: HttpRequest, channel: str, reason: str) -> HttpResponse:
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
