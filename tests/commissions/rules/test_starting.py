"""The starting rules are whole, dated and sourced, and the golden examples come out to the dong."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from commissions.rules.charging import charge
from commissions.rules.conflicts import ties
from commissions.rules.index import RuleIndex
from commissions.rules.order import Back, Line, Order
from commissions.rules.rule_set import RuleSet
from commissions.rules.starting import covered, starting_rules
from commissions.rules.starting.notes import NOTES
from commissions.rules.story import tell
from integrations.connectors import channels
from tests.commissions.rules.make import D

COVERED = ("lazada", "shopee", "tiki", "tiktok_shop")


def sale(channel: str, created_at: str, line: dict[str, Any], **more: Any) -> Order:
    sold = Line("1", line.pop("quantity", 1), D(line.pop("price")), **line)
    return Order(
        "A1", channel, "s1", datetime.fromisoformat(created_at), (sold,), **{"legal_form": "organisation", **more}
    )


def fees(what: Order, rules: RuleSet | None = None) -> dict[str, Decimal]:
    found = charge(RuleIndex(rules or starting_rules(what.channel)), what, {"delivered", "handed_over"})
    return {entry.rule.fee_kind: entry.amount for entry in found.entries}


def test_the_channels_covered_are_known_ones() -> None:
    assert covered() == COVERED
    assert set(covered()) <= set(channels())
    assert starting_rules("sendo") == RuleSet(())


@pytest.mark.parametrize("channel", COVERED)
def test_every_rule_is_of_its_channel_dated_sourced_and_to_be_checked(channel: str) -> None:
    rules = starting_rules(channel).rules
    assert rules
    for rule in rules:
        assert (rule.channel, rule.source.check_contract, bool(rule.source.name), bool(rule.title)) == (
            channel,
            True,
            True,
            True,
        )
        assert rule.source.mark != "own"
        assert rule.key.startswith(channel.partition("_")[0])


def test_the_notes_on_sources_are_those_that_are_translated() -> None:
    written = {rule.source.note for channel in COVERED for rule in starting_rules(channel).rules}
    assert written - {""} == NOTES


@pytest.mark.parametrize("channel", COVERED)
def test_no_two_active_rules_tie(channel: str) -> None:
    assert list(ties(starting_rules(channel))) == []


def test_programmes_that_exclude_each_other_tie_when_both_are_switched_on() -> None:
    rules = starting_rules("tiktok_shop")
    all_on = replace(rules, rules=tuple(replace(rule, active=True) for rule in rules.rules))
    assert {(tie.first.key, tie.second.key) for tie in ties(all_on)} == {
        ("tiktok-voucher-xtra", "tiktok-voucher-xtra-plus")
    }
    shopee = starting_rules("shopee")
    assert list(ties(replace(shopee, rules=tuple(replace(rule, active=True) for rule in shopee.rules)))) == []


T1 = {"price": "100000", "seller_discount": D(5_000)}


def test_golden_transaction_fee_of_five_percent_and_after_a_refund() -> None:
    what = sale("tiktok_shop", "2024-08-01T09:00:00+07:00", dict(T1), shipping=D(5_900))
    story = tell(RuleIndex(starting_rules("tiktok_shop")), what, ["delivered"])
    assert [(entry.base, entry.amount) for entry in story.entries] == [(100_900, 5_045)]
    refunded = tell(
        RuleIndex(starting_rules("tiktok_shop")), what, ["delivered", Back("refunded", {}, {"1": D(40_000)})]
    )
    assert refunded.total == 3_045


def test_golden_mall_beauty() -> None:
    line = {"price": "300000", "category": "beauty", "seller_discount": D(15_000)}
    what = sale("tiktok_shop", "2026-05-20T09:00:00+07:00", line, shipping=D(25_000), shop_type="mall")
    assert fees(what) == {"commission": 50_730, "payment_fee": 18_600, "order_fee": 3_000}
    assert sum(fees(what).values()) == 72_330


def test_golden_normal_fashion() -> None:
    what = sale(
        "tiktok_shop", "2026-05-20T09:00:00+07:00", {"price": "300000", "category": "fashion"}, shipping=D(30_000),
        shop_type="normal",
    )  # fmt: skip
    assert fees(what) == {"commission": 37_500, "payment_fee": 19_800, "order_fee": 3_000}
    assert sum(fees(what).values()) == 60_300


@pytest.mark.parametrize(
    ("created_at", "rate_fee"),
    [
        ("2024-07-16T23:59:59+07:00", 3_027),
        ("2024-07-17T00:00:00+07:00", 5_045),
        ("2026-05-08T23:59:59+07:00", 5_045),
        ("2026-05-09T00:00:00+07:00", 6_054),
    ],
)
def test_the_rate_is_that_of_the_day_the_order_was_created(created_at: str, rate_fee: int) -> None:
    what = sale("tiktok_shop", created_at, dict(T1), shipping=D(5_900), shop_type="normal")
    assert fees(what)["payment_fee"] == rate_fee


@pytest.mark.parametrize(
    ("channel", "created_at", "line", "more", "expected"),
    [
        (
            "shopee", "2026-06-01T09:00:00+07:00", {"price": "20000000", "category": "laptop", "seller_discount": D(500_000)},
            {"shop_type": "normal", "shipping": D(30_000)},
            {"commission": 390_000, "payment_fee": 1_171_800, "order_fee": 3_000},
        ),
        (
            "shopee", "2026-06-01T09:00:00+07:00", {"price": "5000000", "category": "fridge"}, {"shop_type": "mall"},
            {"commission": 275_000, "payment_fee": 300_000, "order_fee": 3_000},
        ),
        ("shopee", "2025-07-01T00:00:00+07:00", {"price": "100000"}, {"shop_type": "normal"}, {"payment_fee": 4_910, "order_fee": 3_000}),
        ("shopee", "2025-06-30T23:59:59+07:00", {"price": "100000"}, {"shop_type": "normal"}, {"payment_fee": 5_000}),
        ("lazada", "2024-01-01T00:00:00+07:00", {"price": "100000"}, {"shop_type": "normal"}, {"payment_fee": 2_497}),
        (
            "lazada", "2026-01-01T00:00:00+07:00", {"price": "100000", "rates": {"commission": D(5)}}, {"shop_type": "mall"},
            {"payment_fee": 2_497, "commission": 5_400},
        ),
        ("tiki", "2026-01-01T00:00:00+07:00", {"price": "100000"}, {}, {"payment_fee": 1_000}),
        (
            "tiki", "2026-01-01T00:00:00+07:00", {"price": "100000"}, {"legal_form": "household"},
            {"payment_fee": 1_000, "tax_vat": 1_000, "tax_pit": 500},
        ),
    ],
)  # fmt: skip
def test_what_an_order_costs(
    channel: str, created_at: str, line: dict[str, Any], more: dict[str, Any], expected: dict[str, int]
) -> None:
    assert fees(sale(channel, created_at, dict(line), **more)) == expected


def test_what_is_not_known_is_reported_and_not_guessed() -> None:
    what = sale("shopee", "2026-06-01T09:00:00+07:00", {"price": "100000", "category": "100017"}, shop_type="mall")
    unknown = charge(RuleIndex(starting_rules("shopee")), what).unknown
    assert [str(one.reason) for one in unknown] == [
        "The rate table “shopee-mall-2026-05” has no rate for the category “100017”."
    ]
