"""Oddities of one order, return or product while it is mapped: what makes no sense is unknown, and named.

A field that may be done without costs nobody a whole order. Every mapping reads such fields through an `Oddities` and hands
its `codes` in as the snapshot's problems: `odd_field:ship_by_date` says which field was left empty. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar, overload

from core.money import smallest_step
from integrations.wire import fields
from integrations.wire.answers import Row

Value = TypeVar("Value")
Other = TypeVar("Other")

ODD_FIELD = "odd_field:"
NO_LINES = "no_lines"
WITHOUT_PRODUCT, WITHOUT_ID = "line_without_product", "line_without_id"
UNKNOWN_FULFILMENT = "unknown_fulfilment"
# what an integer column of the hub takes
_MOST_PIECES = 10**9


def units(rows: Iterable[Row], key: str) -> int | None:
    """Return the sum of the units that a channel shows at some places; None where one of them is unknown, which is not zero."""
    found = [fields.or_none(fields.number, row, key) for row in rows]
    known = [max(0, math.floor(value)) for value in found if value is not None and abs(value) <= _MOST_PIECES]
    return min(sum(known), _MOST_PIECES) if len(known) == len(found) else None


class Oddities:
    """The problems met so far, each once, in the order they were met."""

    def __init__(self, *codes: str) -> None:
        self._codes = dict.fromkeys(codes)
        self._places: Counter[tuple[str, ...]] = Counter()

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the problems."""
        return tuple(self._codes)

    def note(self, code: str, *, when: bool = True) -> None:
        """Add a problem."""
        if when:
            self._codes[code] = None

    def field(self, key: str) -> None:
        """Add that a field made no sense."""
        self.note(ODD_FIELD + key)

    @overload
    def read(self, read: Callable[[Row, str], Value], row: Row, key: str) -> Value | None: ...
    @overload
    def read(self, read: Callable[[Row, str], Value], row: Row, key: str, default: Other) -> Value | Other: ...
    def read(
        self, read: Callable[[Row, str], Value], row: Row, key: str, default: Other | None = None
    ) -> Value | Other | None:
        """Return a field; `default`, and a problem, where it makes no sense."""
        try:
            return read(row, key)
        except (ValueError, ArithmeticError):
            self.field(key)
            return default

    def known(self, found: Value | None, key: str, otherwise: Value) -> Value:
        """Return what was found; else `otherwise`, with the problem that the field is unknown."""
        if found is None:
            self.field(key)
            return otherwise
        return found

    def pieces(self, row: Row, key: str) -> int:
        """Return how many pieces a line sells: rounded up, none below zero; an unknown number is one, or nothing would be held."""
        found = self.read(fields.amount, row, key)
        if found is None or abs(found) > _MOST_PIECES:
            self.field(key)
            return 1
        self.note("zero_quantity", when=found == 0)
        self.note("negative_quantity", when=found < 0)
        self.note("fractional_quantity", when=found != found.to_integral_value())
        return max(0, math.ceil(found))

    def money(self, row: Row, key: str, currency: str) -> Decimal | None:
        """Return an amount, None where it is left out or unknown; one that nobody can pay in its currency is kept, and flagged."""
        found = self.read(fields.amount, row, key)
        self.payable(found, currency)
        return found

    def payable(self, amount: Decimal | None, currency: str) -> None:
        """Flag an amount that is finer than the currency's smallest step."""
        self.note("fractional_money", when=amount is not None and amount % smallest_step(currency) != 0)

    def product(self, found: str) -> str:
        """Return the id of a line's item; none, or 0, is kept as "", unmapped and flagged."""
        self.note(WITHOUT_PRODUCT, when=found in {"", "0"})
        return "" if found == "0" else found

    def key(self, found: str, *product: str) -> str:
        """Return the key of a line by its own id; one that came without is known by its product and place."""
        self.note(WITHOUT_ID, when=not found)
        return found or self.place(*product)

    def place(self, *product: str) -> str:
        """Return the key of a line by its product and its place among the lines with the same one."""
        self._places[product] += 1
        return ":".join((*product, str(self._places[product])))

    def lines(self, found: Iterable[Value]) -> tuple[Value, ...]:
        """Return the lines of an order; none at all is a problem."""
        lines = tuple(found)
        self.note(NO_LINES, when=not lines)
        return lines
