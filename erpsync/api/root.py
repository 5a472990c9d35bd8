"""The root of the API: which hub this is, and where to read on. It asks for no key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from erpsync.api.keys import services, text


class RootRow(serializers.Serializer):  # type: ignore[type-arg]
    """This hub, for those who find it without knowing it."""

    name = serializers.CharField()
    version = serializers.CharField()
    mode = serializers.ChoiceField(choices=(text.LIVE, text.TEST), help_text="Of its keys: test at a sandbox.")
    docs = serializers.CharField()
    openapi = serializers.CharField()
    sandbox = serializers.CharField(
        allow_null=True, help_text="Root of the sandbox of this hub, where test keys are of use; null for none."
    )


class Root(APIView):
    """The API itself."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    tag = "root"

    @extend_schema(responses=RootRow, operation_id="root_show", auth=[])
    def get(self, request: Request) -> Response:
        """Say which hub this is, where its operations are described, and where its sandbox is."""
        found: dict[str, Any] = {
            "name": settings.SPECTACULAR_SETTINGS["TITLE"],
            "version": "1",
            "mode": services.mode(),
        }
        for name in ("docs", "openapi"):
            found[name] = request.build_absolute_uri(reverse(f"api:{name}"))
        found["sandbox"] = f"{settings.SANDBOX_URL}{reverse('api:root')}" if settings.SANDBOX_URL else None
        return Response(RootRow(found).data)
