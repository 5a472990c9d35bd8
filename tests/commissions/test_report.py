"""The commissions report: sums by dimension, and what was known on a day stays what it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commissions.models import CommissionEntry, CommissionRule
from commissions.queries import known
from commissions.queries.known import NotOver, known_until
from commissions.queries.report import DIMENSIONS, Question, stream, sums
from commissions.rules.rule_set import moment
from inventory.models import Shop
from orders.models import Order
from tests.commissions.ledger import rule, store_order, store_return

pytestmark = pytest.mark.django_db
SOON = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def entry(shop: Shop, amount: int, recorded: datetime, **more: Any) -> CommissionEntry:
    """An entry of a rule and an order that are the shop's only ones."""
    order = Order.objects.filter(shop=shop).first() or Order.objects.create(
        shop=shop, number="A1", placed_at=SOON, asked_at=SOON
    )
    version = CommissionRule.objects.filter(shop=shop).first() or rule(f"fee-{shop.pk}", shop=shop)
    values: dict[str, Any] = {
        "order": order, "line_key": "1", "sku": "AO", "fee_kind": version.fee_kind, "payee": "marketplace", "cause": "accrued",
        "units": 1, "base": Decimal(1000), "effective_at": SOON,
    }  # fmt: skip
    return CommissionEntry.objects.create(
        shop=shop, rule=version, amount=Decimal(amount), recorded_at=recorded, **values | more
    )


def test_sums_by_each_dimension(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered", price=100_000)
    store_order(shop, "delivered", price=50_000, number="B1", placed=datetime(2026, 11, 30, 17, tzinfo=UTC))
    store_return(shop, "refunded", 1)
    found = {name: sums(Question([shop.pk], (name,))) for name in DIMENSIONS}
    assert found["month"] == [
        ((("2026-11",),), "VND", 1, 20_000, -10_000, 10_000),
        ((("2026-12",),), "VND", 1, 10_000, 0, 10_000),
    ]
    whole = ("VND", 2, Decimal(30_000), Decimal(-10_000), Decimal(20_000))
    named = {
        "channel": ("shopee",), "shop": (str(shop.pk), "Gian hàng"), "payee": ("marketplace", ""), "fee_kind": ("commission",),
        "sku": ("AO",),
    }  # fmt: skip
    assert {name: found[name] for name in named} == {name: [((value,), *whole)] for name, value in named.items()}
    both = Question([shop.pk], ("sku", "month"))
    assert [row.values for row in sums(both)] == [(("AO",), ("2026-11",)), (("AO",), ("2026-12",))]
    assert list(stream(both)) == sums(both)


def test_a_question_is_narrowed(shop: Shop) -> None:
    other = Shop.objects.create(name="Khác", channel="lazada")
    entry(shop, 100, SOON)
    entry(shop, 7, SOON, payee="staff", payee_id="Lan", fee_kind="other")
    entry(other, 1000, SOON)

    def net(**more: Any) -> list[int]:
        return [int(row.net) for row in sums(Question([shop.pk, other.pk], **{"by": ("channel",)} | more))]

    assert net() == [1000, 107]
    assert net(channel="lazada") == [1000]
    assert net(payee="staff", by=("payee",)) == [7]
    assert net(fee_kind="commission", by=()) == [1100]
    assert net(since=SOON + timedelta(seconds=1)) == net(before=SOON) == []
    assert sums(Question([], ("month",))) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.sampled_from(
                ["2026-11-03T23:59:59", "2026-11-04T00:00:00", "2026-11-02T12:00:00", "2026-11-09T08:00:00"]
            ),
            st.integers(-5, 10),
        ),
        max_size=8,
    )
)
def test_later_recordings_never_change_an_earlier_answer(shop: Shop, found: list[tuple[int, str, int]]) -> None:
    """Entries in the order of their recording, of any orders' days: the answer for a day is that of when the day was over."""
    first = entry(shop, 50, moment(date(2026, 11, 1)))
    days = [date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)]

    def answer(day: date) -> list[Any]:
        return sums(Question([shop.pk], ("month", "sku"), known_until=known_until(day)))

    answers: dict[date, list[Any]] = {}
    for order_day, recorded, amount in sorted(found, key=lambda one: one[1]):
        at = datetime.fromisoformat(f"{recorded}+07:00")
        for day in days:
            if at >= moment(day + timedelta(days=1)):
                answers.setdefault(day, answer(day))
        takes_back = {"reverses": first} if amount < 0 else {}
        entry(shop, amount, at, effective_at=SOON + timedelta(days=order_day * 9), **takes_back)
    assert {day: answer(day) for day in answers} == answers


def test_a_day_that_is_not_over_has_no_final_answer() -> None:
    today = datetime.now(UTC).astimezone(moment(date(2026, 1, 1)).tzinfo).date()
    with pytest.raises(NotOver):
        known_until(today)
    assert known_until(today - timedelta(days=1)) == moment(today)


@pytest.mark.slow
def test_soon_after_midnight_the_answer_waits_for_accruals_under_way(
    transactional_db: None, threads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries that a transaction recorded before midnight are in the answer, though it commits after."""
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    rule()
    with transaction.atomic():
        store_order(shop, "delivered", price=100_000)
        monkeypatch.setattr(known, "moment", lambda _day: datetime.now(UTC))
        end = datetime.now(UTC)
        asked = threads(lambda: known_until(date(2026, 11, 29)))
        assert not asked.done()
    asked.result(20)
    assert [row.net for row in sums(Question([shop.pk], known_until=end + timedelta(seconds=30)))] == [20_000]
