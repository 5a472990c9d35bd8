"""Examples of a version: kept from orders without their numbers, and green before it is activated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from commissions.models import CommissionRule
from commissions.rules.order_document import as_document
from commissions.rules.problems import Malformed
from commissions.rules.reading import read_orders
from commissions.services import rule_examples, trials
from commissions.services.activation import activate, obstacles
from core.db import encode
from inventory.models import Shop
from tests.commissions.ledger import percent, rule, store_order
from tests.commissions.rules import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def kept(shop: Shop, amount: int, **more: object) -> CommissionRule:
    store_order(shop, "delivered")
    draft = rule(state="draft", **more)
    [order_id] = shop.orders.values_list("pk", flat=True)
    rule_examples.keep(draft.pk, as_document(trials.on_order(draft, order_id).state.order), Decimal(amount))
    draft.refresh_from_db()
    return draft


def test_an_order_reads_back_from_its_document_as_it_is() -> None:
    order = make.order(
        make.line("100000", 2, sku="AO", category="7", campaigns=("c",), seller_discount=Decimal(5), platform_voucher=Decimal("1.5"),
                  rates={"commission": Decimal("4.5")}, payees={"staff": "NV1"}),
        shipping=Decimal(16500), payment_method="COD",
    )  # fmt: skip
    [story] = read_orders(encode({"orders": [as_document(order)]}))
    assert story.order == order


def test_a_version_whose_example_does_not_hold_is_not_activated(shop: Shop) -> None:
    draft = kept(shop, 21_000)
    [problem] = obstacles(draft).problems
    assert str(problem) == "examples[0]: Example 1 comes to 20000, and 21000 is expected."
    with pytest.raises(Malformed, match="Example 1 comes to 20000"):
        activate(draft.pk, actor_id=None)
    draft.refresh_from_db()
    assert draft.state == "draft"
    rule_examples.forget(draft.pk, 0)
    activate(draft.pk, actor_id=None)
    with pytest.raises(CommissionRule.DoesNotExist):
        rule_examples.forget(draft.pk, 0)


def test_an_example_that_holds_lets_it_be_activated(shop: Shop) -> None:
    draft = kept(shop, 20_000)
    assert [found.holds for found in trials.examples(draft)] == [True]
    assert "A1" not in str(draft.examples_json), "whose order it was is nobody's business"
    activate(draft.pk, actor_id=None)


def test_an_order_from_before_the_start_counts_as_of_the_first_day(shop: Shop) -> None:
    draft = kept(shop, 24_000, formula_json=percent("12"), starts=date(2027, 1, 1))
    assert [found.amount for found in trials.examples(draft)] == [24_000]
    assert obstacles(draft) == ([], [], [])
