"""Entries of an order: for each fee and line the rule that wins, and what it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from commissions.rules import problems as p
from commissions.rules import words
from commissions.rules.bases import Amounts, Working
from commissions.rules.entry import Charges, Contribution, Entry, Unknown
from commissions.rules.formula import Fixed, Percent, Tiered
from commissions.rules.index import RuleIndex, Segment
from commissions.rules.order import Order
from commissions.rules.rounding import EXACT, ZERO
from commissions.rules.rule_set import ZONE
from commissions.rules.slots import Compiled, Slot
from commissions.rules.strategies import fixed, percent, tiered

DELIVERED = frozenset({words.DELIVERED})
Groups = list[tuple[Compiled, str, list[int]]]


def charge(index: RuleIndex, order: Order, events: Iterable[str] = DELIVERED, *, with_working: bool = False) -> Charges:
    """Return the fees of an order to which these charging events have happened. A line of quantity 0 has none.

    The same order gives the same entries, whenever and however often it is asked.
    """
    found = Charges([], [], [])
    segment = index.segment(order)
    if segment.slots:
        with localcontext(EXACT):
            _Charging(index, order, segment, frozenset(events), found, with_working).run()
    return found


class _Charging:
    """One order's computation."""

    __slots__ = ("amounts", "chains", "events", "found", "index", "lines", "order", "segment", "with_working")

    def __init__(
        self,
        index: RuleIndex,
        order: Order,
        segment: Segment,
        events: frozenset[str],
        found: Charges,
        with_working: bool,
    ) -> None:
        self.index, self.order, self.segment, self.events, self.found = index, order, segment, events, found
        self.with_working = with_working
        self.amounts = Amounts(order)
        self.chains = [index.chain(order.channel, line.category) for line in order.lines]
        self.lines = [place for place, line in enumerate(order.lines) if line.quantity]

    def run(self) -> None:
        for slot in self.segment.slots:
            is_taken_after = slot.is_marketplace and slot.kind in self.segment.taken_after
            for one, payee_id, lines in self._groups(slot):
                is_due = not self.events.isdisjoint(one.rule.charged_when)
                if is_due or is_taken_after:
                    self._take(one, payee_id, lines, is_due, is_taken_after)

    def _groups(self, slot: Slot) -> Groups:
        """Return the rules that win, each with its payee and lines."""
        order, value = self.order, self.amounts.value
        found: dict[tuple[int, str], tuple[Compiled, str, list[int]]] = {}
        for place in self.lines:
            line = order.lines[place]
            one = slot.winner(line, self.chains[place], order, value)
            if one is not None and not one.is_nothing:
                payee_id = "" if slot.is_marketplace else line.payees[slot.payee]
                group = found.get((id(one), payee_id))
                if group is None:
                    group = found[id(one), payee_id] = (one, payee_id, [])
                group[2].append(place)
        return list(found.values())

    def _take(self, one: Compiled, payee_id: str, lines: list[int], is_due: bool, is_taken_after: bool) -> None:
        rule, formula, amounts = one.rule, one.rule.formula, self.amounts
        rates: Sequence[Decimal | None] = ()
        if isinstance(formula, Percent):
            lines, rates = self._rated(one, lines, is_due)
            if not lines:
                return
        working: Working | None = [[] for _ in lines] if self.with_working else None
        bases = amounts.bases(one.base, lines, working) if one.base is not None else [ZERO] * len(lines)
        if one.is_monthly:
            self._contribute(one, payee_id, lines, bases, is_due)
            return
        if isinstance(formula, Percent):
            told = [rate for rate in rates if rate is not None]
            fees = percent(rule, formula, told, bases, amounts, lines, working)
        elif isinstance(formula, Fixed):
            bases = [amounts.values[place] for place in lines]
            fees = fixed(rule, formula, amounts, lines, working)
        else:
            assert isinstance(formula, Tiered)
            fees = tiered(rule, formula, bases, amounts, working)
        if is_due:
            for at, place in enumerate(lines):
                line = self.order.lines[place]
                self.found.entries.append(
                    Entry(
                        rule, line.key, payee_id, line.quantity, bases[at], rates[at] if rates else None, fees[at],
                        amounts.step, tuple(working[at]) if working is not None else (),
                    )
                )  # fmt: skip
        if is_taken_after:
            known = amounts.fees.setdefault(one.fee_kind, [ZERO] * len(self.order.lines))
            for place, fee in zip(lines, fees, strict=True):
                known[place] += fee

    def _rated(self, one: Compiled, lines: list[int], is_due: bool) -> tuple[list[int], list[Decimal | None]]:
        """Return the lines whose rate is known, with their rates; report the others."""
        if one.is_flat:
            return lines, [one.rate] * len(lines)
        rates = [one.rate_of(self.order.lines[place], self.chains[place]) for place in lines]
        for place, rate in zip(lines, rates, strict=True):
            if rate is None and is_due:
                line = self.order.lines[place]
                reason = (
                    p.RATE_NOT_TOLD()
                    if one.told
                    else p.RATE_NOT_IN_TABLE(table=one.table, category=line.category or "–")
                )
                self.found.unknown.append(Unknown(one.rule, line.key, reason))
        known = [(place, rate) for place, rate in zip(lines, rates, strict=True) if rate is not None]
        return [place for place, _rate in known], [rate for _place, rate in known]

    def _contribute(
        self, one: Compiled, payee_id: str, lines: Sequence[int], bases: Sequence[Decimal], is_due: bool
    ) -> None:
        month = self.order.created_at.astimezone(ZONE).strftime("%Y-%m")
        for place, base in zip(lines, bases, strict=True) if is_due else ():
            line, order = self.order.lines[place], self.order
            self.found.monthly.append(
                Contribution(
                    one.rule,
                    order.shop,
                    month,
                    payee_id,
                    order.number,
                    line.key,
                    line.quantity,
                    base,
                    self.amounts.step,
                )
            )
