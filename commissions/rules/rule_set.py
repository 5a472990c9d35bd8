"""Rules, rate tables and categories together: periods of versions, rates by category, and what is wrong among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from commissions.rules import problems as p
from commissions.rules import words
from commissions.rules.formula import Percent
from commissions.rules.problems import Problem
from commissions.rules.rule import RateTable, Rule
from commissions.rules.rule_file import Example

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def moment(day: date) -> datetime:
    """Return the first moment of a day in Vietnam: 23:59:59+07:00 of the day before is another rule's."""
    return datetime.combine(day, time(), ZONE)


class Span(NamedTuple):
    """A rule and the time it is for: of orders created from `starts` on, before `ends` (None: until further notice)."""

    rule: Rule
    starts: date
    ends: date | None


@dataclass(frozen=True)
class RuleSet:
    """Contents of RULES.json. `categories`: by channel, category -> the one above it."""

    rules: tuple[Rule, ...]
    tables: tuple[RateTable, ...] = ()
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """All versions of active rules with their time: each ends where the next of its key begins."""
        return tuple(span for versions in self.versions.values() for span in _spans([v for v in versions if v.active]))

    @cached_property
    def versions(self) -> Mapping[str, Sequence[Rule]]:
        """All versions by key, the oldest start first."""
        found: dict[str, list[Rule]] = {}
        for rule in sorted(self.rules, key=lambda rule: (rule.key, rule.starts, rule.version)):
            found.setdefault(rule.key, []).append(rule)
        return found

    def chain(self, channel: str, category: str) -> tuple[str, ...]:
        """Return a category and those above it, the root last."""
        above = self.categories.get(channel, {})
        found = [category] if category else []
        while category in above:
            category = above[category]
            found.append(category)
        return tuple(found)


def with_active(rules: RuleSet, version: Rule) -> RuleSet:
    """Return the rules as they were with this version active: for a run in the shadow, a preview, a back-test.

    It takes the place of what is stored of it.
    """
    others = tuple(rule for rule in rules.rules if rule.name != version.name)
    return replace(rules, rules=(*others, replace(version, active=True)))


def rates_of(table: RateTable) -> Mapping[str, Decimal]:
    """Return a table's rates by category."""
    return {row.category: row.rate for row in table.rows}


def at_odds(rules: RuleSet) -> Iterator[Problem]:
    """Yield what is wrong between rules and tables. Of two rules that both hold, see `conflicts`."""
    yield from _categories(rules)
    yield from _tables(rules)
    places = {rule.name: f"rules[{index}]" for index, rule in enumerate(rules.rules)}
    for versions in rules.versions.values():
        yield from _versions(versions, places)
    known = {table.name for table in rules.tables}
    for rule in rules.rules:
        if isinstance(rule.formula, Percent) and rule.formula.table and rule.formula.table not in known:
            yield Problem(f"{places[rule.name]}.formula.table", p.TABLE_UNKNOWN(table=rule.formula.table))
        if rule.base and any(_is_monthly_fee(rules, rule.channel, fee) for fee in rule.base.less_fees):
            yield Problem(f"{places[rule.name]}.formula.base.less_fees", p.MONTHLY_LEFT_AFTER())
    keys = {rule.key for rule in rules.rules}
    for index, example in enumerate(rules.examples):
        if example.rule not in keys:
            yield Problem(f"examples[{index}].rule", p.RULE_UNKNOWN(rule=example.rule))
    for channel in sorted({rule.channel for rule in rules.rules}):
        try:
            fee_order([rule for rule in rules.rules if rule.channel == channel])
        except CycleError as error:
            names = dict.fromkeys(str(words.FEE_KINDS[kind]) for _payee, kind in error.args[1])
            yield Problem("rules", p.FEE_CIRCLE(fees=", ".join(names)))


def fee_order(rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """Return the fees (payee, kind) of these rules, each after those it is taken after. Raises graphlib.CycleError."""
    graph: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for rule in sorted(rules, key=lambda rule: rule.fee):
        before = graph.setdefault(rule.fee, set())
        if rule.base:
            before.update((words.MARKETPLACE, kind) for kind in rule.base.less_fees)
    return list(TopologicalSorter(graph).static_order())


def _spans(versions: Sequence[Rule]) -> Iterator[Span]:
    for rule, following in pairwise([*versions, None]):
        if rule is not None:
            yield Span(rule, rule.starts, following.starts if following else None)


def _versions(versions: Sequence[Rule], places: Mapping[str, str]) -> Iterator[Problem]:
    for before, rule in pairwise(versions):
        where = places[rule.name]
        if rule.version == before.version:
            yield Problem(where, p.VERSION_TWICE(rule=rule.name))
        elif rule.starts == before.starts:
            yield Problem(where, p.START_TWICE(rule=rule.name, start=rule.starts, other=before.name))
        elif rule.version < before.version:
            yield Problem(where, p.VERSION_ORDER(rule=before.name, other=rule.name))
        if (rule.channel, rule.fee) != (before.channel, before.fee):
            yield Problem(where, p.KEY_MOVED(rule=rule.name, other=before.name))
        if before.is_monthly and rule.starts.day != 1:
            yield Problem(f"{where}.starts", p.NOT_FIRST_OF_MONTH())


def _tables(rules: RuleSet) -> Iterator[Problem]:
    names: set[str] = set()
    for index, table in enumerate(rules.tables):
        if table.name in names:
            yield Problem(f"tables[{index}]", p.TABLE_TWICE(table=table.name))
        names.add(table.name)
        for where, reason in table_unsound(table):
            yield Problem(f"tables[{index}]{where}", reason)


def table_unsound(table: RateTable) -> Iterator[Problem]:
    """Yield what is wrong with a rate table whose shape is right; places are relative to the table."""
    if not table.rows and table.default is None:
        yield Problem("", p.TABLE_EMPTY())
    first: dict[str, Decimal] = {}
    for index, row in enumerate(table.rows):
        if row.category in first:
            reason = p.CATEGORY_TWICE(category=row.category, first=f"{first[row.category]} %", second=f"{row.rate} %")
            yield Problem(f".rows[{index}]", reason)
        first.setdefault(row.category, row.rate)


def _categories(rules: RuleSet) -> Iterator[Problem]:
    for channel, above in rules.categories.items():
        for category in above:
            seen, at = {category}, above[category]
            while at in above and at not in seen:
                seen.add(at)
                at = above[at]
            if at == category:
                yield Problem(f"categories.{channel}", p.CATEGORY_CIRCLE(category=category))
                return


def _is_monthly_fee(rules: RuleSet, channel: str, kind: str) -> bool:
    return any(
        rule.is_monthly for rule in rules.rules if rule.channel == channel and rule.fee == (words.MARKETPLACE, kind)
    )
