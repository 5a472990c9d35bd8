"""Call parsing as by TikTok Shop's gateway: typed parameters of query and body, and refusals."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from integrations.simulator.calls import Call as BaseCall
from integrations.simulator.calls import NotJson, decode_json

Fields = dict[str, Any]
Thing = TypeVar("Thing")
# a parameter that makes no sense; the documentation names it for orders only [inf]
BAD_PARAMETER = 98001004
# a time filter without bounds
OPEN = (0, 1 << 62)
# makes every page token hold "+" and "/", as the real ones do
_OPAQUE = b"\xfb\xff\xbf"


class Refusal(Exception):
    """Error response. `status`: the HTTP status, which the documentation does not pair with codes but for 429 [inf]."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def invalid(name: str) -> Refusal:
    """Refusal for a parameter with a value that is not allowed, or missing."""
    return Refusal(BAD_PARAMETER, f"Invalid parameter. The `{name}` parameter is missing or invalid.")


def no_such(thing: str, code: int = BAD_PARAMETER) -> Refusal:
    """Refusal for an object that does not exist, or is another shop's [inf]."""
    return Refusal(code, f"The {thing} does not exist.")


@dataclass
class Call(BaseCall):
    """Call. `now`: the platform's clock, epoch seconds; `moment`: logical seconds; `ids`: parts of the path."""

    now: int
    query: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    body: Fields = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    shop: str = ""

    def text(self, name: str, default: str | None = None) -> str:
        """A query parameter. Refused when missing without default."""
        found = self.query.get(name, default)
        if found is None:
            raise invalid(name)
        return found

    def size(self, limits: tuple[int, int, int]) -> int:
        """`page_size` within its limits, or the default."""
        least, most, usual = limits
        text = self.text("page_size", str(usual))
        if not text.isdecimal() or not least <= int(text) <= most:
            raise invalid("page_size")
        return int(text)

    def rising(self, default: str) -> bool:
        """`sort_order`."""
        found = self.text("sort_order", default)
        if found not in {"ASC", "DESC"}:
            raise invalid("sort_order")
        return found == "ASC"

    def moment_of(self, name: str, default: int) -> int:
        """A time of the query."""
        text = self.text(name, str(default))
        if not text.isdecimal():
            raise invalid(name)
        return int(text)

    def page(self, rows: Sequence[Thing], size: int) -> tuple[Sequence[Thing], Fields]:
        """Return the page that the token asks for, and the fields about the next. The token is an offset: rows may shift between pages."""
        begin = _offset(self.text("page_token", ""))
        end = begin + size
        following = _token(end) if end < len(rows) else ""
        return rows[begin:end], {"next_page_token": following, "total_count": len(rows)}


def required(body: Fields, name: str, kind: type) -> Any:
    """A field of a JSON body. Refused when missing or of another JSON type."""
    found = optional(body, name, kind)
    if found is None:
        raise invalid(name)
    return found


def optional(body: Fields, name: str, kind: type) -> Any:
    """As `required`, None when missing or null. `[]` is no object: PHP clients, in use for years, send it for an empty one."""
    found = body.get(name)
    if kind is dict and found == []:
        return None
    if found is not None and type(found) is not kind:
        raise invalid(name)
    return found


def texts(body: Fields, name: str, most: int) -> list[str]:
    """A list of at most so many texts; empty when missing."""
    found: list[Any] = optional(body, name, list) or []
    if len(found) > most or not all(isinstance(one, str) for one in found):
        raise invalid(name)
    return found


def rows(body: Fields, name: str) -> list[Fields]:
    """A required array of objects, at least one."""
    found: list[Any] = required(body, name, list)
    if not found or not all(isinstance(row, dict) for row in found):
        raise invalid(name)
    return found


def span(body: Fields, name: str, upper: str = "lt") -> tuple[int, int]:
    """[from, to) of a time filter; missing bounds are open. `upper`: "lt", or "le" for one that is inclusive."""
    first: int = optional(body, f"{name}_ge", int) or 0
    last: int | None = optional(body, f"{name}_{upper}", int)
    if last is None:
        return first, OPEN[1]
    return first, last + (upper == "le")


def read_query(text: str) -> dict[str, str]:
    """Return the decoded parameters, the last of each name."""
    return dict(parse_qsl(text, keep_blank_values=True))


def read_body(call: Call) -> Fields:
    """Return the JSON object of a call; no body counts as an empty one, and so does `[]`, as PHP clients send it."""
    if not call.raw:
        return {}
    if not call.headers.get("content-type", "").startswith("application/json"):
        raise bad_format()
    try:
        found = decode_json(call.raw)
    except NotJson:
        raise bad_format() from None
    if found == []:
        return {}
    if not isinstance(found, dict):
        raise bad_format()
    return found


def bad_format() -> Refusal:
    """Refusal for a body that is not JSON, or not declared as JSON."""
    return Refusal(
        36009022,
        "Invalid request format. The request body format must be `application/json` for structured data or"
        " `multipart/form-data` for binary files.",
    )


def _token(offset: int) -> str:
    return base64.b64encode(_OPAQUE + f"offset={offset}".encode()).decode()


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        text = base64.b64decode(token, validate=True).removeprefix(_OPAQUE).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid("page_token") from None
    digits = text.removeprefix("offset=")
    if not digits.isdecimal():
        raise invalid("page_token")
    return int(digits)
