"""Filters of lists: declared ones only, each with its type, several values separated by commas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from django_filters.constants import EMPTY_VALUES
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from core.search import found_in

LARGEST_ID = 2**63 - 1
MOST_VALUES = 100
LONGEST_TEXT = 200


class _IdField(forms.IntegerField):
    default_validators = [MinValueValidator(0), MaxValueValidator(LARGEST_ID)]


class _IdFilter(filters.NumberFilter):
    field_class = _IdField


class _Several(filters.BaseInFilter):
    """Several values, separated by commas."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value and len(value) > MOST_VALUES:
            raise ValidationError({str(self.field_name): [_("At most %(most)d values.") % {"most": MOST_VALUES}]})
        return super().filter(qs, value)


@extend_schema_field({"type": "integer", "format": "int64", "minimum": 0})
class Ids(_Several, _IdFilter):
    """Rows whose id, or the id of what they belong to, is one of these."""


@extend_schema_field({"type": "string"})
class Texts(_Several, filters.CharFilter):
    """Rows with one of these texts, as they are."""


class Words(_Several, filters.ChoiceFilter):
    """Rows with one of these words of a short list."""


@extend_schema_field(OpenApiTypes.DATETIME)
class Since(filters.IsoDateTimeFilter):
    """Rows at or after a time. ISO 8601 with its offset; without one, Vietnamese time."""

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        super().__init__(field_name=field_name, lookup_expr="gte", **kwargs)

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        # an offset of -22:07 is one to Python and none to PostgreSQL
        return super().filter(qs, value and value.astimezone(UTC))


class Before(Since):
    """Rows before a time."""

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        super().__init__(field_name, **kwargs)
        self.lookup_expr = "lt"


@extend_schema_field({"type": "string", "maxLength": LONGEST_TEXT})
class Search(filters.CharFilter):
    """Rows with all of these words, in part or whole, without regard to accents."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs if value in EMPTY_VALUES else qs.filter(found_in(qs, value[:LONGEST_TEXT]))


@extend_schema_field(OpenApiTypes.BOOL)
class Yes(filters.TypedChoiceFilter):
    """Rows of which a column says yes, or no."""

    def __init__(self, field_name: str = "", **kwargs: Any) -> None:
        answers = {"true": True, "false": False}
        super().__init__(
            field_name=field_name, choices=[(name, name) for name in answers], coerce=answers.__getitem__, **kwargs
        )


class Flag(Yes):
    """Rows that meet a condition, or do not."""

    def __init__(self, condition: Q) -> None:
        super().__init__()
        self.condition = condition

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if value in EMPTY_VALUES:
            return qs
        return qs.filter(self.condition if value else ~self.condition)


class Filters(filters.FilterSet):
    """Filters of one resource: a subclass names them."""
