"""Overlap of two rules of one fee, and whether a third rule covers it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, cast

from commissions.rules.rule import Conditions, OrderValue, Rule
from commissions.rules.rule_set import RuleSet, Span

_SETS = ("sku", "payment_method", "legal_form")
_ONE_OF = ("shop", "shop_type", "payee_id")
_NO_VALUE = OrderValue(below=Decimal(0))


class Meeting(NamedTuple):
    """Overlap of two rules: a rule with the conditions of both, over the time that both are for. Campaigns need not overlap:
    a line may be in several."""

    rule: Rule
    campaigns: tuple[frozenset[str], ...]
    starts: date
    ends: date | None


def meeting(rules: RuleSet, first: Span, second: Span) -> Meeting | None:
    """Return where two rules of one fee both hold; None when there is no such order."""
    one, other = first.rule, second.rule
    starts, ends = max(first.starts, second.starts), _earlier(first.ends, second.ends)
    if one.key == other.key or (ends is not None and ends <= starts):
        return None
    named = {name: _either(getattr(one, name), getattr(other, name)) for name in _ONE_OF}
    sets = {name: _both(getattr(one.conditions, name), getattr(other.conditions, name)) for name in _SETS}
    category = _categories_of_both(rules, one, other)
    value = _value_of_both(one.conditions.order_value, other.conditions.order_value)
    if None in named.values() or None in sets.values() or category is None or value is _NO_VALUE:
        return None
    conditions = Conditions(order_value=value, category=category, **cast("Any", sets))
    rule = replace(one, conditions=conditions, **cast("Any", named))
    return Meeting(rule, (*campaigns_of(one), *campaigns_of(other)), starts, ends)


def covers(rules: RuleSet, span: Span, met: Meeting) -> bool:
    """Return whether a rule holds for every order of a meeting."""
    ours, theirs = span.rule.conditions, met.rule.conditions
    ends_soon_enough = span.ends is None or (met.ends is not None and met.ends <= span.ends)
    return (
        span.starts <= met.starts
        and ends_soon_enough
        and all(getattr(span.rule, name) in ("", getattr(met.rule, name)) for name in _ONE_OF)
        and all(
            not getattr(ours, name) or (getattr(theirs, name) and getattr(theirs, name) <= getattr(ours, name))
            for name in _SETS
        )
        and _category_covers(rules, met.rule.channel, ours.category, theirs.category)
        and (not ours.campaign or any(names <= ours.campaign for names in met.campaigns))
        and _value_covers(ours.order_value, theirs.order_value)
    )  # fmt: skip


def _value_covers(ours: OrderValue | None, theirs: OrderValue | None) -> bool:
    if ours is None:
        return True
    least, below = (theirs.at_least, theirs.below) if theirs else (Decimal(0), None)
    return ours.at_least <= least and (ours.below is None or (below is not None and below <= ours.below))


def _either(one: str, other: str) -> str | None:
    return None if one and other and one != other else one or other


def _both(one: frozenset[str], other: frozenset[str]) -> frozenset[str] | None:
    return (one & other or None) if one and other else one | other


def _categories_of_both(rules: RuleSet, one: Rule, other: Rule) -> frozenset[str] | None:
    """Return the categories that are in, or below one of, each rule's; none stands for any."""
    mine, theirs = one.conditions.category, other.conditions.category
    if not mine or not theirs:
        return mine | theirs
    pairs = ((mine, theirs), (theirs, mine))
    found = {name for deep, high in pairs for name in deep if not high.isdisjoint(rules.chain(one.channel, name))}
    return frozenset(found) or None


def _value_of_both(one: OrderValue | None, other: OrderValue | None) -> OrderValue | None:
    if one is None or other is None:
        return one or other
    belows = [span.below for span in (one, other) if span.below is not None]
    least, below = max(one.at_least, other.at_least), min(belows) if belows else None
    return _NO_VALUE if below is not None and below <= least else OrderValue(at_least=least, below=below)


def campaigns_of(rule: Rule) -> tuple[frozenset[str], ...]:
    """Return the campaigns of which a line must be in one, as a Meeting has them."""
    return (rule.conditions.campaign,) if rule.conditions.campaign else ()


def _earlier(one: date | None, other: date | None) -> date | None:
    ends = [end for end in (one, other) if end is not None]
    return min(ends) if ends else None


def _category_covers(rules: RuleSet, channel: str, ours: frozenset[str], theirs: frozenset[str]) -> bool:
    below = (not ours.isdisjoint(rules.chain(channel, category)) for category in theirs)
    return not ours or (bool(theirs) and all(below))
