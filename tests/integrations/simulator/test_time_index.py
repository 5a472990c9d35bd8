"""Records by a time that may change."""

from __future__ import annotations

from integrations.simulator.time_index import TimeIndex


def test_ids_are_found_by_whole_seconds_oldest_first() -> None:
    index: TimeIndex[str] = TimeIndex()
    for moment, key in ((30, "c"), (10, "b"), (10, "a"), (20.9, "d")):
        index.add(moment, key)
    assert index.between(10, 20) == [(10, "a"), (10, "b"), (20, "d")]
    assert index.between(10.7, 20.2) == [(10, "a"), (10, "b"), (20, "d")]
    assert index.between(11, 29) == [(20, "d")]
    assert index.between(21, 29) == []
    assert index.between(0, 1 << 62) == [(10, "a"), (10, "b"), (20, "d"), (30, "c")]


def test_a_moved_id_is_found_under_its_new_time_only() -> None:
    index: TimeIndex[int] = TimeIndex()
    for key in (7, 8, 9):
        index.add(10.4, key)
    index.move(10.4, 12.8, 8)
    assert index.between(10, 10) == [(10, 7), (10, 9)]
    assert index.between(11, 12) == [(12, 8)]
