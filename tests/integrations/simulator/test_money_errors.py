"""Planted errors: one at most of an order, as many as are wanted, within their spans, and the same for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.simulator.discovery import find_platforms
from integrations.simulator.money_errors import (
    CANCELLED_FEE,
    CLASSES,
    DOUBLE,
    FORGOTTEN,
    HALF_PERCENT,
    MISSING_PAYOUT,
    NO_ERROR,
    SHORT_PAYOUT,
    WRONG_CATEGORY,
    WRONG_RATE,
)
from integrations.simulator.simulation import Simulation

CHANNELS = ("shopee", "tiktok_shop", "lazada", "tiki")
WANTED = 3
VIETNAM = timedelta(hours=7)


def planted(seed: str) -> tuple[Simulation, list[dict[str, Any]]]:
    """Three hundred orders of eight days in the first shop of each marketplace: enough of one listing in the last sixth."""
    platforms = find_platforms()
    simulation = Simulation({channel: platforms[channel] for channel in CHANNELS}, products=60, seed=seed)
    try:
        for channel in CHANNELS:
            shop = next(iter(simulation.world.book.shops[channel]))
            asked = {
                "channel": channel,
                "shop": shop,
                "orders": 300,
                "days": 8,
                "cancelled": 0.1,
                "errors": dict.fromkeys(CLASSES, WANTED),
            }
            assert call(simulation, "POST", "/history", asked)[0] == 200
        return simulation, call(simulation, "GET", "/money_errors")[1]["errors"]
    finally:
        simulation.close_ports()


def call(simulation: Simulation, method: str, path: str, asked: dict[str, Any] | None = None) -> tuple[int, Any]:
    status, _, body = simulation.control.answer(method, path, {}, json.dumps(asked or {}).encode())
    return status, json.loads(body)


@pytest.fixture(scope="module")
def world() -> tuple[Simulation, list[dict[str, Any]]]:
    return planted("errors")


World = tuple[Simulation, list[dict[str, Any]]]


def test_each_channel_has_the_classes_that_its_settlements_can_show(world: World) -> None:
    simulation, errors = world
    found = Counter((error["channel"], error["name"]) for error in errors if error["order"])
    for channel, platform in simulation.world.platforms.items():
        names = {name for of, name in found if of == channel}
        assert names == platform.money_errors <= CLASSES.keys()
        for name in names:
            # all of a morning, or of a listing, may be more
            assert WANTED <= found[channel, name] <= 8 * WANTED
    assert len({(error["channel"], error["order"]) for error in errors}) == len(errors)


def test_errors_lie_in_their_spans_and_on_orders_of_their_kind(world: World) -> None:
    simulation, errors = world
    orders = simulation.world.book.orders
    placed = {channel: [order.placed_at for order in orders[channel].values()] for channel in CHANNELS}
    for error in errors:
        order, times = orders[error["channel"]][error["order"]], placed[error["channel"]]
        assert (order.status == "cancelled") == (error["name"] == CANCELLED_FEE)
        if error["name"] in (WRONG_RATE, HALF_PERCENT, WRONG_CATEGORY):
            assert error["item"] in {line.item_id for line in order.lines}
        if error["name"] == WRONG_RATE:
            assert order.placed_at > (times[0] + 2 * times[-1]) / 3
        if error["name"] == DOUBLE:
            assert (datetime.fromtimestamp(order.placed_at, UTC) + VIETNAM).hour < 12
    for channel in CHANNELS:
        days = {
            (datetime.fromtimestamp(orders[channel][error["order"]].placed_at, UTC) + VIETNAM).date()
            for error in errors
            if (error["channel"], error["name"]) == (channel, DOUBLE)
        }
        assert len(days) == (DOUBLE in simulation.world.platforms[channel].money_errors)


def test_what_was_charged_twice_comes_back_within_30_days_but_for_three_orders(world: World) -> None:
    simulation, errors = world
    for channel in ("shopee", "tiktok_shop", "lazada"):
        double = [error for error in errors if (error["channel"], error["name"]) == (channel, DOUBLE)]
        assert sum(error["returned_at"] is None for error in double) == FORGOTTEN
        for error in double:
            order = simulation.world.book.orders[channel][error["order"]]
            if error["returned_at"]:
                assert order.moments["completed"] < error["returned_at"] < order.placed_at + 30 * 86_400
    assert all(error["returned_at"] is None for error in errors if error["name"] != DOUBLE)


def test_the_same_seed_plants_the_same_and_another_seed_others(world: World) -> None:
    def plan(errors: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        return [(error["channel"], error["name"], error["order"]) for error in errors]

    # the spans follow the clock: orders at a midnight may move to the other side
    first, second = set(plan(world[1])), set(plan(planted("errors")[1]))
    assert len(first & second) > 0.9 * len(first)
    assert len(first & set(plan(planted("others")[1]))) < 0.5 * len(first)


def test_a_history_without_errors_has_none_and_every_order_completes() -> None:
    platforms = find_platforms()
    simulation = Simulation({"shopee": platforms["shopee"]}, products=60)
    try:
        shop = next(iter(simulation.world.book.shops["shopee"]))
        _, found = call(simulation, "POST", "/history", {"channel": "shopee", "shop": shop, "orders": 20})
        orders = simulation.world.book.orders["shopee"]
        assert {orders[number].status for number in found["ids"]} == {"completed"}
        assert call(simulation, "GET", "/money_errors")[1]["errors"] == []
        assert simulation.world.platforms["shopee"].context.money_error(found["ids"][0]) is NO_ERROR
        assert call(simulation, "GET", "/fees")[1]["shopee"] == platforms["shopee"].fees.document  # type: ignore[union-attr]
    finally:
        simulation.close_ports()


def test_short_and_missing_payouts_are_planted_where_they_can_be_seen() -> None:
    platforms = find_platforms()
    kinds = {channel: platforms[channel].money_errors for channel in CHANNELS}
    assert [channel for channel in CHANNELS if SHORT_PAYOUT in kinds[channel]] == ["shopee"]
    assert [channel for channel in CHANNELS if MISSING_PAYOUT in kinds[channel]] == ["shopee", "tiktok_shop", "lazada"]
    of_statements = {
        channel: set(kind.statement_errors) for channel, kind in platforms.items() if kind.statement_errors
    }
    assert of_statements == {"tiktok_shop": {MISSING_PAYOUT}, "lazada": {MISSING_PAYOUT, SHORT_PAYOUT}}
