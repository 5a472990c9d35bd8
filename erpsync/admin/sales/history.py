"""History of a row and its channel's raw answer, below the row on its page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin
from erpsync.admin.kit.channel_words import verbatim
from erpsync.admin.kit.log_texts import text_of
from integrations.models import Command


class Step(NamedTuple):
    """One thing that happened, and who or what brought it about."""

    when: datetime
    what: str
    detail: Any
    who: str


WHEN = attrgetter("when")


class StoryAdmin(BigShopAdmin):
    """Rows whose page tells their history, newest first, and shows the channel's raw answer."""

    change_form_after_template = "admin/orders/after.html"

    def history(self, row: Any) -> list[Step]:
        """Everything that happened to a row, in any order."""
        raise NotImplementedError

    def beside_history(self, row: Any) -> dict[str, Any]:
        """Return what else the template below the row shows."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        # the buttons ask for it again
        request.__dict__.setdefault("_found", {})[self.model, str(object_id)] = row
        context: dict[str, Any] = {}
        if row:
            steps = sorted(self.history(row), key=WHEN, reverse=True)
            context = {"steps": steps, "raw": words.raw_json(row.raw)} | self.beside_history(row)
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)


def status_steps(changes: Iterable[Any]) -> list[Step]:
    """Return status changes as steps."""
    return [
        Step(
            change.created_at,
            f"{change.get_before_display() or '–'} → {change.get_after_display() or '–'}",
            verbatim(change.channel_status) if change.channel_status else "",
            words.source_text(change.source),
        )
        for change in changes
    ]


def command_steps(command: Command) -> list[Step]:
    """Return a command as steps: wanted, ended, and closed by a person."""
    who = str(command.actor) if command.actor else _("the hub")
    what = f"{command.label} → {command.target}"
    steps = [Step(command.created_at, what, "", who)]
    if command.finished_at:
        ended = f"{what}: {command.get_state_display()}"
        steps.append(
            Step(
                command.finished_at,
                ended,
                words.reason(command.reason) if command.reason else command.code,
                str(command.target),
            )
        )
    if command.closed_at and command.close_note:
        by = str(command.closed_by) if command.closed_by else _("the hub")
        steps.append(Step(command.closed_at, f"{what}: {_('Closed')}", command.close_note, by))
    return steps


def logged_steps(row: Model) -> list[Step]:
    """Return what people did in the admin as steps."""
    kind = ContentType.objects.get_for_model(row)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user")
    return [Step(entry.action_time, text_of(entry), "", str(entry.user)) for entry in entries]
