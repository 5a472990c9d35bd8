"""Tiki's wire format: JSON, Vietnam times without a zone, errors as a list of texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from integrations.simulator.simulated_platform import Response

Fields = dict[str, Any]
VIETNAM = timezone(timedelta(hours=7))
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
_FORM = "%Y-%m-%d %H:%M:%S"
_ENCODER = msgspec.json.Encoder()


class Refusal(Exception):
    """Error response: status and one text. `body` replaces the usual envelope (OAuth, deals, logistics)."""

    def __init__(self, status: int, text: str, *, body: Mapping[str, Any] | None = None, source: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.body = body
        self.source = source

    def answer(self) -> Response:
        """Return the response."""
        body: Mapping[str, Any] = self.body or {"errors": [str(self)]}
        if self.source:
            body = {**body, "meta": {"source": self.source, "id": "3408590964569639190"}}
        return self.status, JSON, encode(body)


def too_many() -> Refusal:
    """Refusal of a call beyond the limit. The status is documented, the wording is not verified."""
    return Refusal(429, "You're requesting too many requests! Slow down!")


def good(body: Any, status: int = 200) -> Response:
    """Return a successful response."""
    return status, JSON, encode(body)


def encode(value: Any) -> bytes:
    """Encode as compact JSON in UTF-8."""
    return _ENCODER.encode(value)


def local(moment: float) -> str:
    """`YYYY-MM-DD HH:mm:ss` in Vietnam."""
    return datetime.fromtimestamp(moment, VIETNAM).strftime(_FORM)


def instant(moment: float) -> str:
    """ISO in UTC, as deals write it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """A local time as epoch seconds. Raises ValueError."""
    return datetime.strptime(text, _FORM).replace(tzinfo=VIETNAM).timestamp()
