"""Marketplace orders reach the customer book once per state, with buyers by code, in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from integrations import commands
from integrations.commands import performing
from integrations.connectors.base import Command, CommandLine, CommandOutcome
from integrations.crm import TOLD_AS, Todo, Told, todo, want_in_crm
from integrations.models import AppRegistration, Authorisation, Connection, InboxEvent
from integrations.wire.errors import Rejected, TryLater
from inventory.models import Listing, Product, Shop
from orders.models import Fulfilment, Order, Status
from orders.services.customers import store_customers
from orders.services.upsert import upsert_orders
from orders.snapshots import CustomerSnapshot, LineSnapshot, OrderSnapshot
from tests.conftest import Start

from .commands.conftest import Toy

PLACED = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
PHONE = {"name": "Trần Thị Bích", "phone": "0912345678", "address": "1 Lê Lợi"}
MASKED = {"name": "T***h", "phone": "******78", "address": "1 L******"}


# --- what is to be told, without a database ---


def order_told(tells: str, state: str, number: int = 1) -> Told:
    return Told(number, "crm_order", tells, state)


@pytest.mark.parametrize(
    ("status", "told", "expected"),
    [
        ("unpaid", [], Todo()),
        ("", [], Todo()),
        ("to_ship", [], Todo("to_ship", 1)),
        ("packed", [order_told("to_ship", "done")], Todo()),
        ("cancelling", [order_told("to_ship", "done")], Todo()),
        ("shipped", [order_told("to_ship", "done")], Todo("shipped", 2)),
        ("shipped", [order_told("to_ship", "sent")], Todo("shipped", 2)),
        ("shipped", [order_told("to_ship", "refused")], Todo("shipped", 2)),
        ("to_ship", [order_told("to_ship", "refused")], Todo()),
        ("delivered", [order_told("shipped", "wanted")], Todo()),
        ("completed", [], Todo("completed", 1)),
        (
            "completed",
            [order_told("to_ship", "done", 1), order_told("shipped", "wanted", 2)],
            Todo("completed", 3, (2,)),
        ),
        ("cancelled", [], Todo()),
        ("cancelled", [Told(1, "crm_customer", "", "wanted"), order_told("to_ship", "wanted", 2)], Todo(drop=(1, 2))),
        ("cancelled", [Told(1, "crm_customer", "", "done"), order_told("to_ship", "sent", 2)], Todo("cancelled", 2)),
        ("to_ship", [order_told("to_ship", "dropped")], Todo("to_ship", 2)),
        ("to_ship", [order_told("to_ship", "done", 1), order_told("cancelled", "wanted", 2)], Todo(drop=(2,))),
        ("to_ship", [order_told("to_ship", "done", 1), order_told("cancelled", "done", 2)], Todo("to_ship", 3)),
    ],
)
def test_the_difference_is_told_and_nothing_twice(status: str, told: list[Told], expected: Todo) -> None:
    assert todo(status, told) == expected


@given(st.lists(st.tuples(st.sampled_from(["", *Status.values]), st.booleans()), max_size=12))
def test_whatever_happens_the_book_ends_with_the_last_word_it_can_be_told(walk: list[tuple[str, bool]]) -> None:
    told: list[Told] = []
    for status, is_performed in walk:
        now = todo(status, told)
        told = [Told(one.id, one.kind, one.tells, "dropped") if one.id in now.drop else one for one in told]
        if now.tell:
            assert now.round == len(told) + 1
            told.append(Told(now.round, "crm_order", now.tell, "wanted"))
        assert todo(status, told) == Todo(), "a second look finds nothing to do"
        if is_performed:
            told = [Told(one.id, one.kind, one.tells, "done") if one.state == "wanted" else one for one in told]
    wanted = [TOLD_AS[status] for status, _ in walk if status in TOLD_AS]
    living = [one.tells for one in told if one.state != "dropped"]
    assert living[-1:] == wanted[-1:] or (wanted[-1:] == ["cancelled"] and not living)
    assert sum(1 for one in told if one.state == "wanted") <= 1


# --- in the hub ---


@dataclass
class House:
    book: Connection
    market: Connection
    toy: Toy
    told: int = 0

    def tell(self, status: str, *numbers: str, recipient: dict[str, str] | None = None, pieces: int = 2) -> None:
        self.told += 1
        version = PLACED + timedelta(minutes=self.told)
        line = LineSnapshot("1", "i1", "", pieces, sku="AO", title="Áo thun", paid_price=Decimal(150_000))
        snapshots = [
            OrderSnapshot(
                number, status, status, "VND", PLACED, version, (line,), version=version, buyer_name="khach_01",
                recipient=PHONE if recipient is None else recipient,
            )
            for number in numbers or ("A1",)
        ]  # fmt: skip
        with transaction.atomic():
            upsert_orders(self.market.shop, snapshots, source="webhook")

    def perform(self) -> list[Command]:
        """What the CRM is told now."""
        before = len(self.toy.performed)
        commands.perform_due(self.book.pk, budget_seconds=30)
        return self.toy.performed[before:]

    def commands(self) -> list[tuple[str, str, str]]:
        rows = Fulfilment.objects.order_by("id").values_list("kind", "options__state", "state")
        return [(kind, tells or "", state) for kind, tells, state in rows]


class Book(Toy):
    """A customer book that takes everything, and answers with the code."""

    commands = frozenset({"crm_customer", "crm_order"})


def taken(command: Command) -> CommandOutcome:
    code = command.options["customer"]["code"] if command.kind == "crm_customer" else command.options["code"]
    return CommandOutcome(f"id-{code}", code)


@pytest.fixture
def house(transactional_db: None, redis: object, monkeypatch: pytest.MonkeyPatch) -> House:
    def connect(channel: str, name: str, **more: Any) -> Connection:
        app = AppRegistration.objects.create(channel=channel, name=channel)
        return Connection.objects.create(
            authorisation=Authorisation.objects.create(app=app), external_id=name, **more,
            shop=Shop.objects.create(name=f"Gian {name}", channel=channel),
        )  # fmt: skip

    book = connect("book", "NHAMINH")
    market = connect("market", "900", crm=book)
    product = Product.objects.create(sku="AO-01", name="Áo thun", price=Decimal(150_000))
    Listing.objects.create(shop=market.shop, item_id="i1", title="Áo thun", product=product)
    Listing.objects.create(
        shop=book.shop, item_id="AO-CRM", sku="AO-CRM", title="Áo thun", product=product, status="inactive"
    )
    toy = Book()
    toy.on_perform = taken
    monkeypatch.setattr(performing, "connector_for", lambda connection, lane: toy)
    return House(book, market, toy)


def test_buyer_and_order_are_told_when_it_is_to_ship_and_its_state_later(house: House) -> None:
    house.tell("unpaid")
    assert house.perform() == []
    house.tell("to_ship")
    customer, order = house.perform()
    assert customer.options["customer"] == {
        "code": "KH-0912345678", "name": "Trần Thị Bích", "phone": "0912345678", "address": "1 Lê Lợi", "is_personal": True,
    }  # fmt: skip
    assert order.lines == (CommandLine("AO-CRM", "", "AO-CRM", 2, Decimal(150_000)),)
    assert order.options == {
        "code": f"{house.market.shop_id}-A1", "title": "Gian 900", "placed_at": PLACED.isoformat(), "recipient": PHONE,
        "names": {"AO-CRM": "Áo thun"}, "state": "to_ship", "customer": "KH-0912345678",
    }  # fmt: skip
    for status in ("packed", "shipped", "delivered", "completed"):
        house.tell(status)
    assert [(one.kind, one.options["state"]) for one in house.perform()] == [("crm_order", "completed")]
    assert house.commands() == [
        ("crm_customer", "", "done"), ("crm_order", "to_ship", "done"), ("crm_order", "shipped", "dropped"),
        ("crm_order", "completed", "done"),
    ]  # fmt: skip
    # the marketplace is not asked about it: nothing changed there
    assert list(InboxEvent.objects.all()) == []


def test_masked_buyers_are_the_shops_one_customer_who_is_told_once(house: House) -> None:
    house.tell("to_ship", "A1", "A2", recipient=MASKED)
    first = house.perform()
    assert [one.kind for one in first] == ["crm_customer", "crm_order", "crm_customer", "crm_order"]
    assert first[0].options["customer"] == {
        "code": "SAN-market-900", "name": "Gian 900", "phone": "", "address": "", "is_personal": False,
    }  # fmt: skip
    assert first[1].options["recipient"] == {"name": "T***h", "phone": "", "address": ""}
    house.tell("to_ship", "A3", recipient=MASKED)
    assert [(one.kind, one.options["customer"]) for one in house.perform()] == [("crm_order", "SAN-market-900")]
    house.book.settings = {"collective_customer": "KH-SAN"}
    house.book.save()
    house.tell("to_ship", "A4", recipient=MASKED)
    assert [one.options["customer"] for one in house.perform() if one.kind == "crm_order"] == ["KH-SAN"]


def test_a_buyer_whom_the_book_knows_by_telephone_keeps_the_code_there(house: House) -> None:
    told = [
        CustomerSnapshot("7", "Chị Bích", PLACED, code="KHTHAN-07", phone="+84 912 345 678"),
        CustomerSnapshot("contact-7", "Chị Bích", PLACED, phone="0912345678"),
    ]
    with transaction.atomic():
        store_customers(house.book.shop_id, told)
    house.tell("to_ship")
    customer, order = house.perform()
    assert (customer.options["customer"]["code"], order.options["customer"]) == ("KHTHAN-07", "KHTHAN-07")


def test_called_off_before_anybody_was_told_is_told_to_nobody(house: House) -> None:
    house.tell("to_ship")
    house.tell("cancelled")
    assert (house.perform(), {state for *_, state in house.commands()}) == ([], {"dropped"})
    house.tell("to_ship")
    assert [one.kind for one in house.perform()] == ["crm_customer", "crm_order"]
    house.tell("cancelled")
    assert [one.options["state"] for one in house.perform()] == ["cancelled"]


def test_unmapped_old_and_unconnected_orders_are_not_told(house: House) -> None:
    Listing.objects.filter(shop=house.market.shop).update(product=None)
    house.tell("to_ship")
    assert house.commands() == []
    Listing.objects.filter(shop=house.market.shop).update(product=Product.objects.get())
    house.market.shop.stock_since = PLACED + timedelta(hours=1)
    house.market.shop.save()
    house.tell("to_ship")
    assert house.commands() == []
    Shop.objects.update(stock_since=None)
    house.market.crm = None
    house.market.save()
    house.tell("packed")
    assert house.commands() == []
    house.market.crm = house.book
    house.market.save()
    house.tell("to_ship")
    assert [kind for kind, *_ in house.commands()] == ["crm_customer", "crm_order"]


def test_a_listing_of_three_is_told_as_three_of_the_product(house: House) -> None:
    Listing.objects.filter(shop=house.market.shop).update(units=3)
    house.tell("to_ship")
    [line] = house.perform()[1].lines
    assert line == CommandLine("AO-CRM", "", "AO-CRM", 6, Decimal(50_000))


def test_a_refused_customer_keeps_the_order_back_until_a_person_tries_again(house: House) -> None:
    def refuse(command: Command) -> CommandOutcome:
        raise Rejected("office_tel: trùng")

    house.toy.on_perform = refuse
    house.tell("to_ship")
    assert [one.kind for one in house.perform()] == ["crm_customer"]
    assert {state for *_, state in house.commands()} == {"refused"}
    house.toy.on_perform = taken
    assert commands.retry(Fulfilment.objects.values_list("pk", flat=True)) == 2
    assert [one.kind for one in house.perform()] == ["crm_customer", "crm_order"]


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(house: House) -> None:
    def lost(command: Command) -> CommandOutcome:
        raise TryLater("no answer", maybe_done=True)

    house.toy.on_perform = lost
    house.toy.on_look_up = taken
    house.tell("to_ship")
    house.perform()
    Fulfilment.objects.update(due_at="2000-01-01T00:00Z")
    house.toy.on_perform = taken
    assert [one.kind for one in house.perform()] == ["crm_order"]
    assert [one.kind for one in house.toy.looked_up] == ["crm_customer"]
    assert {state for *_, state in house.commands()} == {"done"}


def test_an_order_whose_every_line_was_called_off_is_told_with_the_lines_it_had(house: House) -> None:
    house.tell("to_ship")
    house.perform()
    line = LineSnapshot("1", "i1", "", 2, sku="AO", title="Áo thun", status="cancelled")
    off = OrderSnapshot("A1", "cancelled", "OFF", "VND", PLACED, PLACED + timedelta(hours=1), (line,))
    with transaction.atomic():
        upsert_orders(house.market.shop, [off], source="webhook")
    [told] = house.perform()
    assert (told.options["state"], [(line.sku, line.quantity) for line in told.lines]) == ("cancelled", [("AO-CRM", 2)])


def test_two_workers_tell_each_thing_once(house: House, threads: Start) -> None:
    house.tell("shipped", *(f"A{number}" for number in range(12)), recipient=MASKED)
    for worker in [threads(partial(commands.perform_due, house.book.pk, budget_seconds=30)) for _ in range(4)]:
        worker.result(30)
    references = [one.reference for one in house.toy.performed]
    assert len(references) == len(set(references)) == 24


def test_the_number_of_queries_does_not_grow(house: House) -> None:
    house.tell("to_ship", *(f"A{number}" for number in range(60)))
    Fulfilment.objects.all().delete()
    ids = list(Order.objects.values_list("pk", flat=True))

    def queries(order_ids: list[int]) -> int:
        with transaction.atomic(), CaptureQueriesContext(database) as captured:
            want_in_crm(order_ids)
            transaction.set_rollback(True)
        return len(captured)

    assert (queries(ids[:1]), queries(ids), queries([])) == (6, 6, 1)
