"""Adding rows to the commission ledger: the only statement that writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.db import encode, execute

Row = Mapping[str, Any]
_COLUMNS = {
    "order_id": "bigint", "month": "date", "shop_id": "bigint", "line_key": "text", "sku": "text", "rule_id": "bigint",
    "fee_kind": "text", "payee": "text", "payee_id": "text", "cause": "text", "reverses_id": "bigint", "units": "int",
    "base": "numeric", "rate": "numeric", "amount": "numeric", "currency": "text", "rounding": "text", "working": "jsonb",
    "effective_at": "timestamptz",
}  # fmt: skip
# recorded by the clock, after `rule_book.shared`: what a report of a past moment once said stays true (`known.py`)
_INSERT = f"""
INSERT INTO commissions_commissionentry ({", ".join(_COLUMNS)}, recorded_at)
SELECT {", ".join(f"n.{name}" for name in _COLUMNS)}, clock_timestamp()
FROM jsonb_to_recordset(%s::jsonb) AS n({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())}, place int)
ORDER BY n.place
"""


def add(rows: Iterable[Row]) -> int:
    """Add entries in this order by one statement; return how many. Needs `rule_book.shared` held."""
    placed = [{**row, "place": place} for place, row in enumerate(rows)]
    return execute(_INSERT, encode(placed)) if placed else 0
