"""Pictures of a command: stored with it, given to the connector, deleted some days after its end."""

from __future__ import annotations

import pytest

from integrations.contract.errors import Rejected
from integrations.contract.reasons import PICTURES_GONE
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.documents.commands import pictures
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.request import ask, retry
from integrations.documents.pictures import checked
from integrations.models import Command, CommandPicture
from orders.models import Order
from tests.pictures import jpeg, png

from .conftest import House

TWO = checked([png(640, 480), jpeg(320, 200)])


@pytest.fixture
def order(house: House) -> Order:
    house.market.links.all().delete()
    return house.receive("to_ship")


def perform(house: House) -> None:
    perform_due(house.market.pk, budget_seconds=30)


def test_they_are_stored_with_the_command_and_given_to_the_connector(house: House, order: Order) -> None:
    wanted = ask(order, "cancel", options={"reason": "x"}, pictures=TWO)
    assert (wanted.options, pictures.of(wanted.pk)) == ({"reason": "x", "pictures": 2}, TWO)
    assert ask(order, "cancel", pictures=TWO).pk == wanted.pk, "another press is the same press"
    assert CommandPicture.objects.count() == 2
    perform(house)
    [performed] = house.toy.performed
    assert performed.pictures == TWO


def test_a_command_without_pictures_looks_for_none(house: House, order: Order) -> None:
    assert ask(order, "cancel").options == {}
    perform(house)
    assert house.toy.performed[0].pictures == ()


def test_they_are_deleted_some_days_after_the_end(house: House, order: Order) -> None:
    wanted = ask(order, "cancel", pictures=TWO)
    Command.objects.update(created_at="2000-01-01T00:00Z")
    assert pictures.delete_old(days=30) == 0, "it waits still"
    perform(house)
    assert pictures.delete_old(days=30) == 0
    Command.objects.filter(pk=wanted.pk).update(finished_at="2000-01-01T00:00Z")
    assert (pictures.delete_old(days=30), CommandPicture.objects.count()) == (2, 0)


def test_a_refused_one_that_is_tried_again_after_that_is_asked_for_anew(house: House, order: Order) -> None:
    def refuse(command: WriteRequest) -> WriteOutcome:
        raise Rejected("no")

    house.toy.on_perform = refuse
    wanted = ask(order, "cancel", pictures=TWO)
    perform(house)
    Command.objects.filter(pk=wanted.pk).update(finished_at="2000-01-01T00:00Z")
    assert pictures.delete_old(days=30) == 2
    assert retry([wanted.pk]) == 1
    perform(house)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.reason, len(house.toy.performed)) == ("refused", PICTURES_GONE(), 1)
