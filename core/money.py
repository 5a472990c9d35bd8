"""Money arithmetic shared by every app, and amounts as people type them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

# currencies without a minor unit; all others have hundredths
WITHOUT_MINOR_UNIT = frozenset({"VND", "JPY", "KRW"})

# the currency of the product book: products' prices and costs
BOOK_CURRENCY = "VND"

# currency signs that may stand around a typed amount, by currency
_SIGNS = {"VND": ("₫", "đ", "vnđ", "vnd"), "USD": ("$", "usd")}

# A whole number, plain or in groups of three with one separator throughout. A plain one may be long, never led by zeros.
_PLAIN = r"0|[1-9][0-9]*"
_GROUPED = r"[1-9][0-9]{0,2}(?:(?P<group>[.,' ])[0-9]{3})(?:(?P=group)[0-9]{3})*"
_WHOLE = re.compile(rf"(?:{_PLAIN}|{_GROUPED})")
_FRACTION = re.compile(r"(?P<whole>.+?)(?P<point>[.,])(?P<digits>[0-9]{1,2})")
# a long number: nobody leaves out a digit of a last group there
_LONG = 4

# fits numeric(18, 4)
_MOST_DIGITS = 14


class NotAnAmount(ValueError):
    """A text that is no amount. `code`: `malformed`, `too_small`, `too_large` or `decimals`; `instead`: what may have been meant."""

    def __init__(self, code: str, instead: tuple[Decimal, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.instead = instead


def smallest_step(currency: str) -> Decimal:
    """Return the smallest step of a currency's prices: 1 for VND, 0.01 where there are hundredths."""
    return Decimal(1) if currency in WITHOUT_MINOR_UNIT else Decimal("0.01")


def is_amount(value: Decimal, currency: str) -> bool:
    """Return whether this is a price somebody can pay: at least the smallest step, and a multiple of it."""
    return value.is_finite() and value >= smallest_step(currency) and value % smallest_step(currency) == 0


def parse_amount(text: str, currency: str) -> Decimal:
    """Return the amount a person typed. Raises NotAnAmount.

    Dots, commas, blanks and apostrophes group digits by threes: "812.000", "812,000" and "812 000" are the same. A last
    separator with one or two digits after it starts the decimals, where the currency has them; zeros are let pass after a
    long number. No separator depends on the language: "812.000" read as 812 would sell a thousand times too cheap.
    """
    bare = _bare(text, currency)
    if bare.startswith(("-", "−")):
        raise NotAnAmount("too_small")
    whole, decimals = bare, ""
    if not _WHOLE.fullmatch(bare):
        whole, decimals = _split(bare)
    has_minor_unit = currency not in WITHOUT_MINOR_UNIT
    long_with_zeros = not decimals.strip("0") and len(_digits(whole)) >= _LONG
    if decimals and not has_minor_unit and not long_with_zeros:
        raise NotAnAmount("decimals", _meant(whole, decimals))
    if len(_digits(whole)) > _MOST_DIGITS:
        raise NotAnAmount("too_large")
    amount = Decimal(f"{_digits(whole)}.{decimals or 0}") if has_minor_unit else Decimal(_digits(whole))
    if amount < smallest_step(currency):
        raise NotAnAmount("too_small")
    return amount


def parse_whole(text: str) -> int:
    """Return the whole number a person typed, in groups or without: "1.000" is a thousand. Raises NotAnAmount."""
    bare = _bare(text, "")
    if _WHOLE.fullmatch(bare):
        return int(_digits(bare))
    if bare.startswith(("-", "−")):
        raise NotAnAmount("too_small")
    whole, decimals = _split(bare)
    raise NotAnAmount("decimals", _meant(whole, decimals))


def _bare(text: str, currency: str) -> str:
    """Return the text without the currency's sign, with plain blanks and digits."""
    bare = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split())
    for sign in _SIGNS.get(currency, (currency.casefold(),)):
        bare = bare.removeprefix(sign).removesuffix(sign).strip()
    return bare


def _split(bare: str) -> tuple[str, str]:
    """Return whole part and decimals. Raises NotAnAmount."""
    found = _FRACTION.fullmatch(bare)
    if found is None or not (grouped := _WHOLE.fullmatch(found["whole"])) or grouped["group"] == found["point"]:
        raise NotAnAmount("malformed")
    return found["whole"], found["digits"]


def _digits(whole: str) -> str:
    return re.sub(r"[^0-9]", "", whole)


def _meant(whole: str, decimals: str) -> tuple[Decimal, ...]:
    """Return what "812.5" may have meant: 812 and 812,500."""
    number = Decimal(_digits(whole))
    return tuple(meant for meant in (number, number * 1000 + int(decimals.ljust(3, "0"))) if meant >= 1)
