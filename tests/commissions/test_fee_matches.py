"""What the rules expect of an order beside what was settled, kind by kind; nothing hides in the tolerance."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from commissions.models import CommissionRule, FeeMatch, StatementFile, StatementLine
from commissions.services import statement_files
from commissions.services.matching import decide, reopen, shown
from commissions.services.seen import NotDecidable
from commissions.services.statements import store_settlements
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from core.conflicts import ChangedMeanwhile
from core.db import fetch
from inventory.models import Shop
from tests.commissions.ledger import PLACED, rule, store_order, store_return

pytestmark = pytest.mark.django_db
Threads = Callable[..., Future[Any]]


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def settle(shop: Shop, *amounts: int, kind: str = "commission", minutes: int = 10, order: str = "A1") -> None:
    at = PLACED + timedelta(minutes=minutes)
    lines = tuple(
        StatementLineSnapshot(
            f"{order}:{kind}:{minutes}:{n}", kind, f"{kind}_fee", Decimal(amount), "VND", at, order_number=order
        )
        for n, amount in enumerate(amounts)
    )
    with transaction.atomic():
        store_settlements(shop, [SettlementSnapshot("S", lines)])


def states() -> list[tuple[str, str, int]]:
    found = FeeMatch.objects.order_by("kind").values_list("kind", "state", "difference")
    return [(kind, state, int(difference)) for kind, state, difference in found]


# 20,000 dong are expected
@pytest.mark.parametrize(
    ("amounts", "state", "difference"),
    [
        ((), "due", -20_000),
        ((-20_000,), "matched", 0),
        ((-12_000, -8_000), "matched", 0),
        ((-20_001,), "tolerated", 1),
        ((-19_999,), "tolerated", -1),
        ((-20_002,), "over", 2),
        ((-19_998,), "under", -2),
        ((-20_000, -20_000), "double", 20_000),
        ((-20_000, 20_000), "under", -20_000),
    ],
)
def test_the_state_of_a_match(shop: Shop, amounts: tuple[int, ...], state: str, difference: int) -> None:
    rule()
    store_order(shop, "delivered")
    settle(shop, *amounts)
    assert states() == [("commission", state, difference)]


def test_the_tighter_tolerance_wins(shop: Shop) -> None:
    rule()
    # 80 dong are expected: one dong is more than one percent of them
    store_order(shop, "delivered", quantity=1, price=800)
    settle(shop, -81)
    assert states() == [("commission", "over", 1)]


def test_fees_without_an_entry_are_told_apart(shop: Shop) -> None:
    rule(formula_json={"base": {"kind": "platform_voucher"}, "rate": "5"})
    store_order(shop, "delivered")
    settle(shop, -500)
    settle(shop, -700, kind="penalty")
    settle(shop, 250_000, kind="sale")
    assert states() == [("commission", "unexpected", 500), ("penalty", "unknown", 700)]


def test_without_rules_for_the_channel_nothing_is_compared(shop: Shop) -> None:
    store_order(shop, "delivered")
    settle(shop, -20_000)
    assert states() == []


def test_a_correction_settles_a_difference(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    settle(shop, -25_000)
    assert states() == [("commission", "over", 5_000)]
    settle(shop, 5_000, kind="adjustment", minutes=11)
    assert states() == [("commission", "corrected", 5_000)]


def test_any_order_of_news_ends_in_the_same_match(shop: Shop) -> None:
    rule()
    news = (
        lambda one: store_order(one, "delivered", 1),
        lambda one: settle(one, -20_000),
        lambda one: settle(one, 10_000, minutes=12),
        lambda one: store_return(one, "refunded", 2),
    )
    for n, order in enumerate(permutations(news)):
        one = Shop.objects.create(name=f"Gian {n}", channel="shopee")
        for step in order:
            step(one)
        [found] = FeeMatch.objects.filter(shop=one)
        assert (found.state, found.expected, found.settled) == ("matched", 10_000, 10_000)


def test_a_decision_stands_until_one_side_changes(shop: Shop) -> None:
    rule()
    person = User.objects.create_user("ha")
    store_order(shop, "delivered")
    settle(shop, -30_000)
    found = FeeMatch.objects.get()
    decide(found.pk, "disputed", seen=shown(found), note="Ticket 7", actor_id=person.pk)
    store_order(shop, "completed", 20)
    found.refresh_from_db()
    assert (found.state, found.note, found.decided_by) == ("disputed", "Ticket 7", person)
    assert found.decided_at is not None
    assert found.decided_at <= datetime.now(UTC)
    settle(shop, 10_000, minutes=30)
    found.refresh_from_db()
    assert found.state == "matched"
    with pytest.raises(NotDecidable):
        decide(found.pk, "written_off", seen=shown(found), note="", actor_id=person.pk)


@pytest.mark.parametrize("amount", [-40_000, -15_000])
def test_a_decision_about_another_amount_than_was_seen_is_refused(shop: Shop, amount: int) -> None:
    rule()
    store_order(shop, "delivered")
    settle(shop, -30_000)
    found = FeeMatch.objects.get()
    settle(shop, amount, minutes=30)
    with pytest.raises(ChangedMeanwhile):
        decide(found.pk, "written_off", seen=shown(found), note="Small", actor_id=None)
    after = FeeMatch.objects.get()
    assert (after.state, after.note, after.decided_at) == ("over", "", None)
    assert after.difference != found.difference


def test_a_decision_of_somebody_else_is_seen_before_another(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    settle(shop, -30_000)
    found = FeeMatch.objects.get()
    decide(found.pk, "disputed", seen=shown(found), note="Ticket 7", actor_id=None)
    with pytest.raises(ChangedMeanwhile):
        decide(found.pk, "written_off", seen=shown(found), note="Small", actor_id=None)
    assert FeeMatch.objects.get().note == "Ticket 7"


def test_a_decision_can_be_taken_back(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    settle(shop, -30_000)
    found = FeeMatch.objects.get()
    decide(found.pk, "written_off", seen=shown(found), note="Small", actor_id=User.objects.create_user("ha").pk)
    reopen(found.pk)
    found.refresh_from_db()
    assert (found.state, found.note, found.decided_by) == ("over", "", None)


def test_a_decision_is_taken_back_where_the_channel_has_no_rule_any_more(shop: Shop) -> None:
    made = rule()
    store_order(shop, "delivered")
    settle(shop, -30_000)
    found = FeeMatch.objects.get()
    decide(found.pk, "disputed", seen=shown(found), note="Ticket 7", actor_id=None)
    CommissionRule.objects.filter(pk=made.pk).update(state="retired")
    reopen(found.pk)
    found.refresh_from_db()
    assert found.state == "over"


def test_a_decision_that_is_taken_back_twice_waits_for_the_orders_settlement_under_way(threads: Threads) -> None:
    """All fees of the order are compared again: one that is settled meanwhile must not fall back to what it was."""
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    rule()
    store_order(shop, "delivered")
    settle(shop, -30_000)
    settle(shop, -500, kind="penalty")
    with transaction.atomic():
        settle(shop, -700, kind="penalty", minutes=20)
        taken_back = threads(reopen, FeeMatch.objects.get(kind="commission").pk)
        until_blocked()
    taken_back.result(timeout=20)
    assert list(FeeMatch.objects.order_by("kind").values_list("kind", "settled", "state")) == [
        ("commission", 30_000, "over"), ("penalty", 1_200, "unknown"),
    ]  # fmt: skip


def until_blocked() -> None:
    """Wait until another connection to this database waits for a lock."""
    ends = time.monotonic() + 20
    while not fetch("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0]:
        assert time.monotonic() < ends, "nothing waits"


def test_a_fee_that_is_gone_from_a_newer_file_is_matched_again(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    settle(shop, -20_000)
    settle(shop, -700, kind="penalty")
    file = StatementFile.objects.create(shop=shop, name="f", sha256="0" * 64, size=1, state="imported")
    StatementLine.objects.update(file=file, scope="A1")
    with transaction.atomic():
        lines = [StatementLineSnapshot("new", "sale", "sale", Decimal(1), "VND", PLACED, order_number="A1", scope="A1")]
        statement_files.store(file, statement_files.compare(shop.pk, lines))
    assert states() == [("commission", "due", -20_000), ("penalty", "matched", 0)]
