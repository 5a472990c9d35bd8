"""Checks of one rule beyond its shape: tiers that meet, a floor below its cap, a rate said once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from commissions.rules import problems as p
from commissions.rules import words
from commissions.rules.formula import Formula, Percent, Tier, Tiered
from commissions.rules.problems import Problem
from commissions.rules.rule import Rule
from core.reasons import Reason

# from the narrowest: a floor for each unit holds for the line and the order too
_WIDTH = {words.ITEM: 0, words.LINE: 1, words.ORDER: 2}


def unsound(rule: Rule) -> Iterator[Problem]:
    """Yield what is wrong with a rule whose shape is right; places are relative to the rule."""
    for where, reason in (*_formula(rule.formula), *_terms(rule)):
        yield Problem(where, reason)


def _terms(rule: Rule) -> Iterator[tuple[str, Reason]]:
    told = rule.rate_from == words.FROM_LINE
    if told and not isinstance(rule.formula, Percent):
        yield "rate_from", p.RATE_FROM_LINE()
    elif isinstance(rule.formula, Percent):
        given = (rule.formula.rate is not None) + bool(rule.formula.table) + told
        if given != 1:
            yield "formula", p.RATE_TWICE() if given else p.RATE_MISSING()
    if (rule.vat.mode == words.ADDED) != (rule.vat.rate > 0):
        yield "vat", p.VAT_RATE()
    if isinstance(rule.formula, Tiered) and rule.rounding.level != words.ORDER:
        yield "rounding.level", p.TIERED_LEVEL()
    if rule.is_monthly and rule.starts.day != 1:
        yield "starts", p.NOT_FIRST_OF_MONTH()
    span = rule.conditions.order_value
    if span is not None and span.below is not None and span.below <= span.at_least:
        yield "conditions.order_value", p.TIER_EMPTY(value=span.at_least, end=span.below)


def _formula(formula: Formula) -> Iterator[tuple[str, Reason]]:
    if isinstance(formula, Tiered):
        yield from ((f"formula.tiers[{index}]", reason) for index, reason in tiers_unsound(formula.tiers))
    if isinstance(formula, Percent) and formula.floor is not None and formula.cap is not None:
        floor, cap = formula.floor, formula.cap
        if floor.amount > cap.amount and _WIDTH[floor.per] <= _WIDTH[cap.per]:
            yield "formula.floor", p.FLOOR_ABOVE_CAP(floor=floor.amount, cap=cap.amount)


def tiers_unsound(tiers: tuple[Tier, ...]) -> Iterator[tuple[int, Reason]]:
    """Yield (index, reason) for tiers that do not begin at 0, overlap, leave a gap or do not end open."""
    if tiers[0].at_least:
        yield 0, p.TIERS_NOT_FROM_ZERO(value=tiers[0].at_least)
    for index, tier in enumerate(tiers):
        is_last = index == len(tiers) - 1
        if (tier.below is None) != is_last:
            yield index, p.TIER_CLOSED() if is_last else p.TIER_OPEN()
        elif tier.below is not None and tier.below <= tier.at_least:
            yield index, p.TIER_EMPTY(value=tier.at_least, end=tier.below)
    for index, (before, tier) in enumerate(pairwise(tiers), start=1):
        if before.below is not None and before.below != tier.at_least:
            reason = p.TIERS_OVERLAP if tier.at_least < before.below else p.TIERS_GAP
            yield index, reason(value=tier.at_least, end=before.below)
