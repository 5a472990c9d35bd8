"""Call parsing as by KiotViet's server: names in any letter case, arrays in three forms, decimals; and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.wire import read_time


class Refusal(Exception):
    """Response other than success. `status` is 420 for anything the business or the validation refuses."""

    def __init__(self, code: str, message: str, status: int = 420) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def body(self) -> dict[str, Any]:
        """Return KiotViet's one error envelope."""
        return {"responseStatus": {"errorCode": self.code, "message": str(self), "errors": []}}


class Fields(dict[str, Any]):
    """A JSON object whose names are matched without regard to letter case, as the server binds them."""

    def __init__(self, source: Mapping[str, Any] | None = None) -> None:
        super().__init__({name.lower(): _folded(part) for name, part in (source or {}).items()})

    def value(self, name: str, default: Any = None) -> Any:
        """The value, or `default` when it is missing or null."""
        found = self.get(name.lower())
        return default if found is None else found

    def text(self, name: str) -> str | None:
        """The value as text, None when missing."""
        found = self.value(name)
        return None if found is None else str(found)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean: true, 1 and their texts are true."""
        return str(self.value(name, default)).lower() in {"true", "1"}

    def number(self, name: str, code: str, default: Decimal | None = None) -> Decimal:
        """The value as a decimal. Refused with `code` when it is no number, or missing and without default."""
        found = self.value(name, default)
        if isinstance(found, bool) or not isinstance(found, int | Decimal | str):
            raise Refusal(code, facts.BAD_NUMBER.format(name=name))
        try:
            number = Decimal(found)
        except ArithmeticError:
            raise Refusal(code, facts.BAD_NUMBER.format(name=name)) from None
        if not number.is_finite():
            raise Refusal(code, facts.BAD_NUMBER.format(name=name))
        return number

    def whole(self, name: str, code: str) -> int | None:
        """The value as an id, None when missing or 0."""
        return int(self.number(name, code, Decimal(0))) or None

    def moment(self, name: str, code: str) -> datetime | None:
        """The value as a UTC time, None when missing."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read_time(text)
        except ValueError:
            raise Refusal(code, facts.BAD_DATE) from None

    def part(self, name: str) -> Fields | None:
        """An object inside this one."""
        found = self.value(name)
        return found if isinstance(found, Fields) else None

    def parts(self, name: str) -> list[Fields]:
        """The objects of an array inside this one."""
        found = self.value(name, [])
        return [part for part in found if isinstance(part, Fields)] if isinstance(found, list) else []


def _folded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Fields(value)
    if isinstance(value, list):
        return [_folded(part) for part in value]
    return value


def read_query(text: str) -> tuple[Fields, dict[str, list[str]]]:
    """Return (last value per name, all values per name): `a=1&a=2`, `a[]=1` and `a=1,2` all make a list."""
    single, several = Fields(), dict[str, list[str]]()
    for name, value in parse_qsl(text, keep_blank_values=True):
        name = name.lower().removesuffix("[]")
        single[name] = value
        several.setdefault(name, []).extend(part for part in value.split(",") if part)
    return single, several


def read_body(raw: bytes, content_type: str) -> Fields:
    """Parse the body of a write. A malformed one is a 500, as seen live; a form counts as JSON (the plug-in sends one)."""
    if not raw:
        return Fields()
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            return Fields(dict(parse_qsl(raw.decode(), keep_blank_values=True)))
        found = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refusal(facts.GENERAL_ERROR, facts.MALFORMED, status=500) from None
    if not isinstance(found, dict):
        raise Refusal(facts.GENERAL_ERROR, facts.MALFORMED, status=500)
    return Fields(found)


@dataclass
class Call:
    """Call. `now`: the platform's clock."""

    method: str
    path: str
    now: datetime
    query: Fields = field(default_factory=Fields)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    body: Fields = field(default_factory=Fields)

    def ids(self, name: str, code: str = facts.GENERAL_ERROR) -> set[int]:
        """An array of ids in the query; empty when it was not sent."""
        try:
            return {int(text) for text in self.arrays.get(name.lower(), [])}
        except ValueError:
            raise Refusal(code, facts.BAD_NUMBER.format(name=name)) from None
