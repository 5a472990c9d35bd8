"""TikTok Shop's wire format: one envelope, ids and money as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

from integrations.connectors.tiktok_shop.simulator.request import Refusal
from integrations.simulator.simulated_platform import Response

_ENCODER = msgspec.json.Encoder()
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}


def encode(value: Any) -> bytes:
    """Encode as compact JSON in UTF-8."""
    return _ENCODER.encode(value)


def good(data: Any) -> Response:
    """Return a successful response."""
    return 200, _JSON, encode({"code": 0, "data": data, "message": "Success", "request_id": _request_id()})


def refused(refusal: Refusal) -> Response:
    """Error response."""
    body = {"code": refusal.code, "message": str(refusal), "data": None, "request_id": _request_id()}
    return refusal.status, _JSON, encode(body)


def _request_id() -> str:
    return uuid4().hex.upper()
