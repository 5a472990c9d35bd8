"""Rules compiled once, so that an order finds those of its channel, shop and time, and a line the one that wins, by look-up."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from typing import NamedTuple

from commissions.rules.formula import Percent
from commissions.rules.order import Order
from commissions.rules.rule import Rule
from commissions.rules.rule_set import RuleSet, fee_order, moment, rates_of
from commissions.rules.slots import Compiled, Slot


class Segment(NamedTuple):
    """The rules that hold for a shop at a time: its fees in the order of computing, and the kinds that others are taken after."""

    slots: tuple[Slot, ...]
    taken_after: frozenset[str]


class RuleIndex:
    """Compiled rules. Tables and segments are built when they are first asked for."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._tables = {table.name: (rates_of(table), table.default) for table in rules.tables}
        self._compiled: dict[int, Compiled] = {}
        self._timelines: dict[tuple[str, str, str, str], tuple[list[datetime], dict[int, Segment]]] = {}
        self._chains: dict[tuple[str, str], tuple[str, ...]] = {}

    def chain(self, channel: str, category: str) -> tuple[str, ...]:
        """Return a category and those above it, the root last."""
        found = self._chains.get((channel, category))
        if found is None:
            found = self._chains[channel, category] = self.rules.chain(channel, category)
        return found

    def segment(self, order: Order) -> Segment:
        """Return what holds for an order, by its shop and the moment at which it was created."""
        shop = (order.channel, order.shop, order.shop_type, order.legal_form)
        timeline = self._timelines.get(shop)
        if timeline is None:
            timeline = self._timelines[shop] = (sorted(self._starts(order.channel)), {})
        starts, segments = timeline
        place = bisect_right(starts, order.created_at)
        if place not in segments:
            segments[place] = self._segment(shop, starts[place - 1]) if place else Segment((), frozenset())
        return segments[place]

    def _starts(self, channel: str) -> set[datetime]:
        days = {rule.starts for rule in self.rules.rules if rule.active and rule.channel == channel}
        return {moment(day).astimezone(UTC) for day in days}

    def _segment(self, shop: tuple[str, str, str, str], at: datetime) -> Segment:
        rules = [
            span.rule
            for span in self.rules.spans
            if moment(span.starts) <= at and (span.ends is None or at < moment(span.ends)) and _is_for(span.rule, *shop)
        ]
        slots = tuple(
            Slot(fee, [self._compile(rule) for rule in of_fee])
            for fee in fee_order(rules)
            if (of_fee := [rule for rule in rules if rule.fee == fee])
        )
        return Segment(slots, frozenset(kind for rule in rules if rule.base for kind in rule.base.less_fees))

    def _compile(self, rule: Rule) -> Compiled:
        found = self._compiled.get(id(rule))
        if found is None:
            table = rule.formula.table if isinstance(rule.formula, Percent) else ""
            rates, default = self._tables[table] if table else ({}, None)
            found = self._compiled[id(rule)] = Compiled(rule, rates, default)
        return found


def _is_for(rule: Rule, channel: str, shop: str, shop_type: str, legal_form: str) -> bool:
    return (
        rule.channel == channel
        and rule.shop in ("", shop)
        and rule.shop_type in ("", shop_type)
        and (not rule.conditions.legal_form or legal_form in rule.conditions.legal_form)
    )
