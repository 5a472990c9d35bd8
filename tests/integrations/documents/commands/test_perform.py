"""Commands are carried out once: not twice after a lost answer, a killed worker or a cancel in between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from integrations.accounts.links import link
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reasons import KIND_NOT_TAKEN
from integrations.contract.writes import WriteLine, WriteOutcome, WriteRequest
from integrations.documents.commands import store
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.request import retry
from integrations.models import Command, Connection, InboxEvent
from inventory.models import Reservation, Shop
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.integrations.toy import install

from .conftest import PLACED, House


def test_an_order_to_ship_is_written_to_the_pos_with_its_lines_and_money(house: House) -> None:
    order = house.receive("to_ship")
    perform_due(house.pos.pk, budget_seconds=30)
    [command] = house.toy.performed
    assert (command.kind, command.order_number, command.warehouse) == ("pos_order", "A1", "77")
    assert command.lines == (WriteLine("501", "", "AO-POS", 2, Decimal(150_000)),)
    [done] = Command.objects.all()
    assert (done.state, done.external_id, done.code, done.order) == ("done", f"id-{done.reference}", "DH1", order)
    held = Reservation.objects.get()
    assert (held.quantity, held.pos_quantity, held.pos_written_at is not None) == (2, 2, True)
    # the POS reserves these units itself now: that is known, and its stock is not asked for
    assert InboxEvent.objects.count() == 0


def test_the_invoice_follows_the_order_document_it_belongs_to(house: House) -> None:
    house.receive("shipped")
    assert house.commands() == [("pos_order", "wanted"), ("pos_invoice", "wanted")]
    perform_due(house.pos.pk, budget_seconds=30)
    order, invoice = house.toy.performed
    assert (order.kind, invoice.kind) == ("pos_order", "pos_invoice")
    assert invoice.external_id == f"id-{order.reference}"
    assert house.commands() == [("pos_order", "done"), ("pos_invoice", "done")]


def test_a_cancelled_order_is_voided_at_the_pos_once(house: House) -> None:
    house.receive("to_ship")
    perform_due(house.pos.pk, budget_seconds=30)
    house.receive("cancelled")
    house.receive("cancelled")
    perform_due(house.pos.pk, budget_seconds=30)
    assert [c.kind for c in house.toy.performed] == ["pos_order", "pos_void"]
    assert house.toy.performed[1].external_id == f"id-{house.toy.performed[0].reference}"
    assert house.toy.performed[1].options["document"] == "pos_order"
    perform_due(house.pos.pk, budget_seconds=30)
    assert len(house.toy.performed) == 2


def test_a_lost_answer_is_looked_up_and_never_repeated_blind(house: House) -> None:
    house.receive("to_ship")

    def lost(command: WriteRequest) -> WriteOutcome:
        raise TryLater("no answer", maybe_done=True)

    house.toy.on_perform = lost
    perform_due(house.pos.pk, budget_seconds=30)
    assert house.commands() == [("pos_order", "sent")]
    perform_due(house.pos.pk, budget_seconds=30)
    assert house.toy.looked_up == [], "not before the channel's own time-out is over"
    house.due_now()
    house.toy.on_look_up = lambda c: WriteOutcome("4711", "DH4711")
    perform_due(house.pos.pk, budget_seconds=30)
    assert [c.reference for c in house.toy.looked_up] == [house.toy.performed[0].reference]
    done = Command.objects.get()
    assert (done.state, done.external_id, len(house.toy.performed)) == ("done", "4711", 1)


def test_not_found_is_believed_only_twice_and_then_it_is_sent_again(house: House) -> None:
    house.receive("to_ship")
    answer = house.toy.on_perform

    def lost(command: WriteRequest) -> WriteOutcome:
        house.toy.on_perform = answer
        raise TryLater("no answer", maybe_done=True)

    house.toy.on_perform = lost
    for looked, performed in ((0, 1), (1, 1), (2, 2)):
        perform_due(house.pos.pk, budget_seconds=30)
        house.due_now()
        assert (len(house.toy.looked_up), len(house.toy.performed)) == (looked, performed)
    assert house.commands() == [("pos_order", "done")]


def test_no_trace_is_not_believed_while_the_call_may_still_be_running(house: House) -> None:
    house.receive("to_ship")

    def lost(command: WriteRequest) -> WriteOutcome:
        raise TryLater("no answer", maybe_done=True)

    house.toy.on_perform = lost
    perform_due(house.pos.pk, budget_seconds=30)
    for seconds_ago in (5, 12, 29):
        row = Command.objects.get()
        sent_at = timezone.now() - timedelta(seconds=seconds_ago)
        Command.objects.update(due_at="2000-01-01T00:00Z", sent_at=sent_at)
        perform_due(house.pos.pk, budget_seconds=30)
        row.refresh_from_db()
        assert (row.state, row.missed) == ("sent", 0)
        assert row.due_at - sent_at == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=1))
    house.toy.on_perform = lambda c: WriteOutcome("4711", "DH4711")
    house.due_now()
    perform_due(house.pos.pk, budget_seconds=30)
    row.refresh_from_db()
    assert (row.state, row.missed, len(house.toy.performed)) == ("sent", 1, 1), "one miss is not enough"
    assert row.due_at - timezone.now() == pytest.approx(timedelta(seconds=10), abs=timedelta(seconds=1))
    house.due_now()
    perform_due(house.pos.pk, budget_seconds=30)
    row.refresh_from_db()
    assert (row.state, row.external_id, len(house.toy.looked_up), len(house.toy.performed)) == ("done", "4711", 5, 2)


def test_a_kind_that_the_channel_no_longer_takes_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.receive("to_ship")
    install(monkeypatch, replace(house.toy.connector, writes={}))
    perform_due(house.pos.pk, budget_seconds=30)
    assert list(Command.objects.values_list("state", "reason")) == [("refused", KIND_NOT_TAKEN(channel="toy"))]


def test_a_killed_worker_leaves_a_command_that_is_looked_up(house: House) -> None:
    house.receive("to_ship")
    assert len(store.claim(house.pos.pk, seconds=0)) == 1
    house.toy.on_look_up = lambda c: WriteOutcome("4711", "DH4711")
    perform_due(house.pos.pk, budget_seconds=30)
    assert (len(house.toy.performed), len(house.toy.looked_up)) == (0, 1)
    assert house.commands() == [("pos_order", "done")]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (TryLater("busy", after=9), "wanted"),
        (NotAuthorised("connect again"), "wanted"),
        (Rejected("the branch is closed"), "refused"),
        (KeyError("id"), "sent"),
    ],
)
def test_each_failure_ends_where_it_belongs(house: House, error: Exception, state: str) -> None:
    house.receive("to_ship")

    def fail(command: WriteRequest) -> WriteOutcome:
        raise error

    house.toy.on_perform = fail
    perform_due(house.pos.pk, budget_seconds=30)
    assert house.commands() == [("pos_order", state)]
    assert str(Command.objects.get().reason) != ""


def test_a_refused_order_document_refuses_its_invoice_until_a_person_tries_again(house: House) -> None:
    house.receive("shipped")
    answer = house.toy.on_perform

    def refuse(command: WriteRequest) -> WriteOutcome:
        raise Rejected("the branch is closed")

    house.toy.on_perform = refuse
    perform_due(house.pos.pk, budget_seconds=30)
    assert house.commands() == [("pos_order", "refused"), ("pos_invoice", "refused")]
    assert len(house.toy.performed) == 1
    house.toy.on_perform = answer
    assert retry(Command.objects.values_list("pk", flat=True)) == 2
    perform_due(house.pos.pk, budget_seconds=30)
    assert house.commands() == [("pos_order", "done"), ("pos_invoice", "done")]


def test_a_cancel_while_the_order_document_is_being_written_voids_it(
    house: House, threads: Callable[..., Future[Any]]
) -> None:
    house.receive("to_ship")
    calling, cancelled = Event(), Event()
    answer = house.toy.on_perform

    def slow(command: WriteRequest) -> WriteOutcome:
        calling.set()
        assert cancelled.wait(10)
        return answer(command)

    house.toy.on_perform = slow
    working = threads(partial(perform_due, house.pos.pk, budget_seconds=30))
    assert calling.wait(10)
    house.receive("cancelled")
    cancelled.set()
    working.result(20)
    assert house.commands() == [("pos_order", "done"), ("pos_void", "done")]
    assert house.toy.performed[1].external_id == f"id-{house.toy.performed[0].reference}"


def test_two_workers_send_each_command_once(house: House, threads: Callable[..., Future[Any]]) -> None:
    for number in range(12):
        house.receive("shipped", f"A{number}")
    for worker in [threads(partial(perform_due, house.pos.pk, budget_seconds=30)) for _ in range(4)]:
        worker.result(30)
    references = [c.reference for c in house.toy.performed]
    assert len(references) == len(set(references)) == 24
    assert {state for _, state in house.commands()} == {"done"}


def test_a_product_that_the_pos_does_not_know_is_refused_by_name(house: House) -> None:
    house.pos.shop.listings.all().delete()
    house.receive("to_ship")
    perform_due(house.pos.pk, budget_seconds=30)
    refused = Command.objects.get()
    assert (refused.state, house.toy.performed) == ("refused", [])
    assert str(refused.reason).startswith("AO-01 is not in the POS' product book")


def test_a_command_that_cannot_be_made_costs_only_itself(house: House) -> None:
    house.receive("to_ship", "A1")
    house.receive("to_ship", "A2")
    Command.objects.filter(order__number="A1").update(warehouse=None)
    perform_due(house.pos.pk, budget_seconds=30)
    assert [c.order_number for c in house.toy.performed] == ["A2"]
    assert dict(Command.objects.values_list("order__number", "state")) == {"A1": "refused", "A2": "done"}


def test_a_command_is_tried_for_as_long_as_a_shop_is_not_connected_again(house: House) -> None:
    house.receive("to_ship")
    Command.objects.update(tries=32767)
    perform_due(house.pos.pk, budget_seconds=30)
    assert house.commands() == [("pos_order", "done")]


def test_a_document_at_a_former_pos_is_voided_there(house: House) -> None:
    house.receive("to_ship")
    perform_due(house.pos.pk, budget_seconds=30)
    shop = Shop.objects.create(name="Quầy mới", channel="toy", keeps_stock=True)
    new = Connection.objects.create(authorisation=house.pos.authorisation, shop=shop, external_id="new")
    link(house.market, "pos", new)
    house.receive("cancelled")
    assert list(Command.objects.filter(kind="pos_void").values_list("target_id", flat=True)) == [house.pos.pk]
    perform_due(house.pos.pk, budget_seconds=30)
    assert [c.kind for c in house.toy.performed] == ["pos_order", "pos_void"]


def test_an_order_that_the_history_of_returns_or_money_names_is_history(house: House) -> None:
    """The shop does not say since when it counts stock, and the order is read as an event of its own."""
    line = LineSnapshot("1", "i1", "", 1, sku="AO", paid_price=Decimal(150_000))
    old = OrderSnapshot("OLD", "shipped", "SHIPPED", "VND", PLACED, PLACED, (line,), version=PLACED)
    with transaction.atomic():
        upsert_orders(house.market.own_shop, [old], source={"OLD": "backfill"})
    assert house.commands() == []
