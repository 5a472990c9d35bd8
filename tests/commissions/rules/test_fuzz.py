"""Files changed at random are read or refused with words, and never anything else; look-up finds what a search would find."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from commissions.rules.conflicts import ties
from commissions.rules.explain import explain
from commissions.rules.index import RuleIndex
from commissions.rules.order import Order
from commissions.rules.problems import Malformed
from commissions.rules.reading import read_orders, read_rules
from commissions.rules.rule import Conditions, OrderValue, Rule
from commissions.rules.rule_set import RuleSet
from tests.commissions.rules.make import D, line, order, percent, rule

T = TypeVar("T")
FEW = settings(max_examples=60, deadline=None)
BASE = {"kind": "paid_by_buyer", "shipping": True, "without_tax": True, "less_fees": ["commission"]}
COMMON: dict[str, Any] = {
    "version": 1, "channel": "bazaar", "starts": "2026-05-01", "source": {"name": "x", "date": "2026-01-01", "mark": "own"},
}  # fmt: skip
BOUND = {"amount": "1000", "per": "order"}
TIERS = [{"at_least": "0", "below": "500", "rate": "5"}, {"at_least": "500", "rate": "0.5"}]
RULES: dict[str, Any] = {
    "categories": {"bazaar": {"leaf": "parent"}},
    "tables": [{"name": "t", "rows": [{"category": "parent", "rate": "5"}]}],
    "rules": [
        {**COMMON, "key": "a", "fee_kind": "commission", "strategy": "PERCENT", "formula": {"base": {"kind": "item"}, "table": "t"}},
        {
            **COMMON, "key": "b", "fee_kind": "payment_fee", "strategy": "PERCENT",
            "formula": {"base": BASE, "rate": "5", "floor": BOUND, "cap": {"amount": "2000", "per": "order"}},
            "conditions": {"sku": ["A"], "order_value": {"at_least": "1"}}, "vat": {"mode": "added", "rate": "8"},
        },
        {
            **COMMON, "key": "c", "fee_kind": "other", "strategy": "TIERED", "rounding": {"level": "order", "mode": "up"},
            "formula": {"base": {"kind": "item"}, "mode": "whole", "period": "shop_month", "tiers": TIERS},
        },
    ],
}  # fmt: skip
LINE = {"key": "1", "quantity": 2, "price": "500", "category": "leaf", "sku": "A", "tax": "1", "seller_discount": "10"}
ORDERS: dict[str, Any] = {
    "orders": [
        {
            "number": "1", "channel": "bazaar", "created_at": "2026-06-01T00:00:00+07:00", "shipping": "9", "coins": "7",
            "lines": [LINE, {**LINE, "key": "2", "rates": {"affiliate": "5"}, "payees": {"staff": "x"}}],
            "events": [{"kind": "delivered"}, {"kind": "returned", "lines": [{"key": "1", "quantity": 1, "refund": "5"}]}],
        }
    ]
}  # fmt: skip
ODD = st.sampled_from(
    [
        None, True, 0, 1, -1, 1.5, 10**400, "", "0", "100", "-1", "1E9", "00", "0.0", "9" * 20, "9" * 21, "١", "x" * 300, "1\n",
        "\x00", [], {}, [None], ["A", "A"], {"": ""}, "0001-01-01", "9999-12-31", "2026-05-01", "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59", "2026-06-01T00:00:00Z", "PERCENT", "FIXED", "NONE", "item", "order", "delivered", "vnd",
    ]
)  # fmt: skip


def places(found: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


@st.composite
def changed(draw: st.DrawFn, whole: dict[str, Any]) -> str:
    found = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        at = found
        *way, last = draw(st.sampled_from(list(places(found)) or [("more",)]))
        for key in way:
            at = at[key]
        if draw(st.integers(0, 4)) or last == "more":
            at[last] = copy.deepcopy(draw(ODD))
        else:
            del at[last]
    return json.dumps(found)


def taken(read: Callable[[str], T], text: str) -> T | None:
    """What a reader makes of a text; None when it says what is wrong."""
    try:
        return read(text)
    except Malformed as error:
        said = [str(problem) for problem in error.problems]
    if not all(said):
        raise AssertionError("a problem without words")
    return None


@FEW
@given(changed(RULES), changed(ORDERS))
def test_a_changed_file_is_read_or_refused_with_words(rules_text: str, orders_text: str) -> None:
    rules = taken(read_rules, rules_text) or read_rules(json.dumps(RULES))
    orders = taken(read_orders, orders_text) or read_orders(json.dumps(ORDERS))
    list(ties(rules))
    json.dumps(explain(rules, orders))


names = st.frozensets(st.sampled_from("abc"), max_size=2)
values = st.none() | st.builds(
    lambda start, size: OrderValue(at_least=D(start), below=D(start + size)), st.integers(0, 3), st.integers(1, 3)
)
conditions = st.builds(Conditions, sku=names, category=names, campaign=names, payment_method=names, order_value=values)
TREE = {"bazaar": {"a": "b", "b": "c"}}


@st.composite
def rivals(draw: st.DrawFn) -> list[Rule]:
    found = draw(
        st.lists(st.tuples(conditions, st.sampled_from(["", "s1"]), st.sampled_from(["", "x"])), min_size=1, max_size=6)
    )
    return [
        rule(percent("1"), f"r{number}", conditions=one, shop=shop, payee="staff", payee_id=payee_id)
        for number, (one, shop, payee_id) in enumerate(found)
    ]


@st.composite
def small_orders(draw: st.DrawFn) -> Order:
    letter = st.sampled_from("abcd")
    sold = line(
        str(draw(st.integers(0, 6))), sku=draw(letter), category=draw(letter), payees={"staff": draw(st.sampled_from("xy"))},
        campaigns=tuple(draw(st.sets(letter, max_size=2))),
    )  # fmt: skip
    return order(sold, payment_method=draw(letter), shop=draw(st.sampled_from(["s1", "s2"])))


def is_met(one: Rule, what: Order, chain: tuple[str, ...]) -> bool:
    """Whether a rule holds, said again in the plainest way."""
    (sold,), wanted = what.lines, one.conditions
    asked = [
        (wanted.sku, {sold.sku}), (wanted.category, set(chain)), (wanted.campaign, set(sold.campaigns)),
        (wanted.payment_method, {what.payment_method}), ({one.shop} - {""}, {what.shop}),
        ({one.payee_id} - {""}, {sold.payees["staff"]}),
    ]  # fmt: skip
    span = wanted.order_value
    in_span = span is None or span.below is None or span.at_least <= sold.price < span.below
    return in_span and all(not names or names & found for names, found in asked)


@FEW
@given(rivals(), small_orders())
def test_look_up_finds_the_rule_with_most_conditions_and_no_tie_goes_unseen(found: list[Rule], what: Order) -> None:
    rules = RuleSet(tuple(found), categories=TREE)
    sold, chain = what.lines[0], rules.chain("bazaar", what.lines[0].category)
    holding = [one for one in found if is_met(one, what, chain)]
    most = max((one.condition_count for one in holding), default=0)
    best = [one for one in holding if one.condition_count == most]
    slots = RuleIndex(rules).segment(what).slots
    winner = slots[0].winner(sold, chain, what, sold.price) if slots else None
    assert (winner.rule in best) if winner else not best
    if len(best) > 1:
        tied = {frozenset((tie.first.key, tie.second.key)) for tie in ties(rules)}
        assert {frozenset((one.key, other.key)) for one in best for other in best if one is not other} <= tied
