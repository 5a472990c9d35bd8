"""The stored row of a thing in the answers of today, at each shape that channels answer in."""

from __future__ import annotations

from typing import Any

import pytest

from erpsync.replay.stored import with_stored

ROW = {"order_sn": "A1", "status": "ODD", "items": [{"id": 1}], "total": 5}
NOW = {"order_sn": "A1", "status": "FINE", "items": [], "total": 5, "new": 1}
HEADER = {
    "order_id": 5,
    "order_number": 5,
    "created_at": "x",
    "price": "9",
    "statuses": ["odd"],
    "order_items": [{"n": 0}],
}


@pytest.mark.parametrize(
    ("now", "row", "thing", "expected"),
    [
        # in a list, in an envelope
        (
            {"error": "", "response": {"order_list": [{**NOW, "order_sn": "B2"}, NOW]}},
            ROW,
            "A1",
            {"error": "", "response": {"order_list": [{**NOW, "order_sn": "B2"}, ROW]}},
        ),
        # the whole body, its id inside
        ({"sales_order": {"number": "A1"}, "status": 2}, {"sales_order": {"number": "A1"}, "status": 9}, "A1", None),
        # told in two calls: the header, and the items under the order's id
        (
            {"code": "0", "data": {"order_id": 5, "order_number": 5, "created_at": "y", "price": "1", "statuses": []}},
            HEADER,
            "5",
            {"code": "0", "data": HEADER},
        ),
        (
            {"code": "0", "data": [{"order_id": 5, "order_number": 5, "order_items": []}]},
            HEADER,
            "5",
            {"code": "0", "data": [{"order_id": 5, "order_number": 5, "order_items": [{"n": 0}]}]},
        ),
    ],
)
def test_the_row_is_put_where_todays_stands(now: Any, row: Any, thing: str, expected: Any) -> None:
    found, places = with_stored(now, row, thing)
    assert (found, places) == (expected or row, 1)


@pytest.mark.parametrize(
    "now", [{"error": "not_found", "message": "A1"}, {"response": {"order_list": []}}, [], "A1", None]
)
def test_an_answer_without_the_thing_stays(now: Any) -> None:
    assert with_stored(now, ROW, "A1") == (now, 0)
