"""Amounts as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import NotAnAmount, is_amount, parse_amount, parse_whole


@pytest.mark.parametrize(
    "text",
    [
        "812.000", "812,000", "812 000", "812000", "812.000 ₫", "812.000đ", "812,000 VND", "₫812'000", " 812\u00a0000 ",
        "812\u202f000", "８１２０００", "812000.00", "812000,0", "812.000,00", "812,000.00", "vnđ 812.000",
    ],
)  # fmt: skip
def test_dong_in_any_form(text: str) -> None:
    assert parse_amount(text, "VND") == 812_000


def test_several_groups() -> None:
    assert parse_amount("1.234.567", "VND") == parse_amount("1 234 567", "VND") == 1_234_567


@pytest.mark.parametrize(
    ("text", "code", "instead"),
    [
        ("812.5", "decimals", (812, 812_500)),
        ("812,50", "decimals", (812, 812_500)),
        ("812.00", "decimals", (812, 812_000)),
        ("0.5", "decimals", (500,)),
        ("1.234,5", "decimals", (1_234, 1_234_500)),
        ("0", "too_small", ()),
        ("-5", "too_small", ()),
        ("−812.000", "too_small", ()),
        ("", "malformed", ()),
        ("81.20.000", "malformed", ()),
        ("812.0000", "malformed", ()),
        ("1.234,567", "malformed", ()),
        ("1.234.56", "malformed", ()),
        ("0812.000", "malformed", ()),
        ("0.812", "malformed", ()),
        ("812k", "malformed", ()),
        ("8e5", "malformed", ()),
        ("NaN", "malformed", ()),
        ("٨١٢", "malformed", ()),
        ("123456789012345", "too_large", ()),
    ],
)
def test_what_is_no_amount_in_dong(text: str, code: str, instead: tuple[int, ...]) -> None:
    with pytest.raises(NotAnAmount) as refused:
        parse_amount(text, "VND")
    assert (refused.value.code, refused.value.instead) == (code, instead)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("812.5", "812.5"), ("812.000", "812000"), ("1,234.56", "1234.56"), ("1.234,56", "1234.56"), ("$0.01", "0.01")],
)
def test_currencies_with_hundredths(text: str, amount: str) -> None:
    assert parse_amount(text, "USD") == Decimal(amount)


WHOLE = st.integers(min_value=1, max_value=10**14 - 1)


@given(
    WHOLE, st.sampled_from([".", ",", " ", "'", "\u00a0", "\u202f", ""]), st.sampled_from(["{}", "{} ₫", "{}đ", " {}"])
)
def test_a_grouped_number_is_read_back(number: int, separator: str, around: str) -> None:
    assert parse_amount(around.format(f"{number:,}".replace(",", separator)), "VND") == number


@given(st.text(st.sampled_from("0123456789.,' -₫đ")), st.sampled_from(["VND", "USD"]))
def test_what_is_read_is_an_amount_with_the_digits_that_were_typed(text: str, currency: str) -> None:
    try:
        amount = parse_amount(text, currency)
    except NotAnAmount:
        return
    assert is_amount(amount, currency)
    typed = "".join(character for character in text if character.isdigit())
    assert typed.startswith(str(int(amount)))
    if currency == "VND":
        assert typed.removeprefix(str(int(amount))) in ("", "0", "00")


@given(WHOLE, st.integers(1, 99), st.sampled_from(".,"))
def test_decimals_of_dong_are_never_dropped(number: int, decimals: int, point: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(f"{number}{point}{decimals:02}", "VND")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("1.000", 1000), ("1,000", 1000), ("12 000", 12_000)])
def test_whole_numbers(text: str, number: int) -> None:
    assert parse_whole(text) == number


@pytest.mark.parametrize(
    ("text", "code"), [("1.0", "decimals"), ("-1", "too_small"), ("1e3", "malformed"), ("", "malformed")]
)
def test_what_is_no_whole_number(text: str, code: str) -> None:
    with pytest.raises(NotAnAmount) as refused:
        parse_whole(text)
    assert refused.value.code == code
