"""What was found beside what was planted: each order counts once, as what it is, and what is missed or false is a breach."""

from __future__ import annotations

from commissions.findings.kinds import Kind
from erpsync.rehearsal.money.figures import FOUND_AS, money_figures, planted, with_money
from erpsync.rehearsal.money.verdicts import Item, Matched
from erpsync.rehearsal.report import as_object, as_text
from erpsync.rehearsal.shapes import Verdict
from integrations.simulator.money_errors import CANCELLED_FEE, CLASSES, DOUBLE, WRONG_RATE
from tests.erpsync.rehearsal.test_rehearse import verdict

MATCHED = Matched(1_000, 99.7, 99.8, 40.0)
LEDGER = [
    {"channel": "shopee", "shop": "9", "order": "A1", "name": WRONG_RATE, "fee": "commission", "returned_at": None},
    {"channel": "shopee", "shop": "9", "order": "A2", "name": DOUBLE, "fee": "payment_fee", "returned_at": 1.0},
    {"channel": "shopee", "shop": "9", "order": "A3", "name": DOUBLE, "fee": "payment_fee", "returned_at": None},
    {"channel": "lazada", "shop": "2", "order": "A1", "name": CANCELLED_FEE, "fee": "commission", "returned_at": None},
]
FOUND = [
    Item("shopee", "9", "A1", Kind.WRONG_RATE, "commission", True, 1),
    Item("shopee", "9", "A2", Kind.DOUBLE_CHARGE, "payment_fee", False, 2),
    Item("shopee", "9", "A3", Kind.DOUBLE_CHARGE, "payment_fee", True, 2),
    Item("lazada", "2", "A1", Kind.CANCELLED_FEE, "commission", True, 3),
]


def judged(items: list[Item]) -> Verdict:
    return with_money(verdict(ok=True), money_figures(planted(LEDGER), items, MATCHED))


def test_every_class_has_findings_that_are_right_about_it() -> None:
    assert FOUND_AS.keys() == CLASSES.keys()


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
    found = judged([*FOUND, Item("shopee", "9", "B7", Kind.UNKNOWN_FEE, "shipping", True, 4)])
    assert found.breaches == ("1 findings about money that is right: unknown_fee of shopee 9 B7",)
    assert found.figures["money"]["false_kinds"] == {"unknown_fee": 1}


def test_what_is_left_of_a_wrong_rate_when_the_order_came_back_is_a_fee_that_nothing_expects() -> None:
    money = judged([Item("shopee", "9", "A1", Kind.UNEXPECTED_FEE, "commission", True, 1), *FOUND[1:]]).figures["money"]
    assert [money[name] for name in ("found", "missed", "false")] == [4, 0, 0]


def test_another_name_for_it_another_fee_or_another_end_is_both_missed_and_false() -> None:
    others = [
        Item("shopee", "9", "A1", Kind.CANCELLED_FEE, "commission", True, 1),
        Item("shopee", "9", "A2", Kind.DOUBLE_CHARGE, "payment_fee", True, 2),
        Item("shopee", "9", "A3", Kind.DOUBLE_CHARGE, "commission", True, 2),
        Item("lazada", "9", "A1", Kind.CANCELLED_FEE, "commission", True, 3),
    ]
    money = judged(others).figures["money"]
    assert [money[name] for name in ("found", "missed", "false")] == [0, 4, 4]
