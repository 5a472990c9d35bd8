"""Journal of a world: its events in order, and every webhook attempt."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_MOST_ROWS = 100_000
# depend on the machine's date or on randomness outside the world: not part of the proof that a seed repeats
_NOT_HASHED = frozenset({"n", "id", "wire"})


class Journal:
    """Rows numbered from 1; the oldest are dropped past a bound."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._last = 0

    def add(self, **row: Any) -> int:
        """Add a row and return its number."""
        self._last += 1
        self._rows.append({"n": self._last, **row})
        if len(self._rows) > _MOST_ROWS:
            del self._rows[: _MOST_ROWS // 10]
        return self._last

    def after(self, number: int, limit: int = 10_000) -> list[dict[str, Any]]:
        """Return the rows after a number, oldest first."""
        first = max(0, number - (self._last - len(self._rows)))
        return self._rows[first : first + limit]

    def digest(self) -> str:
        """Return a hash over all rows without ids and times: equal for equal seeds when no hub interferes."""
        rows = [{name: part for name, part in row.items() if name not in _NOT_HASHED} for row in self._rows]
        return hashlib.blake2b(json.dumps(rows, ensure_ascii=False).encode(), digest_size=16).hexdigest()
