"""An order's events one after the other: charged once, of what is still sold, and given back by the entry."""

from __future__ import annotations

from typing import Any

import pytest

from commissions.rules.index import RuleIndex
from commissions.rules.order import Back
from commissions.rules.periods import period_entries
from commissions.rules.rule_set import RuleSet
from commissions.rules.story import Story, tell
from tests.commissions.rules.make import D, fixed, line, order, percent, rule, tiered

RULES = [
    rule(percent("10"), "fee", charged_when=("delivered", "refunded_at_once")),
    rule(fixed("1620", "parcel"), "parcel", fee_kind="parcel_fee", charged_when=("handed_over",), given_back="never"),
]
THREE = order(line("100000", 3, seller_discount=D(30_000)))


def told(events: list[Any], rules: Any = RULES) -> Story:
    return tell(RuleIndex(RuleSet(tuple(rules))), THREE, events)


@pytest.mark.parametrize(
    ("events", "charged", "given_back"),
    [
        ([], [], []),
        (["handed_over"], [("parcel", 3, 1_620)], []),
        (["handed_over", "delivered"], [("parcel", 3, 1_620), ("fee", 3, 27_000)], []),
        (["handed_over", Back("cancelled", {"1": 3})], [("parcel", 3, 1_620)], []),
        (["delivered", "delivered", "refunded_at_once"], [("fee", 3, 27_000)], []),
        ([Back("cancelled", {"1": 1}), "delivered"], [("fee", 2, 18_000)], []),
        ([Back("cancelled", {"1": 3}), "delivered"], [], []),
        ([Back("refunded", {"1": 3}), "delivered"], [("fee", 3, 27_000)], []),
        (["delivered", Back("returned", {"1": 1})], [("fee", 3, 27_000)], [(1, "fee", -9_000)]),
        (
            [Back("cancelled", {"1": 1}), "delivered", Back("returned", {"1": 1}), Back("returned", {"1": 2})],
            [("fee", 2, 18_000)],
            [(2, "fee", -9_000), (3, "fee", -9_000)],
        ),
        (["delivered", Back("cancelled", {"1": 3})], [("fee", 3, 27_000)], [(1, "fee", -27_000)]),
        (["handed_over", "refunded_at_once"], [("parcel", 3, 1_620), ("fee", 3, 27_000)], []),
        (["delivered", Back("refunded", {"1": 3}, {"1": D(270_000)})], [("fee", 3, 27_000)], []),
    ],
)
def test_what_events_charge_and_give_back(events: list[Any], charged: list[Any], given_back: list[Any]) -> None:
    story = told(events)
    assert [(entry.rule.key, entry.units, entry.amount) for entry in story.entries] == charged
    assert [(number, found.entry.rule.key, found.amount) for number, found in story.reversals] == given_back
    assert story.total == sum(amount for *_, amount in (*charged, *given_back))


def test_a_return_lowers_what_counts_towards_the_month() -> None:
    monthly = rule(tiered(("0", "10"), period="shop_month"))
    for events, amounts in (
        (["delivered"], [27_000]),
        (["delivered", Back("returned", {"1": 1})], [18_000]),
        ([Back("cancelled", {"1": 1}), "delivered", Back("returned", {"1": 1})], [9_000]),
    ):
        assert [entry.amount for entry in period_entries(told(events, [monthly]).monthly)] == amounts
