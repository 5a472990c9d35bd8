"""Sendo's wire format: one envelope around everything, also refusals."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from integrations.connectors.sendo.simulator import facts

Row = dict[str, Any]
_ENCODER = msgspec.json.Encoder()


class Refusal(Exception):
    """Refused call. `code` is the envelope's status_code; the HTTP status is 200 unless given [nv]."""

    def __init__(self, message: str, *, code: int = 400, status: int = 200, details: Sequence[Row] = ()) -> None:
        super().__init__(message)
        self.code, self.status, self.details = code, status, details


def wrong(name: str, message: str, value: object = None) -> Refusal:
    """Refusal for a parameter."""
    return Refusal("Dữ liệu không hợp lệ", details=[detail(name, message, value)])


def detail(name: str, message: str, value: object = None) -> Row:
    """One of `error_details`."""
    return {
        "property_name": name,
        "message": message,
        "value": None if value is None else str(value),
        "code": "INVALID",
    }


def encode(value: object) -> bytes:
    """Encode as compact JSON in UTF-8."""
    return _ENCODER.encode(value)


def good(result: object) -> bytes:
    """Return a successful response."""
    return encode({"result": result, "success": True, "error": None, "status_code": 200})


def refused(refusal: Refusal) -> bytes:
    """Return the response of a refusal."""
    error = {"message": str(refusal), "details": None, "error_details": list(refusal.details) or None}
    return encode({"result": None, "success": False, "error": error, "status_code": refusal.code})


def jwt(claims: Mapping[str, object], key: str) -> str:
    """A token as the login gives it: HS256."""
    head = f"{_b64(encode({'alg': 'HS256', 'typ': 'JWT'}))}.{_b64(encode(claims))}"
    return f"{head}.{_b64(hmac.new(key.encode(), head.encode(), hashlib.sha256).digest())}"


def clock(moment: float) -> str:
    """A time with its offset, Vietnam's."""
    return datetime.fromtimestamp(int(moment), facts.VIETNAM).isoformat()


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
