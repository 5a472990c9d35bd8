"""Webhooks: subscriptions of partner systems to business events, signed by Standard Webhooks."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.permissions import WRITE
from erpsync.api.kit.bulk import Body, Id
from erpsync.api.resources.changes import readable_types
from erpsync.api.resources.sinks import SinkRow, Sinks
from integrations.events import switching
from integrations.events.addresses import REFUSED_ADDRESSES, AddressRefused, resolve

KIND = "webhook"


class WebhookRow(SinkRow):
    url = serializers.CharField(source="settings.url")

    class Meta(SinkRow.Meta):
        fields = ("id", "name", "url", *SinkRow.Meta.fields[2:])


class WebhookBody(Body):
    name = serializers.CharField(max_length=200)
    url = serializers.CharField(max_length=2000, help_text="Begins with https://.")
    types = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=1, max_length=100,
        help_text='"order.shipped", or "order." for all of orders.',
    )  # fmt: skip
    shops = serializers.ListField(child=Id(), max_length=500, required=False, help_text="By itself all of the key's.")
    sends_personal = serializers.BooleanField(default=False, help_text="With data of buyers: needs customers:read.")


class Webhooks(Sinks):
    """Addresses that get the events of your shops, and how far each is. They are among the event sinks, too, under the same ids."""

    tag = "webhooks"
    named = "webhook"
    serializer_class = WebhookRow
    scopes = {"secret": f"events:{WRITE}"}

    def rows(self) -> QuerySet[Any]:
        return super().rows().filter(kind=KIND)

    @extend_schema(request=WebhookBody, responses={201: WebhookRow})
    def create(self, request: Request) -> Response:
        """Subscribe an address to events from now on. The secret that signs them: `GET /webhooks/{id}/secret`."""
        wanted = self.body(WebhookBody)
        shops = self.shops_of(wanted.get("shops"))
        types = readable_types(request, wanted["types"])
        if wanted["sends_personal"]:
            self.check_personal()

        def perform() -> Response:
            self.check_room()
            sink = switching.add_sink(
                KIND, wanted["name"], {"url": wanted["url"]}, shops=shops, types=types, sends_personal=wanted["sends_personal"]
            )  # fmt: skip
            place = reverse("api:webhooks-detail", args=(sink.pk,))
            return Response(self.get_serializer(sink).data, status.HTTP_201_CREATED, headers={"Location": place})

        return self.once(perform, prepare=lambda: check_address("url", wanted["url"]))

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def secret(self, request: Request, pk: int) -> Response:
        """Return the secret that signs what is sent there."""
        return Response({"secret": self.to_write().secrets["current"]}, headers={"Cache-Control": "no-store"})


def check_address(member: str, url: str) -> None:
    """Look the address of a webhook up. Raises ValidationError for one that nothing may be sent to."""
    try:
        resolve(url)
    except AddressRefused as refused:
        raise ValidationError({member: [str(REFUSED_ADDRESSES[str(refused)])]}, str(refused)) from refused
