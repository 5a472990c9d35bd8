"""A breach of rule 4 is told with what led to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from erpsync.rehearsal.judge import HubKnowledge
from erpsync.rehearsal.shapes import OrderKey, Oversale, Verdict
from erpsync.rehearsal.story import with_stories

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC).timestamp()
A, B = ("shopee", "900", "A"), ("lazada", "700", "B")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


def sold(key: OrderKey, seconds: float, available: int, sku: str = "AO-01") -> dict[str, Any]:
    return {
        "channel": key[0], "shop": key[1], "order": key[2], "sku": sku, "warehouse": "Kho", "units": 1,
        "available": available, "sold_at": NOON + seconds,
    }  # fmt: skip


def test_an_oversale_is_told_with_sales_numbers_and_cancellations_up_to_it() -> None:
    report = {
        "sales": [sold(B, 60, 0), sold(A, 10, 1), sold(A, 11, 9, sku="AO-02"), sold(A, -90, 2)],
        "listings": [{"channel": "lazada", "shop": "700", "item": "5", "variation": "1"}],
    }
    log = [
        {"kind": "stock", "sku": "AO-01", "channel": "lazada", "item": "5", "id": "1", "stock": 1, "wire": NOON + 20},
        {"kind": "stock", "sku": "AO-02", "channel": "lazada", "item": "5", "id": "1", "stock": 8, "wire": NOON + 21},
        {"kind": "stock", "sku": "AO-01", "channel": "lazada", "item": "5", "id": "1", "stock": 0, "wire": NOON + 61},
        {"kind": "order", "step": "cancelled", "channel": "shopee", "shop": "900", "id": "A", "wire": NOON + 40},
        {"kind": "order", "step": "shipped", "channel": "shopee", "shop": "900", "id": "A", "wire": NOON + 41},
    ]
    breach = Oversale(B, "AO-01", "Kho", 1, at(60), unavoidable=False)
    excused = Oversale(A, "AO-01", "Kho", 1, at(10), unavoidable=True)
    known = HubKnowledge(sold={A: at(12)}, off={A: at(44.04)})
    rows = with_stories(Verdict((), {"rows": {"stock": []}}), [excused, breach], report, log, known).figures["rows"]
    assert rows == {
        "stock": [],
        "oversold": [
            {
                "order": "lazada 700 B", "sku": "AO-01", "warehouse": "Kho", "story": [
                    {"at": -50.0, "what": "sold", "order": "shopee 900 A", "units": 1, "available": 1, "known_after": 2.0},
                    {"at": -40.0, "what": "shown", "shop": "lazada 700", "number": 1},
                    {"at": -20.0, "what": "cancelled", "order": "shopee 900 A", "known_after": 4.0},
                    {"at": 0.0, "what": "sold", "order": "lazada 700 B", "units": 1, "available": 0, "known_after": None},
                ],
            }
        ],
    }  # fmt: skip
