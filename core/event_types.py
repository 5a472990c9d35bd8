"""The published types of business events: what each carries, and the JSON Schema of that.

An app declares its types beside their payloads. Data of a declared type are checked when the event is emitted; a type that is not
declared is the hub's own affair and reaches no sink.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

# the address of a schema; the file is docs/events/<name>.<version>.schema.json
URN = "urn:erpsync:schema:{name}:{version}"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FLAW_LENGTH = 300

Text = Annotated[str, Meta(min_length=1)]
When = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC.")]
Channel = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9_]{1,31}$", description="Open list: shopee, tiktok_shop, lazada, ...")
]


class Payload(msgspec.Struct, kw_only=True):
    """The data of an event. Readers ignore what they do not know: fields are added without a new version."""


class Money(Payload):
    """Decimal as text; VND has no minor unit."""

    amount: Annotated[str, Meta(pattern=r"^-?\d{1,15}(\.\d{1,4})?$")]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


@dataclass(frozen=True, slots=True)
class EventType:
    """A published type. Types may share a schema. `personal`: the fields with data of a buyer. `follows_personal`: sent to each
    sink that gets such data, whatever types were chosen for it.
    """

    name: str
    payload: type[Payload]
    schema: str
    version: int = 1
    personal: tuple[str, ...] = ()
    follows_personal: bool = False

    @property
    def dataschema(self) -> str:
        """Return the address of the schema, as CloudEvents names it."""
        return URN.format(name=self.schema, version=self.version)

    def flaw(self, data: Any) -> str:
        """Return where data break the schema, without their values; "" when they do not."""
        try:
            msgspec.convert(data, self.payload)
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            return str(error)[:FLAW_LENGTH] or type(error).__name__
        return ""

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the data."""
        return {"$schema": DIALECT, "$id": self.dataschema, **msgspec.json.schema(self.payload)}


_TYPES: dict[str, EventType] = {}


def publish(
    name: str,
    payload: type[Payload],
    *,
    schema: str = "",
    version: int = 1,
    personal: tuple[str, ...] = (),
    follows_personal: bool = False,
) -> EventType:
    """Declare a published type. `schema`: the name of its schema where several types share one."""
    declared = EventType(name, payload, schema or name, version, personal, follows_personal)
    assert _TYPES.setdefault(name, declared) == declared, f"{name} is declared twice"
    return declared


def event_types() -> Mapping[str, EventType]:
    """Return the types declared so far, by name: those of all apps once Django is set up."""
    return _TYPES


class EventFailed(Payload):
    """An event whose data break its schema: it is kept, and holds back the later events of its thing."""

    event_id: str
    type: str
    entity: str
    entity_id: str
    version: int
    flaw: str


FAILED = publish("event.failed", EventFailed)
