"""Bodies that callers send, and bulk writes: up to 500 rows in one transaction, each with its own outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core import tunables
from erpsync.api.kit import problems
from erpsync.api.kit.filters import LARGEST_ID
from erpsync.api.kit.schema import ProblemDetails

MOST_ROWS = tunables.BULK_ROWS
# what became of a row: its result, or why it was refused
Outcome = Mapping[str, Any] | APIException
Outcomes = dict[int, Outcome]


class Id(serializers.IntegerField):
    """The id of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **kwargs)


class Body(serializers.Serializer):  # type: ignore[type-arg]
    """A body with the declared members and no others."""

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        if unknown := sorted(set(data) - set(self.fields)):
            known = ", ".join(self.fields)
            text = _("There is no member %(name)s here, but: %(known)s.")
            raise ValidationError({name: [text % {"name": name, "known": known}] for name in unknown[:10]}, "unknown")
        return found


class RowOutcome(serializers.Serializer):  # type: ignore[type-arg]
    """Outcome of one row of a bulk write."""

    index = serializers.IntegerField(help_text="Its place among the rows that were sent, from 0.")
    status = serializers.IntegerField(help_text="What it would have been answered alone.")
    result = serializers.DictField(required=False, allow_null=True)
    problem = ProblemDetails(required=False, allow_null=True)


class BulkOutcome(serializers.Serializer):  # type: ignore[type-arg]
    """Outcomes of the rows of a bulk write, in their order."""

    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    rows = RowOutcome(many=True)


def bulk_of(row: type[Body]) -> type[Body]:
    """Return the body of a bulk write of these rows."""
    name = row.__name__.removesuffix("Body")
    rows: Any = serializers.ListSerializer(child=row(), min_length=1, max_length=MOST_ROWS)
    return type(f"{name}BulkBody", (Body,), {"rows": rows})


def read_rows(request: Request, row: type[Body]) -> tuple[dict[int, Any], Outcomes]:
    """Return the rows of a body by their place, and those that are malformed with why. Raises ValidationError for a malformed body."""
    sent = request.data.get("rows") if isinstance(request.data, Mapping) else None
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_ROWS:
        raise ValidationError({"rows": [_("A list of 1 to %(most)d rows is expected.") % {"most": MOST_ROWS}]})
    good: dict[int, Any] = {}
    refused: Outcomes = {}
    for place, each in enumerate(sent):
        read = row(data=each)
        if read.is_valid():
            good[place] = read.validated_data
        else:
            refused[place] = ValidationError(read.errors)
    return good, refused


def answer(outcomes: Outcomes, done_status: int = status.HTTP_200_OK) -> Response:
    """Return the answer to a bulk write."""
    rows = [_row(place, outcomes[place], done_status) for place in sorted(outcomes)]
    refused = sum("problem" in row for row in rows)
    return Response({"done": len(rows) - refused, "refused": refused, "rows": rows})


def single(outcome: Outcome) -> Mapping[str, Any]:
    """Return the result of a write of one row. Raises what it was refused with."""
    if isinstance(outcome, APIException):
        raise outcome
    return outcome


def _row(place: int, outcome: Outcome, done_status: int) -> dict[str, Any]:
    if isinstance(outcome, APIException):
        return {"index": place, "status": outcome.status_code, "problem": problems.as_object(outcome)}
    return {"index": place, "status": done_status, "result": outcome}
