"""Examples of a version: orders with what it is to take of each, which must hold before it is activated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from commissions.models import CommissionRule
from commissions.rules import problems as p
from commissions.rules.examples import Outcome, outcomes
from commissions.rules.problems import Problem
from commissions.rules.rule_file import Example
from commissions.rules.rule_set import RuleSet, moment
from core.transactions import in_transaction

State = CommissionRule.State


@in_transaction
def keep(rule_id: int, order: Mapping[str, Any], amount: Decimal) -> None:
    """Add an example to a draft or a trial. Raises CommissionRule.DoesNotExist for any other version.

    The order loses its number: whoever may see the rule sees its examples, not whose orders they were.
    """
    row = _open(rule_id)
    named = {**order, "number": f"example {len(row.examples_json) + 1}"}
    _store(row, [*row.examples_json, {"order": named, "amount": format(amount, "f")}])


@in_transaction
def forget(rule_id: int, place: int) -> None:
    """Remove an example of a draft or a trial. Raises CommissionRule.DoesNotExist for any other version."""
    row = _open(rule_id)
    _store(row, [one for at, one in enumerate(row.examples_json) if at != place])


def results(row: CommissionRule, rules: RuleSet) -> list[Outcome]:
    """Return what a version's examples come to by rules among which it is active."""
    return outcomes(replace(rules, examples=tuple(_example(row, one) for one in row.examples_json)))


def problems(row: CommissionRule, rules: RuleSet) -> list[Problem]:
    """Return the examples of a version that do not hold."""
    return [
        Problem(
            f"examples[{place}]",
            p.EXAMPLE_FAILS(order=place + 1, expected=f"{found.example.amount:f}", amount=f"{found.amount:f}"),
        )
        for place, found in enumerate(results(row, rules))
        if not found.holds
    ]


def _example(row: CommissionRule, stored: Mapping[str, Any]) -> Example:
    """Return an example; an order from before the version's start counts as created on its first day."""
    found = msgspec.convert({"rule": row.key, **stored}, Example)
    created_at = max(found.order.created_at, moment(row.starts))
    return replace(found, order=replace(found.order, created_at=created_at))


def _open(rule_id: int) -> CommissionRule:
    return CommissionRule.objects.select_for_update().get(pk=rule_id, state__in=(State.DRAFT, State.SHADOW))


def _store(row: CommissionRule, examples: list[Any]) -> None:
    row.examples_json = examples
    row.save(update_fields=["examples_json"])
