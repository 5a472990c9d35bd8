"""Call parsing as by Shopee's gateway: typed parameters of query and body, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from integrations.connectors.shopee.simulator import facts
from integrations.simulator.calls import Call as BaseCall
from integrations.simulator.calls import NotJson, decode_json

Fields = dict[str, Any]
_BRACKETS = "[]"


class Refusal(Exception):
    """Error response. The HTTP status follows from the last part of the code unless given."""

    def __init__(self, code: str, message: str, *, status: int | None = None, extra: Fields | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or facts.STATUS.get(code.rpartition(".")[2], 200)
        self.extra = extra or {}


def is_whole(text: str) -> bool:
    """Return whether a text is a whole number of the size that Shopee writes (int64)."""
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 1 << 63


def missing(name: str) -> Refusal:
    """Refusal for a missing parameter."""
    return Refusal("error_param", f"Wrong parameters, detail: {name} is a required field.")


def wrong_type(name: str, expected: str, given: str) -> Refusal:
    """Refusal for a parameter of the wrong JSON type."""
    return Refusal("error_param", f"{name}: Invalid type. Expected: {expected}, given: {given}")


def out_of_range(name: str) -> Refusal:
    """Refusal for a parameter with a value that is not allowed."""
    return Refusal("error_param", f"Wrong parameters, detail: {name} is invalid.")


@dataclass
class Call(BaseCall):
    """Call. `now`: the platform's clock, epoch seconds; `moment`: logical seconds; `shop`: 0 for public APIs."""

    now: int
    query: dict[str, list[str]] = field(default_factory=dict)
    body: Fields = field(default_factory=dict)
    shop: int = 0

    def text(self, name: str, default: str | None = None) -> str:
        """A query parameter. Refused when missing without default."""
        found = self.query.get(name)
        if found is None:
            if default is None:
                raise missing(name)
            return default
        return found[-1]

    def number(self, name: str, default: int | None = None, *, low: int | None = None, high: int | None = None) -> int:
        """A whole number of the query. Refused when missing without default, no number, or out of [low, high]."""
        text = self.text(name, None if default is None else str(default))
        if not is_whole(text.removeprefix("-")):
            raise wrong_type(name, "integer", "string")
        number = int(text)
        if (low is not None and number < low) or (high is not None and number > high):
            raise out_of_range(name)
        return number

    def flag(self, name: str) -> bool:
        """A boolean of the query; false when missing."""
        return self.text(name, "false").lower() in {"true", "1"}

    def texts(self, name: str) -> list[str]:
        """A list of the query: `a=1,2`, `a=1&a=2`, `a=[1,2]` and `a[]=1` are all understood (only the first is documented)."""
        parts = self.query.get(name, []) + self.query.get(name + _BRACKETS, [])
        return [text for part in parts for piece in part.strip(_BRACKETS).split(",") if (text := piece.strip(' "'))]

    def batch(self, name: str, most: int = facts.BATCH_MAX) -> list[str]:
        """A required list of the query with at most so many entries."""
        found = self.texts(name)
        if not found:
            raise missing(name)
        if len(found) > most:
            raise Refusal("error_param", f"Wrong parameters, detail: {name} must contain at most {most} items.")
        return found

    def ids(self, name: str) -> list[int]:
        """A required list of ids of the query."""
        found = self.batch(name)
        if not all(is_whole(text) for text in found):
            raise wrong_type(name, "integer", "string")
        return [int(text) for text in found]


_TYPES: Mapping[type, str] = {
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
    bool: "boolean",
    float: "number",
}


def required(body: Fields, name: str, kind: type, where: str = "") -> Any:
    """A field of a JSON body. Refused when missing or of another JSON type."""
    found = optional(body, name, kind, where)
    if found is None:
        raise missing(where + name)
    return found


def optional(body: Fields, name: str, kind: type, where: str = "") -> Any:
    """As `required`, None when missing or null. A whole number does for a float.

    `[]` is no object: PHP clients, in use for years, send it for an empty one.
    """
    found = body.get(name)
    if found is None or (kind is dict and found == []):
        return None
    if type(found) is not kind and not (kind is float and type(found) is int):
        raise wrong_type(where + name, _TYPES[kind], _TYPES.get(type(found), "null"))
    return found


def rows(body: Fields, name: str, most: int = facts.BATCH_MAX) -> list[Fields]:
    """A required array of 1 to `most` objects."""
    found: list[Any] = required(body, name, list)
    if not 1 <= len(found) <= most:
        raise Refusal("error_param", f"Wrong parameters, detail: {name} must contain 1 to {most} items.")
    if not all(isinstance(row, dict) for row in found):
        raise wrong_type(name, "object", "string")
    return found


def read_query(text: str) -> dict[str, list[str]]:
    """Return all values of each parameter, in order."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def read_body(raw: bytes) -> Fields:
    """Return the JSON object of a POST; no body counts as an empty one."""
    if not raw:
        return {}
    try:
        found = decode_json(raw)
    except NotJson:
        raise Refusal("error_param", "The request body is not valid JSON.") from None
    if not isinstance(found, dict):
        raise wrong_type("body", "object", "array" if isinstance(found, list) else "string")
    return found
