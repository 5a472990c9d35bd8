"""What happened: the world's own events in order, and every webhook attempt."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_KEPT = 100_000
# carry the machine's date or chance outside the world: no part of the proof that a seed repeats
_NOT_HASHED = frozenset({"n", "id", "wire"})


class Journal:
    """Rows numbered from 1; the oldest are forgotten past a bound."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._last = 0

    def add(self, **row: Any) -> int:
        """Keep a row; its number."""
        self._last += 1
        self._rows.append({"n": self._last, **row})
        if len(self._rows) > _KEPT:
            del self._rows[: _KEPT // 10]
        return self._last

    def after(self, number: int, limit: int = 10_000) -> list[dict[str, Any]]:
        """The rows after a number, oldest first."""
        first = max(0, number - (self._last - len(self._rows)))
        return self._rows[first : first + limit]

    def digest(self) -> str:
        """A hash over all rows but for ids and wire times: equal for equal seeds when no hub meddled."""
        rows = [{name: part for name, part in row.items() if name not in _NOT_HASHED} for row in self._rows]
        return hashlib.blake2b(json.dumps(rows, ensure_ascii=False).encode(), digest_size=16).hexdigest()
