"""Call parsing as by Tiki: typed parameters of path, query and body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.wire import Fields, Refusal, epoch
from integrations.simulator.calls import Call as BaseCall
from integrations.simulator.calls import NotJson, decode_json

_NAMES = {int: "an integer", str: "a string", list: "an array", dict: "an object"}


@dataclass
class Call(BaseCall):
    """Call. `now`: the platform's clock, epoch seconds; `moment`: logical seconds; `seller`: sid, "" for the app itself."""

    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    parts: tuple[str, ...] = ()
    seller: str = ""

    def number(self, name: str, default: int, *, low: int = 0, high: int | None = None) -> int:
        """A whole number of the query."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise Refusal(400, f"{name} must be an integer number", source="meepo")
        found = int(text)
        if found < low:
            raise Refusal(400, f"{name} must not be less than {low}", source="meepo")
        if high is not None and found > high:
            raise Refusal(400, f"{name} must not be greater than {high}", source="meepo")
        return found

    def time(self, name: str) -> float | None:
        """A local time of the query, None when it was not sent."""
        text = self.query.get(name, "")
        try:
            return epoch(text) if text else None
        except ValueError:
            raise Refusal(400, f"{name} must be in the format YYYY-MM-DD HH:mm:ss", source="meepo") from None

    def page(self) -> tuple[int, int]:
        """(page from 1, rows per page)."""
        return self.number("page", 1, low=1), self.number("limit", facts.PAGE_DEFAULT, low=1, high=facts.PAGE_MAX)

    def includes(self, name: str = "include") -> frozenset[str]:
        """Return the optional parts that were asked for."""
        return frozenset(self.query.get(name, "").split(","))

    def object(self) -> Fields:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            raise Refusal(400, "The request body must be a JSON object")
        return self.body


def required(body: Fields, name: str, kind: type) -> Any:
    """A field of a JSON body."""
    found = optional(body, name, kind)
    if found is None:
        raise Refusal(422, f"{name} is required")
    return found


def optional(body: Fields, name: str, kind: type) -> Any:
    """As `required`, None when missing or null."""
    found = body.get(name)
    if found is not None and type(found) is not kind:
        raise Refusal(422, f"{name} must be {_NAMES[kind]}")
    return found


def read_query(text: str) -> dict[str, str]:
    """Return the last value of each parameter."""
    return dict(parse_qsl(text, keep_blank_values=True))


def read_body(raw: bytes) -> Any:
    """Return the parsed JSON; None for no body."""
    if not raw:
        return None
    try:
        return decode_json(raw)
    except NotJson:
        raise Refusal(400, "The request body is not valid JSON") from None


def paged(found: list[Any], call: Call) -> tuple[list[Any], Fields]:
    """Return (the rows of the page, `paging`). `last_page` is 0 when there is nothing at all."""
    page, size = call.page()
    start = (page - 1) * size
    rows = found[start : start + size]
    paging = {
        "total": len(found),
        "current_page": page,
        "from": start + 1 if rows else 0,
        "to": start + len(rows) if rows else 0,
        "per_page": size,
        "last_page": -(-len(found) // size),
    }
    return rows, paging
