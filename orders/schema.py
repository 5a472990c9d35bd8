"""The published shape of a whole normalised order: `python -m orders.schema > docs/order.schema.json` writes it."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec

from orders.snapshots import OrderSnapshot

# major: a reader of the old shape would misread the new one; minor: it has more
VERSION = "1.3"
BREAKS = "breaks_schema"


def order_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one order, as partners read it."""
    found = msgspec.json.schema(OrderSnapshot)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "erpsync order",
        "version": VERSION,
        **found,
    }


def breach(snapshot: OrderSnapshot) -> str:
    """Return where a snapshot breaks the schema, as a JSON path; "" when it does not."""
    try:
        msgspec.convert(msgspec.to_builtins(snapshot), OrderSnapshot)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        return str(error)
    return ""


def text() -> str:
    """Print the schema as the file holds it."""
    return json.dumps(order_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
