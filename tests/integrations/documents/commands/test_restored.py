"""A restored hub lets nothing leave until it has read what it missed and looked up what it may have done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.db import database_time
from integrations.accounts.connections import NotPossible
from integrations.accounts.restorations import refuse_while_held
from integrations.contract.writes import WriteOutcome
from integrations.documents.commands import store
from integrations.documents.commands.perform import perform_due
from integrations.events.store import state_of
from integrations.models import Authorisation, Command, Connection, EventSink, InboxEvent, Restoration
from integrations.publishing.rounds import due_connections
from integrations.restoring import advance, held, hold, progress
from inventory.models import Listing, ListingStock

from .conftest import House


def perform(house: House) -> None:
    house.due_now()
    perform_due(house.pos.pk, budget_seconds=30)


def swept() -> None:
    Connection.objects.update(last_sweep_at=database_time())


@pytest.fixture
def restored(house: House) -> Restoration:
    """The house, restored a minute ago with an order of which nobody knows whether the POS was given it."""
    house.receive("to_ship")
    ListingStock.objects.filter(listing=Listing.objects.get(shop=house.market.shop)).update(wanted=5, expected=None)
    assert due_connections() == [house.market.pk]
    Connection.objects.update(watermarks={"order": "2026-11-11T00:00:00+00:00", "stock": "2026-11-11T00:00:00+00:00"})
    return hold(timezone.now() - timedelta(minutes=1))


def test_nothing_leaves_before_the_sweeps_and_the_look_ups(house: House, restored: Restoration) -> None:
    sink = EventSink.objects.create(name="s", kind="webhook", cursor=0)
    perform(house)
    advance()
    assert (house.toy.performed, house.toy.looked_up, due_connections(), store.due()) == ([], [], [], [])
    assert state_of(sink.pk).is_paused
    with pytest.raises(NotPossible, match="nothing is sent until then"):
        refuse_while_held()
    assert progress(restored).unswept == [house.pos.pk, house.market.pk]
    # stock is read as a whole, orders from the watermark of the backup
    assert {tuple(c.watermarks) for c in Connection.objects.all()} == {("order",)}

    event = InboxEvent.objects.create(
        app=house.market.authorisation.app, connection=house.market, kind="order", external_id="A9", source="sweep"
    )
    swept()
    advance()
    assert progress(Restoration.objects.get()).unread == 1
    InboxEvent.objects.filter(pk=event.pk).update(state="processed")
    advance()
    row = Restoration.objects.get()
    assert (row.phase, row.looked_up, house.commands()) == ("comparing", 1, [("pos_order", "sent")])

    house.receive("to_ship", number="A2")
    perform(house)
    assert [c.order_number for c in house.toy.looked_up] == ["A1"]
    advance()
    assert held() is not None
    perform(house)
    assert [c.order_number for c in house.toy.looked_up] == ["A1", "A1"], "twice missing is believed"
    assert (house.toy.performed, house.commands()) == ([], [("pos_order", "wanted"), ("pos_order", "wanted")])

    advance()
    assert held() is None
    refuse_while_held()
    perform(house)
    assert [c.order_number for c in house.toy.performed] == ["A1", "A2"]
    assert due_connections() == [house.market.pk]
    assert not state_of(sink.pk).is_paused


def test_what_was_carried_out_since_the_backup_is_found_and_not_repeated(house: House, restored: Restoration) -> None:
    swept()
    advance()
    house.toy.on_look_up = lambda c: WriteOutcome("4711", "DH4711")
    perform(house)
    advance()
    perform(house)
    assert (held(), house.toy.performed) == (None, [])
    assert Command.objects.get().external_id == "4711"


def test_a_connection_that_needs_a_new_consent_is_named_and_not_waited_for(house: House, restored: Restoration) -> None:
    Authorisation.objects.filter(pk=house.pos.authorisation_id).update(state=Authorisation.State.RED)
    Connection.objects.filter(pk=house.market.pk).update(last_sweep_at=database_time())
    advance()
    assert progress(Restoration.objects.get()).consents == [house.pos]
    advance()
    assert held() is None
