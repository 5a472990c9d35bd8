"""Dead letters: tried again, tried without consequences, saved as a case."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erpsync.api.kit.bulk import Body, BulkOutcome, Id, Outcomes, answer, bulk_of, read_rows
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.replay.export import as_case, may_be_saved
from integrations.inbox.refetch import try_again
from integrations.ingest.dry_run import NothingToTry, dry_run
from integrations.models import InboxEvent


class EventBody(Body):
    event = Id()


class DifferenceRow(serializers.Serializer):  # type: ignore[type-arg]
    what = serializers.CharField()
    which = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class DryRunRow(serializers.Serializer):  # type: ignore[type-arg]
    """Outcome of another try, and its differences, without anything stored."""

    state = serializers.CharField()
    reason = serializers.CharField()
    differences = DifferenceRow(many=True)


class InboxWrites(Resource):
    """Operations on dead letters."""

    model = InboxEvent

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Try a dead letter again: the channel is asked for the current state."""
        event = self.to_write()

        def perform() -> Response:
            if not try_again([event.pk]):
                raise _not_dead()
            return Response({"event": event.pk})

        return self.once(perform)

    @extend_schema(request=bulk_of(EventBody), responses={200: BulkOutcome}, operation_id="inbox_events_retry_bulk")
    @action(detail=False, methods=["post"])
    def retries(self, request: Request) -> Response:
        """Try up to 500 dead letters again."""
        rows, malformed = read_rows(request, EventBody)

        def perform() -> Response:
            good, refused = self.writable(rows, "event")
            dead = InboxEvent.objects.filter(
                pk__in=[row["event"] for row in good.values()], state=InboxEvent.State.DEAD
            )
            again = set(dead.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
            try_again(sorted(again))
            done: Outcomes = {
                place: {"event": row["event"]} if row["event"] in again else _not_dead() for place, row in good.items()
            }
            return answer(malformed | refused | done)

        return self.once(perform)

    @extend_schema(request=None, responses=DryRunRow)
    @action(detail=True, methods=["post"], url_path="dry-run")
    def dry_run(self, request: Request, pk: int) -> Response:
        """Try a dead letter without consequences. The channel is asked; nothing is stored, so that it may be repeated freely."""
        event = self._whole(self.to_write())
        if event.state != InboxEvent.State.DEAD:
            raise _not_dead()
        try:
            found = dry_run(event)
        except NothingToTry as why:
            raise Problem(409, "nothing_to_try", str(why)) from why
        differences = [
            {"what": each.what, "which": each.which, "before": each.before, "after": each.after}
            for each in found.differences
        ]
        return Response(DryRunRow({"state": found.state, "reason": str(found.reason), "differences": differences}).data)

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["post"], url_path="case")
    def case(self, request: Request, pk: int) -> Response:
        """Save the thing as a case for support, as its channel answers now: nobody's name is in it. Nothing is stored."""
        event = self._whole(self.to_write())
        if event.connection is None or not may_be_saved(event.connection, event.kind):
            raise Problem(
                409, "nothing_to_save", _("The channel cannot be asked about this, so there is nothing to save.")
            )
        return Response(as_case(event.connection, event.kind, event.external_id))

    def _whole(self, event: Any) -> InboxEvent:
        """Return the event with what a call to its channel needs."""
        return InboxEvent.objects.select_related("connection__shop", "connection__authorisation__app", "app").get(
            pk=event.pk
        )


def _not_dead() -> Problem:
    return Problem(409, "not_dead", _("This is no dead letter, or no longer."))
