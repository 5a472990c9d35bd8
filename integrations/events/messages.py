"""Messages: outbox events as CloudEvents 1.0, as a sink sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.conf import settings

from core.db import decode
from core.event_types import event_types
from core.outbox import uuid7

PREFIX = "erpsync"
_encoder = msgspec.json.Encoder()


class EventRow(NamedTuple):
    """An outbox event as the relay reads it. `gap`: an earlier one of its entity is parked; `tries`: None for the first time."""

    id: UUID
    position: int
    type: str
    source: str
    entity: str
    entity_id: str
    version: int
    time: datetime
    data: str
    traceparent: str
    is_held: bool
    has_gap: bool
    tries: int | None
    is_replay: bool
    is_superseded: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """An event for one sink, as a CloudEvent: its attributes, and its data as JSON."""

    row: EventRow
    attributes: Mapping[str, Any]
    data: bytes

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def entity(self) -> tuple[str, str]:
        """Return what the event is about: messages of one entity are sent in order."""
        return self.row.entity, self.row.entity_id

    @property
    def key(self) -> str:
        """Return the key of its entity for systems that keep order by key."""
        return str(self.attributes["partitionkey"])

    @property
    def body(self) -> bytes:
        """Return the whole event as JSON (structured mode)."""
        return _encoder.encode({**self.attributes, "data": msgspec.Raw(self.data)})

    @property
    def thin(self) -> bytes:
        """Return the event as JSON without its data, with the address to read it at."""
        return _encoder.encode({**self.attributes, **self._dataref})

    def binary(self, prefix: str, *, largest: int) -> tuple[dict[str, str], bytes]:
        """Return prefixed attributes and the data alone (binary mode); of larger data the address to read them at."""
        attributes = {**self.attributes, **({} if len(self.data) <= largest else self._dataref)}
        texts = {prefix + name: _text(value) for name, value in attributes.items() if name != "datacontenttype"}
        return texts, self.data if len(self.data) <= largest else b""

    @property
    def _dataref(self) -> dict[str, str]:
        return {"dataref": f"{settings.PUBLIC_URL}/api/v1/events/{self.row.id}"}


def _text(value: Any) -> str:
    return "true" if value is True else str(value)


def message(row: EventRow, *, sends_personal: bool, test: bool = False) -> Message:
    """Return the message of an event; data of a buyer only where `sends_personal`."""
    kind = event_types()[row.type]
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(row.id),
        "source": row.source,
        "type": f"{PREFIX}.{row.type}.v{kind.version}",
        "time": (moment := row.time.astimezone(UTC).isoformat().replace("+00:00", "Z")),
        "timestamp": moment,
        "subject": f"{row.entity}/{row.entity_id}",
        "partitionkey": f"{row.entity}:{row.entity_id}",
        "sequence": f"{row.position:020}",
        "entityversion": row.version,
        "datacontenttype": "application/json",
        "dataschema": kind.dataschema,
    }
    flags = {"gap": row.has_gap, "replay": row.is_replay, "test": test}
    attributes |= {name: True for name, is_set in flags.items() if is_set}
    if row.traceparent:
        attributes["traceparent"] = row.traceparent
    data = row.data.encode()
    if kind.personal and not sends_personal:
        data = _encoder.encode(decode(row.data) | dict.fromkeys(kind.personal))
    return Message(row, attributes, data)


def test_message() -> Message:
    """Return a message for the button "send a test event": its shape is that of all others, its event is nobody's."""
    now = datetime.now(UTC)
    data = {
        "connection": "0", "channel": "test", "shop_id": None, "state": "green", "previous_state": "red",
        "since": now.isoformat(), "fix_path": "/admin/",
    }  # fmt: skip
    row = EventRow(
        uuid7(), 0, "connection.green", "/erpsync/test", "connection", "0", 1, now, _encoder.encode(data).decode(),
        "", False, False, 0, False,
    )  # fmt: skip
    return message(row, sends_personal=False, test=True)
