"""The trade's oddities: each happens at its rate, is the same whoever asks, and is never there at 0."""

from __future__ import annotations

import re
from typing import Any

import pytest

from integrations.simulator import world_context
from integrations.simulator.draws import Draws
from integrations.simulator.faults import CALM, LEVELS, ODDITIES, Faults
from integrations.simulator.oddities import OrderForm, as_milliseconds, long_name, long_tracking, odd_order
from integrations.simulator.order import Order
from integrations.simulator.replaced_variations import REPLACING, _like, may_be_recoded, may_be_replaced
from integrations.simulator.simulated_platform import PlatformContext
from integrations.simulator.world import World
from tests.integrations.simulator.toy import Toy, live, still_world

FORM = OrderForm(
    lines="lines",
    fields={"deadline": ("N/A",), "paid": (as_milliseconds,)},
    line_fields={"box.weight": ("N/A",)},
    long={"tracking": long_tracking},
    line_long={"name": long_name},
)
ORDER: dict[str, Any] = {
    "id": "1", "status": "READY", "deadline": 1_765_688_839, "paid": 1_765_688_839, "tracking": "SPX1",
    "lines": [{"id": "l1", "name": "Áo", "box": {"weight": 1}}, {"id": "l2", "name": "Váy", "box": {"weight": 2}}],
}  # fmt: skip


@pytest.fixture
def context() -> PlatformContext:
    return still_world().platforms["toy"].context


def only(context: PlatformContext, **rates: float) -> None:
    context._book.faults.set(rates)  # type: ignore[attr-defined]


def test_calm_shows_an_order_as_it_is(context: PlatformContext) -> None:
    assert all(odd_order(context, FORM, ORDER, str(n), "READY") == ORDER for n in range(50))


