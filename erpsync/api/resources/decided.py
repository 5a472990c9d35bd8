"""Decisions about a difference of money, each with a note: disputed, written off, taken back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.services.seen import Decisions, NotDecidable, Seen
from core.conflicts import ChangedMeanwhile
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource


class SeenBody(Body):
    state = serializers.CharField(max_length=16)
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=4, help_text="`difference` of a fee check, `amount` of a finding."
    )


class FeeDecisionBody(Body):
    note = serializers.CharField(max_length=300, help_text="Why.")
    seen = SeenBody(help_text="State and amount as you read them: 409 `changed` when one is another by now.")


class DecidedResource(Resource):
    """Resource about whose rows is decided. `named`: the row in the answers of its writes."""

    decisions: Decisions
    named: ClassVar[str]
    nothing_to_decide: ClassVar[Any]

    @extend_schema(request=FeeDecisionBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def dispute(self, request: Request, pk: int) -> Response:
        return self._decide("disputed")

    @extend_schema(request=FeeDecisionBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"], url_path="write-off")
    def write_off(self, request: Request, pk: int) -> Response:
        return self._decide("written_off")

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: int) -> Response:
        """Take a decision back: the state is again what both sides say."""
        row = self.to_write()

        def perform() -> Response:
            self.decisions.reopen(row.pk)
            return self.state_of(row.pk)

        return self.once(perform)

    def _decide(self, state: str) -> Response:
        row = self.to_write()
        body = self.body(FeeDecisionBody)
        seen = Seen(**body["seen"])

        def perform() -> Response:
            try:
                self.decisions.decide(
                    row.pk, state, seen=seen, note=body["note"], actor_id=getattr(self.actor, "pk", None)
                )
            except ChangedMeanwhile as error:
                text = _("It changed meanwhile, so nothing is stored. Read it again, then decide.")
                raise Problem(409, "changed", text) from error
            except NotDecidable as error:
                raise Problem(409, "not_possible", str(self.nothing_to_decide)) from error
            return self.state_of(row.pk)

        return self.once(perform)

    def state_of(self, key: int) -> Response:
        """Return the answer of a write: the row and its state."""
        return Response(
            {self.named: key, "state": self.model._default_manager.values_list("state", flat=True).get(pk=key)}
        )
