"""Results of a computation: entries with their working, what could not be known, and what counts towards a month."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from commissions.rules.rule import Rule
from core.reasons import Reason


class Step(NamedTuple):
    """A step of a working: what was taken, by which rate or limit, and what came out. `rounding`: "half_up, line" or ""."""

    name: str
    base: Decimal
    result: Decimal
    rate: Decimal | None = None
    rounding: str = ""
    about: str = ""


class Entry(NamedTuple):
    """A fee of one line by one rule, positive: what the payee gets. `units` and `base` are what it was taken of."""

    rule: Rule
    line: str
    payee_id: str
    units: int
    base: Decimal
    rate: Decimal | None
    amount: Decimal
    step: Decimal
    working: tuple[Step, ...] = ()


class Unknown(NamedTuple):
    """A fee that is due and cannot be computed."""

    rule: Rule
    line: str
    reason: Reason


class Contribution(NamedTuple):
    """Amount that a line adds to the base of a rule by shop and month."""

    rule: Rule
    shop: str
    month: str
    payee_id: str
    order: str
    line: str
    units: int
    base: Decimal
    step: Decimal


class Charges(NamedTuple):
    """All fees of an order."""

    entries: list[Entry]
    unknown: list[Unknown]
    monthly: list[Contribution]
