"""Decisions about wrong numbers: put right, or left."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erpsync.api.kit.resource import Resource
from integrations.publishing.drift import put_right
from inventory.models import StockDrift
from inventory.services import drift


class DriftWrites(Resource):
    """Decisions about stock drift, as a person takes them in the admin."""

    model = StockDrift

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="put-right")
    def put_right(self, request: Request, pk: int) -> Response:
        """Have the right number sent."""
        row = self.to_write()

        def perform() -> Response:
            put_right([row.pk], actor_id=getattr(self.actor, "pk", None))
            return Response({"drift": row.pk, "decision": StockDrift.Decision.PUT_RIGHT})

        return self.once(perform)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: int) -> Response:
        """Leave the number as it is until the next change."""
        row = self.to_write()

        def perform() -> Response:
            drift.leave([row.pk], actor_id=getattr(self.actor, "pk", None))
            return Response({"drift": row.pk, "decision": StockDrift.Decision.LEFT})

        return self.once(perform)
