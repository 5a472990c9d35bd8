"""Payouts beside statements, and orders whose money is late: judged by the channel's term, or a person's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from commissions.findings.terms import TERMS, Term, due_day, late_at
from commissions.models import Finding, Payout, PayoutMatch, PayoutTerm
from commissions.services.expected_pay import pay_of
from commissions.services.findings.refresh import refresh
from commissions.services.payouts import store_payouts
from commissions.services.statements import store_settlements
from commissions.snapshots import PayoutSnapshot, SettlementSnapshot, StatementLineSnapshot
from inventory.models import Shop
from orders.models import Order
from tests.commissions.ledger import PLACED, rule, store_order

pytestmark = pytest.mark.django_db

SETTLED = datetime(2026, 11, 20, tzinfo=UTC)
LATER = SETTLED + timedelta(days=30)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="lazada")


def settle(
    shop: Shop,
    statement: str,
    amount: int,
    *,
    at: datetime = SETTLED,
    is_paid: bool = True,
    order: str = "",
    kind: str = "sale",
) -> None:
    line = StatementLineSnapshot(
        f"{statement}{order}{kind}", kind, kind, Decimal(amount), "VND", at, statement=statement, happened_at=at, is_paid=is_paid,
        order_number=order,
    )  # fmt: skip
    with transaction.atomic():
        store_settlements(shop, [SettlementSnapshot(statement, (line,))])


def pay(shop: Shop, name: str, amount: int, *, from_file: bool = False, **more: Any) -> None:
    values = {"statement": name, "paid_at": SETTLED + timedelta(days=1)} | more
    external_id = f"{name}:{amount}:{from_file}:{more.get('kind', '')}"
    with transaction.atomic():
        store_payouts(
            shop.pk, [PayoutSnapshot(external_id, Decimal(amount), "VND", SETTLED, **values)], from_file=from_file
        )


def states(shop: Shop, now: datetime = LATER) -> list[tuple[str, str, int]]:
    refresh(shop.pk, now=now)
    found = PayoutMatch.objects.filter(shop=shop).order_by("statement", "order_number")
    return [(row.statement or row.order_number, row.state, int(row.difference)) for row in found]


@pytest.mark.parametrize(
    ("paid", "state", "difference"),
    [
        ((1000,), "matched", 0),
        ((600, 400), "matched", 0),
        ((999,), "short", -1),
        ((1001,), "over", 1),
        ((), "missing", -1000),
    ],
)
def test_the_state_of_a_payout(shop: Shop, paid: tuple[int, ...], state: str, difference: int) -> None:
    settle(shop, "ST-0", 500, at=SETTLED - timedelta(days=9))
    pay(shop, "ST-0", 500, paid_at=SETTLED - timedelta(days=8))
    settle(shop, "ST-1", 1000)
    for amount in paid:
        pay(shop, "ST-1", amount)
    assert states(shop) == [("ST-0", "matched", 0), ("ST-1", state, difference)]
    kinds = {"missing": "missing_payout", "short": "short_payout", "over": "over_payout"}
    assert list(Finding.objects.values_list("kind", "amount")) == (
        [(kinds[state], -difference)] if state in kinds else []
    )


def test_before_any_transfer_is_known_the_channels_word_stands(shop: Shop) -> None:
    settle(shop, "ST-1", 1000)
    settle(shop, "ST-2", 700, is_paid=False)
    settle(shop, "ST-3", -50, is_paid=False)
    assert states(shop, SETTLED + timedelta(days=1)) == [
        ("ST-1", "reported", -1000), ("ST-2", "due", -700), ("ST-3", "matched", 50),
    ]  # fmt: skip
    assert states(shop)[1] == ("ST-2", "missing", -700)
    pay(shop, "ST-2", 700)
    assert states(shop)[1] == ("ST-2", "matched", 0)
    assert list(Finding.objects.values_list("kind", "state", "open_orders")) == [("missing_payout", "closed", 0)]


def test_a_transfer_is_joined_to_the_statement_that_its_text_names(shop: Shop) -> None:
    pay(shop, "", 1000, reference="LAZADA payout, ST-1 11/2026")
    settle(shop, "ST-1", 1000)
    assert states(shop) == [("ST-1", "matched", 0)]
    assert Payout.objects.get().statement == "ST-1"


def test_what_the_channel_says_goes_before_a_file(shop: Shop) -> None:
    settle(shop, "ST-1", 1000)
    pay(shop, "ST-1", 1000, from_file=True)
    assert states(shop) == [("ST-1", "matched", 0)]
    pay(shop, "ST-1", 1000)
    assert states(shop) == [("ST-1", "matched", 0)]


def test_money_released_for_orders_is_compared_order_by_order(shop: Shop) -> None:
    for number, amount in (("A1", 900), ("A2", 800)):
        settle(shop, "", amount, order=number)
    pay(shop, "", 900, kind="wallet", order_number="A1", paid_at=SETTLED - timedelta(days=1))
    pay(shop, "", 700, kind="wallet", order_number="A2")
    assert states(shop) == [("A1", "matched", 0), ("A2", "short", -100)]


def test_an_adjustment_of_an_order_is_no_part_of_what_was_released_for_it(shop: Shop) -> None:
    settle(shop, "", 900, order="A1")
    pay(shop, "", 900, kind="wallet", order_number="A1", paid_at=SETTLED - timedelta(days=1))
    settle(shop, "", 40, order="A1", kind="adjustment")
    assert states(shop) == [("A1", "matched", 0)]


def test_any_order_of_news_ends_in_the_same_payouts(shop: Shop) -> None:
    news = (
        lambda one: settle(one, "ST-1", 1000),
        lambda one: pay(one, "ST-1", 600),
        lambda one: pay(one, "ST-1", 400),
    )
    for place, order in enumerate(permutations(news)):
        one = Shop.objects.create(name=f"Gian {place}", channel="lazada")
        for step in order:
            step(one)
            refresh(one.pk, now=LATER)
        assert states(one) == [("ST-1", "matched", 0)]
        assert not Finding.objects.filter(shop=one, state="open").exists()


# 20 November 2026 is a Friday
@pytest.mark.parametrize(
    ("term", "day", "due", "late"),
    [
        (TERMS["shopee"], 16, date(2026, 11, 16), date(2026, 11, 19)),
        (TERMS["tiktok_shop"], 16, date(2026, 11, 23), date(2026, 11, 26)),
        (TERMS["lazada"], 16, date(2026, 11, 20), date(2026, 11, 25)),
        (TERMS["lazada"], 20, date(2026, 11, 27), date(2026, 12, 2)),
        (Term("delivered", grace_days=0), 16, date(2026, 11, 16), date(2026, 11, 17)),
    ],
)
def test_days_of_a_term(term: Term, day: int, due: date, late: date) -> None:
    at = datetime(2026, 11, day, 5, tzinfo=UTC)
    assert due_day(term, at) == due
    assert late_at(term, at).date() == late


def test_an_order_past_its_term_is_missing_money_until_it_is_paid(shop: Shop) -> None:
    rule(channel="lazada")
    settle(shop, "ST-0", 1, at=PLACED - timedelta(days=5))
    store_order(shop, "delivered", 10)
    assert Finding.objects.count() == 0
    refresh(shop.pk, now=PLACED + timedelta(days=3))
    assert not Finding.objects.filter(kind="late_money").exists()
    refresh(shop.pk, now=LATER)
    finding = Finding.objects.get(kind="late_money")
    # 200,002 dong of goods less a tenth
    assert (finding.orders, int(finding.amount), finding.state) == (1, 180_002, "open")
    pay_now = pay_of(Order.objects.get().pk)
    assert (int(pay_now.expected), pay_now.due, pay_now.paid) == (180_002, date(2026, 11, 13), None)
    settle(shop, "ST-1", 180_002, order="A1")
    refresh(shop.pk, now=LATER)
    finding.refresh_from_db()
    assert finding.state == "closed"
    assert int(pay_of(Order.objects.get().pk).paid or 0) == 180_002


def test_the_money_of_an_order_in_a_statement_is_missed_once_with_the_statement(shop: Shop) -> None:
    settle(shop, "ST-0", 1, at=PLACED - timedelta(days=5))
    store_order(shop, "delivered", 10)
    refresh(shop.pk, now=LATER)
    assert list(Finding.objects.values_list("kind", "state", "amount")) == [("late_money", "open", 200_002)]
    settle(shop, "ST-1", 180_002, order="A1", is_paid=False)
    refresh(shop.pk, now=LATER)
    assert list(Finding.objects.order_by("id").values_list("kind", "state", "amount")) == [
        ("late_money", "closed", 0), ("missing_payout", "open", 180_002),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["refund", "adjustment", "penalty"])
def test_an_order_is_not_paid_by_a_line_that_says_nothing_of_its_sale(shop: Shop, kind: str) -> None:
    settle(shop, "ST-0", 1, at=PLACED - timedelta(days=5))
    store_order(shop, "delivered", 10)
    settle(shop, "ST-1", -50_000, order="A1", kind=kind)
    refresh(shop.pk, now=LATER)
    finding = Finding.objects.get(kind="late_money")
    assert (finding.orders, int(finding.amount), finding.state) == (1, 200_002, "open")
    settle(shop, "ST-2", 200_002, order="A1")
    refresh(shop.pk, now=LATER)
    finding.refresh_from_db()
    assert finding.state == "closed"


def test_a_term_that_is_not_verified_counts_only_when_a_person_sets_it() -> None:
    shop = Shop.objects.create(name="Tiki", channel="tiki")
    settle(shop, "ST-0", 1, at=PLACED - timedelta(days=5))
    store_order(shop, "completed", 10)
    refresh(shop.pk, now=LATER)
    assert not Finding.objects.filter(kind="late_money").exists()
    PayoutTerm.objects.create(shop=shop, days=3)
    refresh(shop.pk, now=LATER)
    assert Finding.objects.get(kind="late_money").orders == 1


DAY = timedelta(days=1)


def closed(shop: Shop, name: str, amount: int, at: datetime, **more: Any) -> None:
    """Pay what is known by the time its statement was closed."""
    pay(shop, "", amount, reference=name, closed_at=at, **more)


def test_a_transfer_that_tells_when_its_statement_was_closed_pays_the_newest_of_before_then(shop: Shop) -> None:
    weeks = [SETTLED - 14 * DAY, SETTLED - 7 * DAY, SETTLED]
    for place, at in enumerate(weeks):
        settle(shop, f"week {place}", 1000 + place, at=at)
    # in any order, and one before its statement's lines are known
    closed(shop, "N-2", 1002, weeks[2] + 2 * DAY)
    closed(shop, "N-0", 900, weeks[0] + 2 * DAY, paid_at=weeks[0] + 6 * DAY)
    assert states(shop) == [("week 0", "short", -100), ("week 1", "missing", -1001), ("week 2", "matched", 0)]
    closed(shop, "N-1", 1001, weeks[1] + 2 * DAY)
    assert states(shop) == [("week 0", "short", -100), ("week 1", "matched", 0), ("week 2", "matched", 0)]


def test_a_transfer_that_was_known_before_its_statement_moves_to_it(shop: Shop) -> None:
    settle(shop, "week 0", 1000, at=SETTLED - 7 * DAY)
    closed(shop, "N-1", 1001, SETTLED + DAY)
    refresh(shop.pk, now=LATER)
    assert Payout.objects.get().statement == "week 0"
    settle(shop, "week 1", 1001)
    assert states(shop)[1] == ("week 1", "matched", 0)
    assert Payout.objects.get().statement == "week 1"


def test_a_statement_that_got_a_line_since_was_still_open(shop: Shop) -> None:
    settle(shop, "week 0", 1000, at=SETTLED - 7 * DAY)
    settle(shop, "week 1", 500, at=SETTLED)
    settle(shop, "week 1", 600, at=SETTLED + 2 * DAY, kind="refund")
    closed(shop, "N-0", 1000, SETTLED + DAY)
    assert states(shop)[0] == ("week 0", "matched", 0)


def test_a_balance_carried_over_is_no_part_of_the_statement(shop: Shop) -> None:
    settle(shop, "ST-1", 1000)
    pay(shop, "ST-1", 700, carried=Decimal(-300))
    assert states(shop) == [("ST-1", "matched", 0)]


def test_a_release_without_a_name_is_joined_to_the_one_statement_of_its_sum(shop: Shop) -> None:
    settle(shop, "ST-1", 1000)
    pay(shop, "", 1000, kind="wallet", reference="a")
    # a withdrawal to the bank pays for whatever is in the wallet
    pay(shop, "", 1000, kind="bank", reference="b")
    assert states(shop) == [("ST-1", "matched", 0)]
    assert list(Payout.objects.order_by("kind").values_list("kind", "statement", "by_sum")) == [
        ("bank", "", False), ("wallet", "ST-1", True),
    ]  # fmt: skip
    # two of one sum: which of them was meant is not guessed, and the next statement is not missed for it
    settle(shop, "ST-2", 1000)
    assert [state for _, state, _ in states(shop)] == ["reported", "reported"]
