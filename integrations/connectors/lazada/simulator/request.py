"""Call parsing as by Lazada's gateway: one pool of text parameters from query and body, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from integrations.simulator.calls import Call as BaseCall
from integrations.simulator.calls import NotJson, decode_json

Fields = dict[str, Any]


class Refusal(Exception):
    """Error response; business errors too are status 200."""

    def __init__(self, code: str, message: str, *, kind: str = "ISP", detail: list[Fields] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.type = kind
        self.detail = detail or []


def missing(name: str) -> Refusal:
    """Refusal for a missing parameter."""
    return Refusal(
        "MissingParameter",
        f'The input parameter "{name}" that is mandatory for processing this request is not supplied',
        kind="ISV",
    )


def invalid(name: str) -> Refusal:
    """Refusal for an invalid value, where the API has no code of its own for it [nv]."""
    return Refusal("InvalidParameter", f'The input parameter "{name}" is invalid', kind="ISV")


def is_whole(text: str) -> bool:
    """Return whether a text is a whole number of the size that Lazada writes (int64)."""
    return text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 1 << 63


@dataclass
class Call(BaseCall):
    """Call. `now`: the platform's clock; `moment`: logical seconds; `seller`: whose token it came with."""

    params: dict[str, str] = field(default_factory=dict)
    seller: str = ""

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter; an empty one counts as missing. Refused when missing without default."""
        found = self.params.get(name, "") or default
        if found is None:
            raise missing(name)
        return found

    def number(self, name: str, default: int | None = None, *, low: int = 0, high: int, code: str, word: str) -> int:
        """A whole number in [low, high]. Refused with the API's own code otherwise."""
        text = self.text(name, None if default is None else str(default))
        if not is_whole(text) or not low <= int(text) <= high:
            raise Refusal(code, f'E{int(code):03d}: "{text}" Invalid {word}')
        return int(text)

    def word(self, name: str, words: Mapping[str, Any] | frozenset[str], default: str, code: str, what: str) -> str:
        """One of the known words. Refused with the API's own code otherwise."""
        text = self.text(name, default)
        if text not in words:
            raise Refusal(code, f'E{int(code):03d}: "{text}" {what}')
        return text

    def id(self, name: str, code: str, what: str) -> int:
        """A required id. Refused with the API's own code when it is none."""
        text = self.text(name)
        if not is_whole(text):
            raise Refusal(code, f'E{int(code):03d}: "{text}" {what}')
        return int(text)

    def time(self, name: str) -> float | None:
        """A time of ISO 8601 with offset, None when missing. Refused with 17 when it is none."""
        text = self.text(name, "")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or "T" not in text:
            raise Refusal("17", f'E017: "{text}" Invalid Date Format')
        return found.timestamp()

    def day(self, name: str) -> date:
        """A required day, yyyy-MM-dd. Refused with 17 when it is none."""
        text = self.text(name)
        try:
            return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise Refusal("17", f'E017: "{text}" Invalid Date Format') from None

    def millis(self, name: str, default: float) -> float:
        """A time in epoch milliseconds, as seconds."""
        text = self.text(name, "")
        if not text:
            return default
        if not is_whole(text):
            raise invalid(name)
        return int(text) / 1000

    def flag(self, name: str) -> bool:
        """A required true or false."""
        text = self.text(name).lower()
        if text not in {"true", "false"}:
            raise invalid(name)
        return text == "true"

    def array(self, name: str, refusal: Refusal, default: str | None = None) -> list[Any]:
        """A list as JSON text. Refused as given when it is none."""
        found = _json(self.text(name, default))
        if not isinstance(found, list):
            raise refusal
        return found

    def object(self, name: str) -> Fields:
        """An object as JSON text."""
        found = _json(self.text(name))
        if not isinstance(found, dict):
            raise invalid(name)
        return found


def rows(body: Fields, name: str) -> list[Fields]:
    """A list of objects inside a JSON parameter. Refused with 700004 when there is none."""
    found = body.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(row, dict) for row in found):
        raise Refusal("700004", f"parameter error: {name}")
    return found


def read_params(query: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return all parameters: of the query, of a form body, and of a JSON body, whose inner values count as compact JSON text."""
    found = dict(parse_qsl(query, keep_blank_values=True))
    if not body:
        return found
    if headers.get("content-type", "").startswith("application/json"):
        sent = _json(body)
        if not isinstance(sent, dict):
            raise invalid("body")
        return found | {str(name): _text(value) for name, value in sent.items()}
    return found | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _json(text: str | bytes) -> Any:
    try:
        return decode_json(text)
    except NotJson:
        return None
