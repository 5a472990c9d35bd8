"""Commands: things done once at another system, and how they went."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.rows import Row
from erpsync.api.resources.command_writes import CommandWrites
from integrations.models import Command


class CommandRow(Row):
    class Meta:
        model = Command
        fields = (
            "id", "target", "kind", "order", "subject", "warehouse", "reference", "state", "options", "external_id", "code",
            "reason", "tries", "due_at", "sent_at", "finished_at", "created_at",
        )  # fmt: skip


class CommandFilters(filters.Filters):
    target = filters.Ids(field_name="target_id")
    order = filters.Ids(field_name="order_id")
    kind = filters.Texts(field_name="kind")
    state = filters.Words(field_name="state", choices=Command.State.choices)
    reference = filters.Texts(field_name="reference")
    created_since = filters.Since("created_at")
    created_before = filters.Before("created_at")


class Commands(CommandWrites):
    """Commands to other systems: ship, cancel, answer; documents at the POS and the CRM."""

    resource = "commands"
    model = Command
    serializer_class = CommandRow
    filterset_class = CommandFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(permissions.commands_of(self.request, role))
