"""What comes back of fees: in proportion, by money, whole, or never; and how it lowers the month of the sale."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from commissions.rules.formula import Base
from commissions.rules.order import Back, Order
from commissions.rules.periods import kept, period_entries
from commissions.rules.reversals import given_back, reversals, sold
from commissions.rules.rule import Rounding, Rule
from tests.commissions.rules.make import NOON, D, bound, charges, fixed, line, order, percent, rule, tiered

THREE = order(line("100001", 3), line("50000", key="2"))
WHOLE = {"1": 3, "2": 1}


def parts(rules: Rule | list[Rule], what: Order, backs: Sequence[Back], **more: object) -> list[list[Decimal]]:
    """The amounts that each event gives back, line by line."""
    entries = charges(rules, what, **more).entries
    units = sold(what)
    return [
        [found.amount for found in reversals(entries, units, backs[:place], back)] for place, back in enumerate(backs)
    ]


def test_a_partial_return_gives_back_its_part_and_all_parts_add_up_to_the_entry() -> None:
    one = Back("returned", {"1": 1})
    # 12.5 % of 300,003 is 37,500
    assert parts(rule(percent("12.5")), order(line("100001", 3)), [one, one, one]) == [[-12_500], [-12_500], [-12_500]]
    # 10 % of 10 is 1
    assert parts(rule(percent("10")), order(line("2", 5)), [one] * 5) == [[], [], [-1], [], []]


def test_more_than_was_sold_gives_back_no_more_than_the_entry() -> None:
    backs = [Back("returned", {"1": 2}), Back("returned", {"1": 2}), Back("returned", {"1": 2})]
    assert parts(rule(percent("10")), order(line("1000", 3)), backs) == [[-200], [-100], []]


def test_floor_and_cap_are_not_applied_again() -> None:
    capped = rule(percent("10", cap=bound("1000", "order")))
    assert parts(capped, order(line("100000", 4)), [Back("returned", {"1": 1})]) == [[-250]]


def test_a_fee_on_the_buyers_payment_comes_back_with_the_money() -> None:
    fee = rule(percent("5", Base(kind="after_seller_discount", shipping=True)))
    what = order(line("100000", seller_discount=D(5_000)), shipping=D(5_900))
    assert parts(fee, what, [Back("refunded", {"1": 0}, {"1": D(40_000)})]) == [[-2_000]]
    assert parts(fee, what, [Back("returned", {"1": 1}, {"1": D(95_000)})]) == [[-4_750]]
    # a refund that is not told is all of it, and nothing is given back twice
    assert parts(fee, what, [Back("refunded", {}, {"1": D(40_000)}), Back("returned", {"1": 1})]) == [
        [-2_000],
        [-3_045],
    ]


def test_a_mere_refund_does_not_touch_fees_on_goods() -> None:
    assert parts(rule(percent("5")), order(), [Back("refunded", {"1": 1}, {"1": D(100_000)})]) == [[]]


@pytest.mark.parametrize("back", ["returned", "cancelled"])
def test_a_fee_that_comes_back_with_the_whole_order_waits_for_its_last_unit(back: str) -> None:
    fee = rule(fixed("3000"), given_back="full_return", charged_when=("handed_over",))
    backs = [Back(back, {"1": 3}), Back(back, {"2": 1})]
    # shared over the lines by value
    assert parts(fee, THREE, backs, events={"handed_over"}) == [[], [-2571, -429]]


def test_a_fee_that_is_never_given_back_stays_but_for_an_order_that_was_cancelled() -> None:
    fee = rule(fixed("3000"), given_back="never")
    assert parts(fee, THREE, [Back("returned", WHOLE)]) == [[]]
    assert parts(fee, THREE, [Back("cancelled", {"1": 3})]) == [[]]
    assert parts(fee, THREE, [Back("cancelled", WHOLE)]) == [[-2571, -429]]


def test_the_fee_of_a_parcel_handed_over_stays_when_the_order_is_cancelled() -> None:
    fee = rule(fixed("1620", "parcel"), given_back="never", charged_when=("handed_over",))
    assert parts(fee, THREE, [Back("cancelled", WHOLE)], events={"handed_over"}) == [[]]


def test_a_refund_at_once_with_the_goods_kept_keeps_the_fees() -> None:
    """It is a charging event and no Back: the fee is due, and nothing gives it back."""
    found = charges(
        rule(percent("5"), charged_when=("delivered", "refunded_at_once")), order(), events={"refunded_at_once"}
    )
    assert [(entry.amount, given_back(entry, {"1": 1}, ())) for entry in found.entries] == [(5_000, 0)]


@pytest.mark.parametrize("mode", ["half_up", "half_even", "down", "up"])
def test_reversals_round_as_their_entry_does_and_add_up(mode: str) -> None:
    fee = rule(percent("1"), rounding=Rounding(mode=mode))
    found = parts(fee, order(line("50", 7)), [Back("returned", {"1": 1})] * 7)
    assert (
        -sum(amount for amounts in found for amount in amounts)
        == {"half_up": 4, "half_even": 4, "down": 3, "up": 4}[mode]
    )


MONTHLY = rule(tiered(("0", "10"), ("300000", "5"), period="shop_month"))


def test_the_month_is_one_entry_recomputed_of_all_orders_with_shares_that_add_up() -> None:
    lasts = NOON.replace(month=6, day=30, hour=23, minute=59, second=59)
    sales = [
        order(line("200000"), number="A"), order(line("200000", 2), number="B", created_at=lasts),
        order(number="C", created_at=NOON.replace(month=7, day=1, hour=0)),
    ]  # fmt: skip
    found = [one for sale in sales for one in charges(MONTHLY, sale).monthly]
    june, july = period_entries(reversed(found))
    assert (june.month, june.base, june.amount, dict(june.shares)) == (
        "2026-06",
        600_000,
        45_000,
        {"A": 15_000, "B": 30_000},
    )
    assert [(step.base, step.rate, step.result) for step in june.working] == [
        (300_000, 10, 30_000),
        (300_000, 5, 15_000),
    ]
    assert (july.month, july.amount) == ("2026-07", 10_000)
    # a return lowers the month of its sale
    lowered = [kept(one, {"1": 2}, [Back("returned", {"1": 1})]) if one.order == "B" else one for one in found]
    assert [(entry.month, entry.amount) for entry in period_entries(lowered)] == [
        ("2026-06", 35_000),
        ("2026-07", 10_000),
    ]
    assert charges(MONTHLY, sales[0]).entries == []
