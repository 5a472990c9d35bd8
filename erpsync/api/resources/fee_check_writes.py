"""Decisions about fees that differ from what the rules expect: disputed, written off, taken back."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.models import FeeMatch
from commissions.services import matching
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource

State = FeeMatch.State


class FeeDecisionBody(Body):
    note = serializers.CharField(max_length=300, help_text="Why.")


class FeeCheckWrites(Resource):
    """What a person decides in the admin."""

    model = FeeMatch

    @extend_schema(request=FeeDecisionBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def dispute(self, request: Request, pk: int) -> Response:
        """Note that the channel was asked about the difference. It stays open until the money is right."""
        return self._decide(State.DISPUTED)

    @extend_schema(request=FeeDecisionBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="write-off")
    def write_off(self, request: Request, pk: int) -> Response:
        """Accept the difference. It stays in the sums."""
        return self._decide(State.WRITTEN_OFF)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: int) -> Response:
        """Take a decision back: the state is again what both sides say."""
        row = self.to_write()

        def perform() -> Response:
            matching.reopen(row.pk)
            return self._state(row.pk)

        return self.once(perform)

    def _decide(self, state: State) -> Response:
        row = self.to_write()
        note = self.body(FeeDecisionBody)["note"]

        def perform() -> Response:
            try:
                matching.decide(row.pk, state, note=note, actor_id=getattr(self.actor, "pk", None))
            except matching.NotDecidable as error:
                text = _("There is nothing to decide: both sides agree, or nothing was settled yet.")
                raise Problem(409, "not_possible", text) from error
            return self._state(row.pk)

        return self.once(perform)

    def _state(self, key: int) -> Response:
        return Response({"fee_check": key, "state": FeeMatch.objects.values_list("state", flat=True).get(pk=key)})
