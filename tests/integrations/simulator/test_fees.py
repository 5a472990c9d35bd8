"""A published schedule charges exact dong: by day in Vietnam, rounded where it says, the wrong rate of a planted error included."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from commissions.rules.reading import read_rules
from integrations.simulator.discovery import find_platforms
from integrations.simulator.fees import FeeSchedule, Sold
from integrations.simulator.money_errors import DOUBLE, HALF_PERCENT, WRONG_CATEGORY, WRONG_RATE, MoneyError

PUBLISHED = {channel: kind.fees for channel, kind in find_platforms().items() if kind.fees is not None}


def rule(kind: str, starts: str, level: str, **formula: Any) -> dict[str, Any]:
    return {"fee_kind": kind, "starts": starts, "rounding": {"mode": "half_up", "level": level}, "formula": formula}


SCHEDULE = FeeSchedule(
    {
        "rules": [
            rule("commission", "2026-05-01", "line", rate="12.5", base={"kind": "after_seller_discount"}),
            rule("commission", "2026-01-01", "line", rate="10", base={"kind": "after_seller_discount"}),
            rule(
                "payment_fee", "2026-01-01", "order", rate="6", base={"kind": "after_seller_discount", "shipping": True}
            ),
            rule("order_fee", "2026-01-01", "order", amount="3000", per="order"),
        ]
    }
)
GOODS = [Sold("a", 10_004), Sold("b", 10_004), Sold("c", 12)]


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_rates_are_those_of_the_day_in_vietnam_on_which_the_order_was_created() -> None:
    assert SCHEDULE.charge("commission", at("2026-04-30T23:59:59+07:00"), GOODS) == [1_000, 1_000, 1]
    assert SCHEDULE.charge("commission", at("2026-05-01T00:00:00+07:00"), GOODS) == [1_251, 1_251, 2]
    assert SCHEDULE.charge("commission", at("2025-12-31T23:59:59+07:00"), GOODS) == [0, 0, 0]
    assert SCHEDULE.total("tax_vat", at("2026-05-01T00:00:00+07:00"), GOODS) == 0


def test_a_fee_rounded_at_the_order_is_the_order_s_and_its_rows_add_up() -> None:
    parts = SCHEDULE.charge("payment_fee", at("2026-06-01T00:00:00+07:00"), GOODS, shipping=16_500)
    # 6 % of 36,520 is 2,191.2
    assert (parts, sum(parts)) == ([600, 600, 991], 2_191)
    assert SCHEDULE.charge("order_fee", at("2026-06-01T00:00:00+07:00"), GOODS) == [0, 0, 3_000]
    assert SCHEDULE.charge("order_fee", at("2026-06-01T00:00:00+07:00"), []) == []


def test_a_wrong_rate_is_that_of_one_listing_and_one_fee() -> None:
    june = at("2026-06-01T00:00:00+07:00")
    wrong = MoneyError(WRONG_RATE, "toy", "s1", "T1", "commission", item="a")
    assert SCHEDULE.charge("commission", june, GOODS, error=wrong) == [1_351, 1_251, 2]
    assert SCHEDULE.total("payment_fee", june, GOODS, error=wrong) == SCHEDULE.total("payment_fee", june, GOODS)
    half = MoneyError(HALF_PERCENT, "toy", "s1", "T1", "commission", item="b")
    assert SCHEDULE.charge("commission", june, GOODS, error=half) == [1_251, 1_257, 2]
    double = MoneyError(DOUBLE, "toy", "s1", "T1", "payment_fee")
    assert (double.times("payment_fee"), double.times("commission")) == (2, 1)


def test_a_table_charges_by_the_nearest_category_and_the_next_rate_above_where_it_is_mistaken() -> None:
    table = {"name": "t", "default": "9", "rows": [{"category": "10", "rate": "12"}, {"category": "101", "rate": "15"}]}
    document = {"tables": [table], "rules": [rule("commission", "2026-01-01", "line", table="t")]}
    schedule, june = FeeSchedule(document), at("2026-06-01T00:00:00+07:00")
    goods = [
        Sold("a", 1_000, ("101", "10")),
        Sold("b", 1_000, ("102", "10")),
        Sold("c", 1_000, ("7",)),
        Sold("d", 1_000),
    ]
    assert schedule.charge("commission", june, goods) == [150, 120, 90, 90]

    def mistaken(item: str) -> list[int]:
        error = MoneyError(WRONG_CATEGORY, "toy", "s1", "T1", "commission", item=item)
        return schedule.charge("commission", june, goods, error=error)

    assert [mistaken(item) for item in "abc"] == [[120, 120, 90, 90], [150, 150, 90, 90], [150, 120, 120, 90]]


@pytest.mark.parametrize("channel", PUBLISHED)
def test_a_planted_rate_is_never_that_of_another_category(channel: str) -> None:
    """Else nobody could tell which of the two was planted."""
    for table in PUBLISHED[channel].document.get("tables", ()):
        rates = {Decimal(row["rate"]) for row in table["rows"]} | {Decimal(table["default"])}
        assert not rates & {rate + 1 for rate in rates}


@pytest.mark.parametrize("channel", PUBLISHED)
def test_a_hub_can_enter_what_a_platform_publishes(channel: str) -> None:
    rules = read_rules(json.dumps(PUBLISHED[channel].document)).rules
    assert {rule.channel for rule in rules} == {channel}
    assert {rule.strategy for rule in rules} <= {"PERCENT", "FIXED"}


def test_the_four_marketplaces_with_fee_lines_publish_theirs() -> None:
    assert sorted(PUBLISHED) == ["lazada", "shopee", "tiki", "tiktok_shop"]
