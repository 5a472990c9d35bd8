"""Search by parts of words, without accents."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.search import GRAM, code_words, grams, phone_words, searched, words


def test_words_have_no_accents_no_case_and_no_punctuation() -> None:
    assert words("Áo dài  cách-tân, GẤM_đỏ") == ["ao", "dai", "cach", "tan", "gam", "do"]


def test_a_code_is_found_with_and_without_its_punctuation() -> None:
    assert code_words("ADCT006-S") == ["adct006", "s", "adct006s"]
    assert code_words("HD000013") == ["hd000013"]


def test_a_number_is_searched_for_without_its_country() -> None:
    assert phone_words("+84901234567") == ["901234567"]
    assert phone_words("") == []


def test_short_words_are_grams_of_their_own() -> None:
    assert grams(["vy", "tran", "ngoc", "nguyen"]) == ["guye", "ngoc", "nguy", "tran", "uyen", "vy"]


def test_a_row_carries_its_words_between_blanks() -> None:
    assert searched(["vy", "tran", "vy"]) == (" vy tran ", ["tran", "vy"])


@given(st.text(min_size=GRAM), st.data())
def test_every_part_of_a_word_is_in_its_grams(text: str, data: st.DataObject) -> None:
    for word in words(text):
        if len(word) >= GRAM:
            start = data.draw(st.integers(0, len(word) - GRAM))
            part = word[start : data.draw(st.integers(start + GRAM, len(word)))]
            assert set(grams([part])) <= set(grams([word]))
