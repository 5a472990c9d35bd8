"""Ids of rows in what a browser sends."""

from __future__ import annotations


def row_id(text: str) -> int | None:
    """Return the id that a text is; None for any other text, and for a number that no id can be (2^63 has 19 digits)."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
