"""Backfills: history read in once."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from rest_framework.serializers import IntegerField

from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.rows import Row
from erpsync.api.resources.backfill_writes import BackfillWrites
from integrations.models import BackfillRun


class BackfillRow(Row):
    parts = IntegerField(help_text="Spans that it was cut into.")
    parts_over = IntegerField()
    parts_failed = IntegerField()
    stored = IntegerField(help_text="Things read and stored.")

    class Meta:
        model = BackfillRun
        fields = (
            "id", "connection", "kind", "since", "until", "newest_first", "state", "reason", "parts", "parts_over",
            "parts_failed", "stored", "created_at", "finished_at",
        )  # fmt: skip


class BackfillFilters(filters.Filters):
    connection = filters.Ids(field_name="connection_id")
    shop = filters.Ids(field_name="connection__shop_id")
    kind = filters.Texts(field_name="kind")
    state = filters.Words(field_name="state", choices=BackfillRun.State.choices)


class Backfills(BackfillWrites):
    """Readings of a connection's past, with their progress."""

    resource = "backfills"
    model = BackfillRun
    serializer_class = BackfillRow
    filterset_class = BackfillFilters

    def rows(self) -> QuerySet[Any]:
        failed, done = Q(chunks__state="failed"), Q(chunks__state="done")
        return super().rows().annotate(
            parts=Count("chunks"), parts_over=Count("chunks", filter=done | failed), parts_failed=Count("chunks", filter=failed),
            stored=Coalesce(Sum("chunks__stored"), 0),
        )  # fmt: skip

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(connection_id__in=permissions.connection_ids(self.request, role))
