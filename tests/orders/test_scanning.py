"""Packing by scanning: what each scan leads to, and that a parcel is packed once and only whole."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Shop
from orders.models import Order, OrderLine, PackedParcel, Parcel, Wave
from orders.queries import labels_wait_for_packing
from orders.services import holding
from orders.services.scanning import Outcome, Packing, Scan, reopen, scan
from orders.services.waves import planning
from orders.services.waves.making import make_waves
from tests.orders.waves.conftest import Sold
from tests.orders.waves.conftest import shop as shop  # noqa: PLC0414
from tests.orders.waves.conftest import sold as sold  # noqa: PLC0414


class Table:
    """A packing table: scans one code after the other, as a person does."""

    def __init__(self, *shops: int, actor: int | None = None) -> None:
        self.shops, self.actor, self.parcel = shops, actor, None

    def scan(self, code: str, scan_id: str = "") -> Scan:
        found = scan(code, self.shops, parcel_id=self.parcel, scan_id=scan_id, actor_id=self.actor)
        self.parcel = found.packing.id if found.packing else None
        return found

    def outcomes(self, *codes: str) -> list[str]:
        return [self.scan(code).outcome.value for code in codes]


@pytest.fixture
def table(shop: Shop, django_user_model: Any) -> Table:
    return Table(shop.pk, actor=django_user_model.objects.create_user("packer").pk)


def counts(packing: Packing | None) -> dict[str, tuple[int, int]]:
    assert packing is not None
    return {piece.sku: (scanned, piece.quantity) for piece, scanned in packing.pieces}


def test_a_parcel_is_opened_by_any_of_its_numbers(sold: Sold, table: Table) -> None:
    sold("A", ("1", 1))
    for code in ("A-T", "A-P", "A", " a-t "):
        table.parcel = None
        found = table.scan(code)
        assert (found.outcome, found.packing and found.packing.number) == (Outcome.OPENED, "A-P"), code
    assert PackedParcel.objects.count() == 1


def test_pieces_are_counted_and_the_last_one_packs_the_parcel(sold: Sold, table: Table) -> None:
    sold("A", ("3", 1), ("2", 1))
    found = table.scan("A-T")
    assert counts(found.packing) == {"AO-01": (0, 2), "MU-01": (0, 2)}
    assert table.outcomes("AO-01", "893001", "893002") == ["counted"] * 3
    assert not PackedParcel.objects.exclude(packed_at=None).exists()
    last = table.scan("mu-01")
    assert last.outcome is Outcome.PACKED
    assert counts(last.packing) == {"AO-01": (2, 2), "MU-01": (2, 2)}
    parcel = PackedParcel.objects.get()
    assert (parcel.packed_by_id, parcel.packed_at is not None, parcel.tracking_number) == (table.actor, True, "A-T")


def test_wrong_and_too_many_pieces_count_nothing(sold: Sold, table: Table) -> None:
    sold("A", ("1", 1), ("2", 1))
    assert table.outcomes("A-T", "AO-01", "AO-01", "893003", "") == ["opened", "counted", "too_many", "wrong", "wrong"]
    assert counts(table.scan("A-T").packing) == {"AO-01": (1, 1), "MU-01": (0, 1)}


def test_a_request_that_is_sent_twice_counts_once(sold: Sold, table: Table) -> None:
    sold("A", ("1", 2))
    table.scan("A-T")
    assert [table.scan("AO-01", scan_id="1").outcome for _ in range(3)] == [Outcome.COUNTED] * 3
    assert counts(table.scan("A-T").packing) == {"AO-01": (1, 2)}
    assert [table.scan("AO-01", scan_id="2").outcome for _ in range(2)] == [Outcome.PACKED] * 2
    packed_at = PackedParcel.objects.get().packed_at
    assert table.outcomes("A-T", "A-T") == ["packed_before", "packed_before"]
    assert PackedParcel.objects.get().packed_at == packed_at
    assert table.scan("AO-01").outcome is Outcome.UNKNOWN, "with no parcel open it is no parcel's number"


def test_a_parcel_that_is_begun_is_finished_first(sold: Sold, table: Table) -> None:
    sold("A", ("1", 2))
    sold("B", ("2", 1))
    assert table.outcomes("A-T", "B-T", "A-T", "AO-01", "B-T") == [
        "opened",
        "opened",
        "opened",
        "counted",
        "unfinished",
    ]
    table.parcel = None
    assert table.outcomes("B-T", "MU-01", "A-T") == ["opened", "packed", "opened"]
    assert counts(table.scan("A-T").packing) == {"AO-01": (1, 2)}, "put aside, not lost"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("cancelled", "cancelled"), ("cancelling", "cancelling"), ("shipped", "not_to_pack"), ("unpaid", "not_to_pack")],
)
def test_an_order_that_is_off_is_refused_also_in_the_middle_of_packing(
    sold: Sold, table: Table, status: str, outcome: str
) -> None:
    order = sold("A", ("1", 2))
    assert table.outcomes("A-T", "AO-01") == ["opened", "counted"]
    Order.objects.filter(pk=order.pk).update(status=status)
    assert table.outcomes("AO-01", "AO-01") == [outcome, outcome]
    assert PackedParcel.objects.get().packed_at is None
    table.parcel = None
    assert table.outcomes("A-T") == [outcome]


def test_what_is_held_back_is_not_packed(sold: Sold, table: Table) -> None:
    order = sold("A")
    holding.hold([order.pk], "x")
    assert table.outcomes("A-T") == ["held"]


def test_numbers_of_other_shops_and_of_nobody_are_unknown(sold: Sold, table: Table) -> None:
    sold("A")
    assert table.outcomes("Z", "%", "") == ["unknown"] * 3
    assert Table(table.shops[0] + 1).outcomes("A-T") == ["unknown"]
    found = table.scan("A-T")
    assert found.packing is not None
    assert scan("AO-01", [table.shops[0] + 1], parcel_id=found.packing.id).outcome is Outcome.UNKNOWN


def test_an_order_with_two_parcels_is_packed_when_both_are(sold: Sold, table: Table, shop: Shop) -> None:
    order = sold("A", ("1", 1), ("2", 1))
    Parcel.objects.create(order=order, number="A-Q", tracking_number="A-U")
    OrderLine.objects.filter(order=order, item_id="2").update(parcel="A-Q")
    Shop.objects.update(labels_after_packing=True)
    assert table.outcomes("A") == ["several"]
    assert counts(table.scan("A-T").packing) == {"AO-01": (0, 1)}
    assert table.outcomes("AO-01") == ["packed"]
    assert labels_wait_for_packing([order.pk]) == {order.pk}
    assert table.outcomes("A-U", "MU-01") == ["opened", "packed"]
    assert labels_wait_for_packing([order.pk]) == frozenset()


def test_a_parcel_with_two_orders_asks_for_the_pieces_of_both(sold: Sold, table: Table) -> None:
    sold("A", ("1", 1))
    other = sold("B", ("1", 2), note="Gói quà")
    Parcel.objects.filter(order=other).update(number="A-P", tracking_number="A-T")
    OrderLine.objects.filter(order=other).update(parcel="A-P")
    found = table.scan("A-T").packing
    assert found is not None
    assert (counts(found), found.order_numbers, found.notes) == ({"AO-01": (0, 3)}, ("A", "B"), ("Gói quà",))
    Order.objects.filter(pk=other.pk).update(status="cancelled")
    assert table.outcomes("AO-01") == ["packed"], "what is cancelled of it stays out"


def test_packing_moves_the_wave_on(sold: Sold, table: Table) -> None:
    orders = [sold("A", ("1", 1)), sold("B", ("2", 1))]
    [wave] = make_waves(planning.planned(planning.chosen([o.pk for o in orders]), size=5), actor_id=None)
    states = []
    for codes in (("A-T", "AO-01"), ("B-T", "MU-01")):
        table.outcomes(*codes)
        states.append(Wave.objects.get(pk=wave.pk).state)
    assert states == ["picking", "packed"]


def test_a_packed_parcel_is_packed_anew_on_a_persons_word(sold: Sold, table: Table) -> None:
    sold("A", ("1", 1))
    table.outcomes("A-T", "AO-01")
    parcel = PackedParcel.objects.get()
    assert (reopen(parcel.pk), reopen(parcel.pk)) == (True, False)
    table.parcel = None
    assert counts(table.scan("A-T").packing) == {"AO-01": (0, 1)}


def test_a_parcel_of_many_lines_costs_as_many_statements_as_one_of_few(sold: Sold, table: Table) -> None:
    def statements(number: str) -> int:
        table.parcel = None
        table.scan(f"{number}-T")
        with CaptureQueriesContext(connection) as caught:
            table.scan("AO-01")
        return len(caught)

    sold("A", ("1", 3))
    sold("B", *[("1", 1)] * 60)
    assert statements("A") == statements("B")
