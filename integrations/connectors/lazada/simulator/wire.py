"""How Lazada writes: JSON, money with two digits behind the point, times in the shop's own zone."""

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
    """Compact JSON in UTF-8; a Decimal is a number with all its digits."""
    return _ENCODER.encode(value)


def top(**fields: Any) -> Fields:
    """An answer whose fields stand beside the code."""
    return {**fields, "code": "0", "request_id": uuid4().hex}


def data(value: Any) -> Fields:
    """The usual answer."""
    return top(data=value)


def result(value: Any, **fields: Any) -> Fields:
    """The answer of the newer APIs."""
    return top(result={"data": value, "success": True, **fields})


def refused(refusal: Refusal) -> Fields:
    """An error answer."""
    detail = {"detail": refusal.detail} if refusal.detail else {}
    return {"type": refusal.type, "code": refusal.code, "message": str(refusal), **detail, "request_id": uuid4().hex}


def money(dong: int) -> Decimal:
    """Whole dong as Lazada writes an amount: 66000.00."""
    return Decimal(f"{dong}.00")


def stamp(moment: float) -> str:
    """`2021-05-25 14:02:38 +0700`."""
    return datetime.fromtimestamp(moment, facts.ZONE).strftime("%Y-%m-%d %H:%M:%S %z")


def iso(moment: float) -> str:
    """`2021-05-27T23:59:59+07:00`."""
    return datetime.fromtimestamp(moment, facts.ZONE).isoformat(timespec="seconds")
