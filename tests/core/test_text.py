"""Normal forms of text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import folded, normal_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ÁO-01", "ÁO-01"),
        (unicodedata.normalize("NFD", "ÁO-01"), "ÁO-01"),
        ("\u200bÁO-\ufeff01 ", "ÁO-01"),
        ("  áo 01\t", "áo 01"),
        ("", ""),
    ],
)
def test_keys_have_one_form(text: str, expected: str) -> None:
    assert normal_key(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Áo  Dài Đỏ", "ao dai do"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Ưng"), "nguyen thi ung"),
        ("đĐ", "dd"),
        ("ＡＢＣ\u200b１", "abc1"),
    ],
)
def test_search_sees_no_accents_and_no_case(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text())
def test_both_forms_are_idempotent(text: str) -> None:
    assert normal_key(normal_key(text)) == normal_key(text)
    assert folded(folded(text)) == folded(text)
