"""Formulas, one type for each strategy, and the kinds of values of which files are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from commissions.rules import words

# exact decimals as text of at most 20 digits, without sign or exponent
MOST_DIGITS = 20
NUMBER_PATTERN = r"^(?=(?:\.?[0-9]){1,20}$)(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$"
RATE_PATTERN = r"^(?=(?:\.?[0-9]){1,20}$)(?:100(?:\.0+)?|[1-9]?[0-9](?:\.[0-9]+)?)$"
KEY_PATTERN = r"^[a-z0-9][a-z0-9_.-]{0,79}$"


def one_of(labels: Iterable[str]) -> Any:
    """Return the mark of a text that is one of these words."""
    return Meta(extra_json_schema={"enum": list(labels)})


Number = Annotated[Decimal, Meta(extra_json_schema={"pattern": NUMBER_PATTERN})]
Rate = Annotated[Decimal, Meta(extra_json_schema={"pattern": RATE_PATTERN, "description": "percent, 0 to 100"})]
Key = Annotated[str, Meta(extra_json_schema={"pattern": KEY_PATTERN})]
Word = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 100})]
Name = Annotated[str, Meta(extra_json_schema={"maxLength": 200})]
FeeKind = Annotated[str, one_of(words.FEE_KINDS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A floor or a cap: an amount before VAT is added, for each unit ("item"), each line or the order."""

    amount: Number
    per: Annotated[str, one_of(words.PER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The base that a rate is taken of.

    `shipping`: with what the buyer pays for it. `without_tax`: less the product tax of the line. `less_fees`: what is left
    after these fees of the marketplace. A base of the buyer's payment (`follows_money`) comes back with the money refunded,
    any other with the quantity.
    """

    kind: Annotated[str, one_of(words.BASES)]
    shipping: bool = False
    without_tax: bool = False
    less_fees: tuple[FeeKind, ...] = ()

    @property
    def follows_money(self) -> bool:
        return self.shipping or self.kind == words.PAID_BY_BUYER


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent:
    """A percent of a base. `rate` or the name of a rate `table`; neither where the order line tells the rate."""

    base: Base
    rate: Rate | None = None
    table: Name = ""
    floor: Bound | None = None
    cap: Bound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A fixed amount."""

    amount: Number
    per: Annotated[str, one_of(words.FIXED_PER)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A tier of a base: from `at_least` (inclusive) to `below` (exclusive); the last one is open."""

    at_least: Number
    rate: Rate
    below: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiered:
    """A percent by tiers of a base, summed per order or per shop and month."""

    base: Base
    mode: Annotated[str, one_of(words.TIER_MODES)]
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=100)]
    period: Annotated[str, one_of(words.TIER_PERIODS)] = words.ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No fee: a rule with this formula that wins, or a version that ends a fee."""


Formula = Percent | Fixed | Tiered | Nothing
FORMULAS: dict[str, type[Percent] | type[Fixed] | type[Tiered] | type[Nothing]] = {
    words.PERCENT: Percent, words.FIXED: Fixed, words.TIERED: Tiered, words.NONE: Nothing,
}  # fmt: skip
