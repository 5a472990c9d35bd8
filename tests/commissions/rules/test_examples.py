"""Rules carry orders with what they are to come to; a version that is not active yet is computed in the shadow of the others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commissions.rules.examples import outcomes
from commissions.rules.problems import Malformed
from commissions.rules.reading import read_rules, rule_as_json
from commissions.rules.rule_set import RuleSet, with_active
from commissions.rules.starting import covered, starting_rules
from tests.commissions.rules.make import percent, rule, tiered

ORDER: dict[str, Any] = {
    "number": "A1", "channel": "bazaar", "created_at": "2026-06-01T12:00:00+07:00",
    "lines": [{"key": "1", "quantity": 2, "price": "100000"}],
}  # fmt: skip
RETURNED = {**ORDER, "events": [{"kind": "delivered"}, {"kind": "returned", "lines": [{"key": "1", "quantity": 1}]}]}
FIVE, SIX = rule(percent("5")), rule(percent("6"), version=2, starts=date(2026, 5, 1), active=False)


def rule_set(*examples: dict[str, Any], rules: tuple[Any, ...] = (FIVE, SIX)) -> RuleSet:
    return read_rules(json.dumps({"rules": [rule_as_json(one) for one in rules], "examples": list(examples)}))


def test_an_example_holds_when_all_its_events_come_to_the_amount() -> None:
    found = outcomes(
        rule_set({"rule": "r", "order": ORDER, "amount": "10000"}, {"rule": "r", "order": RETURNED, "amount": "10000"})
    )
    assert [(one.amount, one.holds) for one in found] == [(10_000, True), (5_000, False)]


def test_a_version_in_the_shadow_is_computed_and_the_active_one_stays_as_it_is() -> None:
    rules = rule_set({"rule": "r", "order": ORDER, "amount": "12000"})
    assert [(one.amount, one.holds) for one in outcomes(rules)] == [(10_000, False)]
    assert [(one.amount, one.holds) for one in outcomes(with_active(rules, SIX))] == [(12_000, True)]
    changed = replace(SIX, formula=percent("7"))
    assert [one.amount for one in outcomes(with_active(rules, changed))] == [14_000]
    assert [one.amount for one in outcomes(rules)] == [10_000]


def test_an_example_of_a_rule_by_the_month_is_a_month_of_that_order() -> None:
    monthly = rule(tiered(("0", "10"), ("150000", "5"), period="shop_month"))
    (found,) = outcomes(rule_set({"rule": "r", "order": ORDER, "amount": "17500"}, rules=(monthly,)))
    assert (found.amount, found.holds) == (Decimal(17_500), True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule": "gone"}, "examples[0].rule: There is no rule “gone”."),
        ({"amount": "-1"}, "examples[0].amount: -1 is below zero."),
        (
            {"order": {**ORDER, "lines": ORDER["lines"] * 2}},
            "examples[0].order.lines[1]: The line “1” stands here twice.",
        ),
    ],
)
def test_a_mistake_in_an_example_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed) as raised:
        rule_set({"rule": "r", "order": ORDER, "amount": "1", **change})
    assert [str(problem) for problem in raised.value.problems] == [said]


@pytest.mark.parametrize("channel", covered())
def test_the_examples_of_the_starting_rules_hold(channel: str) -> None:
    found = outcomes(starting_rules(channel))
    assert all(one.holds for one in found)
    assert len(found) == (8 if channel == "tiktok_shop" else 0)
