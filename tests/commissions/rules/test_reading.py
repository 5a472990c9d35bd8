"""RULES.json and ORDERS.json: what is published is what is checked, and each mistake is named in words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from commissions.rules import schema
from commissions.rules.order import Back
from commissions.rules.problems import Malformed
from commissions.rules.reading import read_formula, read_orders, read_rules, rule_as_json
from erpsync.environment import BASE_DIR

BASE = {"kind": "after_seller_discount"}
PERCENT = {"base": BASE, "rate": "5"}
RULE: dict[str, Any] = {
    "key": "fee", "version": 1, "channel": "bazaar", "fee_kind": "commission", "strategy": "PERCENT", "formula": PERCENT,
    "starts": "2026-05-09", "source": {"name": "hợp đồng", "date": "2026-01-01", "mark": "own"},
}  # fmt: skip
TIERED: dict[str, Any] = {**RULE, "strategy": "TIERED", "rounding": {"level": "order"}}
TWO_RATES = {**PERCENT, "table": "t"}
TABLE = {"name": "t", "rows": [], "default": "1"}
ORDER: dict[str, Any] = {
    "number": "A1", "channel": "bazaar", "created_at": "2026-06-01T12:00:00+07:00",
    "lines": [{"key": "1", "quantity": 1, "price": "100000"}],
}  # fmt: skip


def rules(*changes: dict[str, Any], **more: Any) -> str:
    return json.dumps({"rules": [{**RULE, **change} for change in changes], **more})


def wrong(text: str) -> list[str]:
    with pytest.raises(Malformed) as raised:
        read_rules(text)
    return [str(problem) for problem in raised.value.problems]


def formula(**change: Any) -> str:
    return rules({"formula": {**PERCENT, **change}})


def tiers(*spans: tuple[str, str | None]) -> str:
    made = [{"at_least": start, "below": end, "rate": "5"} for start, end in spans]
    return json.dumps({"rules": [{**TIERED, "formula": {"base": BASE, "mode": "marginal", "tiers": made}}]})


def bounds(floor: tuple[str, str], cap: tuple[str, str]) -> str:
    return formula(
        floor=dict(zip(("amount", "per"), floor, strict=True)), cap=dict(zip(("amount", "per"), cap, strict=True))
    )


@pytest.mark.parametrize("name", sorted(schema.PUBLISHED))
def test_the_published_file_is_the_one_that_is_checked(name: str) -> None:
    written = (BASE_DIR / "docs" / f"{name}.schema.json").read_text()
    assert written == schema.text(name), f"run: python -m commissions.rules.schema {name} > docs/{name}.schema.json"


def test_a_rule_that_is_written_out_reads_the_same() -> None:
    (rule,) = read_rules(
        rules({"conditions": {"sku": ["B", "A"], "order_value": {"at_least": "1"}}, "shop": "s1"})
    ).rules
    text = json.dumps({"rules": [rule_as_json(rule)]})
    assert read_rules(text).rules == (rule,)
    assert (rule.formula.rate, rule.condition_count) == (Decimal(5), 3)  # type: ignore[union-attr]


def test_a_floor_of_the_order_may_be_above_the_cap_of_an_item() -> None:
    (rule,) = read_rules(bounds(("5000", "order"), ("1000", "item"))).rules
    assert rule.formula.floor is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("rate", ["0", "100", "100.000", "12.5", "0.000000000000000001"])
def test_rates_up_to_exactly_100_percent_are_accepted(rate: str) -> None:
    assert read_formula("PERCENT", {**PERCENT, "rate": rate}).rate == Decimal(rate)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "This is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"rules": [], "rules": []}', "The key “rules” stands here twice."),
        ("[]", "An object in braces is expected here."),
        ("{}", "“rules” is missing."),
        ('{"rules": {}}', "rules: A list in brackets is expected here."),
        (rules({"colour": "red"}), "rules[0]: “colour” is not a key here. The keys are: key, version,"),
        (formula(max="5"), "rules[0].formula: “max” is not a key here. The keys are: base, rate, table, floor, cap."),
        (formula(rate="120"), "rules[0].formula.rate: A rate is from 0 % to 100 %, and this is 120 %."),
        (formula(rate="100.1"), "rules[0].formula.rate: A rate is from 0 % to 100 %, and this is 100.1 %."),
        (formula(rate="-5"), "rules[0].formula.rate: -5 is below zero."),
        (formula(rate="1E999999"), "rules[0].formula.rate: “1E999999”: a number is written without an exponent."),
        (formula(rate=5), 'rules[0].formula.rate: A number is written as text, like "12.5".'),
        (formula(rate="5 %"), "rules[0].formula.rate: “5 %” is not a number like 12.5."),
        (formula(rate="NaN"), "rules[0].formula.rate: “NaN” is not a number like 12.5."),
        (formula(rate="0." + "1" * 20), "rules[0].formula.rate: A number has at most 20 digits."),
        (formula(cap={"amount": "-1", "per": "item"}), "rules[0].formula.cap.amount: -1 is below zero."),
        (formula(cap={"amount": "1e6", "per": "item"}), "rules[0].formula.cap.amount: “1e6”: a number is written without"),
        (formula(cap={"amount": "1", "per": "box"}), "rules[0].formula.cap.per: “box” is none of: item, line, order."),
        (bounds(("600", "item"), ("500", "item")), "rules[0].formula.floor: The floor of 600 is above the cap of 500."),
        (bounds(("600", "item"), ("500", "order")), "rules[0].formula.floor: The floor of 600 is above the cap of 500."),
        (rules({"formula": TWO_RATES}, tables=[TABLE]), "rules[0].formula: Give a rate, or a rate table, or let the order line"),
        (formula(rate=None), "rules[0].formula: Give a rate or a rate table, or let the order line tell the rate."),
        (formula(rate=None, table="t"), "rules[0].formula.table: There is no rate table “t”."),
        (tiers(("1", None)), "rules[0].formula.tiers[0]: The first tier begins at 1: tiers begin at 0."),
        (tiers(("0", "10"), ("5", None)), "tiers[1]: This tier begins at 5, and the one before it ends at 10: they overlap."),
        (tiers(("0", "10"), ("20", None)), "tiers[1]: This tier begins at 20, and the one before it ends at 10: nothing"),
        (tiers(("0", "10")), "rules[0].formula.tiers[0]: The last tier is open: it has no end."),
        (tiers(("0", None), ("5", None)), "rules[0].formula.tiers[0]: Only the last tier is open: say where this one ends."),
        (tiers(("0", "0"), ("0", None)), "rules[0].formula.tiers[0]: It ends at 0, which is not above its beginning, 0."),
        (tiers(), "rules[0].formula.tiers: This must not be empty."),
        (rules({"strategy": "CODE"}), "rules[0].strategy: “CODE” is none of: PERCENT, FIXED, TIERED, NONE."),
        (rules({"starts": "0001-01-01"}), "rules[0].starts: “0001-01-01” is not a day like 2026-05-09."),
        (rules({"starts": "2026-02-30"}), "rules[0].starts: “2026-02-30” is not a day like 2026-05-09."),
        (rules({"key": "Phí"}), "rules[0].key: “Phí” is no key: small letters, digits, dots, hyphens, at most 80."),
        (rules({"version": 0}), "rules[0].version: 0 is not between 1 and 1000000."),
        (rules({"version": True}), "rules[0].version: A whole number is expected here."),
        (rules({"active": "yes"}), "rules[0].active: true or false is expected here."),
        (rules({"channel": ""}), "rules[0].channel: This must not be empty."),
        (rules({"shop": "s" * 201}), "rules[0].shop: This is longer than 200 characters."),
        (rules({"charged_when": []}), "rules[0].charged_when: This must not be empty."),
        (rules({"vat": {"mode": "added"}}), "rules[0].vat: Give VAT a rate where it is added, and none where it is inside."),
        (rules({"conditions": {"sku": ["A", "A"]}}), "rules[0].conditions.sku[1]: “A” stands here twice."),
        (rules({"conditions": {"order_value": {"at_least": "9", "below": "9"}}}), "It ends at 9, which is not above its"),
        (rules({"rate_from": "line", "strategy": "NONE", "formula": {}}), "rate_from: Only a percent can be told by the"),
        (rules({}, {}), "rules[1]: fee v1 stands here twice."),
        (rules({}, {"version": 2}), "rules[1]: fee v2 starts on 2026-05-09, as fee v1 does."),
        (rules({}, {"version": 2, "starts": "2026-01-01"}), "fee v2 starts before fee v1: a later version starts later."),
        (rules({}, {"version": 2, "starts": "2027-01-01", "channel": "b"}), "fee v2 is of another channel, payee or fee"),
        (rules(tables=[{"name": "t", "rows": []}]), "tables[0]: A rate table has at least one row, or a default."),
        (rules(tables=[{"name": "t", "rows": [], "default": "1"}] * 2), "tables[1]: The rate table “t” stands here twice."),
        (
            rules(tables=[{"name": "t", "rows": [{"category": "c", "rate": rate} for rate in ("1", "2")]}]),
            "tables[0].rows[1]: The category “c” has two rows: 1 % and 2 %.",
        ),
        (rules(categories={"bazaar": {"a": "b", "b": "a"}}), "categories.bazaar: The category “a” is above itself."),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_place(text: str, said: str) -> None:
    (found,) = wrong(text)
    assert said in found


def test_all_mistakes_are_told_at_once() -> None:
    text = json.dumps({"rules": [{**RULE, "active": 1, "formula": {**PERCENT, "rate": "120"}}, {**RULE, "shop": 5}]})
    assert [line.partition(":")[0] for line in wrong(text)] == [
        "rules[0].active",
        "rules[1].shop",
        "rules[0].formula.rate",
    ]


def test_a_mistake_is_told_in_vietnamese() -> None:
    with translation.override("vi"):
        assert wrong(formula(rate="120")) == ["rules[0].formula.rate: Tỷ lệ phải từ 0 % đến 100 %, còn đây là 120 %."]


MONTHLY = {
    **TIERED,
    "formula": {"base": BASE, "mode": "whole", "period": "shop_month", "tiers": [{"at_least": "0", "rate": "1"}]},
}


def test_a_rule_by_month_starts_on_the_first_and_so_does_what_follows_it() -> None:
    said = "A rule by shop and month starts on the first of a month."
    assert wrong(json.dumps({"rules": [MONTHLY]})) == [f"rules[0].starts: {said}"]
    sound = {**MONTHLY, "starts": "2026-05-01"}
    following = {**RULE, "version": 2, "starts": "2026-06-02"}
    assert wrong(json.dumps({"rules": [sound, following]})) == [f"rules[1].starts: {said}"]


def test_fees_that_wait_for_each_other_or_for_the_month_are_refused() -> None:
    def after(kind: str, fee: str) -> dict[str, Any]:
        return {"key": fee, "fee_kind": fee, "formula": {"base": {**BASE, "less_fees": [kind]}, "rate": "1"}}

    (circle,) = wrong(rules(after("payment_fee", "commission"), after("commission", "payment_fee")))
    assert circle.startswith("rules: These fees are each what is left after the other: ")
    monthly = {**MONTHLY, "starts": "2026-05-01"}
    assert wrong(json.dumps({"rules": [monthly, {**RULE, **after("commission", "other")}]})) == [
        "rules[1].formula.base.less_fees: What is left after a fee by shop and month is not known order by order."
    ]


def orders(*changes: dict[str, Any]) -> str:
    return json.dumps({"orders": [{**ORDER, **change} for change in changes]})


def lines(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"lines": [{**ORDER["lines"][0], **change} for change in changes]}


def test_vouchers_of_the_order_are_spread_over_its_lines_by_value() -> None:
    text = orders(
        {**lines({"price": "200000", "seller_voucher": "500"}, {"key": "2"}), "seller_voucher": "10000", "coins": "100"}
    )
    ((order, events),) = read_orders(text)
    assert [(line.seller_discount, line.coins) for line in order.lines] == [(7_161, 66), (3_339, 34)]
    assert events == ("delivered",)


def test_what_comes_back_without_lines_is_the_whole_order() -> None:
    back = {"kind": "returned", "lines": [{"key": "1", "quantity": 1, "refund": "90000"}, {"key": "2"}]}
    changes = {**lines({"quantity": 2}, {"key": "2"}), "events": [{"kind": "handed_over"}, back, {"kind": "cancelled"}]}
    ((_order, events),) = read_orders(orders(changes))
    assert events == (
        "handed_over", Back("returned", {"1": 1, "2": 0}, {"1": Decimal(90_000)}), Back("cancelled", {"1": 2, "2": 1}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            orders({"created_at": "2026-06-01T12:00:00"}),
            "orders[0].created_at: “2026-06-01T12:00:00” is not a time with its",
        ),
        (orders({"currency": "đ"}), "orders[0].currency: “đ” is not a currency like VND."),
        (orders({"lines": []}), "orders[0].lines: This must not be empty."),
        (orders(lines({"quantity": 0})), "orders[0].lines[0].quantity: 0 is not between 1 and 1000000000."),
        (orders(lines({"price": 100000})), 'orders[0].lines[0].price: A number is written as text, like "12.5".'),
        (orders(lines({"rates": {"bribe": "5"}})), "orders[0].lines[0].rates.bribe: “bribe” is none of: commission,"),
        (orders(lines({}, {})), "orders[0].lines[1]: The line “1” stands here twice."),
        (orders({"events": [{"kind": "returned", "lines": [{"key": "9"}]}]}), "events[0]: The order has no line “9”."),
        (orders({}, {}), "orders[1]: The order “A1” stands here twice."),
    ],
)
def test_each_mistake_of_an_order_is_named(text: str, said: str) -> None:
    with pytest.raises(Malformed) as raised:
        read_orders(text)
    (problem,) = raised.value.problems
    assert said in str(problem)
