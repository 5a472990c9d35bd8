"""A key about itself: who it is, a token in exchange for it, and its end when it leaked."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from erpsync import permissions
from erpsync.api.keys import services, tokens
from erpsync.api.kit import quota
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Endpoint
from erpsync.api.kit.rows import Moment


class TokenBody(Body):
    seconds = serializers.IntegerField(min_value=1, max_value=tokens.LONGEST_SECONDS, default=tokens.LONGEST_SECONDS)
    scopes = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=100)


class TokenRow(serializers.Serializer):  # type: ignore[type-arg]
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    scope = serializers.CharField()


class CallerRow(serializers.Serializer):  # type: ignore[type-arg]
    """Caller of the API: a key, or a person who is signed in."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=("live", "test", "person"))
    roles = serializers.DictField(child=serializers.CharField(), help_text="Role by shop id.")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Of a key; a person needs none.")
    per_minute = serializers.IntegerField()
    expires_at = Moment(allow_null=True)


class Caller(Endpoint):
    """The caller itself."""

    serializer_class: Any = CallerRow
    tag = "key"

    @extend_schema(responses=CallerRow, operation_id="key_show")
    def show(self, request: Request) -> Response:
        """Say who asks, in which shops, and what is allowed."""
        access, auth = permissions.access_of(request), self.granted
        roles = {str(shop): role for shop, role in sorted(access.roles.items())}
        found: dict[str, Any] = {"kind": "person", "per_minute": quota.PERSON_PER_MINUTE, "expires_at": None}
        if auth is None:
            found["name"] = request.user.get_username()
        else:
            key = auth.key
            found = {
                "name": key.name,
                "kind": services.mode(),
                "per_minute": key.per_minute,
                "expires_at": key.expires_at,
            }
        return Response(CallerRow(found | {"roles": roles, "scopes": sorted(access.scopes or ())}).data)

    @extend_schema(request=TokenBody, responses=TokenRow, operation_id="key_token")
    def token(self, request: Request) -> Response:
        """Give a token in exchange for the key: for ten minutes at most, and over with the key. Not for another token."""
        auth = self.granted
        if auth is None or auth.is_token:
            raise Problem(403, "key_needed", _("A token is given for a key only."))
        wanted = self.body(TokenBody)
        scopes = wanted.get("scopes")
        if scopes is not None and (missing := sorted(set(scopes) - set(auth.key.scopes))):
            raise Problem(403, "scope", _("This key lacks the scope %(scope)s.") % {"scope": missing[0][:40]})
        made = tokens.exchange(auth.key, seconds=wanted["seconds"], scopes=scopes)
        row = {
            "access_token": made.text,
            "token_type": "Bearer",
            "expires_in": made.seconds,
            "scope": " ".join(made.scopes),
        }
        return Response(row, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT}, operation_id="key_leaked")
    def leaked(self, request: Request) -> Response:
        """End the key that is used here, and its tokens: whoever found it can. A new one is made by people."""
        if self.granted is None:
            raise Problem(403, "key_needed", _("A key can only be ended with itself."))
        services.leaked(self.granted.key.pk)
        return Response({"ended": True})
