"""Lazada's wire format: JSON, money with two decimals, times in the shop's own zone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.request import Refusal

Fields = dict[str, Any]
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Encode as compact JSON in UTF-8; a Decimal is a number with all its digits."""
    return _ENCODER.encode(value)


def top(**fields: Any) -> Fields:
    """Return a response with its fields beside the code."""
    return {**fields, "code": "0", "request_id": uuid4().hex}


def data(value: Any) -> Fields:
    """Return the usual response."""
    return top(data=value)


def result(value: Any, **fields: Any) -> Fields:
    """Return the response of the newer APIs."""
    return top(result={"data": value, "success": True, **fields})


def refused(refusal: Refusal) -> Fields:
    """Error response."""
    detail = {"detail": refusal.detail} if refusal.detail else {}
    return {"type": refusal.type, "code": refusal.code, "message": str(refusal), **detail, "request_id": uuid4().hex}


def money(dong: int) -> Decimal:
    """Format whole dong as Lazada's amounts: 66000.00."""
    return Decimal(f"{dong}.00")


def stamp(moment: float) -> str:
    """`2021-05-25 14:02:38 +0700`."""
    return datetime.fromtimestamp(moment, facts.ZONE).strftime("%Y-%m-%d %H:%M:%S %z")


def iso(moment: float) -> str:
    """`2021-05-27T23:59:59+07:00`."""
    return datetime.fromtimestamp(moment, facts.ZONE).isoformat(timespec="seconds")
