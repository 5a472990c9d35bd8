"""Orders that the platform sends from its own warehouse: nothing that only ours does is offered or sent."""

from __future__ import annotations

import pytest

from integrations.accounts.connections import NotPossible
from integrations.documents.commands.request import OF_OUR_WAREHOUSE, ask, possible
from integrations.models import Command
from orders.models import Order, OrderLine
from orders.queries import sent_by_platform

from .conftest import House


@pytest.fixture
def order(house: House) -> Order:
    received = house.receive("to_ship")
    received.lines.update(fulfilled_by="platform")
    return received


@pytest.mark.parametrize("kind", sorted(OF_OUR_WAREHOUSE))
def test_the_service_refuses_with_words(house: House, order: Order, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Order.objects.update(status="packed")
    monkeypatch.setitem(house.toy.connector.writes, kind, house.toy.connector.writes["ship"])  # type: ignore[arg-type]
    with pytest.raises(NotPossible, match="toy sends this order from its own warehouse"):
        ask(order, kind)
    assert not Command.objects.filter(kind=kind).exists()


def test_it_is_not_offered_and_the_rest_is(house: House, order: Order) -> None:
    assert possible(order) == {"cancel"}
    order.lines.update(fulfilled_by="seller")
    assert possible(order) == {"cancel", "ship"}


def test_with_one_line_of_ours_left_it_is_ours_to_ship(house: House, order: Order) -> None:
    mine = OrderLine.objects.create(order=order, key="2", item_id="i2", quantity=1, fulfilled_by="seller")
    assert sent_by_platform([order.pk]) == frozenset()
    assert "ship" in possible(order)
    OrderLine.objects.filter(pk=mine.pk).update(status="cancelled")
    assert sent_by_platform([order.pk]) == {order.pk}


def test_an_order_without_lines_is_nobodys_by_rule(house: House, order: Order) -> None:
    order.lines.all().delete()
    assert sent_by_platform([order.pk]) == frozenset()
