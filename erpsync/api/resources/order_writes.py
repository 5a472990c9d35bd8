"""Notes and tags that a partner puts on orders, through the services that the admin uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erpsync.api.kit.bulk import Body, BulkOutcome, Id, Outcomes, answer, bulk_of, read_rows, single
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from orders.models import Order
from orders.models.desk import NOTE_LENGTH, TAG_LENGTH
from orders.services.desk import MOST_TAGS, Mark, add_note, change_tags, tags_named

# tags of one order in one request
MOST_OF_ORDER = 20
SET, ADD, REMOVE = "tags", "add", "remove"


class TagName(serializers.CharField):
    """The name of a tag. Blanks at its ends and between its words are as one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=TAG_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return " ".join(super().to_internal_value(data).split())


def _names(help_text: str) -> Any:
    return serializers.ListField(child=TagName(), max_length=MOST_OF_ORDER, required=False, help_text=help_text)


class NoteBody(Body):
    text = serializers.CharField(max_length=NOTE_LENGTH)


class TagsBody(Body):
    tags = _names("Names of all the tags that it has from now on.")
    add = _names("Or names of tags that are put on it; one that nobody has made yet is made.")
    remove = _names("And of those that are taken off.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (SET in attrs) == (ADD in attrs or REMOVE in attrs):
            raise serializers.ValidationError(_("Give either tags, or add and remove."), "either")
        return attrs


class OrderTagsBody(TagsBody):
    order = Id()


class OrderWrites(Resource):
    """Notes and tags of people and partners on orders. None of it goes to the channel."""

    model = Order

    @extend_schema(request=NoteBody, responses={201: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: int) -> Response:
        """Add a note. Its author is whoever made the key."""
        order = self.to_write()
        text = self.body(NoteBody)["text"]

        def perform() -> Response:
            note = add_note(order.pk, getattr(self.actor, "pk", None), text)
            return Response({"order": order.pk, "note": note}, status.HTTP_201_CREATED)

        return self.once(perform)

    @extend_schema(request=TagsBody, responses={200: OpenApiTypes.OBJECT}, operation_id="orders_tag")
    @action(detail=True, methods=["put"], url_path="tags")
    def set_tags(self, request: Request, pk: int) -> Response:
        """Set the tags of an order, or put some on and take others off."""
        row = {"order": self.get_object().pk, **self.body(TagsBody)}
        return self.once(lambda: Response(single(self._tag({0: row})[0])))

    @extend_schema(request=bulk_of(OrderTagsBody), responses={200: BulkOutcome}, operation_id="orders_tag_bulk")
    @action(detail=False, methods=["post"], url_path="tags")
    def tag_many(self, request: Request) -> Response:
        """Set the tags of up to 500 orders."""
        rows, malformed = read_rows(request, OrderTagsBody)
        return self.once(lambda: answer(malformed | self._tag(rows)))

    def _tag(self, rows: Mapping[int, Any]) -> Outcomes:
        good, outcomes = self.writable(rows, "order")
        known = tags_named([name for row in good.values() for name in _put_on(row)])
        off = tags_named([name for row in good.values() for name in row.get(REMOVE, ())], make=False)
        for place, row in list(good.items()):
            if not set(_put_on(row)) <= set(known):
                text = _("There are %(most)s tags already: choose one of them.") % {"most": MOST_TAGS}
                outcomes[place] = Problem(409, "too_many", text)
                del good[place]
        add = [Mark(row["order"], known[name]) for row in good.values() for name in _put_on(row)]
        remove = [Mark(row["order"], off[name]) for row in good.values() for name in row.get(REMOVE, ()) if name in off]
        change_tags(add, remove, only_these=[row["order"] for row in good.values() if SET in row])
        names = _names_by_order([row["order"] for row in good.values()])
        return outcomes | {
            place: {"order": row["order"], "tags": names.get(row["order"], [])} for place, row in good.items()
        }


def _put_on(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the tags that a row puts on its order."""
    yield from row.get(SET, row.get(ADD, ()))


def _names_by_order(order_ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = Order.objects.filter(pk__in=order_ids, tags__isnull=False).order_by("tags__name", "tags__id")
    for order, name in rows.values_list("pk", "tags__name"):
        found.setdefault(order, []).append(name)
    return found
