"""Pushes whose answer is lost, late or a refusal of all: no answer is trusted twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.contract.errors import NotAuthorised, TryLater
from integrations.publishing.rounds import due_connections, publish
from tests.integrations.publishing.house import Open, lost

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def test_a_lost_answer_after_which_stock_moved_leaves_no_stale_number_showing(open_house: Open) -> None:
    house = open_house()
    house.market.after = [TryLater("no answer", after=0, maybe_done=True)]
    house.publish()
    assert (house.row().expected, house.row().unsettled) == (10, 10)
    house.receive(-4)
    house.publish()
    assert house.market.shelves["1", ""] == 6
    # the lost call arrives at last: its number may show only until it is settled
    house.market.shelves["1", ""] = 10
    house.older(31)
    assert due_connections() == [house.connection.pk]
    house.publish()
    assert house.market.shelves["1", ""] == 6
    assert (house.row().expected, house.row().unsettled, due_connections()) == (6, None, [])


def test_a_push_left_behind_by_a_dead_worker_is_repeated(open_house: Open) -> None:
    house = open_house()
    house.market.before = [SystemExit()]  # type: ignore[list-item]
    with pytest.raises(SystemExit):
        house.publish()
    house.publish()
    assert (house.row().pushing, len(house.market.calls)) == (10, 1)
    house.older(91)
    house.publish()
    assert (house.market.shelves["1", ""], house.row().expected) == (10, 10)


def test_one_failed_call_holds_no_other_number_up(open_house: Open) -> None:
    house = open_house(stock=(10, 11, 12))
    house.market.before = [TryLater("a broken server", after=5)]
    house.publish()
    assert len(house.market.calls) == 3, "two calls for three numbers, and the failed one once more"
    assert due_connections() == []


@pytest.mark.parametrize(
    ("error", "trouble"),
    [(TryLater("busy", after=60), ""), (NotAuthorised("connect again"), "connect again")],
)
def test_a_retry_after_and_a_refused_token_pause_the_connection(
    open_house: Open, error: Exception, trouble: str
) -> None:
    house = open_house(stock=(10, 11, 12))
    house.market.before = [error]
    house.publish()
    house.connection.refresh_from_db()
    assert (len(house.market.calls), str(house.connection.trouble), due_connections()) == (1, trouble, [])
    assert house.row().pushing is None
    publish(house.connection.pk)
    assert len(house.market.calls) == 1
    house.publish()
    assert house.market.shelves == {("1", ""): 10, ("2", ""): 11, ("3", ""): 12}


def test_a_lost_answer_of_one_item_holds_the_others_up_not_at_all(open_house: Open) -> None:
    house = open_house(stock=(10, 11, 12))
    house.market.after = lost(2)
    house.publish()
    house.connection.refresh_from_db()
    assert [house.row(item).expected for item in ("1", "2", "3")] == [10, 11, 12]
    assert (house.connection.push_due_at, due_connections()) == (None, [])


@pytest.mark.parametrize("items", [1, 4])
def test_three_lost_answers_in_a_row_pause_the_connection_for_a_second(open_house: Open, items: int) -> None:
    house = open_house(stock=(10, 11, 12, 13)[:items])
    house.market.after = lost(9)
    house.publish()
    house.connection.refresh_from_db()
    assert len(house.market.calls) == 3
    assert house.connection.push_due_at
    assert house.connection.push_due_at - timezone.now() < timedelta(seconds=1)
