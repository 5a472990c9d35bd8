"""Pushes with answers that no simulator gives: each costs a retry or a clear word."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import PricePush, StockPush
from tests.integrations.connectors.bound import Bound

from .conftest import Sendo, good, product
from .reading import MASK


def test_products_without_variants_need_no_reading(sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good())
    outcomes = account.publish_stock([StockPush("5", "", 0, warehouse="w"), StockPush("6", "", 2)])
    assert [(outcome.item_id, outcome.warehouse, outcome.accepted) for outcome in outcomes] == [
        ("5", "w", True),
        ("6", "", True),
    ]
    [asked] = sendo.asked
    assert asked.body == [
        {"id": 5, "stock_quantity": 0, "stock_availability": False, "field_mask": ["quantity"]},
        {"id": 6, "stock_quantity": 2, "stock_availability": True, "field_mask": ["quantity"]},
    ]


@pytest.mark.parametrize("result", [True, None, 1, [], [{"id": 5}]])
def test_a_success_is_a_success_whatever_its_result(result: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good(result))
    assert account.publish_stock([StockPush("5", "", 1)])[0].accepted


def test_a_success_that_says_no_is_a_refusal(sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good(False))
    with pytest.raises(Rejected, match="success and no"):
        account.publish_stock([StockPush("5", "", 1)])


def test_a_row_that_is_refused_inside_a_success_is_refused_alone(sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good([{"id": 5, "success": False, "message": "no"}, {"id": 6, "success": True}]))
    outcomes = account.publish_stock([StockPush("5", "", 1), StockPush("6", "", 1)])
    assert [(outcome.accepted, str(outcome.reason)) for outcome in outcomes] == [(False, "no"), (True, "")]


@pytest.mark.parametrize("answer", [None, (200, "<html>"), (200, {}), (502, "")])
def test_a_push_whose_answer_was_lost_may_have_been_taken(answer: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, answer)
    with pytest.raises(TryLater) as caught:
        account.publish_stock([StockPush("5", "", 1)])
    assert caught.value.maybe_done
    assert len(sendo.asked) == 1


@pytest.mark.parametrize("changes", [{"status": 1}, {"status": 4}, {"status": 5}, {"status": 6}])
def test_a_product_that_cannot_be_changed_says_so(changes: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on("GET product", good(product(5, **changes)))
    [outcome] = account.publish_stock([StockPush("5", "1_1", 1)])
    assert (outcome.accepted, outcome.code) == (False, "status")
    assert sendo.calls() == ["GET product"]


def test_a_product_missing_from_the_answer_is_not_pushed_now(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET product", good(None))
    with pytest.raises(TryLater, match="makes no sense") as caught:
        account.publish_stock([StockPush("5", "1_1", 1)])
    assert not caught.value.maybe_done


def test_odd_ids_and_prices_are_refused_here(sendo: Sendo, account: Bound) -> None:
    assert account.publish_stock([StockPush("x", "", 1)])[0].code == "bad_id"
    with pytest.raises(Rejected, match="whole dong"):
        account.publish_price([PricePush("5", "", Decimal("1.5"))])
    assert sendo.asked == []
