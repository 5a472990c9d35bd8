"""Strict reading of request bodies and queries of the control API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


class Malformed(ValueError):
    """A malformed request; the message names the parameter that is missing or wrong."""


@dataclass(frozen=True)
class Body:
    """Parameters of a body or a query. Every getter raises Malformed, for a missing name unless it has a default."""

    values: Mapping[str, Any]

    @classmethod
    def read(cls, raw: bytes) -> Body:
        """Parse a JSON object; an empty body is an empty object."""
        try:
            found = msgspec.json.decode(raw or b"{}")
        except msgspec.DecodeError as error:
            raise Malformed(f"the body is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise Malformed("the body must be a JSON object")
        return cls(found)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text, or a number as text."""
        found = self._found(name, default)
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise Malformed(f"{name} must be a text")
        return str(found)

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number of at least 0."""
        found = self._found(name, default)
        try:
            number = float(found)
        except (TypeError, ValueError):
            number = -1.0
        if isinstance(found, bool) or not 0 <= number < float("inf"):
            raise Malformed(f"{name} must be a number, 0 or more")
        return number

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number of at least 0."""
        number = self.number(name, default)
        if number != int(number):
            raise Malformed(f"{name} must be a whole number")
        return int(number)

    def counts(self, name: str) -> dict[str, int]:
        """Return whole numbers of at least 0 by name; none where nothing is said."""
        found = self.values.get(name, {})
        if not isinstance(found, dict):
            raise Malformed(f"{name} must be an object of numbers")
        return {key: Body(found).whole(key) for key in found}

    def lines(self) -> dict[str, int]:
        """Return the quantity by SKU of `lines`: [{sku, quantity}], at least one, each quantity at least 1."""
        rows = self._found("lines", None)
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise Malformed('lines must be [{"sku": ..., "quantity": ...}]')
        found: dict[str, int] = {}
        for row in rows:
            line = Body(row)
            sku, quantity = line.text("sku"), line.whole("quantity", 1)
            if quantity < 1:
                raise Malformed("quantity must be 1 or more")
            found[sku] = found.get(sku, 0) + quantity
        return found

    def _found(self, name: str, default: Any) -> Any:
        found = self.values.get(name, default)
        if found is None:
            raise Malformed(f"{name} is missing")
        return found
