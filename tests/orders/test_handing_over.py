"""Hand-over to couriers: what each scan leads to, and what the note lists."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inventory.models import Shop
from orders.models import HandOver, HandOverScan, Order, PackedParcel, Parcel, Wave
from orders.services import handing_over, holding
from orders.services.handing_over import close, missing, open_hand_over, scan_out, take_back, waiting_by_carrier
from orders.services.scanning import scan
from orders.services.waves import planning
from orders.services.waves.making import make_waves
from tests.orders.waves.conftest import Sold
from tests.orders.waves.conftest import shop as shop  # noqa: PLC0414
from tests.orders.waves.conftest import sold as sold  # noqa: PLC0414

TODAY = date(2026, 11, 11)


@pytest.fixture
def pick_up(shop: Shop) -> HandOver:
    return open_hand_over("SPX", TODAY, [shop.pk], None)


def outcomes(pick_up: HandOver, *codes: str) -> list[str]:
    return [str(scan_out(pick_up, code, None).outcome) for code in codes]


def stored(pick_up: HandOver) -> dict[str, str]:
    return dict(pick_up.scans.values_list("code", "outcome"))


def test_there_is_one_hand_over_per_courier_day_and_shops(shop: Shop, pick_up: HandOver) -> None:
    other = Shop.objects.create(name="Khác", channel="toy")
    assert (close(pick_up.pk), close(pick_up.pk)) == (True, False)
    again = open_hand_over("SPX", TODAY, [other.pk, shop.pk], None)
    assert (again.pk, again.closed_at) == (pick_up.pk, None), "who is in more shops scans into the same one"
    assert open_hand_over("SPX", TODAY, [other.pk], None).pk != pick_up.pk
    assert open_hand_over("GHN", TODAY, [shop.pk], None).pk != pick_up.pk
    assert HandOver.objects.count() == 3


def test_a_parcel_goes_out_once_by_any_of_its_numbers(sold: Sold, pick_up: HandOver, shop: Shop) -> None:
    sold("A")
    first = scan_out(pick_up, " a-t ", None)
    assert (first.outcome, first.orders, first.carrier, first.is_repeated) == ("out", "A", "SPX", False)
    assert scan_out(pick_up, "A-P", None).is_repeated
    tomorrow = open_hand_over("SPX", date(2026, 11, 12), [shop.pk], None)
    assert outcomes(tomorrow, "A-T") == ["already_out"]
    assert stored(pick_up) == {"a-t": "out"}
    assert stored(tomorrow) == {"A-T": "already_out"}


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"status": "cancelled"}, "cancelled"), ({"status": "cancelling"}, "cancelling"), ({"status": "to_ship"}, "not_arranged"),
        ({"status": "shipped"}, "out"), ({"held": True}, "held"),
    ],
)  # fmt: skip
def test_each_number_is_checked(sold: Sold, pick_up: HandOver, fields: dict[str, Any], outcome: str) -> None:
    order = sold("A")
    Order.objects.filter(pk=order.pk).update(**fields)
    assert outcomes(pick_up, "A-T") == [outcome]
    assert stored(pick_up) == {"A-T": outcome}


def test_a_parcel_of_another_courier_and_one_of_nobody_stay(sold: Sold, pick_up: HandOver, shop: Shop) -> None:
    order = sold("A")
    Parcel.objects.filter(order=order).update(carrier="GHN")
    assert outcomes(pick_up, "A-T", "Z", "") == ["other_courier", "unknown", "unknown"]
    assert stored(pick_up) == {"A-T": "other_courier", "Z": "unknown"}
    Parcel.objects.filter(order=order).update(carrier="spx ")
    assert outcomes(pick_up, "A-T") == ["out"], "what is mended goes out"
    assert stored(pick_up) == {"A-T": "out", "Z": "unknown"}


def test_a_parcel_that_was_begun_or_whose_shop_wants_it_scanned_is_packed_first(
    sold: Sold, pick_up: HandOver, shop: Shop
) -> None:
    sold("A", ("1", 1))
    opened = scan("A-T", [shop.pk]).packing
    assert opened is not None
    assert outcomes(pick_up, "A-T") == ["not_packed"]
    scan("AO-01", [shop.pk], parcel_id=opened.id)
    assert outcomes(pick_up, "A-T") == ["out"]
    sold("B")
    sold("C")
    assert outcomes(pick_up, "B-T") == ["out"], "a shop that packs without scanning"
    Shop.objects.update(labels_after_packing=True)
    assert outcomes(pick_up, "C-T") == ["not_packed"]


def test_the_note_says_what_is_missing(sold: Sold, pick_up: HandOver, shop: Shop) -> None:
    went, packed, in_wave, held, other, idle = (sold(name) for name in "ABCDEF")
    for order in (went, packed, held, other):
        PackedParcel.objects.create(shop=shop, number=f"{order.number}-P", packed_at=order.placed_at)
    make_waves(planning.planned(planning.chosen([in_wave.pk]), size=5), actor_id=None)
    holding.hold([held.pk], "x")
    Parcel.objects.filter(order=other).update(carrier="GHN")
    assert outcomes(pick_up, "A-T") == ["out"]
    assert [(row.order, row.tracking_number) for row in missing(pick_up)] == [("B", "B-T"), ("C", "C-T")]
    assert waiting_by_carrier([shop.pk]) == [("SPX", 6)]
    assert idle.status == "packed"


def test_a_wave_that_went_out_is_handed_over_and_its_orders_are_free(sold: Sold, pick_up: HandOver) -> None:
    orders = [sold("A"), sold("B")]
    [wave] = make_waves(planning.planned(planning.chosen([o.pk for o in orders]), size=5), actor_id=None)
    states = []
    for code in ("A-T", "B-T"):
        assert outcomes(pick_up, code) == ["out"]
        states.append(Wave.objects.get(pk=wave.pk).state)
    assert states == ["open", "handed_over"]
    assert not wave.places.filter(is_active=True).exists()


def test_a_parcel_that_did_not_go_is_taken_back_and_goes_another_day(sold: Sold, pick_up: HandOver, shop: Shop) -> None:
    sold("A")
    assert outcomes(pick_up, "A-T") == ["out"]
    assert [take_back(pick_up.pk, code) for code in ("A-X", " a-p ", "A-T")] == [False, True, False]
    tomorrow = open_hand_over("SPX", date(2026, 11, 12), [shop.pk], None)
    assert outcomes(tomorrow, "A-T") == ["out"]


def test_numbers_of_other_shops_are_unknown(sold: Sold, shop: Shop) -> None:
    sold("A")
    other = open_hand_over("SPX", TODAY, [Shop.objects.create(name="Khác", channel="toy").pk], None)
    assert outcomes(other, "A-T") == ["unknown"]
    assert HandOverScan.objects.get().shop is None
    assert handing_over.missing(other) == []
