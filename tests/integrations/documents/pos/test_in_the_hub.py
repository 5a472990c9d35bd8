"""Documents are wanted in the transaction that changed the orders, in as many queries for one order as for many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from integrations.documents.amounts import Amounts, whole_amounts
from integrations.documents.engine import want_documents
from integrations.documents.pos.build import unit_prices
from integrations.documents.pos.observe import observe
from integrations.models import Command, InboxEvent
from inventory.models import Listing, Reservation
from orders.models import Order
from orders.queries import SoldPart
from orders.snapshots import PosDocumentSnapshot

from ..commands.conftest import House, house  # noqa: F401  (a fixture)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_unmapped_line_keeps_the_order_from_the_pos_until_it_is_mapped(house: House) -> None:  # noqa: F811
    Listing.objects.filter(shop=house.market.shop).update(product=None)
    house.receive("to_ship")
    assert house.commands() == []
    Listing.objects.filter(shop=house.market.shop).update(product=house.product)
    house.receive("to_ship")
    assert house.commands() == [("pos_order", "wanted")]


def test_history_and_shops_that_the_pos_imports_itself_are_left_alone(house: House) -> None:  # noqa: F811
    house.market.shop.stock_since = NOW
    house.market.shop.save()
    house.receive("shipped", "OLD")
    house.market.shop.stock_since = None
    house.market.shop.save()
    house.market.links.update(settings={"imports_itself": True})
    house.receive("to_ship", "IMPORTED")
    assert house.commands() == []


def test_the_number_of_queries_does_not_grow(house: House) -> None:  # noqa: F811
    for number in range(30):
        house.receive("to_ship", f"A{number}")
    Command.objects.all().delete()
    ids = list(Order.objects.values_list("pk", flat=True))

    def queries(order_ids: list[int]) -> int:
        with transaction.atomic(), CaptureQueriesContext(database) as captured:
            want_documents(order_ids)
            transaction.set_rollback(True)
        return len(captured)

    assert queries(ids[:1]) == queries(ids)


def seen(reference: str, kind: str = "pos_order", **more: object) -> PosDocumentSnapshot:
    return PosDocumentSnapshot(kind, "9001", "DH9001", NOW, reference=reference, **more)  # type: ignore[arg-type]


def test_a_void_made_by_hand_at_the_pos_is_stored_once_and_the_stock_read_again(house: House) -> None:  # noqa: F811
    house.receive("to_ship")
    written = Command.objects.get()
    Command.objects.update(state="done", external_id="9001")
    Reservation.objects.update(pos_written_at=NOW - timedelta(minutes=1), pos_quantity=2)
    for _ in range(2):
        with transaction.atomic():
            observe(house.pos, [seen(written.reference, is_void=True)])
    assert house.commands() == [("pos_order", "done"), ("pos_void", "done")]
    assert Reservation.objects.get().pos_closed_at == NOW
    assert list(InboxEvent.objects.values_list("kind", "external_id")) == [("stock", "501")]


def test_an_invoice_made_by_hand_is_not_written_again(house: House) -> None:  # noqa: F811
    house.receive("to_ship")
    written = Command.objects.get()
    Command.objects.update(state="done", external_id="9001")
    with transaction.atomic():
        observe(house.pos, [seen(written.reference, "pos_invoice")])
    house.receive("shipped")
    assert house.commands() == [("pos_order", "done"), ("pos_invoice", "done")]
    assert Reservation.objects.get().invoiced_at == NOW


def test_what_the_pos_imported_by_itself_ends_the_reservation(house: House) -> None:  # noqa: F811
    house.market.links.update(settings={"imports_itself": True})
    house.receive("shipped")
    with transaction.atomic():
        observe(
            house.pos,
            [
                PosDocumentSnapshot(
                    "pos_invoice", "1", "HDSPE_A1", NOW, order_number="A1", order_channel=house.market.own_shop.channel
                )
            ],
        )
    held = Reservation.objects.get()
    assert (held.invoiced_at, held.released) == (NOW, False)


def test_a_bundles_price_is_split_over_its_parts_to_the_whole_dong() -> None:
    sold = [
        SoldPart(1, 2, Decimal(100_000), 10, Decimal(1), Decimal(90_000)),
        SoldPart(1, 2, Decimal(100_000), 11, Decimal(3), Decimal(10_000)),
        SoldPart(2, 1, Decimal(60_000), 10, Decimal(1), Decimal(0)),
    ]
    # line 1: 120 000 of list price stand for 100 000; line 2 is product 10 alone
    prices = unit_prices(sold)
    assert prices[10] == Decimal(70_000)
    assert whole_amounts([(3, prices[10]), (6, prices[11])], "VND") == Amounts(
        (Decimal(70_000), Decimal(8_334)), Decimal(4)
    )
    assert whole_amounts([(6, unit_prices(sold[1:2])[11])], "USD") == Amounts((Decimal("33333.34"),), Decimal("0.04"))
