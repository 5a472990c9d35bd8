"""Commands as rows: which one is next, and how long it takes to find it in a backlog."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.documents.commands import store
from integrations.models import AppRegistration, Command, Connection
from inventory.models import Shop, Warehouse
from orders.models import Order
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)


def backlog(orders: int) -> Connection:
    """A POS that so many orders wait for, each with its document and then its invoice."""
    pos = connected(AppRegistration.objects.create(channel="toy_pos", name="POS"), "pos")
    shop = Shop.objects.create(name="Gian hàng", channel="toy")
    branch = Warehouse.objects.create(name="Kho chính", shop=pos.shop, external_id="1")
    placed = Order.objects.bulk_create(
        Order(shop=shop, number=f"A{n}", status="shipped", channel_status="S", placed_at=NOON, asked_at=NOON)
        for n in range(orders)
    )
    Command.objects.bulk_create(
        Command(order=order, kind=kind, target=pos, warehouse=branch, reference=f"{order.number}-{kind}")
        for order in placed
        for kind in ("pos_order", "pos_invoice")
    )
    return pos


def next_reference(pos: Connection) -> str | None:
    claimed = store.claim(pos.pk, seconds=60)
    return claimed[0].reference if claimed else None


def test_each_order_goes_in_its_own_sequence_and_nobody_waits_for_another() -> None:
    pos = backlog(2)
    assert [next_reference(pos) for _ in range(3)] == ["A0-pos_order", "A1-pos_order", None]
    store.done(Command.objects.get(reference="A1-pos_order").pk, external_id="7", code="DH7")
    assert [next_reference(pos) for _ in range(2)] == ["A1-pos_invoice", None]


def test_the_next_of_a_long_backlog_is_found_in_a_moment() -> None:
    pos = backlog(1500)
    began = time.perf_counter()
    for _ in range(10):
        assert next_reference(pos)
    assert (time.perf_counter() - began) / 10 < 0.15, "asked row by row it takes seconds"


def test_the_sequence_of_an_order_holds_across_the_rows_that_are_looked_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pos = backlog(6)
    in_whole = [next_reference(pos) for _ in range(7)]
    Command.objects.update(state="wanted", tries=0, due_at=NOON, sent_at=None)
    monkeypatch.setattr(store, "FIRST_ROWS", 3)
    assert [next_reference(pos) for _ in range(7)] == in_whole
    assert in_whole[-2:] == ["A5-pos_order", None]


def test_what_is_behind_a_backlog_that_waits_for_its_next_try_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    pos = backlog(4)
    Command.objects.exclude(order__number="A3").update(due_at=timezone.now() + timedelta(hours=1))
    monkeypatch.setattr(store, "FIRST_ROWS", 3)
    assert [next_reference(pos) for _ in range(2)] == ["A3-pos_order", None]
