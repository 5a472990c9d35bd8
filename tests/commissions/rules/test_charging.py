"""What an order costs: bases, floors and caps, fixed amounts, tiers, VAT, rounding, and which rule wins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from commissions.rules.formula import Base, Nothing
from commissions.rules.order import Line, Order
from commissions.rules.rule import Conditions, OrderValue, RateRow, RateTable, Rounding, Vat
from tests.commissions.rules.make import (
    D,
    amounts,
    bound,
    charges,
    fixed,
    line,
    order,
    percent,
    rule,
    tiered,
)  # fmt: skip

DISCOUNTED = line("300000", 2, seller_discount=D(30_000), platform_discount=D(20_000), platform_voucher=D(10_000), coins=D(5_000), tax=D(40_000))  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("base", "fee"),
    [
        (Base(kind="item"), 60_000),
        (Base(kind="order"), 60_000),
        (Base(kind="after_seller_discount"), 57_000),
        (Base(kind="after_all_discounts"), 54_000),
        (Base(kind="after_all_discounts", without_tax=True), 50_000),
        (Base(kind="paid_by_buyer"), 53_500),
        (Base(kind="paid_by_buyer", shipping=True), 55_000),
        (Base(kind="after_seller_discount", shipping=True), 58_500),
        (Base(kind="platform_voucher"), 1_000),
    ],
)
def test_a_percent_is_of_its_base(base: Base, fee: int) -> None:
    assert amounts(rule(percent("10", base)), order(DISCOUNTED, shipping=D(15_000))) == [fee]


@pytest.mark.parametrize(
    ("more", "fees"),
    [
        ({}, [10_000, 60_000]),
        ({"cap": bound("15000")}, [10_000, 45_000]),
        ({"cap": bound("15000", "line")}, [10_000, 15_000]),
        ({"cap": bound("35000", "order")}, [5_000, 30_000]),
        ({"floor": bound("25000")}, [25_000, 75_000]),
        ({"floor": bound("25000", "line")}, [25_000, 60_000]),
        ({"floor": bound("140000", "order")}, [20_000, 120_000]),
        ({"floor": bound("12000"), "cap": bound("15000")}, [12_000, 45_000]),
        ({"cap": bound("15000"), "floor": bound("110000", "order")}, [20_000, 90_000]),
        ({"cap": bound("15000"), "floor": bound("20000", "line")}, [20_000, 45_000]),
    ],
)
def test_floor_and_cap_are_per_item_line_or_order(more: dict[str, Any], fees: list[int]) -> None:
    found = amounts(rule(percent("10", **more)), order(line("100000"), line("200000", 3, "2")))
    assert found == fees


def test_a_free_item_is_not_raised_to_a_floor() -> None:
    assert amounts(rule(percent("10", floor=bound("1000"))), order(line("0"), line("5000", key="2"))) == [0, 1000]
    assert amounts(rule(percent("10", floor=bound("1000", "order"))), order(line("0"))) == [0]


@pytest.mark.parametrize(
    ("per", "fees"),
    [("order", [1000, 2000]), ("parcel", [2000, 4000]), ("line", [3000, 3000]), ("unit", [3000, 6000])],
)
def test_a_fixed_amount_is_per_order_parcel_line_or_unit(per: str, fees: list[int]) -> None:
    assert amounts(rule(fixed("3000", per)), order(line("50000"), line("50000", 2, "2"), parcels=2)) == fees


@pytest.mark.parametrize(
    ("mode", "value", "fee"),
    [
        ("marginal", "999", 100),
        ("marginal", "1000", 100),
        ("marginal", "3000", 200),
        ("whole", "999", 100),
        ("whole", "1000", 50),
        ("whole", "3000", 150),
    ],
)
def test_tiers_take_their_part_or_the_whole_lower_limits_inclusive(mode: str, value: str, fee: int) -> None:
    assert amounts(rule(tiered(("0", "10"), ("1000", "5"), mode=mode)), order(line(value))) == [fee]


def test_tiers_look_at_the_whole_order_and_lose_no_dong_between_its_lines() -> None:
    three = [line("333", key=str(key)) for key in range(3)]
    assert amounts(rule(tiered(("0", "10"), ("500", "20"))), order(*three)) == [50, 50, 50]
    assert amounts(rule(percent("10"), rounding=Rounding(level="order")), order(*three)) == [33, 33, 34]
    assert amounts(rule(percent("10")), order(*three)) == [33, 33, 33]


@pytest.mark.parametrize(("mode", "fee"), [("half_up", 3), ("half_even", 2), ("down", 2), ("up", 3)])
def test_a_rule_says_how_it_rounds(mode: str, fee: int) -> None:
    assert amounts(rule(percent("5"), rounding=Rounding(mode=mode)), order(line("50"))) == [fee]


@pytest.mark.parametrize(("level", "fee"), [("item", 9), ("line", 8)])
def test_rounding_each_item_is_not_rounding_the_line(level: str, fee: int) -> None:
    assert amounts(rule(percent("5"), rounding=Rounding(level=level)), order(line("50", 3))) == [fee]


def test_cents_are_kept_where_the_currency_has_them() -> None:
    assert amounts(rule(percent("5")), order(line("10.10"), currency="USD")) == [D("0.51")]


def test_vat_is_added_after_the_cap() -> None:
    found = charges(rule(percent("10", cap=bound("5000")), vat=Vat(mode="added", rate=D(8))), order())
    assert [entry.amount for entry in found.entries] == [5400]


def test_what_is_left_after_named_fees() -> None:
    rules = [
        rule(percent("10"), "a"),
        rule(fixed("3000"), "b", fee_kind="order_fee"),
        rule(
            percent("50", Base(kind="after_seller_discount", less_fees=("commission", "order_fee"))), "c", payee="staff"
        ),
    ]
    lines = (line("100000", payees={"staff": "NV1"}), line("50000", key="2", payees={"staff": "NV1"}))
    found = charges(rules, order(*lines)).entries
    assert [(entry.rule.key, entry.payee_id, entry.amount) for entry in found] == [
        ("a", "", 10_000), ("a", "", 5_000), ("b", "", 2_000), ("b", "", 1_000), ("c", "NV1", 44_000), ("c", "NV1", 22_000),
    ]  # fmt: skip


def test_a_rate_told_by_the_line_and_one_that_is_not_told() -> None:
    told = rule(percent(None), rate_from="line", fee_kind="affiliate")
    found = charges(told, order(line(rates={"affiliate": D("12.5")}), line(key="2")))
    assert [(entry.line, entry.rate, entry.amount) for entry in found.entries] == [("1", D("12.5"), 12_500)]
    assert [(one.line, str(one.reason)) for one in found.unknown] == [("2", "The order line does not tell its rate.")]


@pytest.mark.parametrize(
    ("category", "fee"),
    [("leaf", 1000), ("other leaf", 2000), ("far leaf", 3000), ("root", 3000), ("unknown", 9000), ("", 9000)],
)
def test_a_rate_falls_back_from_leaf_to_parent_root_and_default(category: str, fee: int) -> None:
    above = {"leaf": "parent", "other leaf": "parent", "parent": "root", "far leaf": "far", "far": "root"}
    rows = tuple(RateRow(category=name, rate=D(rate)) for name, rate in (("leaf", 1), ("parent", 2), ("root", 3)))
    found = charges(
        rule(percent(None, table="t")), order(line(category=category)),
        tables=(RateTable(name="t", rows=rows, default=D(9)),), categories={"bazaar": above},
    )  # fmt: skip
    assert [entry.amount for entry in found.entries] == [fee]


def test_a_category_that_no_rate_is_known_of_is_told() -> None:
    table = RateTable(name="t", rows=(RateRow(category="a", rate=D(1)),))
    found = charges(rule(percent(None, table="t")), order(line(category="b")), tables=(table,))
    assert found.entries == []
    assert [str(one.reason) for one in found.unknown] == ["The rate table “t” has no rate for the category “b”."]


# (conditions of a second rule beside one without any, a line it holds for, an order it holds for)
HOLDS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"conditions": Conditions(sku=frozenset({"AO-01"}))}, {"sku": "AO-01"}, {}),
    ({"conditions": Conditions(category=frozenset({"parent"}))}, {"category": "leaf"}, {}),
    ({"conditions": Conditions(campaign=frozenset({"live"}))}, {"campaigns": ("9.9", "live")}, {}),
    ({"conditions": Conditions(payment_method=frozenset({"cod"}))}, {}, {"payment_method": "cod"}),
    ({"conditions": Conditions(legal_form=frozenset({"household"}))}, {}, {"legal_form": "household"}),
    ({"conditions": Conditions(order_value=OrderValue(at_least=D(150_000)))}, {"quantity": 2}, {}),
    ({"shop": "s2"}, {}, {"shop": "s2"}),
    ({"shop_type": "mall"}, {}, {"shop_type": "mall"}),
]


@pytest.mark.parametrize(("more", "of_line", "of_order"), HOLDS)
def test_the_rule_with_most_conditions_wins(more: dict[str, Any], of_line: Any, of_order: Any) -> None:
    rules = [rule(percent("1"), "any"), rule(percent("2"), "special", **more)]

    def winner(what: Order) -> str:
        found = charges(rules, what, categories={"bazaar": {"leaf": "parent"}})
        return found.entries[0].rule.key

    assert winner(order(line(**of_line), **of_order)) == "special"
    assert winner(order()) == "any"


def test_a_winner_that_says_none_means_no_fee_and_other_fees_add_up() -> None:
    rules = [
        rule(percent("5"), "any"),
        rule(Nothing(), "free", conditions=Conditions(sku=frozenset({"GIFT"}))),
        rule(fixed("1000", "line"), "pack", fee_kind="other"),
    ]
    found = charges(rules, order(line(sku="GIFT"), line(key="2"))).entries
    assert [(entry.rule.key, entry.line, entry.amount) for entry in found] == [
        ("any", "2", 5_000), ("pack", "1", 1_000), ("pack", "2", 1_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("created_at", "fees"),
    [
        ("2025-12-31T23:59:59+07:00", []),
        ("2026-01-01T00:00:00+07:00", [5_000]),
        ("2026-05-08T23:59:59+07:00", [5_000]),
        ("2026-05-08T16:59:59+00:00", [5_000]),
        ("2026-05-08T17:00:00+00:00", [6_000]),
        ("2026-06-30T23:59:59+07:00", [6_000]),
        ("2026-07-01T00:00:00+07:00", []),
    ],
)
def test_a_version_is_for_orders_created_from_its_day_in_vietnam(created_at: str, fees: list[int]) -> None:
    versions = [
        rule(percent("5")),
        rule(percent("6"), version=2, starts=date(2026, 5, 9)),
        rule(Nothing(), version=3, starts=date(2026, 7, 1)),
        rule(percent("99"), version=4, starts=date(2026, 5, 9), active=False),
    ]
    assert amounts(versions, order(created_at=datetime.fromisoformat(created_at))) == fees


def test_a_fee_is_due_when_its_event_has_happened() -> None:
    rules = [
        rule(fixed("1620", "parcel"), "parcel", fee_kind="parcel_fee", charged_when=("handed_over",)),
        rule(percent("5"), "fee", charged_when=("delivered", "refunded_at_once")),
    ]
    assert amounts(rules, order(), events=()) == []
    assert amounts(rules, order(), events={"handed_over"}) == [1620]
    assert amounts(rules, order(), events={"handed_over", "delivered"}) == [5000, 1620]
    assert amounts(rules, order(), events={"refunded_at_once"}) == [5000]


def test_of_other_payees_only_lines_that_name_one_pay() -> None:
    rules = [
        rule(percent("3"), "staff", payee="staff"),
        rule(percent("4"), "lan", payee="staff", payee_id="lan"),
    ]
    lines = (line(), line(key="2", payees={"staff": "hoa"}), line(key="3", payees={"staff": "lan"}))
    found = charges(rules, order(*lines)).entries
    assert [(entry.line, entry.payee_id, entry.amount) for entry in found] == [("2", "hoa", 3000), ("3", "lan", 4000)]


def test_a_line_without_units_and_another_channel_cost_nothing() -> None:
    assert amounts(rule(fixed("3000", "line")), order(line(quantity=0), line(key="2"))) == [3000]
    assert amounts(rule(), order(channel="elsewhere")) == []


def test_the_working_is_shown_step_by_step() -> None:
    made = rule(
        percent("12.5", Base(kind="after_seller_discount", shipping=True), cap=bound("50000")),
        vat=Vat(mode="added", rate=D(8)),
    )
    (entry,) = charges(
        made, order(line("500000", seller_discount=D(20_000)), shipping=D(30_000)), with_working=True
    ).entries
    assert [(step.name, step.base, step.rate, step.result, step.rounding) for step in entry.working] == [
        ("after_seller_discount", 500_000, None, 480_000, ""),
        ("shipping", 30_000, None, 510_000, ""),
        ("rate", 510_000, D("12.5"), 63_750, ""),
        ("cap", 63_750, 50_000, 50_000, ""),
        ("vat", 50_000, 8, 54_000, ""),
        ("rounding", 54_000, None, 54_000, "half_up line"),
    ]


def test_the_working_of_a_line_shows_the_order_that_it_shares() -> None:
    made = rule(percent("10", cap=bound("35000", "order")))
    (entry, _other) = charges(made, order(line("100000"), line("200000", 3, "2")), with_working=True).entries
    assert [(step.name, step.base, step.rate, step.result) for step in entry.working[2:]] == [
        ("order", 70_000, None, 70_000),
        ("cap", 70_000, 35_000, 35_000),
        ("rounding", 35_000, None, 35_000),
        ("share", 35_000, None, 5_000),
    ]


def test_numbers_of_twenty_digits_are_exact() -> None:
    """The product is 0.00000000000000000001 below a whole dong: fewer digits on the way would round it up."""
    price = 98765432109876543211
    digits = pow(-price, -1, 10**20)
    rate = f"{digits // 10**18}.{digits % 10**18:018}"
    (entry,) = charges(rule(percent(rate), rounding=Rounding(mode="down")), order(line(str(price)))).entries
    assert entry.amount == price * digits // 10**20


def test_a_fee_is_taken_after_one_that_was_charged_at_another_event() -> None:
    rules = [
        rule(fixed("1620", "parcel"), "parcel", fee_kind="parcel_fee", charged_when=("handed_over",)),
        rule(percent("10", Base(kind="item", less_fees=("parcel_fee",))), "fee"),
    ]
    assert amounts(rules, order(), events={"delivered"}) == [9_838]


def test_a_line_is_a_named_tuple_that_does_not_share_what_it_was_not_told() -> None:
    with pytest.raises(TypeError):
        Line("1", 1, D(1)).rates["commission"] = D(1)  # type: ignore[index]


def test_a_floor_of_the_order_at_a_rate_of_zero_is_shared_by_base() -> None:
    found = amounts(
        rule(percent("0", floor=bound("1000", "order"))), order(line("300"), line("0", key="2"), line("100", key="3"))
    )
    assert found == [750, 0, 250]
