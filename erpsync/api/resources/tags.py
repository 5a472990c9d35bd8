"""Tags of the house: listed, renamed and deleted."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.permissions import MANAGER, VIEWER
from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.api.resources.order_writes import TagName
from orders.models import OrderTag
from orders.services.desk import TagTaken
from orders.services.tags import delete_tag, rename_tag


class TagRow(Row):
    class Meta:
        model = OrderTag
        fields = ("id", "name", "colour")


class TagFilters(filters.Filters):
    name = filters.Texts(field_name="name")


class TagBody(Body):
    name = TagName(required=False)
    colour = serializers.ChoiceField(choices=OrderTag.Colour.choices, required=False)


class Tags(Resource):
    """Tags that stand on orders of your shops, and new ones. Whoever is manager of every shop on whose orders a tag stands may
    rename and delete it."""

    resource = "orders"
    tag = "tags"
    model = OrderTag
    serializer_class = TagRow
    filterset_class = TagFilters
    sorts = ("name", "-id", "id")

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        return rows.filter(permissions.tags_of(self.request, VIEWER if role == VIEWER else MANAGER))

    @extend_schema(request=TagBody, responses=TagRow)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Rename a tag, or give it another colour: 409 where another has the name."""
        tag = self._to_change()
        wanted = {"name": tag.name, "colour": tag.colour} | self.body(TagBody)

        def perform() -> Response:
            try:
                rename_tag(tag.pk, **wanted)
            except TagTaken as error:
                raise Problem(409, "taken", _("Another tag has this name.")) from error
            return Response({"id": tag.pk, **wanted})

        return self.once(perform)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a tag, and take it off its orders."""
        tag = self._to_change()

        def perform() -> Response:
            delete_tag(tag.pk)
            return Response(status=status.HTTP_204_NO_CONTENT)

        return self.once(perform)

    def _to_change(self) -> OrderTag:
        tag: OrderTag = self.get_object()
        if not OrderTag.objects.filter(permissions.tags_of(self.request, MANAGER), pk=tag.pk).exists():
            text = _("This needs the role of a manager in every shop on whose orders the tag stands.")
            raise Problem(403, "role", text)
        return tag
