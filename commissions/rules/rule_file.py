"""Shape of RULES.json, its rules apart: `schema` makes the published JSON Schema of it and of `rule.Terms`."""

from __future__ import annotations

from dataclasses import dataclass, field

from commissions.rules.formula import Key, Number, Word
from commissions.rules.order_file import FileOrder
from commissions.rules.rule import RateTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An order and what the rule of this key is to come to on it, all events counted: a check before a version is activated."""

    rule: Key
    order: FileOrder
    amount: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """RULES.json without its rules. `categories` says for each channel which category is below which."""

    categories: dict[Word, dict[Word, Word]] = field(default_factory=dict)
    tables: tuple[RateTable, ...] = ()
    examples: tuple[Example, ...] = ()
