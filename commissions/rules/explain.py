"""Entries of orders with their working as JSON, for support, auditors, and checking a contract before it is signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from commissions.rules import words
from commissions.rules.conflicts import never_applying
from commissions.rules.entry import Contribution, Entry, Step
from commissions.rules.examples import Outcome, outcomes
from commissions.rules.index import RuleIndex
from commissions.rules.periods import PeriodEntry, period_entries
from commissions.rules.reading import OrderStory
from commissions.rules.reversals import Reversal
from commissions.rules.rounding import EXACT
from commissions.rules.rule import Rule
from commissions.rules.rule_set import RuleSet
from commissions.rules.sentences import note, sentence
from commissions.rules.story import Story, tell

Json = dict[str, Any]


def explain(rules: RuleSet, stories: Iterable[OrderStory], titles: Mapping[str, str] | None = None) -> Json:
    """Return what these orders cost and why, in the active language. `titles`: of channels, for people."""
    index, titles = RuleIndex(rules), titles or {}
    monthly: list[Contribution] = []
    used: dict[str, Rule] = {}
    orders = []
    for order, events in stories:
        story = tell(index, order, events, with_working=True)
        monthly += story.monthly
        for named in (story.entries, story.monthly, story.unknown):
            used.update((one.rule.name, one.rule) for one in named)
        orders.append({"number": order.number, "channel": order.channel, "shop": order.shop, **_story(story)})
    return {
        "orders": orders,
        "months": [_period(entry) for entry in period_entries(monthly)],
        "rules": {name: _rule(rule, titles.get(rule.channel, "")) for name, rule in sorted(used.items())},
        "examples": [_outcome(found) for found in outcomes(rules)],
        "never_apply": [{"rule": rule.name, "always_wins": winner.name} for rule, winner in never_applying(rules)],
    }


def number_text(number: Decimal) -> str:
    """Return an exact decimal without exponent and idle zeros."""
    return format(number.normalize(EXACT), "f")


def _story(story: Story) -> Json:
    return {
        "entries": [{"event": one.event, **_entry(entry)} for one in story.charged for entry in one.entries],
        "reversals": [{"event": number, **_reversal(found)} for number, found in story.reversals],
        "unknown": [
            {"rule": one.rule.name, "line": one.line, "fee": str(words.FEE_KINDS[one.rule.fee_kind]), "reason": str(one.reason)}
            for one in story.unknown
        ],
        "total": number_text(story.total),
    }  # fmt: skip


def _rule(rule: Rule, title: str) -> Json:
    return {
        "text": sentence(rule, title),
        "source": rule.source.name,
        "checked": rule.source.date.isoformat(),
        "mark": str(words.MARKS[rule.source.mark]),
        "note": note(rule),
    }


def _outcome(found: Outcome) -> Json:
    return {
        "rule": found.example.rule,
        "order": found.example.order.number,
        "expected": number_text(found.example.amount),
        "amount": number_text(found.amount),
        "holds": found.holds,
    }


def _entry(entry: Entry) -> Json:
    return {
        **_whose(entry.rule, entry.payee_id),
        "line": entry.line,
        "units": entry.units,
        "base": number_text(entry.base),
        "rate": None if entry.rate is None else number_text(entry.rate),
        "amount": number_text(entry.amount),
        "working": [_step(step) for step in entry.working],
    }


def _reversal(found: Reversal) -> Json:
    part, whole, of = found.part
    return {
        **_whose(found.entry.rule, found.entry.payee_id),
        "line": found.entry.line,
        "kind": found.kind,
        "until_now": {"part": number_text(part), "whole": number_text(whole), "of": of},
        "amount": number_text(found.amount),
    }


def _period(entry: PeriodEntry) -> Json:
    return {
        **_whose(entry.rule, entry.payee_id),
        "shop": entry.shop,
        "month": entry.month,
        "base": number_text(entry.base),
        "amount": number_text(entry.amount),
        "shares": {order: number_text(share) for order, share in entry.shares.items()},
        "working": [_step(step) for step in entry.working],
    }


def _whose(rule: Rule, payee_id: str) -> Json:
    return {
        "rule": rule.name,
        "fee_kind": rule.fee_kind,
        "fee": str(words.FEE_KINDS[rule.fee_kind]),
        "payee": rule.payee,
        "payee_id": payee_id,
    }


def _step(step: Step) -> Json:
    text = str(words.STEPS[step.name])
    return {
        "step": step.name,
        "text": f"{text}: {words.FEE_KINDS[step.about]}" if step.about else text,
        "base": number_text(step.base),
        "rate": None if step.rate is None else number_text(step.rate),
        "result": number_text(step.result),
        "rounding": step.rounding,
    }
