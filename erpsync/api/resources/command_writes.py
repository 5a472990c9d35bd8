"""Wanting commands: ship, cancel, answer. They are carried out afterwards; the row says how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from core.permissions import ROLE_FOR, WRITE
from erpsync import permissions
from erpsync.api.kit.bulk import Body, BulkOutcome, Id, Outcome, answer, bulk_of, read_rows
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource, no_operator
from integrations.accounts.connections import NotPossible
from integrations.contract.declarations import Field
from integrations.contract.errors import ChannelError
from integrations.documents.commands import request as commands
from integrations.models import Command
from orders.models import Order, Return

LONGEST_VALUE = 500
KINDS = sorted([*commands.POSSIBLE_IN, *commands.POSSIBLE_FOR])


class WantedBody(Body):
    """A command about an order, or an answer to a return."""

    kind = serializers.ChoiceField(choices=KINDS)
    order = Id(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with `return`, which no attribute can be called."""
        return {**super().get_fields(), "return": Id(required=False, help_text="For accept_return and reject_return.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        about = "return" if attrs["kind"] in commands.POSSIBLE_FOR else "order"
        if about not in attrs or len({"order", "return"} & set(attrs)) > 1:
            raise ValidationError({about: [_("This command is about one %(thing)s.") % {"thing": about}]}, "about")
        return attrs


class CommandBody(WantedBody):
    options = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_VALUE), required=False,
        help_text="As the channel offers them: GET /api/v1/commands/options.",
    )  # fmt: skip


class OptionRow(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField()
    title = serializers.CharField()
    is_required = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.CharField())


class CommandWrites(Resource):
    """Commands, as a person presses them in the admin."""

    model = Command
    scopes = {"options_of": "commands:write"}

    @extend_schema(request=CommandBody, responses={202: OpenApiTypes.OBJECT})
    def create(self, request: Request) -> Response:
        """Want a command. 202 with its address in Location: ask there for its state."""
        wanted = self.body(CommandBody)
        thing = self._things([wanted]).get(_about(wanted))
        if isinstance(thing, Exception):
            raise thing
        assert thing is not None, "each is found or refused"

        def perform() -> Response:
            made = self._ask(thing, wanted)
            place = reverse("api:commands-detail", args=(made.pk,))
            return Response(_result(made), status.HTTP_202_ACCEPTED, headers={"Location": place})

        return self.once(perform, prepare=lambda: _check_options(thing, wanted))

    @extend_schema(request=bulk_of(WantedBody), responses={200: BulkOutcome}, operation_id="commands_bulk")
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Want up to 500 commands, without options: the shop's settings decide."""
        rows, outcomes = read_rows(request, WantedBody)

        def perform() -> Response:
            things = self._things(rows.values())
            # orders are locked in the order of their ids
            for place in sorted(rows, key=lambda place: _about(rows[place])):
                thing = things[_about(rows[place])]
                outcomes[place] = thing if isinstance(thing, NotFound | Problem) else self._outcome(thing, rows[place])
            return answer(outcomes, status.HTTP_202_ACCEPTED)

        return self.once(perform)

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, required=True, enum=KINDS),
            OpenApiParameter("order", int), OpenApiParameter("return", int),
        ],
        responses=OptionRow(many=True), operation_id="commands_options",
    )  # fmt: skip
    @action(detail=False, methods=["get"], url_path="options", pagination_class=None, filter_backends=[])
    def options_of(self, request: Request) -> Response:
        """Return what the channel offers to choose for a command. The channel is asked."""
        read = WantedBody(data=request.query_params.dict())
        read.is_valid(raise_exception=True)
        thing = self._things([read.validated_data])[_about(read.validated_data)]
        if isinstance(thing, Exception):
            raise thing
        fields = commands.fields_for(thing, read.validated_data["kind"])  # type: ignore[arg-type]
        return Response([_option(field) for field in fields])

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Want a refused command once more."""
        command = Command.objects.select_related("order").get(pk=self.to_write().pk)

        def perform() -> Response:
            if why := commands.why_not_again(command):
                raise Problem(409, "not_possible", why)
            commands.retry([command.pk])
            return Response(_result(Command.objects.get(pk=command.pk)), status.HTTP_202_ACCEPTED)

        return self.once(perform)

    def known_parameters(self) -> list[str]:
        return ["kind", "order", "return"] if self.action == "options_of" else super().known_parameters()

    def _things(self, rows: Any) -> dict[tuple[str, int], Model | Exception]:
        """Return the orders and returns that rows are about, or why the caller may not. Two queries."""
        keys = {_about(row) for row in rows}
        models: Mapping[str, Any] = {"order": Order, "return": Return}
        found: dict[tuple[str, int], Model | Exception] = {key: NotFound() for key in keys}
        seen, mine = (set(permissions.shop_ids(self.request, role)) for role in (permissions.VIEWER, ROLE_FOR[WRITE]))
        for name, model in models.items():
            ids = [key for kind, key in keys if kind == name]
            for row in model.objects.select_related("shop").defer("raw").filter(pk__in=ids, shop_id__in=seen):
                found[name, row.pk] = row if row.shop_id in mine else no_operator()
        return found

    def _ask(self, thing: Any, wanted: Mapping[str, Any]) -> Command:
        ask = commands.answer if wanted["kind"] in commands.POSSIBLE_FOR else commands.ask
        return ask(thing, wanted["kind"], options=wanted.get("options"), actor=self.actor)

    def _outcome(self, thing: Any, wanted: Mapping[str, Any]) -> Outcome:
        try:
            return _result(self._ask(thing, wanted))
        except NotPossible as refused:
            return Problem(409, "not_possible", refused.reason)


def _about(wanted: Mapping[str, Any]) -> tuple[str, int]:
    return ("return", wanted["return"]) if "return" in wanted else ("order", wanted["order"])


def _result(command: Command) -> dict[str, Any]:
    place = reverse("api:commands-detail", args=(command.pk,))
    return {"id": command.pk, "state": command.state, "reference": command.reference, "status_url": place}


def _option(field: Field) -> dict[str, Any]:
    choices = [value for value, _text in field.choices]
    return {"name": field.name, "title": _(field.label), "is_required": field.required, "choices": choices}


def _check_options(thing: Any, wanted: Mapping[str, Any]) -> None:
    """Raise ValidationError for options that the channel does not offer, and where it wants one that is missing.

    Where it cannot be asked, and nothing was chosen, the shop's settings decide.
    """
    given = wanted.get("options") or {}
    try:
        fields = {field.name: field for field in commands.fields_for(thing, wanted["kind"])}
    except ChannelError:
        if given:
            raise
        return
    wrong = {name: [_("The channel offers no such option.")] for name in given if name not in fields}
    for name, field in fields.items():
        choices = [value for value, _text in field.choices]
        if field.required and not (given.get(name) or field.default):
            wrong[name] = [_("The channel wants this option.")]
        elif choices and given.get(name) and given[name] not in choices:
            wrong[name] = [_("One of: %(choices)s.") % {"choices": ", ".join(choices)}]
    if wrong:
        raise ValidationError({"options": wrong}, "options")
