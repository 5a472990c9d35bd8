"""Two rules that tie are found before they are used, with an order on which they do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from commissions.rules.conflicts import never_applying, tie_problems, ties
from commissions.rules.index import RuleIndex
from commissions.rules.reading import read_orders
from commissions.rules.rule import Conditions, OrderValue, Rule
from commissions.rules.rule_set import RuleSet
from tests.commissions.rules.make import D, percent, rule

TREE = {"bazaar": {"phone": "electronics", "laptop": "electronics"}}


def condition(**more: Any) -> Conditions:
    return Conditions(**{name: value if name == "order_value" else frozenset(value) for name, value in more.items()})


def value(start: str, below: str | None = None) -> OrderValue:
    return OrderValue(at_least=D(start), below=None if below is None else D(below))


def pair(one: dict[str, Any], other: dict[str, Any]) -> RuleSet:
    return RuleSet((rule(percent("1"), "one", **one), rule(percent("2"), "other", **other)), categories=TREE)


TIES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"conditions": condition(sku=["A", "B"])}, {"conditions": condition(sku=["B", "C"])}),
    ({"conditions": condition(sku=["A"])}, {"conditions": condition(category=["phone"])}),
    ({"conditions": condition(category=["phone"])}, {"conditions": condition(category=["electronics"])}),
    ({"conditions": condition(category=["electronics"])}, {"conditions": condition(category=["laptop"])}),
    ({"conditions": condition(campaign=["live"])}, {"conditions": condition(campaign=["9.9"])}),
    ({"conditions": condition(order_value=value("0", "500"))}, {"conditions": condition(order_value=value("499"))}),
    ({"shop": "s1"}, {"shop_type": "mall"}),
    ({"conditions": condition(payment_method=["cod"])}, {"conditions": condition(legal_form=["household"])}),
    ({"payee": "staff", "payee_id": "lan"}, {"payee": "staff", "conditions": condition(sku=["A"])}),
    ({}, {"starts": date(2026, 3, 1)}),
]
APART: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"conditions": condition(sku=["A"])}, {"conditions": condition(sku=["B"])}),
    ({"conditions": condition(category=["phone"])}, {"conditions": condition(category=["laptop"])}),
    ({"conditions": condition(order_value=value("0", "500"))}, {"conditions": condition(order_value=value("500"))}),
    ({"shop": "s1"}, {"shop": "s2"}),
    ({"conditions": condition(payment_method=["cod"])}, {"conditions": condition(payment_method=["card"])}),
    ({}, {"shop": "s1"}),
    ({}, {"fee_kind": "other"}),
    ({}, {"payee": "agent"}),
    ({}, {"channel": "elsewhere"}),
    ({}, {"active": False}),
]


@pytest.mark.parametrize(("one", "other"), TIES)
def test_a_tie_is_shown_with_an_order_for_which_both_hold(one: dict[str, Any], other: dict[str, Any]) -> None:
    rules = pair(one, other)
    (tie,) = ties(rules)
    ((order, _events),) = read_orders(json.dumps({"orders": [tie.example]}))
    for alone in (tie.first, tie.second):
        index = RuleIndex(replace(rules, rules=(alone,)))
        (slot,) = index.segment(order).slots
        line = order.lines[0]
        winner = slot.winner(line, index.chain("bazaar", line.category), order, line.price)
        assert winner is not None
        assert winner.rule == alone
    assert [str(problem) for problem in tie_problems(rules)] == [
        "rules: one v1 and other v1 have equally many conditions, and both hold for the example order."
    ]


@pytest.mark.parametrize(("one", "other"), APART)
def test_rules_that_never_meet_or_of_which_one_is_more_special_do_not_tie(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert list(ties(pair(one, other))) == []


def test_versions_that_end_before_the_other_begins_do_not_tie() -> None:
    ended = [rule(key="one"), rule(key="one", version=2, starts=date(2026, 3, 1), shop="s1")]
    other = rule(key="other", starts=date(2026, 3, 1))
    assert list(ties(RuleSet((*ended, other)))) == []
    assert len(list(ties(RuleSet((*ended, replace(other, starts=date(2026, 2, 28))))))) == 1


def test_a_third_rule_for_where_they_meet_settles_it() -> None:
    rules = pair({"shop_type": "mall"}, {"conditions": condition(sku=["A", "B"])})
    third = rule(percent("3"), "third", shop_type="mall", conditions=condition(sku=["A", "B", "C"]))
    assert list(ties(replace(rules, rules=(*rules.rules, third)))) == []
    for short in (
        replace(third, conditions=condition(sku=["A"])),
        replace(third, starts=date(2026, 2, 1)),
        replace(third, shop_type="normal"),
        replace(third, active=False),
    ):
        assert len(list(ties(replace(rules, rules=(*rules.rules, short))))) == 1


def test_a_rule_that_another_always_beats_is_pointed_out() -> None:
    beaten = rule(key="beaten", conditions=condition(category=["phone"]))
    better = rule(key="better", conditions=condition(category=["electronics"], order_value=value("0")))
    assert list(never_applying(RuleSet((beaten, better), categories=TREE))) == [(beaten, better)]
    sometimes = replace(better, conditions=condition(category=["electronics"], order_value=value("1")))
    assert list(never_applying(RuleSet((beaten, sometimes), categories=TREE))) == []


def test_thousands_of_rules_by_sku_and_category_are_not_compared_each_with_each() -> None:
    made: list[Rule] = []
    for number in range(1500):
        made.append(rule(key=f"s{number}", conditions=condition(sku=[f"S{number}"]), channel="a"))
        made.append(rule(key=f"c{number}", conditions=condition(category=[f"C{number}"]), channel="b"))
    tree = {"b": {f"C{number}": "root" for number in range(1500)}}
    assert list(ties(RuleSet(tuple(made), categories=tree))) == []
