"""Admin of commands: what the hub asked other systems to do, its outcome, and another try for what was refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from erpsync.admin.kit import permissions, words
from erpsync.admin.kit.base import BigShopAdmin, ConnectionScopedAdmin, page_of
from erpsync.admin.kit.filters import choice_filter
from integrations.documents.commands.request import retry
from integrations.models import Command


@admin.register(Command)
class CommandAdmin(ConnectionScopedAdmin, BigShopAdmin):
    """Admin of commands. One about an order is seen by the members of its shop, any other by those of its connection.

    A ledger serves several shops: the members of one see nothing of the others' orders there.
    """

    connection_path = "target_id"
    list_display = ("what", "target_label", "state_label", "reason_label", "tries", "created_at", "finished_at")
    list_filter = (choice_filter("state", _("state")),)
    search_fields = ("reference",)
    search_help_text = _("Our reference, the order's number or the subject, whole.")
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ["retry_this"]
    empty_text = _("Nothing was asked of another system yet.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("label", "target_label"),
                    ("about", "warehouse"),
                    ("state_label", "tries"),
                    "reason_label",
                    ("reference", "code", "external_id"),
                    ("created_at", "sent_at", "finished_at"),
                    "who",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Command]:
        return (
            super()
            .get_queryset(request)
            .select_related("target__shop", "target__authorisation__app", "order__shop", "warehouse", "actor")
        )

    def with_role(self, request: HttpRequest, queryset: QuerySet[Command], role: str) -> QuerySet[Command]:
        own_orders = Q(order__shop_id__in=permissions.shop_ids(request, role))
        of_mine = Q(order__isnull=True, target_id__in=permissions.connection_ids(request, role))
        return queryset.filter(own_orders | of_mine)

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        shop_id = permissions.follow(obj, "order__shop_id")
        return super().may(request, obj, role) if shop_id is None else permissions.may(request, shop_id, role)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Command], search_term: str
    ) -> tuple[QuerySet[Command], bool]:
        term = search_term.strip()
        whole = Q(reference=term) | Q(order__number=term) | Q(subject=term)
        return (queryset.filter(whole) if term else queryset), False

    @display(description=_("command"), header=True)
    def what(self, command: Command) -> list[str]:
        return [command.label, self._about(command)]

    @display(description=_("about"))
    def about(self, command: Command) -> str | SafeString:
        name = self._about(command)
        return words.link(page_of(command.order), name) if command.order else name

    @display(description=_("sent to"), header=True)
    def target_label(self, command: Command) -> list[str]:
        return [str(command.target), words.channel_title(command.target.channel)]

    @display(description=_("state"))
    def state_label(self, command: Command) -> SafeString:
        return words.label(command.get_state_display(), words.COMMAND_COLOURS[command.state])

    @display(description=_("reason"))
    def reason_label(self, command: Command) -> str:
        return command.reason or "–"

    @display(description=_("by"))
    def who(self, command: Command) -> str:
        return str(command.actor) if command.actor else str(_("the hub"))

    def _about(self, command: Command) -> str:
        return command.order.number if command.order else command.subject or "–"

    # --- what can be done ---

    def hidden_actions(self, row: Command) -> Collection[str]:
        return () if row.state == Command.State.REFUSED else self.actions_detail

    @action(
        description=_("Try again"), icon="replay", permissions=["operate"],
        dialog={
            "title": _("Try again"), "form_submit_text": _("Try again"),
            "description": _("The command is sent once more. Put right first what the reason names."),
        },
    )  # fmt: skip
    def retry_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        command = self.found(request, object_id)
        again = retry([command.pk])
        self.log_change(request, command, str(_("Refused command wanted again")))
        text = ngettext("%(n)s command is sent again.", "%(n)s commands are sent again.", again)
        messages.success(request, text % {"n": again})
        return self.to_page(command)
