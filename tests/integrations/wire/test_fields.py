"""Fields of an answer of which nothing is certain: a default, a value, or a ValueError that names the field."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.wire import fields

VIETNAM = timezone(timedelta(hours=7))
AT = datetime(2026, 11, 11, 5, tzinfo=UTC)
SECONDS = int(AT.timestamp())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Áo ", "Áo"), (7, "7"), (12345678901234567, "12345678901234567"), (Decimal("1000.0"), "1000"), (Decimal("1.5"), "1.5"),
        ("a\x00b", "ab"), ("\ud800", "?"), ("-", ""), (None, ""), (True, ""), ([1], ""), ({"a": 1}, ""),
    ],
)  # fmt: skip
def test_text(value: Any, found: str) -> None:
    assert fields.text({"x": value}, "x", blank=frozenset({"-"})) == found


@pytest.mark.parametrize("row", [{}, None, [], "x"])
def test_what_was_left_out_has_a_default(row: Any) -> None:
    assert (fields.text(row, "x"), fields.words(row, "x")) == ("", ())
    if isinstance(row, dict):
        assert (fields.number(row, "x", 3), fields.count(row, "x"), fields.flag(row, "x")) == (3, 0, False)
        assert (fields.epoch(row, "x"), fields.moment(row, "x")) == (None, None)


def test_the_first_id_is_no_zero() -> None:
    assert fields.first_id({"a": 0, "b": "", "c": 7, "d": 8}, "a", "b", "c", "d") == "7"
    with pytest.raises(ValueError, match="no a"):
        fields.first_id({"a": "0", "b": None}, "a", "b")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Decimal("48000.0"), "48000"),
        ("12.50", "12.5"),
        (" ", "0"),
        ("", "0"),
        (None, "0"),
        (-3, "-3"),
        ("198000.00", "198000"),
        ("2,115.90 VND", "2115.9"),
        ("1.250.000 đ", "1250000"),
        ("₫1,234,567", "1234567"),
        ("-1,500", "-1500"),
    ],
)
def test_number(value: Any, found: str) -> None:
    assert str(fields.number({"x": value}, "x")) == found


@pytest.mark.parametrize(
    ("read", "value"),
    [
        *[(fields.number, value) for value in ("x", "N/A", "1,2,3", True, [1], "NaN", "Infinity", Decimal("1e30"))],
        *[(fields.count, value) for value in ("1.5", Decimal("0.5"))],
        *[(fields.epoch, value) for value in ("now", True, 10**14, Decimal("1e14"))],
        *[
            (fields.moment, value)
            for value in ("N/A", "0000-00-00 00:00:00", "9999-12-31T23:59:59-12:00", 10**14, True)
        ],
    ],
)
def test_what_makes_no_sense_names_the_field(read: Callable[[Any, str], object], value: Any) -> None:
    with pytest.raises(ValueError, match=r"^x "):
        read({"x": value}, "x")


@pytest.mark.parametrize(
    ("value", "found"), [(True, True), ("TRUE", True), (1, True), ("1", True), (False, False), ("0", False), (2, False)]
)
def test_flag(value: Any, *, found: bool) -> None:
    assert fields.flag({"x": value}, "x") is found


def test_a_field_that_may_be_done_without_is_none_where_it_makes_no_sense() -> None:
    row = {"x": str(SECONDS), "y": "yesterday"}
    assert [fields.or_none(fields.epoch, row, key) for key in ("x", "y", "z")] == [AT, None, None]


def test_words_are_texts_and_ids() -> None:
    assert fields.words({"x": ["a", 7, None, {}, True, ""]}, "x") == ("a", "7")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (SECONDS, AT), (str(SECONDS), AT), (SECONDS * 1000, AT), (SECONDS * 1000 + 500, AT + timedelta(seconds=0.5)),
        (Decimal(f"{SECONDS}.5"), AT + timedelta(seconds=0.5)), (0, None), (-1, None), ("", None),
    ],
)  # fmt: skip
def test_epoch(value: Any, found: datetime | None) -> None:
    assert fields.epoch({"x": value}, "x") == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-11-11T12:00:00", AT), ("2026-11-11 12:00:00", AT), ("2026-11-11T05:00:00Z", AT), ("2026-11-11T06:00+01:00", AT),
        ("2026-11-11 12:00:00 +0700", AT), ("11/11/2026 12:00", AT), ("11-11-2026 12:00:00", AT), (SECONDS, AT),
        (str(SECONDS), AT), (SECONDS * 1000, AT), (str(SECONDS * 1000), AT), ("0001-01-01T00:00:00", None), (None, None), (0, None),
    ],
)  # fmt: skip
def test_moment(value: Any, found: datetime | None) -> None:
    assert fields.moment({"x": value}, "x", zone=VIETNAM) == found


def test_a_time_without_an_offset_is_refused_where_no_zone_is_known() -> None:
    with pytest.raises(ValueError, match=r"^x has no offset"):
        fields.moment({"x": "2026-11-11T12:00:00"}, "x", zone=None)


def test_a_moment_that_is_no_time_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"^x .*yesterday"):
        fields.moment({"x": "yesterday"}, "x", zone=VIETNAM)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


@given(anything)
def test_whatever_comes_is_a_value_or_a_value_error(value: Any) -> None:
    row = {"x": value}
    assert isinstance(fields.text(row, "x"), str)
    assert isinstance(fields.words(row, "x"), tuple)
    assert fields.flag(row, "x") in (True, False)
    readers: tuple[Callable[[Any, str], object], ...] = (fields.number, fields.count, fields.epoch, fields.moment)
    for read in readers:
        with suppress(ValueError):
            read(row, "x")
