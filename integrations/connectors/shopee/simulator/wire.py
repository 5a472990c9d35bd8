"""Shopee's wire format: compact JSON, numbers as numbers, one envelope."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec

from integrations.connectors.shopee.simulator.request import Refusal

_ENCODER = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Encode as compact JSON in UTF-8."""
    return _ENCODER.encode(value)


def flat(**fields: Any) -> dict[str, Any]:
    """Return a response with its fields at the top level."""
    return {"error": "", "message": "", "request_id": uuid4().hex, **fields}


def wrapped(response: Any, **fields: Any) -> dict[str, Any]:
    """Return the usual response, with its content under `response`."""
    return flat(response=response, **fields)


def refused(refusal: Refusal) -> dict[str, Any]:
    """Error response."""
    return {"request_id": uuid4().hex, "error": refusal.code, "message": str(refusal), **refusal.extra}
