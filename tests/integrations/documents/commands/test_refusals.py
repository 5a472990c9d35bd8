"""Refused commands are a problem of their order until they are tried again, succeed later, or a person closes them."""

from __future__ import annotations

import pytest

from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.refusals import close, reopen
from integrations.documents.commands.request import ask, retry
from integrations.models import Command
from orders.models import Order

from .conftest import House


def refuse(command: WriteRequest) -> WriteOutcome:
    raise Rejected("no courier today")


@pytest.fixture
def refused(house: House) -> Command:
    """A shipment that the marketplace refused."""
    house.toy.on_perform = refuse
    command = ask(house.receive("to_ship"), "ship")
    perform_due(house.market.pk, budget_seconds=30)
    command.refresh_from_db()
    assert command.state == "refused"
    return command


def problems() -> tuple[bool, list[str]]:
    order = Order.objects.get(number="A1")
    return order.has_problem, order.problems


def test_a_refusal_is_a_problem_of_its_order_and_stays_when_the_order_is_read_again(
    house: House, refused: Command
) -> None:
    assert problems() == (True, ["command_refused"])
    house.receive("to_ship")
    assert problems() == (True, ["command_refused"])


def test_tried_again_it_is_no_problem_until_it_is_refused_again(house: House, refused: Command) -> None:
    retry([refused.pk])
    assert problems() == (False, [])
    perform_due(house.market.pk, budget_seconds=30)
    assert problems() == (True, ["command_refused"])


def test_one_that_succeeds_later_closes_it(house: House, refused: Command) -> None:
    house.toy.on_perform = lambda command: WriteOutcome("id", "code")
    later = ask(Order.objects.get(number="A1"), "ship")
    assert later != refused
    perform_due(house.market.pk, budget_seconds=30)
    refused.refresh_from_db()
    assert (refused.state, refused.closed_at is None, refused.closed_by, refused.close_note) == (
        "refused", False, None, "",
    )  # fmt: skip
    assert problems() == (False, [])


def test_one_of_another_kind_that_succeeds_closes_nothing(house: House, refused: Command) -> None:
    house.toy.on_perform = lambda command: WriteOutcome("id", "code")
    ask(Order.objects.get(number="A1"), "cancel")
    perform_due(house.market.pk, budget_seconds=30)
    assert problems() == (True, ["command_refused"])


def test_closed_with_a_reason_it_is_no_problem_and_reopened_it_is_one(house: House, refused: Command) -> None:
    assert close([refused.pk], note="shipped by hand", actor_id=None) == 1
    assert close([refused.pk], note="again", actor_id=None) == 0, "closed already"
    refused.refresh_from_db()
    assert (refused.close_note, refused.state) == ("shipped by hand", "refused")
    assert problems() == (False, [])
    assert retry([refused.pk]) == 0, "a closed one is opened first"
    assert reopen([refused.pk]) == 1
    refused.refresh_from_db()
    assert (refused.close_note, refused.closed_at) == ("", None)
    assert problems() == (True, ["command_refused"])


def test_with_another_problem_the_order_keeps_its_flag(house: House, refused: Command) -> None:
    Order.objects.update(problems=["no_warehouse", "command_refused"])
    close([refused.pk], note="x", actor_id=None)
    assert problems() == (True, ["no_warehouse"])


def test_only_refused_ones_are_closed(house: House) -> None:
    command = ask(house.receive("to_ship"), "ship")
    assert (close([command.pk], note="x", actor_id=None), reopen([command.pk])) == (0, 0)
    command.refresh_from_db()
    assert (command.state, command.closed_at) == ("wanted", None)
