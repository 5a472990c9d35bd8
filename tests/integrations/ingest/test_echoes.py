"""Notices that only tell of our own writes are not asked about; every doubt is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from integrations import inbox
from integrations.contract import reasons
from integrations.documents.commands.perform import perform_due
from integrations.documents.pos.observe import SETTLES_AFTER
from integrations.inbox.store import SAID, Incoming, Later
from integrations.ingest.echoes import without_echoes
from integrations.models import Command, Connection, InboxEvent
from inventory.models import Listing, ListingStock, Reservation

from ..documents.commands.conftest import House, house  # noqa: F401  (a fixture)

Said = Mapping[str, str]


def say(connection: Connection, kind: str, thing: str, *said: Said | None) -> None:
    """The channel sends these notices; None: one that says nothing."""
    for one in said:
        body = {} if one is None else {SAID: [dict(one)]}
        inbox.add([Incoming(connection.authorisation.app_id, connection.pk, kind, thing, "webhook", body=body)])


def asked(connection: Connection) -> list[str]:
    """The things that the channel would be asked for now."""
    claimed = inbox.claim(connection.pk, limit=100, seconds=60)
    if claimed is None:
        return []
    kinds = {event.kind for event in claimed.events}
    left = [
        event
        for kind in kinds
        for event in without_echoes(
            connection, claimed.lease, kind, [event for event in claimed.events if event.kind == kind]
        )
    ]
    return sorted(event.external_id for event in left)


def ends() -> list[tuple[str, str, str]]:
    return list(InboxEvent.objects.order_by("id").values_list("external_id", "state", "reason_code"))


def stock(on_hand: int, reserved: int, warehouse: str = "77") -> Said:
    return {"warehouse": warehouse, "on_hand": str(on_hand), "reserved": f"{reserved}.0"}


@pytest.fixture
def written(house: House) -> House:  # noqa: F811
    """An order of two, written at the POS, where ten are on hand."""
    house.receive("to_ship")
    perform_due(house.pos.pk)
    assert house.commands() == [("pos_order", "done")]
    return house


@pytest.fixture
def invoiced(written: House) -> House:
    """The same order, shipped and invoiced."""
    written.receive("shipped")
    perform_due(written.pos.pk)
    assert written.commands() == [("pos_order", "done"), ("pos_invoice", "done")]
    return written


def test_our_own_order_asks_for_no_reading(written: House) -> None:
    assert InboxEvent.objects.filter(connection=written.pos).count() == 0
    say(written.pos, "stock", "501", stock(10, 2))
    assert asked(written.pos) == []
    assert ends() == [("501", "duplicate", "echo")]


@pytest.mark.parametrize(
    "said",
    [
        [stock(9, 2)],  # a sale at the till
        [stock(12, 2)],  # a delivery
        [stock(10, 3)],  # somebody reserves
        [stock(10, 2), stock(9, 2)],
        [stock(9, 2), stock(10, 2)],  # the older one comes last
        [stock(10, 2), None],  # a person wants to know
        [None, stock(10, 2)],
        [stock(10, 2, "another branch")],
        [{"warehouse": "77", "on_hand": "ten", "reserved": "2"}],
        [{}],
    ],
)
def test_whatever_else_happens_to_the_stock_is_asked_for(written: House, said: list[Said | None]) -> None:
    say(written.pos, "stock", "501", *said)
    assert asked(written.pos) == ["501"]


def test_our_own_invoice_waits_for_the_sweep_with_its_units_held(invoiced: House) -> None:
    [event] = InboxEvent.objects.filter(connection=invoiced.pos)
    assert (event.kind, event.external_id, event.body) == ("stock", "501", {SAID: []})
    assert timedelta(seconds=SETTLES_AFTER - 30) < event.due_at - timezone.now() <= timedelta(seconds=SETTLES_AFTER)
    say(invoiced.pos, "stock", "501", stock(10, 2), stock(8, 0))
    assert asked(invoiced.pos) == []
    event.refresh_from_db()
    assert (event.state, event.due_at > timezone.now() + timedelta(seconds=SETTLES_AFTER - 60)) == ("pending", True)
    invoiced.level.refresh_from_db()
    assert (invoiced.level.on_hand, invoiced.level.available) == (10, 8)


def test_it_is_read_when_its_time_has_come(invoiced: House) -> None:
    Reservation.objects.update(invoiced_at=timezone.now() - timedelta(seconds=SETTLES_AFTER))
    InboxEvent.objects.update(due_at=timezone.now())
    assert asked(invoiced.pos) == ["501"]


def test_a_list_that_shows_it_first_ends_the_wait(invoiced: House) -> None:
    inbox.end_answered(invoiced.pos.pk, "stock", ["501"], asked_at=timezone.now())
    assert ends()[-1] == ("501", "duplicate", "answered")


def test_a_list_asked_for_before_the_notice_came_answers_nothing(invoiced: House) -> None:
    inbox.end_answered(invoiced.pos.pk, "stock", ["501"], asked_at=timezone.now() - timedelta(minutes=1))
    assert InboxEvent.objects.get(connection=invoiced.pos).state == "pending"


def document(kind: str, reference: str, *, is_void: bool = False) -> Said:
    return {"kind": kind, "reference": reference, "is_void": str(is_void)}


def test_documents_that_we_wrote_are_not_read_back(invoiced: House) -> None:
    order, invoice = Command.objects.order_by("id").values_list("reference", flat=True)
    say(invoiced.pos, "order", "DH1", document("pos_order", order), document("pos_order", order))
    say(invoiced.pos, "invoice", "HD1", document("pos_invoice", invoice))
    InboxEvent.objects.filter(kind="stock").delete()
    assert asked(invoiced.pos) == []
    assert all(event.reason == reasons.OWN_WRITE() for event in InboxEvent.objects.all())


def test_even_before_their_answer_has_come(house: House) -> None:  # noqa: F811
    house.receive("to_ship")
    Command.objects.update(state="sent", sent_at=timezone.now())
    say(house.pos, "order", "DH1", document("pos_order", Command.objects.get().reference))
    assert asked(house.pos) == []


def test_what_people_do_to_our_documents_is_read(written: House) -> None:
    reference = Command.objects.get().reference
    say(written.pos, "order", "DH1", document("pos_order", reference, is_void=True))
    say(written.pos, "invoice", "HD1", document("pos_invoice", reference))
    say(written.pos, "order", "DH2", document("pos_order", "somebody-elses"))
    say(written.pos, "order", "DH3", None)
    assert asked(written.pos) == ["DH1", "DH2", "DH3", "HD1"]


def test_our_own_void_is_not_read(written: House) -> None:
    reference = Command.objects.get().reference
    written.receive("cancelled")
    perform_due(written.pos.pk)
    say(written.pos, "order", "DH1", document("pos_order", reference, is_void=True))
    assert asked(written.pos) == []


@pytest.mark.parametrize(
    ("said", "is_asked"), [([8], False), ([7], False), ([9], True), ([9, 8], False), ([8, 9], True)]
)
def test_the_number_that_we_published_is_not_read_back(house: House, said: list[int], is_asked: bool) -> None:  # noqa: F811
    listing = Listing.objects.get(shop=house.market.shop)
    ListingStock.objects.update_or_create(listing=listing, defaults={"wanted": 7, "published": 8, "expected": 7})
    say(house.market, "listing", "i1", *({"warehouse": "", "sellable": str(number)} for number in said))
    assert asked(house.market) == (["i1"] if is_asked else [])


def test_a_person_who_tries_again_asks_whatever_was_said(written: House) -> None:
    say(written.pos, "stock", "501", stock(10, 2))
    InboxEvent.objects.update(state="dead")
    assert inbox.retry_dead(list(InboxEvent.objects.values_list("pk", flat=True))) == 1
    assert asked(written.pos) == ["501"]


def test_an_event_that_is_put_back_beside_another_makes_that_one_ask(written: House) -> None:
    say(written.pos, "stock", "501", stock(9, 2))
    claimed = inbox.claim(written.pos.pk, limit=1, seconds=60)
    assert claimed
    say(written.pos, "stock", "501", stock(10, 2))
    inbox.put_back([Later(claimed.events[0].id, 0.0, counts=False)])
    assert asked(written.pos) == ["501"]


def test_what_was_said_fifty_times_is_asked_for(written: House) -> None:
    say(written.pos, "stock", "501", *[stock(10, 2)] * 51)
    assert asked(written.pos) == ["501"]


def test_a_thing_without_a_check_is_asked_for(written: House) -> None:
    say(written.pos, "product", "501", stock(10, 2))
    claimed = inbox.claim(written.pos.pk, limit=1, seconds=60)
    assert claimed
    assert without_echoes(written.pos, uuid4(), "product", claimed.events) == list(claimed.events)
