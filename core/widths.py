"""Widths of text columns: what a channel writes always fits, and what had to be shortened is known.

Ids are kept whole: their columns take `ID_LENGTH` characters, far more than any channel was seen to use. A longer one ends
in a digest, so that two of them never become one. Words are cut.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model

ID_LENGTH = 255
# characters of the digest that ends a shortened id
_DIGEST = 16

Snapshot = TypeVar("Snapshot")


def shortened_id(text: str, length: int = ID_LENGTH) -> str:
    """Return an id that fits: whole, or its beginning and a digest of all of it. Idempotent."""
    if len(text) <= length:
        return text
    return f"{text[: length - _DIGEST - 1]}~{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]}"


@cache
def widths(model: type[Model]) -> Mapping[str, int]:
    """Return the length of each text column of a model that has one."""
    lengths = {field.name: getattr(field, "max_length", None) for field in model._meta.concrete_fields}
    return {name: length for name, length in lengths.items() if length is not None}


def fitted(model: type[Model], snapshot: Snapshot, *, ids: Collection[str] = ()) -> Snapshot:
    """Return a snapshot whose texts fit the model's columns of the same names; itself when they do. `ids`: the fields with ids."""
    limits = widths(model)
    cut = {
        name: shortened_id(value, length) if name in ids else value[:length]
        for name, length in limits.items()
        if isinstance(value := getattr(snapshot, name, ""), str) and len(value) > length
    }
    changes: dict[str, Any] = cut
    return replace(snapshot, **changes) if cut else snapshot  # type: ignore[type-var]
