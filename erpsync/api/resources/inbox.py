"""Inbox events, dead letters among them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.rows import Moment, Row
from erpsync.api.resources.inbox_writes import InboxWrites
from integrations.models import InboxEvent


class InboxEventRow(Row):
    changed_at = Moment(source="version", help_text="When the thing changed at the channel.")

    class Meta:
        model = InboxEvent
        fields = (
            "id", "connection", "kind", "external_id", "source", "state", "seen", "tries", "reason_code", "reason", "changed_at",
            "received_at", "due_at", "finished_at",
        )  # fmt: skip


class InboxEventFilters(filters.Filters):
    connection = filters.Ids(field_name="connection_id")
    shop = filters.Ids(field_name="connection__shop_id")
    state = filters.Words(field_name="state", choices=InboxEvent.State.choices)
    kind = filters.Texts(field_name="kind")
    external_id = filters.Texts(field_name="external_id")
    source = filters.Words(field_name="source", choices=InboxEvent.Source.choices)
    received_since = filters.Since("received_at")
    received_before = filters.Before("received_at")


class InboxEvents(InboxWrites):
    """Changes that channels announced or sweeps found. Dead letters are those with `state=dead`."""

    resource = "inbox"
    model = InboxEvent
    serializer_class = InboxEventRow
    filterset_class = InboxEventFilters
    large = ("raw", "body")

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        if permissions.access_of(self.request).everything:
            return rows
        return rows.filter(connection_id__in=permissions.connection_ids(self.request, role))
