"""A version takes effect for the orders since its start; what was accrued by another one is reversed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime
from typing import Any

import pytest

from commissions.models import CommissionRule
from commissions.rules.problems import Malformed
from commissions.services import trials
from commissions.services.activation import NotActivated, activate, reaccrue, run_in_shadow
from inventory.models import Shop
from orders.models import Order
from tests.commissions.ledger import net, percent, rows, rule, store_order

Threads = Callable[..., Future[Any]]


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def test_orders_since_the_start_are_accrued_again(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    former = rule("other", fee_kind="order_fee", starts=date(2026, 11, 12), state="draft")
    newer = rule(version=2, starts=date(2026, 11, 1), formula_json=percent("20"), state="draft")
    activate(newer.pk, actor_id=None)
    activate(former.pk, actor_id=None)
    assert reaccrue(budget_seconds=10)
    assert rows() == [("accrued", 20_000), ("rule", -20_000), ("accrued", 40_000)]
    assert not CommissionRule.objects.exclude(reaccrued_to=None).exists()
    assert reaccrue(budget_seconds=10)
    assert net() == 40_000


def test_a_version_that_says_none_ends_the_fee(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    end = rule(version=2, starts=date(2026, 11, 11), strategy="NONE", formula_json={}, state="draft")
    activate(end.pk, actor_id=None)
    reaccrue(budget_seconds=10)
    assert net() == 0


def test_a_version_is_activated_once(shop: Shop) -> None:
    one = rule(state="draft")
    activate(one.pk, actor_id=None)
    with pytest.raises(NotActivated, match="state"):
        activate(one.pk, actor_id=None)
    with pytest.raises(NotActivated, match="starts"):
        activate(rule(version=2, state="draft").pk, actor_id=None)


def test_versions_that_tie_are_refused(shop: Shop) -> None:
    rule()
    twin = rule("twin", state="draft")
    with pytest.raises(Malformed):
        activate(twin.pk, actor_id=None)
    twin.refresh_from_db()
    assert twin.state == "draft"


def test_a_version_in_the_shadow_is_computed_and_not_accrued(shop: Shop) -> None:
    rule()
    newer = rule(version=2, starts=date(2026, 11, 1), formula_json=percent("20"), state="draft")
    run_in_shadow(newer.pk)
    store_order(shop, "delivered")
    assert rows() == [("accrued", 20_000)]
    newer.refresh_from_db()
    found = trials.compare(newer, [shop.pk], date(2026, 11, 1), as_if=True)
    assert (found.total, found.changed) == ([20_000, 40_000], 1)
    activate(newer.pk, actor_id=None)
    reaccrue(budget_seconds=10)
    assert net() == 40_000


def test_only_a_draft_that_can_hold_beside_the_active_versions_runs_in_the_shadow(shop: Shop) -> None:
    with pytest.raises(NotActivated, match="state"):
        run_in_shadow(rule().pk)
    twin = rule("twin", state="draft")
    with pytest.raises(Malformed):
        run_in_shadow(twin.pk)
    twin.refresh_from_db()
    assert (twin.state, twin.shadowed_at) == ("draft", None)


@pytest.mark.slow
def test_a_version_is_activated_while_orders_stream_in(transactional_db: None, threads: Threads) -> None:
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    rule()
    newer = rule(version=2, starts=date(2026, 11, 1), formula_json=percent("20"), state="draft")
    shops = [shop, *(Shop.objects.create(name=f"Gian {n}", channel="shopee") for n in range(3))]

    def stream(one: Shop) -> None:
        for minute in range(15):
            store_order(one, "delivered" if minute else "shipped", minute, quantity=1 + minute % 3)

    streaming = [threads(stream, one) for one in shops]
    activate(newer.pk, actor_id=None)
    while not reaccrue(budget_seconds=5):
        pass
    for one in streaming:
        one.result(60)
    reaccrue(budget_seconds=5)
    # each order ends with three pieces at 100,001 dong and 20 percent
    assert Order.objects.count() == len(shops)
    assert net() == 60_001 * len(shops)
    assert datetime.now(UTC) > CommissionRule.objects.get(pk=newer.pk).activated_at
