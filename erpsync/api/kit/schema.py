"""OpenAPI 3.1 of the API, kept in docs/openapi.yaml: what `drf-spectacular` cannot see by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from erpsync.api.kit.problems import CONTENT_TYPE
from erpsync.api.kit.rows import EXPAND, FIELDS, names_of
from erpsync.api.kit.writes import HEADER


class WhatIsWrong(serializers.Serializer):  # type: ignore[type-arg]
    pointer = serializers.CharField(help_text="JSON pointer into the body, or the parameter's name.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemDetails(serializers.Serializer):  # type: ignore[type-arg]
    """Problem details by RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="In your language, by Accept-Language.")
    code = serializers.CharField(help_text="For programs.")
    request_id = serializers.CharField()
    allowed = serializers.ListField(child=serializers.CharField(), required=False, help_text="What there is instead.")
    lists = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Where to read the state of now."
    )

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with `errors`, a name that serializers have taken."""
        return {**super().get_fields(), "errors": serializers.ListField(child=WhatIsWrong(), required=False)}


IDEMPOTENCY = "Repeat the request with it as often as you like: it is done once, and answered the same for seven days."
# problems that any call may meet, and those of writes
PROBLEMS = {"400": "Not understood.", "401": "No key, or none that is valid.", "403": "Scope, role or address.",
            "404": "Not there, or not yours.", "429": "Quota used up: see Retry-After.", "503": "Try again: see Retry-After."}  # fmt: skip
OF_WRITES = {
    "409": "Not possible now, or the first is under way.",
    "422": "The Idempotency-Key was used for another request.",
}


class Schema(AutoSchema):
    """Schema of one operation."""

    def get_tags(self) -> list[str]:
        return [str(getattr(self.view, "tag", "") or getattr(self.view, "basename", "api"))]

    def get_override_parameters(self) -> list[Any]:
        if self.method != "GET":
            return [OpenApiParameter(HEADER, OpenApiTypes.STR, "header", description=IDEMPOTENCY)]
        view: Any = self.view
        parts = getattr(view, "expands", None)
        if parts is None or view.action not in ("list", "retrieve"):
            return []
        plain = [name for name in names_of(view.serializer_class) if name not in parts]
        found = [_listed(FIELDS, plain, "Only these fields.")]
        if parts:
            found.append(_listed(EXPAND, list(parts), "These parts too."))
        return found

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problems = PROBLEMS if self.method == "GET" else PROBLEMS | OF_WRITES
        for status, description in problems.items():
            if status not in bodies:
                body = self._get_response_for_code(ProblemDetails, status, [CONTENT_TYPE], direction)
                bodies[status] = body | {"description": description}
        return bodies


class KeyScheme(OpenApiAuthenticationExtension):
    """The way keys and tokens are sent."""

    target_class = "erpsync.api.keys.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key (erps_live_...), or a token in exchange for it.",
        }


def _listed(name: str, known: list[str], description: str) -> OpenApiParameter:
    items: Mapping[str, Any] = {"type": "string", "enum": known}
    return OpenApiParameter(
        name, {"type": "array", "items": items}, OpenApiParameter.QUERY, description=description, explode=False, style="form"
    )  # fmt: skip
