"""Lists that move while they are read: rows may come twice, none is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract.errors import TryLater
from integrations.wire.answers import Row
from integrations.wire.paging import SKEW, OffsetPage, open_end, overlapping, past_end, until_nothing_new, windows

SIZE = 3


@dataclass(frozen=True, slots=True)
class Named(OffsetPage):
    name: str


class Shelf:
    """An offset list of ids; `moves` change it, one before each page after the first."""

    def __init__(self, ids: str, *moves: Callable[[list[str]], object]) -> None:
        self.ids = list(ids)
        self.moves = list(moves)
        self.asked: list[int] = []

    def page(self, offset: int) -> Named:
        if self.asked and self.moves:
            self.moves.pop(0)(self.ids)
        self.asked.append(offset)
        rows = tuple({"id": one} for one in self.ids[offset : offset + SIZE])
        return Named(rows, len(self.ids), "shelf")


def key(row: Row) -> str:
    return str(row["id"])


def read(shelf: Shelf, passes: int = 5) -> list[str]:
    pages = overlapping(shelf.page, key, name="The list", passes=passes)
    return ["".join(key(row) for row in page.rows) for page in pages]


@pytest.mark.parametrize(
    ("ids", "pages", "asked"),
    [("", [""], [0]), ("ab", ["ab"], [0]), ("abc", ["abc"], [0]), ("abcd", ["abc", "d"], [0, 2]),
     ("abcdefg", ["abc", "de", "fg"], [0, 2, 4])],
)  # fmt: skip
def test_pages_overlap_by_a_row_that_is_left_out(ids: str, pages: list[str], asked: list[int]) -> None:
    shelf = Shelf(ids)
    assert (read(shelf), shelf.asked) == (pages, asked)


def test_a_page_keeps_what_its_connector_added() -> None:
    assert [page.name for page in overlapping(Shelf("abcd").page, key, name="x")] == ["shelf", "shelf"]


def test_a_shifted_list_is_read_from_the_top() -> None:
    shelf = Shelf("abcdef", lambda ids: ids.pop(0))
    assert (read(shelf), shelf.asked) == (["abc", "bcd", "ef"], [0, 2, 0, 2])


def test_a_list_that_shifts_for_ever_is_for_later() -> None:
    shelf = Shelf("abcdef", *[lambda ids: ids.insert(0, f"{len(ids)}")] * 9)
    with pytest.raises(TryLater, match="The list changes faster than it can be read") as later:
        read(shelf, passes=3)
    assert (later.value.code, len(shelf.asked)) == ("list_moves", 6)


@given(st.lists(st.tuples(st.sampled_from(["take", "add"]), st.integers(0, 9)), max_size=4))
def test_whatever_moves_no_row_that_stayed_is_missed(moves: list[tuple[str, int]]) -> None:
    def move(what: str, at: int) -> Callable[[list[str]], object]:
        new = f"new{at}"
        return lambda ids: ids.insert(min(at, len(ids)), new) if what == "add" else ids[at : at + 1] and ids.pop(at)

    shelf = Shelf("abcdefghij", *[move(*one) for one in moves])
    pages = list(overlapping(shelf.page, key, name="x", passes=9))
    seen = {key(row) for page in pages for row in page.rows}
    assert set(shelf.ids) & set("abcdefghij") <= seen


def passes(*of: list[str]) -> tuple[Callable[[], Iterator[str]], list[int]]:
    """A list that reads differently in each pass; the last one for ever."""
    left, count = list(of), [0]

    def walk() -> Iterator[str]:
        count[0] += 1
        yield from left.pop(0) if len(left) > 1 else left[0]

    return walk, count


@pytest.mark.parametrize(
    ("lists", "moves", "walked"),
    [
        ([["ab"]], True, 1),
        ([[]], True, 1),
        ([["ab", "cd"]], True, 2),
        ([["ab", "cd"]], False, 1),
        ([["ab", "cd"], ["bc", "de"], ["bc", "de"]], True, 3),
        ([["a", "b"], ["a", "c"], ["a", "d"], ["a", "e"], ["a", "f"], ["a", "g"]], True, 5),
    ],
    ids=["one page", "empty", "still", "of the past", "one more", "for ever"],
)
def test_a_list_is_read_again_until_nothing_is_new(lists: list[list[str]], *, moves: bool, walked: int) -> None:
    walk, count = passes(*lists)
    pages = list(until_nothing_new(walk, list, moves=moves))
    assert count == [walked]
    assert set("".join(pages)) == {one for part in lists[:walked] for page in part for one in page}


AT = datetime(2026, 11, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "lengths"),
    [(0, [1]), (1, [1]), (60, [60]), (61, [60, 1]), (150, [60, 60, 30])],
)
def test_windows_share_their_borders_and_are_rounded_outward(length: int, lengths: list[int]) -> None:
    found = list(windows(AT, AT + timedelta(seconds=length), timedelta(minutes=1)))
    assert [end - start for start, end in found] == lengths
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]
    assert found[0][0] == AT.timestamp()
    half = timedelta(milliseconds=500)
    [(start, end)] = windows(AT + half, AT + 2 * half + half, timedelta(minutes=1))
    assert (start - AT.timestamp(), end - AT.timestamp()) == (0, 2)


def test_near_the_present_a_span_goes_past_it_or_has_no_end() -> None:
    now = datetime.now(UTC)
    for until in (now, now + timedelta(minutes=1), now - timedelta(minutes=4)):
        assert (open_end(until), past_end(until)) == (until + SKEW, None)
    for until in (now - timedelta(minutes=6), now - timedelta(days=9)):
        assert (open_end(until), past_end(until)) == (until, until)
    assert past_end(now - timedelta(hours=1), present=timedelta(hours=2)) is None
