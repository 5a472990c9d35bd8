"""Admin of commands: what the hub asked other systems to do, its outcome, and another try for what was refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, ConnectionScopedAdmin, list_of, page_of
from erpsync.admin.kit.closing import AttentionFilter, ClosingActions
from erpsync.admin.kit.filters import choice_filter
from erpsync.admin.kit.search import SearchesExact, orders_numbered
from erpsync.admin.kit.summary import parted, summarise
from erpsync.admin.kit.traced import Traced
from integrations.documents.commands import refusals
from integrations.documents.commands.request import retry, why_not_again
from integrations.models import Command


@admin.register(Command)
class CommandAdmin(Traced, SearchesExact, ClosingActions, ConnectionScopedAdmin, BigShopAdmin):
    """Admin of commands. One about an order is seen by the members of its shop, any other by those of its connection.

    A ledger serves several shops: the members of one see nothing of the others' orders there.
    """

    connection_path = "target_id"
    waiting_state = Command.State.REFUSED
    list_display = ("what", "target_label", "state_label", "reason_label", "tries", "created_at", "finished_at")
    list_filter = (AttentionFilter, choice_filter("state", _("state")))
    search_fields = ("reference",)
    search_exact = ("reference", "subject")
    search_help_text = _("Our reference, the order's number or the subject, whole.")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("retry_chosen", "close_chosen", "reopen_chosen")
    actions_detail = ["retry_this", "close_this", "reopen_this"]
    empty_text = _("Nothing was asked of another system yet.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("command_label", "target_label"),
                    ("about", "warehouse"),
                    ("state_label", "tries"),
                    "reason_label",
                    "reference",
                    ("code", "external_id"),
                    ("created_at", "sent_at"),
                    ("finished_at", "who"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Command]:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "target__shop", "target__authorisation__app", "order__shop", "warehouse", "actor", "closed_by"
            )
        )

    def found_by(self, request: HttpRequest, term: str) -> Q:
        """Return the condition for commands that a person looks for. Orders are found first: an OR with a join reads every command."""
        return super().found_by(request, term) | Q(order_id__in=orders_numbered(request, term))

    def with_role(self, request: HttpRequest, queryset: QuerySet[Command], role: str) -> QuerySet[Command]:
        return queryset.filter(permissions.commands_of(request, role))

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        shop_id = permissions.follow(obj, "order__shop_id")
        return super().may(request, obj, role) if shop_id is None else permissions.may(request, shop_id, role)

    @display(description=_("command"), header=True)
    def what(self, command: Command) -> list[str]:
        return words.Header([command.label, self._about(command)])

    @display(description=_("command"))
    def command_label(self, command: Command) -> str:
        return command.label

    @display(description=_("command"))
    def kind_label(self, command: Command) -> str:
        return command.label

    @display(description=_("about"))
    def about(self, command: Command) -> str | SafeString:
        name = self._about(command)
        return words.link(page_of(command.order), name) if command.order else name

    @display(description=_("sent to"), header=True)
    def target_label(self, command: Command) -> list[str]:
        return words.Header([str(command.target), words.channel_title(command.target.channel)])

    @display(description=_("state"))
    def state_label(self, command: Command) -> SafeString:
        return self.closed_mark(command, words.command_state(command))

    @display(description=_("reason"))
    def reason_label(self, command: Command) -> Any:
        return words.reason(command.reason)

    @display(description=_("by"))
    def who(self, command: Command) -> str:
        return str(command.actor) if command.actor else str(_("the hub"))

    def _about(self, command: Command) -> str:
        return command.order.number if command.order else command.subject or "–"

    # --- what can be done ---

    @admin.action(description=_("Try again"), permissions=["operate"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet[Command]) -> None:
        wanted, left_out = parted(self.permitted(request, queryset), why_not_again)
        again = retry([command.pk for command in wanted])
        text = ngettext("%(n)s command is sent again.", "%(n)s commands are sent again.", again)
        summarise(request, text, _("No command is sent again."), again, left_out, list_of(Command))

    def hidden_actions(self, row: Command) -> Collection[str]:
        return self.closing_hidden(row) | (set() if self.is_open(row) else {"retry_this"})

    def close_rows(self, ids: Sequence[int], note: str, actor_id: int | None) -> int:
        return refusals.close(ids, note=note, actor_id=actor_id)

    def reopen_rows(self, ids: Sequence[int]) -> int:
        return refusals.reopen(ids)

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
        self.log_change(request, command, _("Refused command wanted again"))
        text = ngettext("%(n)s command is sent again.", "%(n)s commands are sent again.", again)
        messages.success(request, text % {"n": again})
        return self.to_page(command)
