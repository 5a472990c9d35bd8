"""A rule: typed, frozen, and in the names of the published files (`schema` makes their JSON Schemas of it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from commissions.rules import words
from commissions.rules.formula import Base, FeeKind, Formula, Key, Name, Number, Percent, Rate, Tiered, Word, one_of

Payee = Annotated[str, one_of(words.PAYEES)]
LegalForm = Annotated[str, one_of(words.LEGAL_FORMS)]
ShopType = Annotated[str, one_of(["", *words.SHOP_TYPES])]
ChargeEvent = Annotated[str, one_of(words.CHARGED_WHEN)]
GivenBack = Annotated[str, one_of(words.GIVEN_BACK)]
Words = frozenset[Word]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderValue:
    """A span of order values (prices after the seller's discounts): `at_least` inclusive, `below` exclusive."""

    at_least: Number = Decimal(0)
    below: Number | None = None

    def holds(self, value: Decimal) -> bool:
        return value >= self.at_least and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """All must hold; one that is empty does not count. A category holds for all categories below it."""

    category: Words = frozenset()
    sku: Words = frozenset()
    campaign: Words = frozenset()
    payment_method: Words = frozenset()
    legal_form: frozenset[LegalForm] = frozenset()
    order_value: OrderValue | None = None

    @property
    def count(self) -> int:
        sets = (self.category, self.sku, self.campaign, self.payment_method, self.legal_form)
        return sum(map(bool, sets)) + (self.order_value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vat:
    """Place of VAT: inside the rate, or added at `rate` after floor and cap."""

    mode: Annotated[str, one_of(words.VAT_MODES)] = words.INSIDE
    rate: Rate = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """Rounding mode and level (unit, line or order) to the currency's smallest step."""

    mode: Annotated[str, one_of(words.ROUNDINGS)] = "half_up"
    level: Annotated[str, one_of(words.PER)] = words.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Source of a rule with its date and confidence. `check_contract`: compare with the shop's own contract first."""

    name: Name
    date: date
    mark: Annotated[str, one_of(words.MARKS)]
    check_contract: bool = False
    note: Annotated[str, Meta(extra_json_schema={"maxLength": 1000})] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of a rule, its formula apart. `key` is the rule's, the same in all versions; each ends where the next begins.

    `shop` "", `shop_type` "" and `payee_id` "": any. `starts`: a day in Vietnam; orders created on it and later are meant.
    """

    key: Key
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    channel: Word
    fee_kind: FeeKind
    strategy: Annotated[str, one_of(words.STRATEGIES)]
    starts: date
    source: Source
    shop: Name = ""
    shop_type: ShopType = ""
    payee: Payee = words.MARKETPLACE
    payee_id: Name = ""
    title: Name = ""
    charged_when: Annotated[tuple[ChargeEvent, ...], Meta(min_length=1)] = (words.DELIVERED,)
    given_back: GivenBack = words.IN_PROPORTION
    vat: Vat = Vat()
    rate_from: Annotated[str, one_of(words.RATE_FROM)] = words.FROM_RULE
    conditions: Conditions = Conditions()
    rounding: Rounding = Rounding()
    active: bool = True

    @property
    def name(self) -> str:
        return f"{self.key} v{self.version}"

    @property
    def fee(self) -> tuple[str, str]:
        """The fee it is a rule of: rules of different fees add up, of one fee the most specific wins."""
        return self.payee, self.fee_kind

    @property
    def condition_count(self) -> int:
        return self.conditions.count + bool(self.shop) + bool(self.shop_type) + bool(self.payee_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Terms):
    """One version of a rule."""

    formula: Formula

    @property
    def is_monthly(self) -> bool:
        return isinstance(self.formula, Tiered) and self.formula.period == words.SHOP_MONTH

    @property
    def base(self) -> Base | None:
        return self.formula.base if isinstance(self.formula, Percent | Tiered) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """The rate of a category, and of those below it that have no row."""

    category: Word
    rate: Rate
    title: Name = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """One version of a table of rates by category; `default` where neither the category nor one above it has a row."""

    name: Word
    rows: tuple[RateRow, ...]
    default: Rate | None = None
