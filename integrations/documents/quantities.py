"""Quantities in the options of a document: what it says, so that it can be compared with what it should say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# units by product; a line without product counts by the negative id of the line
Units = Mapping[int, Decimal]


def units_in(options: Mapping[str, Any]) -> Units | None:
    """Return the units that a document says; None where it was wanted before documents said so."""
    said = options.get("units")
    return None if said is None else {int(product): Decimal(units) for product, units in said.items()}


def as_option(units: Units) -> dict[str, Any]:
    """Return the option that says these units."""
    return {"units": {str(product): str(units[product]) for product in sorted(units)}}
