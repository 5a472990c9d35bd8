"""Repeats: each key once, in its place, as it came last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.repeats import last_of_each, newest_of_each

rows = st.lists(st.tuples(st.integers(0, 5), st.integers()))


@dataclass(frozen=True)
class Answered:
    key: int
    asked_at: datetime


@given(rows)
def test_each_key_comes_once_in_its_place_with_its_last_value(found: list[tuple[int, int]]) -> None:
    once = last_of_each(found, lambda row: row[0])
    assert [key for key, _ in once] == list(dict.fromkeys(key for key, _ in found))
    assert dict(once) == dict(found)
    assert last_of_each(once, lambda row: row[0]) == once


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_of_repeats_that_were_asked_for_at_different_times_the_newest_counts(found: list[tuple[int, int]]) -> None:
    start = datetime(2026, 11, 30, tzinfo=UTC)
    snapshots = [Answered(key, start + timedelta(minutes=minute)) for key, minute in found]
    newest = newest_of_each(snapshots, lambda one: one.key)
    assert {key: one.asked_at for key, one in newest.items()} == {
        key: max(one.asked_at for one in snapshots if one.key == key) for key, _ in found
    }
