"""What a POS imports by itself is noted on what is held for the order, whichever of the two is known first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from integrations.documents.pos.imports import adopt_missed
from integrations.documents.pos.observe import observe
from integrations.models import ImportedDocument, InboxEvent
from inventory.models import Listing, Reservation, StockLevel
from inventory.services.readings import record_readings
from inventory.snapshots import StockReading
from orders.services.upsert import upsert_orders
from orders.snapshots import OrderSnapshot, PosDocumentSnapshot
from tests.integrations.documents.commands.conftest import PLACED, House, house  # noqa: F401

NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)


@pytest.fixture
def imports(house: House) -> House:  # noqa: F811
    """A shop whose orders the POS imports by itself."""
    house.market.links.update(settings={"imports_itself": True})
    return house


def document(kind: str, minute: int, *, is_void: bool = False, number: str = "A1") -> PosDocumentSnapshot:
    code = f"{'DH' if kind == 'pos_order' else 'HD'}TIKI_{number}"
    return PosDocumentSnapshot(
        kind, "1", code, NOON + timedelta(minutes=minute), order_number=number, order_channel="toy", is_void=is_void
    )


def see(house: House, *documents: PosDocumentSnapshot) -> None:  # noqa: F811
    with transaction.atomic():
        observe(house.pos, documents)


def times() -> tuple[datetime | None, datetime | None, datetime | None]:
    held = Reservation.objects.get()
    return held.pos_written_at, held.invoiced_at, held.pos_closed_at


def read(house: House, minute: int, on_hand: int, reserved: int = 0) -> StockLevel:  # noqa: F811
    with transaction.atomic():
        record_readings(
            house.pos.own_shop.pk, [StockReading("501", "77", on_hand, reserved, NOON + timedelta(minutes=minute))]
        )
    house.level.refresh_from_db()
    return house.level


def test_documents_that_came_before_the_order_end_what_is_held_for_it(imports: House) -> None:
    see(imports, document("pos_order", 1))
    see(imports, document("pos_invoice", 2))
    imports.receive("shipped")
    assert times() == (NOON + timedelta(minutes=2),) * 3
    assert list(InboxEvent.objects.values_list("kind", "external_id")) == [("stock", "501")]
    assert (read(imports, 3, 8).reserved, Reservation.objects.get().released) == (0, True)


def test_documents_that_came_before_the_lines_or_their_mapping_do_so_too(imports: House) -> None:
    bare = OrderSnapshot("A1", "to_ship", "READY", "VND", PLACED, PLACED, ())
    with transaction.atomic():
        upsert_orders(imports.market.own_shop, [bare], source="webhook")
    see(imports, document("pos_order", 1), document("pos_invoice", 2))
    Listing.objects.filter(shop=imports.market.own_shop).update(product=None)
    imports.receive("shipped")
    assert not Reservation.objects.exists()
    Listing.objects.filter(shop=imports.market.own_shop).update(product=imports.product)
    imports.receive("shipped")
    assert times() == (NOON + timedelta(minutes=2),) * 3


def test_documents_that_came_after_do_so_at_once_and_in_any_order(imports: House) -> None:
    imports.receive("shipped")
    see(imports, document("pos_invoice", 2))
    see(imports, document("pos_order", 3))
    # an order document that is met after its invoice is not open any more
    assert times() == (None, NOON + timedelta(minutes=2), None)
    assert read(imports, 4, 8).pos_own == 0


def test_a_void_closes_and_that_of_an_invoice_is_left_to_people(imports: House) -> None:
    imports.receive("to_ship")
    see(imports, document("pos_order", 1))
    see(imports, document("pos_order", 2, is_void=True))
    assert times() == (NOON + timedelta(minutes=1), None, NOON + timedelta(minutes=2))
    see(imports, document("pos_invoice", 3, is_void=True))
    assert times()[1] is None


def test_the_newest_sight_of_a_document_is_kept(imports: House) -> None:
    see(imports, document("pos_order", 2, is_void=True))
    see(imports, document("pos_order", 1))
    [kept] = ImportedDocument.objects.all()
    assert (kept.is_void, kept.asked_at) == (True, NOON + timedelta(minutes=2))
    imports.receive("to_ship")
    assert times() == (None, None, None)


def test_what_both_sides_missed_is_found_by_the_sweep(imports: House) -> None:
    imports.receive("shipped")
    shown = document("pos_invoice", 1)
    ImportedDocument.objects.create(
        pos=imports.pos, code=shown.code, kind=shown.kind, channel="toy", order_number="A1", is_void=False,
        asked_at=datetime.now(UTC),
    )  # fmt: skip
    for _ in range(2):
        adopt_missed(imports.pos)
    assert times()[1] is not None
    assert InboxEvent.objects.count() == 1


def test_units_that_the_pos_took_out_of_its_document_are_not_counted_as_ours(imports: House) -> None:
    imports.receive("to_ship", pieces=3)
    see(imports, document("pos_order", 1))
    assert read(imports, 2, 10, reserved=3).pos_own == 3
    imports.receive("to_ship", pieces=2)
    # the POS follows a moment later: until then one unit counts as reserved for others
    assert read(imports, 3, 10, reserved=3).pos_own == 2
    assert read(imports, 4, 10, reserved=2).pos_own == 2


def test_of_a_shop_whose_orders_the_pos_does_not_import_nothing_is_noted(house: House) -> None:  # noqa: F811
    house.receive("shipped")
    see(house, document("pos_invoice", 1))
    house.receive("completed")
    assert times() == (None, None, None)
