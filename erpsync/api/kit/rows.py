"""Rows as JSON: amounts as plain decimals in text, times in UTC, only the fields that were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.reasons import Reason, ReasonField

# parameters that choose what of a row is shown
FIELDS, EXPAND = "fields", "expand"


class Amount(serializers.DecimalField):
    """A decimal as text, without trailing zeros: "199000", "0.5"."""

    def to_representation(self, value: Any) -> Any:
        return None if value is None else f"{Decimal(value).normalize():f}"


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.DateTimeField):
    """A time in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


@extend_schema_field(
    {
        "type": ["object", "null"],
        "properties": {"code": {"type": "string"}, "text": {"type": "string"}},
        "description": "Why: a code of ours (empty for none), and the words for it in your language with those of the channel.",
    }
)
class Why(serializers.Field):  # type: ignore[type-arg]
    """A reason, null where there is none."""

    def to_representation(self, value: Reason) -> dict[str, str] | None:
        return {"code": value.code, "text": str(value)} if value else None


class Row(serializers.ModelSerializer):  # type: ignore[type-arg]
    """A row of a resource, to be read. Its nested parts are there when they were asked for by `expand`."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DecimalField: Amount,
        models.DateTimeField: Moment,
        ReasonField: Why,
    }

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; of the row that was asked for, the chosen ones."""
        fields: dict[str, Any] = super().get_fields()
        model: Any = self.Meta.model
        columns = {column.name: column for column in model._meta.concrete_fields}
        for name, field in fields.items():
            field.read_only, field.required = True, False
            column = columns.get(field.source or name)
            field.allow_null = field.allow_null or bool(column and column.null)
        chosen = self.context.get("chosen") if self._is_outermost() else None
        return fields if chosen is None else {name: field for name, field in fields.items() if name in chosen}

    def _is_outermost(self) -> bool:
        above: Any = self.parent
        return above is None or (isinstance(above, serializers.ListSerializer) and above.parent is None)


def names_of(serializer: type[Row]) -> list[str]:
    """Return the names of all fields of a row."""
    found: Mapping[str, Any] = serializer().get_fields()
    return list(found)
