"""Actions of event sinks of every kind: how far each is, on and off, replay, a test event, a new secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from core.permissions import MANAGER, ROLE_FOR, WRITE
from erpsync import permissions
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.api.resources.changes import PERSONAL, readable_types
from integrations.events import switching
from integrations.events.judging import Lag, lags
from integrations.events.sinks.base import Outcome
from integrations.models import EventSink

# of which a caller sees any part: more are a mistake in a program
MOST_SINKS = 50


class SinkRow(Row):
    """A sink, and how far it is behind."""

    shops = serializers.PrimaryKeyRelatedField(source="only_shops", many=True, read_only=True)  # type: ignore[var-annotated]

    events_behind = serializers.SerializerMethodField(help_text="Positions of the feed that it has not got past.")
    seconds_behind = serializers.SerializerMethodField(help_text="Age of the oldest event that is not delivered yet.")

    class Meta:
        model = EventSink
        fields: tuple[str, ...] = (
            "id", "name", "shops", "types", "sends_personal", "is_active", "off_reason", "off_at", "cursor", "events_behind",
            "seconds_behind", "failures", "trouble", "paused_until", "created_at",
        )  # fmt: skip

    def get_events_behind(self, sink: EventSink) -> int:
        return self.lag_of(sink).events

    def get_seconds_behind(self, sink: EventSink) -> float:
        return round(self.lag_of(sink).seconds, 3)

    def lag_of(self, sink: EventSink) -> Lag:
        found: Mapping[int, Lag] = self.context["lags"]()
        return found.get(sink.pk, Lag(sink.pk, 0, 0.0, 0, 0))


class ReplayBody(Body):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    types = serializers.ListField(child=serializers.CharField(max_length=64), max_length=100, default=list)
    entity = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text='"order/17": of that one only.'
    )


class SwitchOnBody(Body):
    since = serializers.DateTimeField(
        default=None, allow_null=True, help_text="Send again from this time on; empty: from where it stopped."
    )
    now = serializers.BooleanField(default=False, help_text="From now on: what happened meanwhile is not sent.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["now"] and attrs["since"] is not None:
            raise serializers.ValidationError(_("Give either since or now."), "either")
        return attrs


class Tested(serializers.Serializer):  # type: ignore[type-arg]
    """Outcome of a test event."""

    delivered = serializers.BooleanField()
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP, where it is spoken.")
    answer = serializers.CharField(help_text="What the other side answered, or why it could not be reached.")
    milliseconds = serializers.IntegerField()


class Sinks(Resource):
    """Sinks all of whose shops are the caller's, through the services of the admin. `named`: the sink in the answers of writes."""

    resource = "events"
    model = EventSink
    named: ClassVar[str]

    def rows(self) -> QuerySet[Any]:
        return super().rows().prefetch_related("only_shops")

    @cached_property
    def lags(self) -> Mapping[int, Lag]:
        """Return the lag of each sink; one query per answer, and none where nobody asked for it."""
        return {lag.sink_id: lag for lag in lags()}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "lags": lambda: self.lags}

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        """Return the sinks all of whose shops are the caller's. People see what they see in the admin: as managers."""
        return permissions.of_shops_only(self.request, rows, role if self.granted else MANAGER)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """End a subscription. What waits for it is not sent any more."""
        sink = self.to_write()

        def perform() -> Response:
            switching.remove_sink(sink.pk)
            return Response(status=status.HTTP_204_NO_CONTENT)

        return self.once(perform)

    @extend_schema(request=ReplayBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: int) -> Response:
        """Send the past events of a time range again, marked as a replay, those of its types. Says how many there are."""
        sink = self.to_write()
        wanted = self.body(ReplayBody)
        types = readable_types(request, wanted["types"])

        def perform() -> Response:
            count = switching.replay(
                sink.pk, since=wanted["since"], until=wanted["until"], types=types, entity=wanted["entity"]
            )
            return Response({self.named: sink.pk, "events": count})

        return self.once(perform)

    @extend_schema(request=SwitchOnBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="switch-on")
    def switch_on(self, request: Request, pk: int) -> Response:
        """Go on after a stop: from where it stopped, from a time, or from now."""
        sink = self.to_write()
        wanted = self.body(SwitchOnBody)

        def perform() -> Response:
            switching.switch_on(sink.pk, **wanted)
            return Response({self.named: sink.pk, "is_active": True})

        return self.once(perform)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="switch-off")
    def switch_off(self, request: Request, pk: int) -> Response:
        """Stop sending. What comes meanwhile waits."""
        sink = self.to_write()

        def perform() -> Response:
            switching.switch_off(sink.pk, EventSink.Off.PERSON)
            return Response({self.named: sink.pk, "is_active": False})

        return self.once(perform)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: int) -> Response:
        """Give it a new secret; the one before signs beside it for a day. The new one: `GET /webhooks/{id}/secret`."""
        sink = self.to_write()

        def perform() -> Response:
            if not sink.secrets.get("current"):
                raise Problem(409, "no_secret", _("What goes to a sink of this kind is not signed."))
            return Response({self.named: sink.pk, "previous_until": switching.change_secret(sink.pk)})

        return self.once(perform)

    @extend_schema(request=None, responses={200: Tested})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: int) -> Response:
        """Send a test event at once, and say what the other side answered."""
        sink = self.to_write()
        outcomes: list[Outcome] = []

        def perform() -> Response:
            [outcome] = outcomes
            return Response({
                "delivered": switching.is_delivered(outcome), "status": outcome.status, "answer": outcome.answer,
                "milliseconds": outcome.milliseconds,
            })  # fmt: skip

        return self.once(perform, prepare=lambda: outcomes.append(switching.send_test(sink)))

    def shops_of(self, asked: Sequence[int] | None) -> list[int]:
        """Return the shops whose events are wanted: these, or all of the caller's. Raises NotFound for one of another."""
        mine = permissions.shop_ids(self.request, ROLE_FOR[WRITE] if self.granted else MANAGER)
        if not mine or not set(asked or mine) <= set(mine):
            raise NotFound
        return sorted(set(asked or mine))

    def check_personal(self) -> None:
        """Refuse a sink with data of buyers to a caller who may not read them. Raises Problem."""
        if not permissions.access_of(self.request).has_scope(PERSONAL):
            raise Problem(403, "scope", _("This key lacks the scope %(scope)s.") % {"scope": PERSONAL}, scope=PERSONAL)

    def check_room(self) -> None:
        """Refuse one sink too many. Raises Problem."""
        if self.visible(self.rows(), ROLE_FOR[WRITE]).count() >= MOST_SINKS:
            raise Problem(409, "too_many", _("There are %(most)d of them already.") % {"most": MOST_SINKS})
