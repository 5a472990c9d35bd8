"""The published schemas: `manage.py publish_schemas` writes docs/events/*.schema.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

# each declares its types
import commissions.payloads
import integrations.accounts.events
import integrations.events.switching
import integrations.inbox.events
import inventory.payloads
import orders.payloads
from core.event_types import DIALECT, event_types

DIRECTORY = Path(__file__).resolve().parent.parent.parent / "docs" / "events"
DECLARING = (
    integrations.events.switching,
    orders.payloads,
    inventory.payloads,
    commissions.payloads,
    integrations.inbox.events,
    integrations.accounts.events,
)

_TEXT = {"type": "string", "minLength": 1}
ENVELOPE = {
    "$schema": DIALECT,
    "$id": "urn:erpsync:schema:envelope:1",
    "title": "CloudEvents 1.0, as every event is sent",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "sequence"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "The same in every repetition: deduplicate by it."},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string", "pattern": r"^[a-z][a-z0-9_.]*\.v[1-9][0-9]*$"},
        "time": {"type": "string", "format": "date-time"},
        "timestamp": {"type": "string", "format": "date-time", "description": "As `time`: the name of Standard Webhooks."},
        "subject": _TEXT | {"description": "<entity>/<its id>: the thing that the event is about."},
        "partitionkey": _TEXT | {"description": "<entity>:<its id>. Events of one key are sent in order."},
        "sequence": {"type": "string", "pattern": r"^\d{20}$", "description": "The feed position: it rises."},
        "entityversion": {"type": "integer", "minimum": 1, "description": "Counts the events of the thing."},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "pattern": "^urn:erpsync:schema:[a-z_.]+:[1-9][0-9]*$"},
        "data": {"type": "object"},
        "dataref": {"type": "string", "description": "Where to read the event when it is too large to be sent with its data."},
        "traceparent": {"type": "string", "description": "W3C trace context of what wrote the event, where that was traced."},
        "gap": {"const": True, "description": "An earlier event of the thing could not be delivered here."},
        "replay": {"const": True, "description": "Sent again on request."},
        "test": {"const": True, "description": "Sent by the button in the hub's admin."},
    },
}  # fmt: skip


def schemas() -> Mapping[str, str]:
    """Return the text of each published file by its name."""
    found = {f"{kind.schema}.{kind.version}": kind.json_schema() for kind in event_types().values()}
    texts = {"envelope.1": ENVELOPE} | found
    return {
        f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in texts.items()
    }


def write() -> None:
    """Write the files."""
    for name, text in schemas().items():
        (DIRECTORY / name).write_text(text)
