"""The events of a test, each checked against the schema file that partners read."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from core.event_types import event_types
from core.outbox import OutboxEvent
from erpsync.environment import BASE_DIR

DIRECTORY = BASE_DIR / "docs" / "events"


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of a schema, by its name and version: "order.changed.1"."""
    schema = json.loads((DIRECTORY / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def emitted(*types: str) -> list[OutboxEvent]:
    """All events, or those of these types, in order; those with a flaw are not checked."""
    rows = list(OutboxEvent.objects.order_by("serial"))
    for row in rows:
        kind = event_types()[row.type]
        if not row.flaw:
            validator(f"{kind.schema}.{kind.version}").validate(row.data)
    return [row for row in rows if not types or row.type in types]


def types_and_data(*types: str) -> list[tuple[str, dict[str, Any]]]:
    """As `emitted`: the types and their data."""
    return [(row.type, row.data) for row in emitted(*types)]
