"""The stored answer of a channel in place of today's: what a channel said when it was odd is not what it says now.

The hub keeps the row of a thing, not the envelope around it, and some channels tell one thing in two calls. So the channel is asked
once more for the form of its answers, and in them the row of the thing is what was stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# a part of an answer is the row if so many of its keys are the row's; the whole of it if it has so many of them
_ALIKE, _WHOLE = 0.8, 0.6
# how deep in a row the thing's own id may stand
_DEPTH = 3


def with_stored(body: Any, row: Mapping[str, Any], external_id: str) -> tuple[Any, int]:
    """Return an answer with the stored row of a thing in place of its own, and how many places that was done in."""
    if isinstance(body, dict):
        if _is_part(body, row) and _names(body, external_id, _DEPTH):
            return _stored(body, row), 1
        found = {key: with_stored(value, row, external_id) for key, value in body.items()}
        return {key: value for key, (value, _) in found.items()}, sum(count for _, count in found.values())
    if isinstance(body, list):
        parts = [with_stored(value, row, external_id) for value in body]
        return [value for value, _ in parts], sum(count for _, count in parts)
    return body, 0


def _is_part(body: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return len(body) > 1 and len(body.keys() & row.keys()) >= _ALIKE * len(body)


def _names(value: Any, external_id: str, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and any(_names(inner, external_id, depth - 1) for inner in value.values())
    return str(value) == external_id


def _stored(body: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    if len(body.keys() & row.keys()) >= _WHOLE * len(row):
        return dict(row)
    return {key: row.get(key, value) for key, value in body.items()}
