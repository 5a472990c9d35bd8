"""Errors of whole statements: some of each class, only of statements long over, and as many that stay right."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from integrations.simulator.discovery import find_platforms
from integrations.simulator.draws import Draws
from integrations.simulator.money_errors import DOUBLE, MISSING_PAYOUT, SHORT_PAYOUT
from integrations.simulator.simulation import Simulation
from integrations.simulator.statement_errors import TRANSFERRED_AFTER, plan_statement_errors

NOW = 2_000_000_000.0
OVER = NOW - TRANSFERRED_AFTER
WANTED = {SHORT_PAYOUT: 5, MISSING_PAYOUT: 2}


@pytest.mark.parametrize(
    ("statements", "missing", "short"), [(0, 0, 0), (1, 1, 0), (2, 1, 1), (3, 1, 1), (9, 2, 3), (30, 2, 5)]
)
def test_statements_are_shared_out_and_some_stay_right(statements: int, missing: int, short: int) -> None:
    ended = {f"S{number}": OVER - number for number in range(statements)}
    errors = plan_statement_errors(Draws("a"), "toy", "s1", ended, WANTED, NOW)
    counted = Counter(error.name for error in errors)
    assert (counted[MISSING_PAYOUT], counted[SHORT_PAYOUT]) == (missing, short)
    assert len({error.statement for error in errors} & ended.keys()) == missing + short
    assert {(error.channel, error.shop, error.order, error.fee) for error in errors} <= {("toy", "s1", "", "")}


def test_a_statement_that_may_still_be_transferred_in_time_has_no_error() -> None:
    ended = {"over": OVER, "young": OVER + 1}
    found = [plan_statement_errors(Draws(seed), "toy", "s1", ended, {SHORT_PAYOUT: 2}, NOW) for seed in "abcdef"]
    assert {error.statement for errors in found for error in errors} == {"over"}


@pytest.mark.parametrize("channel", ["tiktok_shop", "lazada"])
def test_a_history_plants_them_in_statements_of_the_shop_each_once(channel: str) -> None:
    simulation = Simulation({channel: find_platforms()[channel]}, products=60, seed="statements")
    platform, book = simulation.world.platforms[channel], simulation.world.book
    try:
        shop = next(iter(book.shops[channel].values()))
        asked = {
            "channel": channel,
            "shop": shop.id,
            "days": 40,
            "ended": 20,
            "errors": {MISSING_PAYOUT: 1, SHORT_PAYOUT: 1, DOUBLE: 1},
        }
        for orders in (60, 1):
            _call(simulation, "POST", "/history", asked | {"orders": orders})
        told = _call(simulation, "GET", "/money_errors")
        assert told["classes"][channel]["statements"] == sorted(platform.statement_errors)
        of_statements = [error for error in told["errors"] if error["statement"]]
        assert Counter(error["name"] for error in of_statements) == dict.fromkeys(platform.statement_errors, 2)
        names = {error["statement"] for error in of_statements}
        assert len(names) == len(of_statements)
        assert names <= platform.statements(shop).keys()
        assert {platform.context.statement_error(shop.id, name).statement for name in names} == names
        assert platform.context.statement_error("another shop", next(iter(names))).name == ""
    finally:
        simulation.close_ports()


def _call(simulation: Simulation, method: str, path: str, asked: dict[str, Any] | None = None) -> Any:
    status, _, body = simulation.control.answer(method, path, {}, json.dumps(asked or {}).encode())
    assert status == 200
    return json.loads(body)
