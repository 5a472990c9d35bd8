"""Events that sinks did not take yet, and each attempt with its answer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erpsync.api.kit import filters
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.api.resources.event_sinks import seen_sinks
from integrations.events import switching
from integrations.models import DeliveryAttempt, EventDelivery


class OfSinks(Resource):
    """Rows of the sinks that the caller may see."""

    resource = "events"

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(sink__in=seen_sinks(self, role).values("pk"))


class EventDeliveryRow(Row):
    class Meta:
        model = EventDelivery
        fields = (
            "id", "sink", "event_id", "type", "entity", "entity_id", "position", "state", "tries", "first_tried_at", "due_at",
            "is_replay", "reason",
        )  # fmt: skip


class EventDeliveryFilters(filters.Filters):
    sink = filters.Ids(field_name="sink_id")
    state = filters.Words(field_name="state", choices=EventDelivery.State.choices)


class EventDeliveries(OfSinks):
    """Events that a sink has not taken: they wait for another try, or are dead letters (`parked`)."""

    tag = "event-deliveries"
    model = EventDelivery
    serializer_class = EventDeliveryRow
    filterset_class = EventDeliveryFilters

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Try a dead letter again."""
        row = self.to_write()

        def perform() -> Response:
            if not switching.retry_parked(row.sink_id, [row.pk]):
                raise Problem(409, "not_possible", _("It is no dead letter: it waits for its next try."))
            return Response({"delivery": row.pk, "state": "waiting"})

        return self.once(perform)


class DeliveryAttemptRow(Row):
    class Meta:
        model = DeliveryAttempt
        fields = ("id", "sink", "event_id", "type", "outcome", "status", "answer", "milliseconds", "is_test", "at")


class DeliveryAttemptFilters(filters.Filters):
    sink = filters.Ids(field_name="sink_id")
    outcome = filters.Words(field_name="outcome", choices=DeliveryAttempt.Outcome.choices)
    since = filters.Since("at")
    before = filters.Before("at")


class DeliveryAttempts(OfSinks):
    """Calls of webhooks, with their answers. What was sent: `GET /events/{event_id}`."""

    tag = "delivery-attempts"
    model = DeliveryAttempt
    serializer_class = DeliveryAttemptRow
    filterset_class = DeliveryAttemptFilters
