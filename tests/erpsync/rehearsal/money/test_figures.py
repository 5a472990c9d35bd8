"""What was found beside what was planted: each order counts once, as what it is, and what is missed or false is a breach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from commissions.findings.kinds import Kind
from erpsync.rehearsal.money.figures import FOUND_AS, STATEMENT_FOUND_AS, money_figures, planted, with_money
from erpsync.rehearsal.money.verdicts import Item, Matched, Subject
from erpsync.rehearsal.report import as_object, as_text
from erpsync.rehearsal.shapes import Verdict
from integrations.simulator.discovery import find_platforms
from integrations.simulator.money_errors import (
    CANCELLED_FEE,
    CLASSES,
    DOUBLE,
    MISSING_PAYOUT,
    SHORT_PAYOUT,
    WRONG_RATE,
    MoneyError,
)
from tests.erpsync.rehearsal.test_rehearse import verdict

MATCHED = Matched(1_000, 99.7, 99.8, 40.0)
LEDGER = [
    MoneyError(WRONG_RATE, "shopee", "9", "A1", "commission"),
    MoneyError(DOUBLE, "shopee", "9", "A2", "payment_fee", returned_at=1.0),
    MoneyError(DOUBLE, "shopee", "9", "A3", "payment_fee"),
    MoneyError(CANCELLED_FEE, "lazada", "2", "A1", "commission"),
]
FOUND = [
    Item(Subject("shopee", "9", "A1"), Kind.WRONG_RATE, "commission", True, 1),
    Item(Subject("shopee", "9", "A2"), Kind.DOUBLE_CHARGE, "payment_fee", False, 2),
    Item(Subject("shopee", "9", "A3"), Kind.DOUBLE_CHARGE, "payment_fee", True, 2),
    Item(Subject("lazada", "2", "A1"), Kind.CANCELLED_FEE, "commission", True, 3),
]


def judged(items: list[Item], ledger: Sequence[MoneyError] = LEDGER) -> Verdict:
    return with_money(verdict(ok=True), money_figures(planted(map(asdict, ledger)), items, MATCHED))


def test_every_class_has_findings_that_are_right_about_it() -> None:
    assert FOUND_AS.keys() == CLASSES.keys()
    assert set(STATEMENT_FOUND_AS) == set().union(
        *(platform.statement_errors for platform in find_platforms().values())
    )


def test_all_found_and_nothing_else_is_no_breach() -> None:
    found = judged(FOUND)
    told = as_object(found)
    assert (told["verdict"], told["breaches"]) == ("ok", [])
    money = told["money"]
    assert [money[name] for name in ("planted", "found", "missed", "false")] == [4, 4, 0, 0]
    assert money["classes"][DOUBLE] == {"planted": 2, "found": 2, "missed": 0}
    assert money["classes"][CANCELLED_FEE] == {"planted": 1, "found": 1, "missed": 0}
    assert money["incidents"] == {"planted": 1, "found": 1}
    assert "4 errors planted, 4 found; 0 missed, 0 false; 99.7 % of 1000 fees" in as_text(found)


def test_an_error_that_nobody_found_is_a_breach() -> None:
    found = judged(FOUND[:-1])
    assert not found.ok
    assert found.breaches == (
        "1 errors with money that the hub did not find: missed fee_on_cancelled_order of lazada 2 A1",
    )  # fmt: skip


def test_a_finding_about_what_is_right_is_a_breach() -> None:
    found = judged([*FOUND, Item(Subject("shopee", "9", "B7"), Kind.UNKNOWN_FEE, "shipping", True, 4)])
    assert found.breaches == ("1 findings about money that is right: unknown_fee of shopee 9 B7",)
    assert found.figures["money"]["false_kinds"] == {"unknown_fee": 1}


def test_what_is_left_of_a_wrong_rate_when_the_order_came_back_is_a_fee_that_nothing_expects() -> None:
    money = judged(
        [Item(Subject("shopee", "9", "A1"), Kind.UNEXPECTED_FEE, "commission", True, 1), *FOUND[1:]]
    ).figures["money"]
    assert [money[name] for name in ("found", "missed", "false")] == [4, 0, 0]


def test_another_name_for_it_another_fee_or_another_end_is_both_missed_and_false() -> None:
    others = [
        Item(Subject("shopee", "9", "A1"), Kind.CANCELLED_FEE, "commission", True, 1),
        Item(Subject("shopee", "9", "A2"), Kind.DOUBLE_CHARGE, "payment_fee", True, 2),
        Item(Subject("shopee", "9", "A3"), Kind.DOUBLE_CHARGE, "commission", True, 2),
        Item(Subject("lazada", "9", "A1"), Kind.CANCELLED_FEE, "commission", True, 3),
    ]
    money = judged(others).figures["money"]
    assert [money[name] for name in ("found", "missed", "false")] == [0, 4, 4]


WEEK = "02 Nov 2026 - 08 Nov 2026"
# an order whose number is a statement's name, and the same week of another shop
PAYOUTS = [
    MoneyError(MISSING_PAYOUT, "lazada", "2", "", "", statement=WEEK),
    MoneyError(SHORT_PAYOUT, "lazada", "3", "", "", statement=WEEK),
    MoneyError(MISSING_PAYOUT, "lazada", "2", WEEK, ""),
]
PAYOUTS_FOUND = [
    Item(Subject("lazada", "2", "", WEEK), Kind.MISSING_PAYOUT, "", True, 5),
    Item(Subject("lazada", "3", "", WEEK), Kind.SHORT_PAYOUT, "", True, 6),
    Item(Subject("lazada", "2", WEEK), Kind.LATE_MONEY, "", True, 7),
]


def test_an_error_of_a_statement_is_found_by_what_is_said_of_the_statement() -> None:
    found = judged(PAYOUTS_FOUND, PAYOUTS)
    assert found.breaches == ()
    assert found.figures["money"]["classes"][MISSING_PAYOUT] == {"planted": 2, "found": 2, "missed": 0}
    assert found.figures["money"]["payouts"] == {
        "lazada missing_payout of statements": {"planted": 1, "found": 1, "missed": 0},
        "lazada short_payout of statements": {"planted": 1, "found": 1, "missed": 0},
        "lazada missing_payout of orders": {"planted": 1, "found": 1, "missed": 0},
    }


def test_what_is_said_of_an_order_or_of_another_shop_is_not_said_of_the_statement() -> None:
    others = [
        Item(Subject("lazada", "2", "", WEEK), Kind.LATE_MONEY, "", True, 5),
        Item(Subject("lazada", "4", "", WEEK), Kind.SHORT_PAYOUT, "", True, 6),
        Item(Subject("lazada", "2", WEEK), Kind.MISSING_PAYOUT, "", True, 7),
    ]
    money = judged(others, PAYOUTS).figures["money"]
    assert [money[name] for name in ("found", "missed", "false")] == [0, 3, 3]
    assert money["payouts"]["lazada short_payout of statements"] == {"planted": 1, "found": 0, "missed": 1}
    assert f"missed short_payout of lazada 3 statement {WEEK}" in money["examples"]
    assert f"short_payout of lazada 4 statement {WEEK}" in money["examples"]
