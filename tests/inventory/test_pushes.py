"""Numbers on their way: whatever happens in whatever order, the channel ends up showing what is wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inventory.models import ListingStock
from inventory.services.pushes import PushRefusal, pushes_accepted, pushes_refused, start_pushes
from tests.inventory.shelf import STALE, Shelf

pytestmark = pytest.mark.django_db


STEPS: dict[str, Callable[[Shelf], None]] = {
    name: getattr(Shelf, name)
    for name in (
        "start", "sell", "tell", "cancel", "accept", "take", "lose_after", "lose_before", "arrive_late",
        "die", "not_sent", "refuse", "look", "read_back",
    )
} | {
    "raise": lambda shelf: shelf.want((shelf.row.wanted or 0) + 1),
    "cut": lambda shelf: shelf.want(max((shelf.row.wanted or 0) - 1, 0)),
    "seconds": lambda shelf: shelf.older(10),
    "minutes": lambda shelf: shelf.older(200),
}  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=24))
@example(["start", "take", "sell", "tell", "raise", "accept"])
@example(["start", "take", "cancel", "cut", "accept"])
@example(["start", "take", "sell", "seconds", "accept", "raise", "tell"])
@example(["start", "accept", "sell", "seconds", "cut", "start", "not_sent", "raise", "raise", "tell"])
@example(["start", "accept", "sell", "seconds", "cut", "start", "refuse", "raise", "raise", "tell"])
@example(["start", "lose_before", "start", "cut", "accept", "start", "accept", "arrive_late"])
@example(["start", "accept", "raise", "start", "die", "cut", "minutes", "start", "not_sent"])
@example(["start", "die", "cancel", "minutes", "sell", "tell"])
def test_whatever_happens_the_number_shown_ends_as_the_number_wanted(steps: list[str]) -> None:
    with transaction.atomic():
        shelf = Shelf(shown=5, wanted=8)
        for step in steps:
            STEPS[step](shelf)
        shelf.settle()
        row = shelf.row
        shown = shelf.shown
        transaction.set_rollback(True)
    assert (shown, row.expected, row.pushing, row.unsettled) == (row.wanted, row.wanted, None, None)


def test_a_number_leaves_once_and_a_lost_answer_makes_it_due_at_once_and_again_when_it_is_settled() -> None:
    shelf = Shelf(wanted=10)
    shelf.start()
    assert (len(shelf.flying), shelf.due()) == (1, [])
    shelf.lose_before()
    shelf.want(9)
    shelf.start()
    shelf.accept()
    assert (shelf.shown, shelf.due()) == (9, [])
    shelf.arrive_late()
    assert shelf.shown == 10
    shelf.older(30)
    shelf.start()
    shelf.accept()
    assert (shelf.shown, shelf.row.unsettled, shelf.due()) == (9, None, [])


def test_a_late_answer_says_nothing_about_a_newer_push_of_the_same_number() -> None:
    shelf = Shelf(wanted=10)
    shelf.start()
    shelf.older(200)
    shelf.start()
    first, second = shelf.flying
    pushes_accepted([first])
    assert shelf.row.pushing == 10
    pushes_accepted([second])
    assert (shelf.row.pushing, shelf.row.expected) == (None, 10)


def test_a_number_that_changed_before_it_left_does_not_leave() -> None:
    shelf = Shelf(wanted=10)
    [due] = shelf.due()
    shelf.want(3)
    assert start_pushes([(due.stock_id, due.number)], stale_after=STALE) == []


def test_a_refusal_is_tried_later_and_later_and_at_once_when_the_number_changes() -> None:
    shelf = Shelf(wanted=10)
    waits = []
    for _ in range(3):
        shelf.start()
        shelf.refuse()
        assert shelf.due() == []
        row = shelf.row
        assert row.blocked_until
        waits.append(round((row.blocked_until - timezone.now()).total_seconds()))
        shelf.older(3600)
    assert (waits, shelf.row.failures, str(shelf.row.failure)) == ([2, 8, 32], 3, "not now")
    shelf.start()
    shelf.refuse()
    shelf.want(9)
    assert [push.number for push in shelf.due()] == [9]


def test_a_campaign_lets_no_less_than_its_own_units_be_shown() -> None:
    shelf = Shelf(wanted=3, shown=20)
    shelf.start()
    pushes_refused([PushRefusal(shelf.flying.pop(), "reserved", "a campaign holds 5", floor=5)])
    shelf.start()
    assert [push.number for push in shelf.flying] == [5]
    shelf.accept()
    assert (shelf.row.expected, shelf.due()) == (5, [])
    shelf.want(4)
    assert shelf.due() == []
    shelf.want(7)
    assert [push.number for push in shelf.due()] == [7]


def test_what_a_campaign_has_sold_is_not_shown_again() -> None:
    shelf = Shelf(wanted=0)
    ListingStock.objects.update(expected=4, observed=4, published=4, promotion_reserved=4)
    assert shelf.due() == []
    ListingStock.objects.update(expected=3)
    assert shelf.due() == [], "one of the four was sold: a push of four would sell it again"


def test_a_floor_that_is_known_is_not_believed_before_the_channel_names_it_again() -> None:
    shelf = Shelf(wanted=0)
    ListingStock.objects.update(expected=None, promotion_reserved=4)

    def refused() -> int:
        shelf.start()
        push = shelf.flying.pop()
        pushes_refused([PushRefusal(push, "reserved", "a campaign holds 4", floor=4)])
        return push.number

    assert (refused(), refused(), shelf.due()) == (0, 4, [])
    shelf.older(60)
    shelf.start()
    shelf.accept()
    assert (shelf.row.expected, shelf.due()) == (4, [])
