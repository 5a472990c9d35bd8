"""Data requests of buyers: what the hub holds about a person, counted, handed out as a file, or erased."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.permissions import MANAGER, WRITE
from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.models import DataRequest
from erpsync.subjects import requests
from erpsync.subjects.erase import open_orders
from erpsync.subjects.find import Found, Terms, find

Kind = DataRequest.Kind


class DataRequestRow(Row):
    shops = serializers.ListField(
        source="shop_ids", child=serializers.IntegerField(), allow_null=True, help_text="null: all shops."
    )

    class Meta:
        model = DataRequest
        fields = (
            "id", "kind", "state", "reason", "shops", "counts", "kept", "elsewhere", "problem", "created_at", "finished_at", "file_until",
        )  # fmt: skip


class DataRequestFilters(filters.Filters):
    kind = filters.Words(field_name="kind", choices=Kind.choices)
    state = filters.Words(field_name="state", choices=DataRequest.State.choices)


class DataRequestBody(Body):
    kind = serializers.ChoiceField(choices=Kind.values, help_text="An erasure cannot be undone.")
    phone = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="In any form, whole.")
    email = serializers.CharField(max_length=254, default="", allow_blank=True)
    buyer = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="Id or code at a channel, the POS or the CRM."
    )
    reason = serializers.CharField(max_length=300, help_text="Who asked, and how: without name or number.")


class DataRequests(Resource):
    """Requests of buyers for their data, of managers for the shops that they manage; carried out within a minute.

    `counts`: rows by table; `kept`: rows with something that an erasure keeps; `elsewhere`: documents at other systems, by
    connection, which are erased there by people. `problem`: why a request failed.
    """

    resource = "privacy"
    tag = "data-requests"
    model = DataRequest
    serializer_class = DataRequestRow
    filterset_class = DataRequestFilters
    scopes = {"file": f"privacy:{WRITE}"}
    large = ("terms",)

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        """Return the requests about shops that a key manages; to people what they see in the admin."""
        access = permissions.access_of(self.request)
        if self.granted:
            return rows.filter(shop_ids__contained_by=access.shop_ids(MANAGER)).exclude(shop_ids=[])
        return rows if access.everything or access.privacy else rows.filter(asked_by_id=self.request.user.pk)

    @extend_schema(request=DataRequestBody, responses={202: OpenApiTypes.OBJECT})
    def create(self, request: Request) -> Response:
        """Ask for a person's data to be counted (`find`), handed out (`export`) or erased. 202 with its address in Location.

        The file of an export is at `/data-requests/{id}/file` for a day. An erasure is of all shops: the key has to be manager in
        all that know the person, and made by somebody who may erase.
        """
        wanted = self.body(DataRequestBody)
        shops = self._managed()
        terms = Terms(wanted["phone"], wanted["email"], wanted["buyer"])
        if not terms.is_sound:
            text = _("Give a whole telephone number, an e-mail address or a buyer's id: none with stars.")
            raise Problem(400, "not_whole", text)
        if wanted["kind"] == Kind.ERASE:
            known = self._erasable(terms).shops
            shops = sorted(known) if shops is not None and known else shops

        def perform() -> Response:
            row = requests.ask(
                wanted["kind"], terms, reason=wanted["reason"], user_id=getattr(self.actor, "pk", None), shops=shops
            )
            transaction.on_commit(requests.wake)
            place = reverse("api:data-requests-detail", args=(row.pk,))
            made = {"id": row.pk, "state": row.state, "status_url": place}
            return Response(made, status.HTTP_202_ACCEPTED, headers={"Location": place})

        return self.once(perform)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: int) -> HttpResponse:
        """Return the file of an export: a page for the person, and the same as JSON, as the data are now."""
        row = self.get_object()
        access = permissions.access_of(request)
        if not (access.everything or (row.shop_ids and set(row.shop_ids) <= set(access.shop_ids(MANAGER)))):
            raise Http404
        packed = requests.file_of(row)
        if packed is None:
            text = _("There is no file: an export has one for a day after it is done. Ask for another export.")
            raise Problem(404, "no_file", text)
        answer = HttpResponse(packed, content_type="application/octet-stream")
        answer["Content-Disposition"] = f'attachment; filename="data-{row.pk}.zip"'
        answer["Cache-Control"] = "no-store"
        return answer

    def _managed(self) -> list[int] | None:
        """Return the shops that the caller manages, None for all. Raises Problem."""
        access = permissions.access_of(self.request)
        shops = access.shop_ids(MANAGER)
        if not (access.everything or shops):
            raise Problem(403, "role", _("Data requests need the role of a manager in the shop."))
        return None if access.everything else shops

    def _erasable(self, terms: Terms) -> Found:
        """Return a person who may be erased, by this caller and now. Raises Problem."""
        found = find(terms)
        if not permissions.may_erase(self.request, found.shops):
            raise Problem(403, "not_yours", _("Nothing was done: this person is not yours to erase."))
        if open_orders(found):
            raise Problem(409, "open_orders", _("Nothing was done: an order of this person is not over."))
        return found
