"""What a version would change: on one order, on many at once, without storing anything."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from commissions.models import CommissionEntry
from commissions.services import trials
from inventory.models import Shop
from tests.commissions.ledger import PLACED, percent, rule, store_order, store_return

pytestmark = pytest.mark.django_db
SINCE = (PLACED - timedelta(days=1)).date()


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def test_an_order_is_computed_beside_the_active_rule(shop: Shop) -> None:
    store_order(shop, "to_ship")
    rule()
    draft = rule(version=2, state="draft", formula_json=percent("12"))
    [order_id] = shop.orders.values_list("pk", flat=True)
    found = trials.on_order(draft, order_id)
    assert [entry.amount for entry in found.current.entries] == [20_000]
    assert [entry.amount for entry in found.proposed.entries] == [24_000]
    assert [step.name for step in found.proposed.entries[0].working] == ["after_seller_discount", "rate", "rounding"]
    assert not CommissionEntry.objects.exists()


def test_many_orders_are_compared_with_what_came_back(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    store_return(shop, "refunded", 5)
    draft = rule(version=2, state="draft", formula_json=percent("12"))
    other_fee = rule("after", fee_kind="order_fee", formula_json={
        "base": {"kind": "item", "less_fees": ["commission"]}, "rate": "1",
    })  # fmt: skip
    found = trials.compare(draft, [shop.pk], SINCE)
    assert (found.orders, found.changed, found.total, found.difference) == (1, 1, [10_000, 12_000], 2_000)
    assert dict(found.by_sku) == {"AO": [10_000, 12_000]}
    assert [(change.number, change.difference) for change in found.most] == [("A1", 2_000)]
    assert found.others == Decimal(-20), "1 % of what is left after the commission"
    assert trials.compare(draft, [shop.pk], SINCE + timedelta(days=3)).orders == 0
    assert trials.compare(draft, [], SINCE).orders == 0
    assert other_fee.pk


def test_a_version_that_starts_later_is_tried_as_if_it_held_already(shop: Shop) -> None:
    rule()
    store_order(shop, "delivered")
    draft = rule(version=2, state="draft", starts=SINCE + timedelta(days=60), formula_json=percent("12"))
    assert trials.compare(draft, [shop.pk], SINCE).difference == 0
    assert trials.compare(draft, [shop.pk], SINCE, as_if=True).difference == 4_000
    [order_id] = shop.orders.values_list("pk", flat=True)
    assert [entry.amount for entry in trials.on_order(draft, order_id).proposed.entries] == [24_000]
