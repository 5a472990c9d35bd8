"""Webhooks: subscriptions of partner systems to business events, signed by Standard Webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.permissions import MANAGER, ROLE_FOR, WRITE
from erpsync import permissions
from erpsync.api.kit.bulk import Body, Id
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.api.resources.changes import PERSONAL, readable_types
from integrations.events import switching
from integrations.events.addresses import REFUSED_ADDRESSES, AddressRefused, resolve
from integrations.events.judging import Lag, lags
from integrations.models import EventSink

KIND = "webhook"
# of which a caller sees any part: more are a mistake in a program
MOST_WEBHOOKS = 50


class WebhookRow(Row):
    url = serializers.CharField(source="settings.url")
    shops = serializers.PrimaryKeyRelatedField(source="only_shops", many=True, read_only=True)  # type: ignore[var-annotated]

    events_behind = serializers.SerializerMethodField(help_text="Positions of the feed that it has not got past.")
    seconds_behind = serializers.SerializerMethodField(help_text="Age of the oldest event that is not delivered yet.")

    class Meta:
        model = EventSink
        fields = (
            "id", "name", "url", "shops", "types", "sends_personal", "is_active", "off_reason", "off_at", "cursor", "events_behind",
            "seconds_behind", "failures", "trouble", "paused_until", "created_at",
        )  # fmt: skip

    def get_events_behind(self, sink: EventSink) -> int:
        return self._lag(sink).events

    def get_seconds_behind(self, sink: EventSink) -> float:
        return round(self._lag(sink).seconds, 3)

    def _lag(self, sink: EventSink) -> Lag:
        found: Mapping[int, Lag] = self.context["lags"]()
        return found.get(sink.pk, Lag(sink.pk, 0, 0.0, 0, 0))


class WebhookBody(Body):
    name = serializers.CharField(max_length=200)
    url = serializers.CharField(max_length=2000, help_text="Begins with https://.")
    types = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=1, max_length=100,
        help_text='"order.shipped", or "order." for all of orders.',
    )  # fmt: skip
    shops = serializers.ListField(child=Id(), max_length=500, required=False, help_text="By itself all of the key's.")
    sends_personal = serializers.BooleanField(default=False, help_text="With data of buyers: needs customers:read.")


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


class Webhooks(Resource):
    """Addresses that get the events of your shops, and how far each is."""

    resource = "events"
    tag = "webhooks"
    model = EventSink
    serializer_class = WebhookRow
    scopes = {"secret": f"events:{WRITE}"}

    def rows(self) -> QuerySet[Any]:
        return super().rows().filter(kind=KIND).prefetch_related("only_shops")

    @cached_property
    def lags(self) -> Mapping[int, Lag]:
        """Return the lag of each sink; one query per answer, and none where nobody asked for it."""
        return {lag.sink_id: lag for lag in lags()}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "lags": lambda: self.lags}

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        """Return the webhooks all of whose shops are the caller's. People see what they see in the admin: as managers."""
        return permissions.of_shops_only(self.request, rows, role if self.granted else MANAGER)

    @extend_schema(request=WebhookBody, responses={201: WebhookRow})
    def create(self, request: Request) -> Response:
        """Subscribe an address to events from now on. The secret that signs them: `GET /webhooks/{id}/secret`."""
        wanted = self.body(WebhookBody)
        shops = self._shops(wanted.get("shops"))
        types = readable_types(request, wanted["types"])
        if wanted["sends_personal"] and not permissions.access_of(request).has_scope(PERSONAL):
            text = _("This key lacks the scope %(scope)s.") % {"scope": PERSONAL}
            raise Problem(403, "scope", text, scope=PERSONAL)

        def perform() -> Response:
            if self.visible(self.rows(), ROLE_FOR[WRITE]).count() >= MOST_WEBHOOKS:
                raise Problem(409, "too_many", _("There are %(most)d webhooks already.") % {"most": MOST_WEBHOOKS})
            sink = switching.add_sink(
                KIND, wanted["name"], {"url": wanted["url"]}, shops=shops, types=types, sends_personal=wanted["sends_personal"]
            )  # fmt: skip
            place = reverse("api:webhooks-detail", args=(sink.pk,))
            return Response(self.get_serializer(sink).data, status.HTTP_201_CREATED, headers={"Location": place})

        return self.once(perform, prepare=lambda: _check_address(wanted["url"]))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """End a subscription. What waits for it is not sent any more."""
        sink = self.to_write()

        def perform() -> Response:
            switching.remove_sink(sink.pk)
            return Response(status=status.HTTP_204_NO_CONTENT)

        return self.once(perform)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def secret(self, request: Request, pk: int) -> Response:
        """Return the secret that signs what is sent there."""
        return Response({"secret": self.to_write().secrets["current"]}, headers={"Cache-Control": "no-store"})

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
            return Response({"webhook": sink.pk, "events": count})

        return self.once(perform)

    @extend_schema(request=SwitchOnBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="switch-on")
    def switch_on(self, request: Request, pk: int) -> Response:
        """Go on after a stop: from where it stopped, or from a time."""
        sink = self.to_write()
        since = self.body(SwitchOnBody)["since"]

        def perform() -> Response:
            switching.switch_on(sink.pk, since=since)
            return Response({"webhook": sink.pk, "is_active": True})

        return self.once(perform)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="switch-off")
    def switch_off(self, request: Request, pk: int) -> Response:
        """Stop sending. What comes meanwhile waits."""
        sink = self.to_write()

        def perform() -> Response:
            switching.switch_off(sink.pk, EventSink.Off.PERSON)
            return Response({"webhook": sink.pk, "is_active": False})

        return self.once(perform)

    def _shops(self, asked: Sequence[int] | None) -> list[int]:
        """Return the shops whose events are wanted: these, or all of the caller's. Raises NotFound for one of another."""
        mine = permissions.shop_ids(self.request, ROLE_FOR[WRITE] if self.granted else MANAGER)
        if not mine or not set(asked or mine) <= set(mine):
            raise NotFound
        return sorted(set(asked or mine))


def _check_address(url: str) -> None:
    """Look the address up. Raises ValidationError for one that nothing may be sent to."""
    try:
        resolve(url)
    except AddressRefused as refused:
        raise ValidationError({"url": [str(REFUSED_ADDRESSES[str(refused)])]}, str(refused)) from refused
