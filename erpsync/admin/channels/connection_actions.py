"""Actions on a connection's page: check, sweep, renew the consent, pause pushes, disconnect."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from core.transactions import in_transaction
from erpsync.admin.channels.consent_page import page_address
from erpsync.admin.channels.disconnect_page import DisconnectView
from erpsync.admin.kit import declared
from erpsync.admin.kit.base import ConnectionScopedAdmin, menu
from integrations.accounts import consents
from integrations.accounts.connecting import reconnect
from integrations.accounts.connections import account_of
from integrations.accounts.consents import consent_kind
from integrations.contract.errors import ChannelError
from integrations.models import Connection
from integrations.work import wakeups
from inventory.services.shops import pause_pushes


class ConsentForm(BaseDialogForm):
    """Dialog for a fresh code or fresh tokens of a connection."""

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        connection = get_object_or_404(Connection.objects.select_related("authorisation__app"), pk=object_id)
        self.fields |= declared.way_fields(consent_kind(connection.authorisation.app))


class ConnectionActions(ConnectionScopedAdmin):
    """Admin of connections with the actions on their pages."""

    connection_path = "pk"
    # two are for every day; the others in a menu, so that the shop's name keeps its place
    actions_detail = ["check_now", "sweep_now", menu("agree_again", "connect_again", "pause", "resume", "disconnect")]

    def hidden_actions(self, row: Connection) -> Collection[str]:
        shop = row.shop
        hidden = {"pause", "resume"}
        if shop is not None and not shop.keeps_stock:
            hidden = {"pause" if shop.pushes_paused else "resume"}
        if not consents.has_page(row.authorisation.app):
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
            account = account_of(connection, lane="bulk")
            health = account.connector.check(account.access)
        except ChannelError as error:
            messages.error(request, str(error.reason))
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
        wakeups.enqueue_once("sweep", [connection.pk])
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
        return DisconnectView.as_view(model_admin=self)(request, connection=self.found(request, object_id))

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
            messages.error(request, str(error.reason))
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            self.log_change(request, connection, _("Connected again"))
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
        _set_paused(connection, paused=paused)
        self.log_change(request, connection, _("Pushes paused") if paused else _("Pushes resumed"))
        messages.success(request, _("Pushes are paused.") if paused else _("Pushes go out again."))
        return self.to_page(connection)


@in_transaction
def _set_paused(connection: Connection, *, paused: bool) -> None:
    pause_pushes([connection.own_shop.pk], paused=paused)
    transaction.on_commit(partial(wakeups.enqueue_once, "publish", [connection.pk]))
