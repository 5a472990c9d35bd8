"""People want things done about orders."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import django_rq
import pytest
from django.utils import timezone

from integrations.accounts.connections import NotPossible
from integrations.contract.errors import Rejected
from integrations.contract.writes import WriteOutcome, WriteRequest
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.request import POSSIBLE_FOR, POSSIBLE_IN, answer, ask, ask_about, retry
from integrations.models import Command, Connection, InboxEvent
from integrations.work import wakeups
from orders.models import Return
from orders.statuses import Status
from tests.integrations.toy import install

from .conftest import House, Toy


def test_shipping_is_asked_for_once_and_ends_in_a_question_to_the_channel(house: House) -> None:
    order = house.receive("to_ship")
    first = ask(order, "ship", options={"pickup": "1"})
    assert ask(order, "ship") == first
    perform_due(house.market.pk, budget_seconds=30)
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


def done(command: Command, minutes_ago: int) -> None:
    then = timezone.now() - timedelta(minutes=minutes_ago)
    Command.objects.filter(pk=command.pk).update(sent_at=then, finished_at=then)


def test_pressed_again_before_the_channel_tells_the_new_status_it_is_the_same_press(house: House) -> None:
    order = house.receive("to_ship")
    first = ask(order, "ship")
    perform_due(house.market.pk, budget_seconds=30)
    assert ask(order, "ship") == first
    house.receive("to_ship")
    assert ask(order, "ship") == first, "read again, and the channel still tells the old status"
    done(first, minutes_ago=11)
    again = ask(order, "ship")
    assert again != first, "it never told another: a person may want it once more"
    perform_due(house.market.pk, budget_seconds=30)
    assert [command.kind for command in house.toy.performed].count("ship") == 2
    house.receive("shipped")
    with pytest.raises(NotPossible):
        ask(order, "ship")


@pytest.mark.parametrize("kind", sorted(POSSIBLE_IN))
def test_a_done_command_of_any_kind_is_not_repeated(house: House, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    house.toy = Toy(kind)
    install(monkeypatch, house.toy.connector)
    order = house.receive(sorted(POSSIBLE_IN[kind] - {Status.PACKED})[0])
    for _press in range(3):
        first = ask(order, kind)
        perform_due(house.market.pk, budget_seconds=30)
    assert house.commands() == [(kind, "done")]
    done(first, minutes_ago=11)
    assert ask(order, kind) != first


@pytest.mark.parametrize("kind", sorted(POSSIBLE_FOR))
def test_a_done_answer_is_not_repeated_and_another_return_gets_its_own(
    house: House, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    house.toy = Toy(kind)
    install(monkeypatch, house.toy.connector)
    order = house.receive("delivered")
    one, other = (
        Return.objects.create(
            shop=house.market.shop, order=order, order_number=order.number, number=number, status="requested",
            channel_status="R", asked_at=timezone.now(),
        )
        for number in ("R1", "R2")
    )  # fmt: skip
    for ret in (one, one, other, one):
        answer(ret, kind)
        perform_due(house.market.pk, budget_seconds=30)
    assert [command.options["return_number"] for command in house.toy.performed] == ["R1", "R2"]
    one.changes.create(before="approved", after="requested", channel_status="R", source="sweep")
    answer(one, kind)
    assert Command.objects.filter(kind=kind, options__return_number="R1").count() == 2, "it waits for an answer again"


def test_a_status_that_changed_since_makes_a_press_a_new_one(house: House) -> None:
    order = house.receive("to_ship")
    first = ask(order, "ship")
    perform_due(house.market.pk, budget_seconds=30)
    house.receive("packed")
    house.receive("to_ship")
    assert ask(order, "ship") != first, "the channel took it back"


def test_of_twenty_people_who_press_at_once_one_ships(house: House, threads: Callable[..., Future[int]]) -> None:
    order = house.receive("to_ship")

    def press() -> int:
        wanted = ask(order, "ship").pk
        perform_due(house.market.pk, budget_seconds=5)
        return wanted

    running = [threads(press) for _ in range(20)]
    assert len({one.result(60) for one in running}) == 1
    perform_due(house.market.pk, budget_seconds=5)
    assert [command.kind for command in house.toy.performed] == ["ship"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [("shipped", "cancel"), ("unpaid", "ship"), ("to_ship", "accept_cancellation"), ("delivered", "deliver")],
)
def test_what_the_order_does_not_allow_is_not_possible(house: House, status: str, kind: str) -> None:
    order = house.receive(status)
    with pytest.raises(NotPossible):
        ask(order, kind)
    assert not Command.objects.filter(kind=kind).exists()


def test_a_shop_with_couriers_of_its_own_says_what_they_brought(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order = house.receive("shipped")
    with pytest.raises(NotPossible, match="Mark as delivered"):
        ask(order, "deliver")
    writes = house.toy.connector.writes
    install(monkeypatch, replace(house.toy.connector, writes={**writes, "deliver": writes["ship"]}))
    wanted = ask(order, "deliver")
    perform_due(house.market.pk, budget_seconds=30)
    wanted.refresh_from_db()
    assert (wanted.state, [command.kind for command in house.toy.performed]) == ("done", ["deliver"])


def test_without_a_connection_nothing_is_promised(house: House) -> None:
    order = house.receive("to_ship")
    house.market.is_active = False
    house.market.save()
    with pytest.raises(NotPossible, match="connect it again"):
        ask(order, "ship")


def test_a_refused_command_can_be_wanted_again_and_gets_its_own_row_when_asked_anew(house: House) -> None:
    order = house.receive("to_ship")
    answer = house.toy.on_perform

    def refuse(command: WriteRequest) -> WriteOutcome:
        raise Rejected("no courier today")

    house.toy.on_perform = refuse
    refused = ask(order, "ship")
    perform_due(house.market.pk, budget_seconds=30)
    refused.refresh_from_db()
    assert (refused.state, str(refused.reason)) == ("refused", "no courier today")
    anew = ask(order, "ship")
    assert anew != refused
    house.toy.on_perform = answer
    assert retry([refused.pk]) == 1
    perform_due(house.market.pk, budget_seconds=30)
    assert set(Command.objects.filter(kind="ship").values_list("state", flat=True)) == {"done"}


def test_what_is_tried_again_wakes_the_workers_of_its_lane(house: House) -> None:
    """Documents of a CRM can wait: they must not be carried out among those that cannot."""
    order = house.receive("to_ship")
    rows = [
        Command(target=house.pos, kind=kind, order=order, lane=lane, reference=kind, state="refused")
        for kind, lane in (("ship", "orders"), ("crm_order", "bulk"))
    ]
    for row in rows:
        row.save()
    for queue in ("orders", "bulk"):
        django_rq.get_queue(queue).empty()
    wakeups.mark_started("perform", house.pos.pk)
    assert retry([row.pk for row in rows]) == 2
    rung = {name: [job.func_name for job in django_rq.get_queue(name).jobs] for name in ("orders", "bulk")}
    assert rung == {"orders": ["integrations.jobs.perform"], "bulk": ["integrations.jobs.perform_bulk"]}


def test_two_long_order_numbers_do_not_share_a_command(house: House) -> None:
    orders = [house.receive("to_ship", "N" * 60 + end) for end in ("A", "B")]
    wanted = [ask(order, "ship") for order in orders]
    kept = [ask(order, "cancel") for order in orders]
    references = [command.reference for command in (*wanted, *kept)]
    assert len(set(references)) == 4
    assert Command.objects.filter(kind="pos_order").count() == 2
    assert max(map(len, references)) <= 80


def test_a_command_may_be_about_no_order(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def item(price: str) -> Command:
        return ask_about(house.market, "promotion_item", subject="P1/i1", options={"price": price})

    with pytest.raises(NotPossible, match="promotion_item"):
        item("90000")
    writes = house.toy.connector.writes
    install(monkeypatch, replace(house.toy.connector, writes={**writes, "promotion_item": writes["ship"]}))
    first = item("90000")
    assert (item("90000"), first.order, first.subject, first.lane) == (first, None, "P1/i1", "orders")
    second = item("80000")
    perform_due(house.market.pk, budget_seconds=30)
    assert [(c.order_number, c.options["price"], c.lines) for c in house.toy.performed] == [
        ("", "90000", ()), ("", "80000", ()),
    ]  # fmt: skip
    for command in (first, second):
        command.refresh_from_db()
        assert (command.state, str(command)) == ("done", "promotion_item: P1/i1")
    assert item("80000") == second, "pressed once more"
    third = item("90000")
    assert third not in (first, second), "set back to what it was is something else"
    perform_due(house.market.pk, budget_seconds=30)
    for row in Command.objects.filter(kind="promotion_item"):
        done(row, minutes_ago=11)
    assert item("90000") not in (first, second, third), "what was done a while ago may be wanted again"


def test_a_command_to_another_system_about_an_order_asks_nobody_for_the_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = house.receive("unpaid")
    install(monkeypatch, replace(house.toy.connector, writes={"refund": house.toy.connector.writes["ship"]}))
    refund = ask_about(house.pos, "refund", subject="T-1", order=order, options={"amount": "1000"})
    perform_due(house.pos.pk, budget_seconds=30)
    refund.refresh_from_db()
    assert (refund.state, refund.order, [c.order_number for c in house.toy.performed]) == ("done", order, ["A1"])
    assert not InboxEvent.objects.exists()


def test_a_command_that_could_not_be_carried_out_is_refused_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, replace(house.toy.connector, writes={"refund": house.toy.connector.writes["ship"]}))
    with pytest.raises(NotPossible):
        ask_about(house.pos, "refund", subject="T" * 256)
    Connection.objects.filter(pk=house.pos.pk).update(is_active=False)
    with pytest.raises(NotPossible):
        ask_about(house.pos, "refund", subject="T-1")
    assert not Command.objects.exists()


def test_an_order_that_is_arranged_is_not_arranged_again(house: House) -> None:
    first = ask(house.receive("to_ship"), "ship")
    perform_due(house.market.pk, budget_seconds=30)
    packed = house.receive("packed")
    assert ask(packed, "ship") == first, "the new status is known, and came of the command"
    assert Command.objects.filter(kind="ship").count() == 1


def test_an_order_that_was_packed_elsewhere_is_arranged_once(house: House) -> None:
    packed = house.receive("packed")
    first = ask(packed, "ship")
    perform_due(house.market.pk, budget_seconds=30)
    assert ask(packed, "ship") == first
