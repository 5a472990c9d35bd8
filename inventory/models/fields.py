"""Columns that several tables have."""

from __future__ import annotations

from django.db import models


def quantity_field(**options: object) -> models.DecimalField:  # type: ignore[type-arg]
    """Return a quantity column with three decimals: a POS sells cloth by the metre and fish by the kilo."""
    return models.DecimalField(max_digits=14, decimal_places=3, default=0, db_default=0, **options)  # type: ignore[arg-type]
