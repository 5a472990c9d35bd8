from __future__ import annotations

from typing import Any

import pytest

from erpsync.replay.compare import differences

BOOKS: dict[str, Any] = {
    "events": [{"1": ["processed"]}, {"2": ["dead", "unreadable", "no order number"]}],
    "on_hand": 10,
    "listings": [{"item": "111", "variation": "", "shows": 4}, {"item": "111", "variation": "2", "shows": 0}],
    "pos_sales": [],
}


@pytest.mark.parametrize(
    "want",
    [
        {},
        {"on_hand": 10, "pos_sales": []},
        {"events": [{"1": ["processed"]}, {"2": ["dead"]}]},
        {"events": [{}, {"2": ["dead", "unreadable"]}]},
        {"listings": [{"shows": 4}, {"variation": "2"}]},
    ],
)
def test_only_what_is_named_counts(want: dict[str, Any]) -> None:
    assert differences(want, BOOKS) == []


@pytest.mark.parametrize(
    ("want", "line"),
    [
        ({"on_hand": 9}, "on_hand: wanted 9, found 10"),
        ({"pos_sales": [["1", "to_ship"]]}, 'pos_sales: wanted [["1", "to_ship"]], found []'),
        ({"listings": [{"shows": 4}, {"shows": 1}]}, "listings[1].shows: wanted 1, found 0"),
        ({"listings": [{"shows": 4}, {"shows": False}]}, "listings[1].shows: wanted false, found 0"),
        ({"events": [{}, {"2": ["dead", "gone"]}]}, 'events[1].2[1]: wanted "gone", found "unreadable"'),
        ({"events": [{"3": ["processed"]}, {}]}, 'events[0].3: wanted ["processed"], found null'),
    ],
)
def test_a_difference_names_its_place(want: dict[str, Any], line: str) -> None:
    assert differences(want, BOOKS) == [line]


def test_a_list_of_another_length_is_shown_whole() -> None:
    [line] = differences({"listings": [{"shows": 4}]}, BOOKS)
    assert line.startswith('listings: wanted [{"shows": 4}], found [{"item": "111"')
