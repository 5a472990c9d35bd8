"""Messages of Lazada's push mechanism."""

from __future__ import annotations

from dataclasses import dataclass

ORDER, PRODUCT_EDITED, TOKEN, REVERSE, PACKAGE = 0, 4, 8, 10, 14


@dataclass(frozen=True)
class Push:
    """Message in flight. `id` names it in the world's log; retries carry the same bytes."""

    id: str
    body: bytes
    orders: tuple[str, ...] = ()
