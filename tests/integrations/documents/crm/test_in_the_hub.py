"""Marketplace orders reach the CRM once per state, with buyers by code, in a constant number of queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteLine, WriteOutcome, WriteRequest
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.request import retry
from integrations.documents.engine import want_documents
from integrations.models import AppRegistration, Authorisation, Command, Connection, InboxEvent, Link
from inventory.models import Listing, Product, Shop
from orders.models import Order
from orders.services.customers import store_customers
from orders.services.upsert import upsert_orders
from orders.snapshots import CustomerSnapshot, LineSnapshot, OrderSnapshot
from tests.conftest import Start
from tests.integrations.toy import install

from ..commands.conftest import Toy

PLACED = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
PHONE = {"name": "Trần Thị Bích", "phone": "0912345678", "address": "1 Lê Lợi"}
MASKED = {"name": "T***h", "phone": "******78", "address": "1 L******"}


@dataclass
class House:
    book: Connection
    market: Connection
    toy: Toy
    versions: int = 0

    def receive(self, status: str, *numbers: str, recipient: dict[str, str] | None = None, pieces: int = 2) -> None:
        self.versions += 1
        version = PLACED + timedelta(minutes=self.versions)
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

    def perform(self) -> list[WriteRequest]:
        """Return what is written to the CRM now."""
        before = len(self.toy.performed)
        perform_due(self.book.pk, lane="bulk", budget_seconds=30)
        return self.toy.performed[before:]

    def commands(self) -> list[tuple[str, str, str]]:
        rows = Command.objects.order_by("id").values_list("kind", "options__state", "state")
        return [(kind, tells or "", state) for kind, tells, state in rows]


def taken(command: WriteRequest) -> WriteOutcome:
    code = command.options["customer"]["code"] if command.kind == "crm_customer" else command.options["code"]
    return WriteOutcome(f"id-{code}", code)


@pytest.fixture
def house(transactional_db: None, redis: object, monkeypatch: pytest.MonkeyPatch) -> House:
    def connect(channel: str, name: str, **more: Any) -> Connection:
        app = AppRegistration.objects.create(channel=channel, name=channel)
        return Connection.objects.create(
            authorisation=Authorisation.objects.create(app=app), external_id=name, **more,
            shop=Shop.objects.create(name=f"Gian {name}", channel=channel),
        )  # fmt: skip

    book = connect("book", "NHAMINH")
    market = connect("market", "900")
    Link.objects.create(connection=market, role="crm", target=book)
    product = Product.objects.create(sku="AO-01", name="Áo thun", price=Decimal(150_000))
    Listing.objects.create(shop=market.shop, item_id="i1", title="Áo thun", product=product)
    Listing.objects.create(
        shop=book.shop, item_id="AO-CRM", sku="AO-CRM", title="Áo thun", product=product, status="inactive"
    )
    toy = Toy("crm_customer", "crm_order", channel="book")
    toy.on_perform = taken
    install(monkeypatch, toy.connector)
    return House(book, market, toy)


def test_buyer_and_order_are_written_when_it_is_to_ship_and_its_state_later(house: House) -> None:
    house.receive("unpaid")
    assert house.perform() == []
    house.receive("to_ship")
    customer, order = house.perform()
    assert customer.options["customer"] == {
        "code": "KH-0912345678", "name": "Trần Thị Bích", "phone": "0912345678", "address": "1 Lê Lợi", "is_personal": True,
    }  # fmt: skip
    assert order.lines == (WriteLine("AO-CRM", "", "AO-CRM", 2, Decimal(150_000)),)
    assert order.options == {
        "code": f"{house.market.shop_id}-A1", "title": "Gian 900", "placed_at": PLACED.isoformat(), "recipient": PHONE,
        "names": {"AO-CRM": "Áo thun"}, "state": "to_ship", "customer": "KH-0912345678",
    }  # fmt: skip
    for status in ("packed", "shipped", "delivered", "completed"):
        house.receive(status)
    assert [(one.kind, one.options["state"]) for one in house.perform()] == [("crm_order", "completed")]
    assert house.commands() == [
        ("crm_customer", "", "done"), ("crm_order", "to_ship", "done"), ("crm_order", "shipped", "dropped"),
        ("crm_order", "completed", "done"),
    ]  # fmt: skip
    # the marketplace is not asked about it: nothing changed there
    assert list(InboxEvent.objects.all()) == []


def test_masked_buyers_are_the_shops_one_customer_written_once(house: House) -> None:
    house.receive("to_ship", "A1", "A2", recipient=MASKED)
    first = house.perform()
    # the second order wanted the customer before it was there: by its turn there is nothing left to write
    assert [one.kind for one in first] == ["crm_customer", "crm_order", "crm_order"]
    assert house.commands() == [
        ("crm_customer", "", "done"), ("crm_order", "to_ship", "done"), ("crm_customer", "", "dropped"),
        ("crm_order", "to_ship", "done"),
    ]  # fmt: skip
    assert first[0].options["customer"] == {
        "code": "SAN-market-900", "name": "Gian 900", "phone": "", "address": "", "is_personal": False,
    }  # fmt: skip
    assert first[1].options["recipient"] == {"name": "T***h", "phone": "", "address": ""}
    house.receive("to_ship", "A3", recipient=MASKED)
    assert [(one.kind, one.options["customer"]) for one in house.perform()] == [("crm_order", "SAN-market-900")]
    house.book.settings = {"collective_customer": "KH-SAN"}
    house.book.save()
    house.receive("to_ship", "A4", recipient=MASKED)
    assert [one.options["customer"] for one in house.perform() if one.kind == "crm_order"] == ["KH-SAN"]


def test_a_buyer_whom_the_book_knows_by_telephone_keeps_the_code_there(house: House) -> None:
    known = [
        CustomerSnapshot("7", "Chị Bích", PLACED, code="KHTHAN-07", phone="+84 912 345 678"),
        CustomerSnapshot("contact-7", "Chị Bích", PLACED, phone="0912345678"),
    ]
    with transaction.atomic():
        store_customers(house.book.shop_id, known)
    house.receive("to_ship")
    customer, order = house.perform()
    assert (customer.options["customer"]["code"], order.options["customer"]) == ("KHTHAN-07", "KHTHAN-07")


def test_called_off_before_it_was_written_is_written_nowhere(house: House) -> None:
    house.receive("to_ship")
    house.receive("cancelled")
    assert (house.perform(), {state for *_, state in house.commands()}) == ([], {"dropped"})
    house.receive("to_ship")
    assert [one.kind for one in house.perform()] == ["crm_customer", "crm_order"]
    house.receive("cancelled")
    assert [one.options["state"] for one in house.perform()] == ["cancelled"]


def test_unmapped_old_and_unconnected_orders_are_not_written(house: House) -> None:
    Listing.objects.filter(shop=house.market.shop).update(product=None)
    house.receive("to_ship")
    assert house.commands() == []
    Listing.objects.filter(shop=house.market.shop).update(product=Product.objects.get())
    house.market.shop.stock_since = PLACED + timedelta(hours=1)
    house.market.shop.save()
    house.receive("to_ship")
    assert house.commands() == []
    Shop.objects.update(stock_since=None)
    house.market.shop.refresh_from_db()
    house.market.links.all().delete()
    house.receive("packed")
    assert house.commands() == []
    Link.objects.create(connection=house.market, role="crm", target=house.book)
    house.receive("to_ship")
    assert [kind for kind, *_ in house.commands()] == ["crm_customer", "crm_order"]


def test_a_listing_of_three_is_written_as_three_of_the_product(house: House) -> None:
    Listing.objects.filter(shop=house.market.shop).update(units=3)
    house.receive("to_ship")
    [line] = house.perform()[1].lines
    assert line == WriteLine("AO-CRM", "", "AO-CRM", 6, Decimal(50_000))


def test_a_refused_customer_keeps_the_order_back_until_a_person_tries_again(house: House) -> None:
    def refuse(command: WriteRequest) -> WriteOutcome:
        raise Rejected("office_tel: trùng")

    house.toy.on_perform = refuse
    house.receive("to_ship")
    assert [one.kind for one in house.perform()] == ["crm_customer"]
    assert {state for *_, state in house.commands()} == {"refused"}
    house.toy.on_perform = taken
    assert retry(Command.objects.values_list("pk", flat=True)) == 2
    assert [one.kind for one in house.perform()] == ["crm_customer", "crm_order"]


def test_a_customer_written_with_another_order_no_longer_keeps_this_one_back(house: House) -> None:
    def refuse(command: WriteRequest) -> WriteOutcome:
        raise Rejected("office_tel: trùng")

    house.toy.on_perform = refuse
    house.receive("to_ship", "A1")
    house.perform()
    house.toy.on_perform = taken
    house.receive("to_ship", "A2")
    assert [one.kind for one in house.perform()] == ["crm_customer", "crm_order"]
    house.receive("shipped", "A1")
    assert [(one.kind, one.options["state"]) for one in house.perform()] == [("crm_order", "shipped")]


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(house: House) -> None:
    def lost(command: WriteRequest) -> WriteOutcome:
        raise TryLater("no answer", maybe_done=True)

    house.toy.on_perform = lost
    house.toy.on_look_up = taken
    house.receive("to_ship")
    house.perform()
    Command.objects.update(due_at="2000-01-01T00:00Z")
    house.toy.on_perform = taken
    assert [one.kind for one in house.perform()] == ["crm_order"]
    assert [one.kind for one in house.toy.looked_up] == ["crm_customer"]
    assert {state for *_, state in house.commands()} == {"done"}


def test_an_order_whose_every_line_was_called_off_is_written_with_the_lines_it_had(house: House) -> None:
    house.receive("to_ship")
    house.perform()
    line = LineSnapshot("1", "i1", "", 2, sku="AO", title="Áo thun", status="cancelled")
    off = OrderSnapshot("A1", "cancelled", "OFF", "VND", PLACED, PLACED + timedelta(hours=1), (line,))
    with transaction.atomic():
        upsert_orders(house.market.shop, [off], source="webhook")
    [written] = house.perform()
    assert (written.options["state"], [(line.sku, line.quantity) for line in written.lines]) == (
        "cancelled",
        [("AO-CRM", 2)],
    )


def test_lines_that_changed_are_corrected_once_and_with_the_state_that_comes(house: House) -> None:
    house.receive("to_ship", pieces=3)
    house.perform()
    house.receive("to_ship", pieces=2)
    house.receive("to_ship", pieces=2)
    [corrected] = house.perform()
    assert (corrected.kind, corrected.external_id) == ("crm_order", f"id-{house.market.shop_id}-A1")
    assert (corrected.options["is_corrected"], [line.quantity for line in corrected.lines]) == (True, [2])
    house.receive("shipped", pieces=2)
    [shipped] = house.perform()
    assert (shipped.options["state"], "is_corrected" in shipped.options) == ("shipped", False)
    house.receive("completed", pieces=1)
    [last] = house.perform()
    assert (last.options["state"], last.options["is_corrected"], last.lines[0].quantity) == ("completed", True, 1)


def test_an_order_that_is_told_without_lines_is_written_when_it_has_some(house: House) -> None:
    bare = OrderSnapshot("A1", "to_ship", "READY", "VND", PLACED, PLACED, (), recipient=MASKED)
    with transaction.atomic():
        upsert_orders(house.market.shop, [bare], source="webhook")
    assert house.commands() == []
    house.receive("to_ship", recipient=MASKED)
    assert [one.kind for one in house.perform()] == ["crm_customer", "crm_order"]


def test_two_workers_write_each_thing_once(house: House, threads: Start) -> None:
    house.receive("shipped", *(f"A{number}" for number in range(12)), recipient=MASKED)
    for worker in [threads(partial(perform_due, house.book.pk, lane="bulk", budget_seconds=30)) for _ in range(4)]:
        worker.result(30)
    references = [one.reference for one in house.toy.performed]
    assert len(references) == len(set(references)) == 13
    assert Counter(house.commands()) == {
        ("crm_customer", "", "done"): 1, ("crm_customer", "", "dropped"): 11, ("crm_order", "shipped", "done"): 12,
    }  # fmt: skip


def test_the_number_of_queries_does_not_grow(house: House) -> None:
    house.receive("to_ship", *(f"A{number}" for number in range(60)))
    Command.objects.all().delete()
    ids = list(Order.objects.values_list("pk", flat=True))

    def queries(order_ids: list[int]) -> int:
        with transaction.atomic(), CaptureQueriesContext(database) as captured:
            want_documents(order_ids)
            transaction.set_rollback(True)
        return len(captured)

    assert (queries(ids[:1]), queries(ids), queries([])) == (6, 6, 1)
