"""Backfills: started, paused, resumed and ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.permissions import ROLE_FOR, WRITE
from erpsync import permissions
from erpsync.api.kit.bulk import Body, Id
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource, no_operator
from integrations.connectors import channels
from integrations.ingest.backfill import planning
from integrations.ingest.resources import kinds
from integrations.models import BackfillRun, Connection


class BackfillBody(Body):
    connection = Id()
    kind = serializers.CharField(max_length=32, help_text="order, return, settlement ...")
    since = serializers.DateTimeField(default=None, allow_null=True, help_text="Empty: from the beginning.")
    until = serializers.DateTimeField(default=None, allow_null=True, help_text="Empty: until now.")
    newest_first = serializers.BooleanField(default=True)


class BackfillWrites(Resource):
    """Histories, as a person starts them in the admin."""

    model = BackfillRun

    @extend_schema(request=BackfillBody, responses={202: OpenApiTypes.OBJECT})
    def create(self, request: Request) -> Response:
        """Start reading the history of a connection. 202 with its address in Location."""
        wanted = self.body(BackfillBody)
        connection = self._connection(wanted["connection"])
        kind = kinds().get(wanted["kind"])
        if kind is None or not kind.history:
            known = sorted(name for name, found in kinds().items() if found.history)
            raise Problem(400, "unknown_kind", _("There is no history of this kind."), allowed=known)

        def perform() -> Response:
            run = planning.start(
                connection, wanted["kind"], since=wanted["since"], until=wanted["until"], newest_first=wanted["newest_first"],
                actor=self.actor,
            )  # fmt: skip
            place = reverse("api:backfills-detail", args=(run.pk,))
            made = {"id": run.pk, "state": run.state, "status_url": place}
            return Response(made, status.HTTP_202_ACCEPTED, headers={"Location": place})

        return self.once(perform)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:
        """Stop after the page that is being read."""
        return self._do(planning.pause)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:
        """Go on where it stopped, and try parts that failed once more."""
        return self._do(planning.resume)

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """End it. What was read stays."""
        return self._do(planning.cancel)

    def _do(self, what: Callable[[int], bool]) -> Response:
        run = self.to_write()

        def perform() -> Response:
            if not what(run.pk):
                raise Problem(409, "not_possible", _("It is over already, or not in this state."))
            return Response({"id": run.pk, "state": BackfillRun.objects.values_list("state", flat=True).get(pk=run.pk)})

        return self.once(perform)

    def _connection(self, key: int) -> Any:
        usable = Connection.objects.select_related("authorisation__app", "shop").filter(
            pk=key, is_active=True, authorisation__app__channel__in=channels()
        )
        if key not in permissions.connection_ids(self.request) or (found := usable.first()) is None:
            raise NotFound
        if not permissions.may_with(self.request, key, ROLE_FOR[WRITE]):
            raise no_operator()
        return found
