"""Rules that tie, with an example order on which they do, and rules that can never apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from commissions.rules import problems as p
from commissions.rules import words
from commissions.rules.meeting import Meeting, campaigns_of, covers, meeting
from commissions.rules.problems import Problem
from commissions.rules.rule import Rule
from commissions.rules.rule_set import RuleSet, Span, moment

# of an example order, where no condition says it
_VALUE, _PAYEE = Decimal(100_000), "example"


class Tie(NamedTuple):
    """Two rules of one fee with equally many conditions that both hold for `example`, an order as in ORDERS.json."""

    first: Rule
    second: Rule
    example: Mapping[str, Any]


def ties(rules: RuleSet) -> Iterator[Tie]:
    """Yield all pairs of active rules that tie. A third rule with more conditions that decides for all of it settles a pair."""
    for spans in _by_fee(rules):
        by_count: dict[int, list[Span]] = {}
        for span in spans:
            by_count.setdefault(span.rule.condition_count, []).append(span)
        for count, level in by_count.items():
            above = [span for span in spans if span.rule.condition_count > count]
            for first, second in _pairs(rules, level):
                met = meeting(rules, first, second)
                if met is not None and not any(covers(rules, span, met) for span in above):
                    yield Tie(first.rule, second.rule, example(met))


def tie_problems(rules: RuleSet) -> list[Problem]:
    """Return ties as problems of a file."""
    return [Problem("rules", p.AMBIGUOUS(first=tie.first.name, second=tie.second.name)) for tie in ties(rules)]


def never_applying(rules: RuleSet) -> Iterator[tuple[Rule, Rule]]:
    """Yield (rule, the one that always wins over it): one with more conditions that holds wherever this one does."""
    for spans in _by_fee(rules):
        for span in spans:
            whole = Meeting(span.rule, campaigns_of(span.rule), span.starts, span.ends)
            better = (other for other in spans if other.rule.condition_count > span.rule.condition_count)
            winner = next((other.rule for other in better if covers(rules, other, whole)), None)
            if winner is not None:
                yield span.rule, winner


def example(met: Meeting) -> dict[str, Any]:
    """Return an order, as ORDERS.json has it, for which the rules of a meeting hold. It says no more than they ask."""
    rule, conditions = met.rule, met.rule.conditions
    value = conditions.order_value.at_least if conditions.order_value else _VALUE
    line = {
        "key": "1",
        "quantity": 1,
        "price": str(value),
        "sku": _first(conditions.sku),
        "category": _first(conditions.category),
        "campaigns": sorted({_first(names) for names in met.campaigns}),
        "payees": {} if rule.payee == words.MARKETPLACE else {rule.payee: rule.payee_id or _PAYEE},
    }
    return {
        "number": "example",
        "channel": rule.channel,
        "shop": rule.shop,
        "shop_type": rule.shop_type,
        "legal_form": _first(conditions.legal_form),
        "payment_method": _first(conditions.payment_method),
        "created_at": moment(met.starts).isoformat(),
        "lines": [line],
    }


def _by_fee(rules: RuleSet) -> Iterator[Sequence[Span]]:
    found: dict[tuple[str, str, str], list[Span]] = {}
    for span in rules.spans:
        found.setdefault((span.rule.channel, *span.rule.fee), []).append(span)
    yield from found.values()


def _pairs(rules: RuleSet, spans: Sequence[Span]) -> Iterator[tuple[Span, Span]]:
    """Yield the pairs that may meet. Thousands of rules by SKU, or by category, are not compared each with each."""
    kinds = [_filed_by(span.rule) for span in spans]
    own: dict[tuple[str, str], list[int]] = {}
    above: dict[tuple[str, str], list[int]] = {}
    for place, span in enumerate(spans):
        kind = kinds[place]
        names = [(kind, name) for name in (getattr(span.rule.conditions, kind) if kind else ("",))]
        chain = [(kind, high) for _kind, name in names for high in rules.chain(span.rule.channel, name)]
        partners = {other for other in range(place) if kinds[other] != kind}
        # a category meets those above it and those below it
        partners.update(other for name in (*names, *chain) for other in own.get(name, ()))
        partners.update(other for name in names for other in above.get(name, ()))
        yield from ((spans[other], span) for other in sorted(partners))
        for filed, drawer in ((names, own), (chain if kind == "category" else (), above)):
            for name in filed:
                drawer.setdefault(name, []).append(place)


def _filed_by(rule: Rule) -> str:
    return next((name for name in ("sku", "category") if getattr(rule.conditions, name)), "")


def _first(names: frozenset[str]) -> str:
    return min(names) if names else ""
