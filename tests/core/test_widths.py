"""Texts fit their columns: ids stay distinct, words are cut, what fits is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from core.widths import ID_LENGTH, fitted, shortened_id
from orders.models import Parcel


@dataclass(frozen=True)
class Row:
    number: str
    carrier: str = ""


@given(st.text(max_size=ID_LENGTH))
def test_an_id_that_fits_is_kept_whole(text: str) -> None:
    assert shortened_id(text) == text


@given(st.lists(st.text(min_size=200, max_size=600), unique=True))
def test_long_ids_fit_and_stay_distinct(texts: list[str]) -> None:
    short = [shortened_id(text) for text in texts]
    assert max(map(len, short), default=0) <= ID_LENGTH
    assert len(set(short)) == len(texts)
    assert [shortened_id(text) for text in short] == short


def test_what_fits_is_the_same_object_and_what_does_not_is_shortened() -> None:
    row = Row("P1", "GHN")
    assert fitted(Parcel, row, ids=("number",)) is row
    short = fitted(Parcel, Row("P" * 300, "G" * 300), ids=("number",))
    assert (len(short.number), short.carrier) == (ID_LENGTH, "G" * 100)
