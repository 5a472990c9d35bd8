"""Calls that push stock: several at once, and the rows that a channel refuses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import PushOutcome, StockPush
from integrations.publishing.calls import concurrent
from integrations.publishing.rounds import due_connections, publish
from inventory.services.pushes import DuePush, due_pushes
from tests.integrations.publishing.house import House, Market, Open, pushed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


class Slow(Market):
    """Once it is `together`, answers only when as many calls are under way as may be; item 3 may have trouble of its own."""

    facts = {**Market.facts, "items_per_call": 1, "calls_at_once": 4}

    def __init__(self) -> None:
        super().__init__()
        self.together: Barrier | None = None
        self.trouble: Exception | None = None

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        if self.together:
            self.together.wait(20)
        if self.trouble and pushes[0].item_id == "3":
            raise self.trouble
        return super().push_stock(pushes)


def lowered(open_house: Open, items: int) -> House:
    """A house whose numbers, 10 and up, must each fall by three; its market takes its time from now on."""
    market = Slow()
    house = open_house(market, stock=range(10, 10 + items))
    house.publish()
    assert len(market.calls) == items
    market.calls.clear()
    for at in range(items):
        house.receive(-3, at)
    market.together = Barrier(Slow.facts["calls_at_once"])
    return house


def test_what_must_fall_leaves_in_as_many_calls_at_once_as_the_channel_takes(open_house: Open) -> None:
    house = lowered(open_house, 8)
    house.publish()
    assert [house.row(str(item)).expected for item in range(1, 9)] == list(range(7, 15))
    assert (len(house.market.calls), due_connections()) == (8, [])


def test_what_may_rise_takes_its_turn(open_house: Open) -> None:
    fall, rise = (DuePush(n, n, str(n), "", "", "", "", 5, 5, rises=n > 5) for n in (1, 6))
    calls = [[replace(fall, stock_id=n)] for n in range(5)] + [[replace(rise, stock_id=n)] for n in range(3)]
    assert [len(group) for group in concurrent(calls, 4)] == [4, 1, 1, 1, 1]
    assert [len(group) for group in concurrent([[fall, rise], [fall]], 4)] == [2]
    assert [len(group) for group in concurrent([[fall], [fall]], 1)] == [1, 1]
    house = open_house(stock=(10, 12))
    assert {push.rises for push in due_pushes_of(house)} == {True}
    house.publish()
    house.receive(-3)
    assert [(push.number, push.rises) for push in due_pushes_of(house)] == [(7, False)]


def due_pushes_of(house: House) -> list[DuePush]:
    return due_pushes(house.shop.pk, limit=10, scarce_below=10, stale_after=timedelta(seconds=90))


@pytest.mark.parametrize(
    ("trouble", "expected", "unsettled", "is_raised"),
    [
        (NotAuthorised("connect again"), 12, None, False),
        (TryLater("busy", after=60), 12, None, False),
        (TryLater("lost", maybe_done=True), None, 9, False),
        (ValueError("senseless"), None, 9, True),
    ],
)
def test_what_one_of_them_meets_is_its_own(
    open_house: Open, trouble: Exception, expected: int | None, unsettled: int | None, is_raised: bool
) -> None:
    house = lowered(open_house, 4)
    assert isinstance(house.market, Slow)
    house.market.trouble = trouble
    with pytest.raises(ValueError, match="senseless") if is_raised else nullcontext():
        publish(house.connection.pk, budget_seconds=0)
    assert [house.row(item).expected for item in "124"] == [7, 8, 10]
    third = house.row("3")
    assert (third.expected, third.pushing, third.unsettled) == (expected, None, unsettled)


def test_a_refused_row_keeps_its_reason_and_delays_no_other(open_house: Open) -> None:
    house = open_house(stock=(10, 11))
    house.market.judge = lambda p: PushOutcome(
        p.item_id, p.variation_id, accepted=p.item_id != "1", code="banned", reason="the item is banned"
    )
    house.publish()
    assert (house.row().failure_code, str(house.row().failure), house.row().expected) == (
        "banned",
        "the item is banned",
        None,
    )
    assert (house.row("2").expected, due_connections()) == (11, [])


def test_a_campaigns_floor_is_shown_at_once_when_the_channel_names_it(open_house: Open) -> None:
    house = open_house(stock=(3,))
    house.market.judge = lambda p: PushOutcome(
        p.item_id, p.variation_id, accepted=p.quantity >= 5, code="reserved", reason="a campaign holds 5", floor=5
    )
    house.publish()
    assert pushed(house.market) == [[("1", 3)], [("1", 5)]]
    assert (house.row().expected, house.row().wanted, due_connections()) == (5, 3, [])


def test_a_call_refused_as_a_whole_is_split_until_the_item_to_blame_is_found(open_house: Open) -> None:
    house = open_house(stock=(10, 11))
    house.market.before = [Rejected("item not found", code="gone"), None, Rejected("item not found", code="gone")]
    house.publish()
    assert pushed(house.market) == [[("1", 10), ("2", 11)], [("1", 10)], [("2", 11)]]
    assert (house.row("1").expected, str(house.row("2").failure)) == (10, "item not found")


def test_a_row_the_answer_does_not_mention_may_have_been_taken(open_house: Open) -> None:
    house = open_house()
    house.market.judge = lambda p: PushOutcome("other", "")
    publish(house.connection.pk, 0)
    assert (house.row().expected, house.row().unsettled) == (None, 10)


def test_after_an_unexpected_error_the_numbers_count_as_sent(open_house: Open) -> None:
    house = open_house()
    house.market.after = [KeyError("response")]
    with pytest.raises(KeyError):
        house.publish()
    assert (house.row().pushing, house.row().unsettled, due_connections()) == (None, 10, [])
