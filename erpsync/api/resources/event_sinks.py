"""Event sinks of every kind: made and changed as in the admin. What signs in at the other side is written and never read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.event_types import event_types
from core.permissions import MANAGER
from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.bulk import Body, Id
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Endpoint
from erpsync.api.resources.changes import readable_types
from erpsync.api.resources.sinks import SinkRow, Sinks
from erpsync.api.resources.webhooks import check_address
from integrations.events import configuring, switching
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import SinkKind
from integrations.models import EventSink

VALUE_LENGTH = 20_000


def seen_sinks(view: Endpoint, role: str) -> QuerySet[EventSink]:
    """Return the sinks with which the caller may do what this role allows. People, and all of kinds that only the people who run
    the hub set up, need to be managers."""
    everybodys = [key for key, kind in sink_kinds().items() if not kind.for_operators]
    managed = permissions.of_shops_only(view.request, EventSink.objects.all(), MANAGER)
    if not view.granted:
        return managed
    webhooks = permissions.of_shops_only(view.request, EventSink.objects.filter(kind__in=everybodys), role)
    return EventSink.objects.filter(Q(pk__in=webhooks.values("pk")) | Q(pk__in=managed.values("pk")))


class EventSinkRow(SinkRow):
    settings = serializers.SerializerMethodField(help_text="What its kind needs, by the names of `/event-sinks/kinds`.")
    secrets = serializers.SerializerMethodField(
        help_text="Names of the secret ones that are set: they are never shown."
    )
    waiting = serializers.SerializerMethodField(help_text="Events that wait for another try.")
    dead_letters = serializers.SerializerMethodField(help_text="Events that no further try is made of.")

    class Meta(SinkRow.Meta):
        fields = (
            "id",
            "kind",
            "name",
            "settings",
            "secrets",
            *SinkRow.Meta.fields[2:],
            "contact",
            "waiting",
            "dead_letters",
        )

    def get_settings(self, sink: EventSink) -> dict[str, str]:
        return configuring.shown(sink)

    def get_secrets(self, sink: EventSink) -> list[str]:
        return configuring.secrets_set(sink)

    def get_waiting(self, sink: EventSink) -> int:
        return self.lag_of(sink).waiting

    def get_dead_letters(self, sink: EventSink) -> int:
        return self.lag_of(sink).parked


class EventSinkFilters(filters.Filters):
    kind = filters.Texts(field_name="kind")
    is_active = filters.Yes("is_active")


class _SinkBody(Body):
    settings = serializers.DictField(
        child=serializers.CharField(max_length=VALUE_LENGTH, allow_blank=True), required=False,
        help_text="Values by name, see `/event-sinks/kinds`; secret ones among them.",
    )  # fmt: skip
    types = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=100, required=False,
        help_text='"order.shipped", or "order." for all of orders. Empty: all that you may read.',
    )  # fmt: skip
    shops = serializers.ListField(
        child=Id(), min_length=1, max_length=500, required=False, help_text="By itself all of the key's."
    )
    sends_personal = serializers.BooleanField(required=False, help_text="With data of buyers: needs customers:read.")
    contact = serializers.EmailField(
        required=False, allow_blank=True, help_text="Gets a mail when the hub switches it off."
    )


class EventSinkBody(_SinkBody):
    kind = serializers.CharField(max_length=32)
    name = serializers.CharField(max_length=200)


class EventSinkChangeBody(_SinkBody):
    name = serializers.CharField(max_length=200, required=False)


class KindField(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    is_secret = serializers.BooleanField(help_text="Written only.")
    is_required = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.CharField())
    default = serializers.CharField()


class Kind(serializers.Serializer):  # type: ignore[type-arg]
    """A kind of sink that you may make."""

    kind = serializers.CharField()
    title = serializers.CharField()
    settings = KindField(many=True)


class Kinds(serializers.Serializer):  # type: ignore[type-arg]
    items = Kind(many=True)


class EventSinks(Sinks):
    """Webhooks, Redis Streams, Kafka and Google Pub/Sub that get the events of your shops.

    All but webhooks reach into the systems of whoever runs the hub: a superuser makes and changes them, by a session or by a key of
    the role manager, and managers of all their shops see them, switch them and replay.
    """

    tag = "event-sinks"
    named = "sink"
    serializer_class = EventSinkRow
    filterset_class = EventSinkFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(pk__in=seen_sinks(self, role).values("pk"))

    @extend_schema(responses={200: Kinds})
    @action(detail=False)
    def kinds(self, request: Request) -> Response:
        """Return the kinds of sinks that you may make, with the settings of each."""
        return Response({"items": [_described(kind) for kind in self._offered().values()]})

    @extend_schema(request=EventSinkBody, responses={201: EventSinkRow})
    def create(self, request: Request) -> Response:
        """Send events from now on: the past comes by a replay."""
        wanted = self.body(EventSinkBody)
        kind = self._kind(wanted["kind"])
        settings, secrets = _checked(kind, wanted.get("settings", {}), None)
        shops = self.shops_of(wanted.get("shops"))
        types = self._types(wanted.get("types", kind.default_types))
        sends_personal = wanted.get("sends_personal", False)
        if sends_personal:
            self.check_personal()

        def perform() -> Response:
            self.check_room()
            sink = switching.add_sink(
                kind.key, wanted["name"], settings, secrets=secrets, shops=shops, types=types, sends_personal=sends_personal,
                contact=wanted.get("contact", ""),
            )  # fmt: skip
            place = reverse("api:event-sinks-detail", args=(sink.pk,))
            return Response(self.get_serializer(sink).data, status.HTTP_201_CREATED, headers={"Location": place})

        return self.once(perform, prepare=lambda: _look_up(kind, settings))

    @extend_schema(request=EventSinkChangeBody, responses=EventSinkRow)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is given. A secret that is left out, or empty, stays. The whole result has to be within your scopes."""
        sink: EventSink = self.to_write()
        wanted = self.body(EventSinkChangeBody)
        kind = self._kind(sink.kind)
        fields: dict[str, Any] = {name: wanted[name] for name in ("name", "contact") if name in wanted}
        fields["settings"], fields["secrets"] = _checked(kind, wanted.get("settings", {}), sink)
        fields["types"] = self._types(wanted.get("types", sink.types))
        fields["sends_personal"] = wanted.get("sends_personal", sink.sends_personal)
        if fields["sends_personal"]:
            self.check_personal()
        shops = self.shops_of(wanted["shops"]) if "shops" in wanted else None

        def perform() -> Response:
            switching.change_sink(sink.pk, fields, shops=shops)
            return Response(self.get_serializer(self.rows().get(pk=sink.pk)).data)

        changed = fields["settings"] if fields["settings"] != sink.settings else {}
        return self.once(perform, prepare=lambda: _look_up(kind, changed))

    def _offered(self) -> dict[str, SinkKind]:
        runs_hub = permissions.runs_hub(self.request)
        return {key: kind for key, kind in sink_kinds().items() if runs_hub or not kind.for_operators}

    def _kind(self, key: str) -> SinkKind:
        """Return a kind that the caller may make and change. Raises ValidationError and Problem."""
        if key not in sink_kinds():
            raise ValidationError({"kind": [_("There is no such kind.")]}, "unknown")
        if key not in (offered := self._offered()):
            raise Problem(403, "role", _("Sinks of this kind are set up by the people who run the hub."))
        return offered[key]

    def _types(self, asked: Any) -> list[str]:
        """Return the types to be stored: none stands for all, of later versions too, where the caller may read all of them."""
        types = readable_types(self.request, asked)
        return [] if not asked and set(types) == set(event_types()) else types


def _checked(kind: SinkKind, given: Mapping[str, str], sink: EventSink | None) -> tuple[dict[str, str], dict[str, str]]:
    try:
        return configuring.checked(kind, given, sink)
    except configuring.WrongSettings as wrong:
        raise ValidationError({"settings": wrong.problems}, "invalid") from wrong


def _look_up(kind: SinkKind, settings: Mapping[str, str]) -> None:
    if not kind.for_operators and "url" in settings:
        check_address("settings", settings["url"])


def _described(kind: SinkKind) -> dict[str, Any]:
    fields = [
        {
            "name": field.name, "title": _(field.label), "help": _(field.help_text) if field.help_text else "",
            "is_secret": field.secret, "is_required": field.required, "choices": [value for value, _title in field.choices],
            "default": field.default,
        }
        for field in kind.fields
    ]  # fmt: skip
    return {"kind": kind.key, "title": _(kind.title), "settings": fields}
