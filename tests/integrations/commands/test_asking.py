"""People want things done about orders."""

from __future__ import annotations

import pytest

from integrations import commands
from integrations.connectors.base import Command, CommandOutcome
from integrations.models import InboxEvent
from integrations.wire.errors import Rejected
from orders.models import Fulfilment

from .conftest import House


def test_shipping_is_asked_for_once_and_ends_in_a_question_to_the_channel(house: House) -> None:
    order = house.tell("to_ship")
    first = commands.ask(order, "ship", options={"pickup": "1"})
    assert commands.ask(order, "ship") == first
    commands.perform_due(house.market.pk, budget_seconds=30)
    [command] = house.toy.performed
    assert (command.kind, command.options, [line.item_id for line in command.lines]) == (
        "ship",
        {"pickup": "1"},
        ["i1"],
    )
    first.refresh_from_db()
    assert first.state == "done"
    assert list(InboxEvent.objects.filter(connection=house.market).values_list("kind", "external_id", "source")) == [
        ("order", "A1", "command")
    ]
    order.refresh_from_db()
    assert order.status == "to_ship", "only the channel's answer changes it"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("shipped", "cancel"), ("unpaid", "ship"), ("to_ship", "accept_cancellation"), ("delivered", "deliver")],
)
def test_what_the_order_does_not_allow_is_not_possible(house: House, status: str, kind: str) -> None:
    order = house.tell(status)
    with pytest.raises(commands.NotPossible):
        commands.ask(order, kind)
    assert not Fulfilment.objects.filter(kind=kind).exists()


def test_a_shop_with_couriers_of_its_own_says_what_they_brought(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order = house.tell("shipped")
    with pytest.raises(commands.NotPossible, match="Mark as delivered"):
        commands.ask(order, "deliver")
    monkeypatch.setattr(type(house.toy), "commands", type(house.toy).commands | {"deliver"})
    wanted = commands.ask(order, "deliver")
    commands.perform_due(house.market.pk, budget_seconds=30)
    wanted.refresh_from_db()
    assert (wanted.state, [command.kind for command in house.toy.performed]) == ("done", ["deliver"])


def test_without_a_connection_nothing_is_promised(house: House) -> None:
    order = house.tell("to_ship")
    house.market.is_active = False
    house.market.save()
    with pytest.raises(commands.NotPossible, match="connect it again"):
        commands.ask(order, "ship")


def test_a_refused_command_can_be_wanted_again_and_gets_its_own_row_when_asked_anew(house: House) -> None:
    order = house.tell("to_ship")
    answer = house.toy.on_perform

    def refuse(command: Command) -> CommandOutcome:
        raise Rejected("no courier today")

    house.toy.on_perform = refuse
    refused = commands.ask(order, "ship")
    commands.perform_due(house.market.pk, budget_seconds=30)
    refused.refresh_from_db()
    assert (refused.state, refused.reason) == ("refused", "no courier today")
    anew = commands.ask(order, "ship")
    assert anew != refused
    house.toy.on_perform = answer
    assert commands.retry([refused.pk]) == 1
    commands.perform_due(house.market.pk, budget_seconds=30)
    assert set(Fulfilment.objects.filter(kind="ship").values_list("state", flat=True)) == {"done"}