def test_lines_are_missing_for_a_moment_and_in_each_way(
    context: PlatformContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(context, odd_silent=1.0)
    shown = [odd_order(context, FORM, ORDER, str(n), "READY") for n in range(30)]
    assert {repr(order.get("lines", "absent")) for order in shown} == {"[]", "None", "'absent'"}
    assert all(order["id"] == "1" for order in shown)
    monkeypatch.setattr(world_context, "MOMENT_SECONDS", 0.0)
    assert odd_order(context, FORM, ORDER, "0", "READY") == ORDER


def test_a_line_stands_twice_with_its_id(context: PlatformContext) -> None:
    only(context, odd_repeats=1.0)
    assert [line["id"] for line in odd_order(context, FORM, ORDER, "1", "READY")["lines"]] == ["l1", "l2", "l1"]


def test_texts_are_long(context: PlatformContext) -> None:
    only(context, odd_long=1.0)
    found = odd_order(context, FORM, ORDER, "1", "READY")
    assert found["tracking"].count(",") == 5
    assert [len(line["name"]) for line in found["lines"]] == [600, 600]


def test_an_optional_field_is_odd_and_stays_so(context: PlatformContext) -> None:
    only(context, odd_fields=1.0)
    shown = [odd_order(context, FORM, ORDER, str(n), "READY") for n in range(20)]
    assert {(order["deadline"], order["paid"]) for order in shown} == {
        ("N/A", 1_765_688_839), (1_765_688_839, 1_765_688_839_000),
    }  # fmt: skip
    assert all(line["box"]["weight"] == "N/A" for order in shown for line in order["lines"])
    assert shown == [odd_order(context, FORM, ORDER, str(n), "READY") for n in range(20)]
    assert ORDER["lines"][0]["box"]["weight"] == 1


def test_what_happened_is_counted_once_for_each_thing(context: PlatformContext) -> None:
    only(context, odd_repeats=1.0, odd_fields=1.0, odd_silent=1.0)
    for _ in range(3):
        for number in ("1", "2"):
            odd_order(context, FORM, ORDER, number, "READY")
    odd_order(context, FORM, {"id": "3", "lines": []}, "3", "READY")
    counts = context._book.planted_counts()  # type: ignore[attr-defined]
    assert {name: counts[name] for name in ("repeats", "fields", "silent", "long")} == {
        "repeats": 2, "fields": 2, "silent": 3, "long": 0,
    }  # fmt: skip
    assert {f"odd_{name}" for name in counts} == set(ODDITIES)


def test_oddities_are_part_of_odd_rough_and_hostile() -> None:
    assert all(CALM[name] == 0 for name in ODDITIES)
    for level in ("odd", "rough", "hostile"):
        assert {name: LEVELS[level][name] for name in ODDITIES} == dict(ODDITIES)
    assert {name for name, rate in LEVELS["odd"].items() if rate != CALM[name]} <= set(ODDITIES)


def test_a_rate_is_a_share_of_the_entities() -> None:
    faults = Faults(Draws("1"), "odd")
    hits = [n for n in range(20_000) if faults.is_odd("toy", "silent", n, "READY")]
    assert len(hits) / 20_000 == pytest.approx(ODDITIES["odd_silent"], abs=0.01)
    assert hits == [n for n in range(20_000) if Faults(Draws("1"), "odd").is_odd("toy", "silent", n, "READY")]


# --- in the world ---


def knowing(monkeypatch: pytest.MonkeyPatch, **rates: float) -> World:
    """A world whose marketplace can show every oddity, and has only these."""
    monkeypatch.setattr(Toy, "oddities", frozenset({"fulfilled", "replaced", "partial"}))
    world = still_world()
    world.book.faults.set(rates)
    return world


def bought(world: World, quantity: int = 2) -> Order:
    """An order of one variation with models, whose SKU a person finds again."""
    shop = world.book.shops["toy"]["s1"]
    found = next(
        v for v in shop.variations() if v.stock > 5 and shop.items[v.item_id].has_models
        and may_be_replaced(world.book.draws, v) and not world.book.goods[v.sku].components
    )  # fmt: skip
    return world.day.order("toy", "s1", [(found.sku, quantity)])


def test_a_platform_fulfils_from_a_stock_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    world = knowing(monkeypatch, odd_fulfilled=1.0)
    before, shown = world.book.stock.table(), [v.stock for v in world.book.shops["toy"]["s1"].variations()]
    order = bought(world)
    live(world, 1000.0)
    assert order.fulfilled_by == "platform"
    assert order.status not in {"unpaid", "to_ship"}
    assert (world.book.stock.table(), world.book.sales) == (before, [])
    assert [v.stock for v in world.book.shops["toy"]["s1"].variations()] == shown


def test_a_variation_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    world = knowing(monkeypatch, odd_replaced=1.0)
    order = bought(world)
    line, shop = order.lines[0], world.book.shops["toy"]["s1"]
    live(world, REPLACING[1])
    assert shop.variation(line.item_id, line.variation_id) is None
    [anew] = [v for v in shop.items[line.item_id].variations if v.sku == line.sku]
    assert (anew.seller_sku, anew.stock, anew.open, len(anew.id)) == (line.sku, 0, 0, len(line.variation_id))


def test_a_unit_is_cancelled_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = knowing(monkeypatch, odd_partial=1.0)
    order = bought(world)
    [(sku, place)] = [(line.sku, (line.sku, order.ships_from)) for line in order.lines]
    live(world, 13.0)
    until = 0
    while "part_cancelled" not in order.moments and order.is_open and until < 200:
        live(world, 1.0)
        until += 1
    assert "part_cancelled" in order.moments
    assert [line.quantity for line in order.lines] == [1]
    assert order.needs == {sku: 1}
    assert world.book.stock.promised[place] == 1


@pytest.mark.parametrize("old", ["98151702", "602_98151702"])
def test_a_variation_made_anew_has_an_id_of_the_same_form(old: str) -> None:
    new = _like(still_world().book.draws, old, "s1")
    assert new != old
    assert re.fullmatch(re.sub(r"\d{8}$", r"[0-9]{8}", old), new)


def test_the_two_oddities_that_would_undo_each_other_never_meet() -> None:
    world = still_world()
    for shop in world.book.shops["toy"].values():
        for variation in shop.variations():
            both = may_be_replaced(world.book.draws, variation) and may_be_recoded(world.book.draws, variation.sku)
            assert not both
