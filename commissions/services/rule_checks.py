"""Checks of a rule that is to be stored against those that are stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from commissions.models import CommissionRule
from commissions.rules import problems as p
from commissions.rules.problems import Problem
from commissions.rules.rule import Rule
from commissions.rules.rule_set import RuleSet, at_odds
from commissions.services import rule_book


def at_odds_with_stored(rule: Rule, rule_id: int | None = None) -> list[Problem]:
    """Return what is wrong between a rule and its channel's tables and active versions; places are relative to the rule.

    `rule_id`: the draft that it replaces.
    """
    others = CommissionRule.objects.exclude(pk=rule_id or 0)
    if wrong := list(_moved(rule)):
        return wrong
    rows = list(others.filter(channel=rule.channel, state=CommissionRule.State.ACTIVE).order_by("key", "version"))
    version = max((row.version for row in rows if row.key == rule.key), default=0) + 1
    known = rule_book.rule_set(rows, rule.channel)
    rules = RuleSet((*known.rules, replace(rule, version=version, active=True)), known.tables, known.categories)
    before, own = list(at_odds(known)), f"rules[{len(rows)}]"
    return [Problem(_place(one, own), one.reason) for one in at_odds(rules) if one not in before]


def _place(problem: Problem, own: str) -> str:
    """Return the place relative to the rule at `own`; what stands at another rule is about its start, or about the whole."""
    if problem.path.startswith(own):
        return problem.path.removeprefix(own).removeprefix(".")
    return "starts" if problem.reason.code == p.VERSION_ORDER.code else ""


def _moved(rule: Rule) -> Iterator[Problem]:
    rows = CommissionRule.objects.filter(key=rule.key).exclude(
        channel=rule.channel, payee=rule.payee, fee_kind=rule.fee_kind
    )
    for row in rows[:1]:
        yield Problem("key", p.KEY_MOVED(rule=rule.key, other=row))
