"""JSON with exact decimals: money and 17-digit ids keep every digit, in and out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def parse(content: bytes | str) -> Any:
    """Parse JSON, with decimals taken from the raw text. Raises ValueError for anything that is no JSON (NaN included), and for
    an exponent that no Decimal holds."""
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ArithmeticError:
        raise ValueError("a number that is too large") from None


def encode(value: object) -> bytes:
    """Encode as JSON without spaces; a Decimal is a number with all its digits."""
    return _ENCODER.encode(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
