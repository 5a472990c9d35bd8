"""A history of all marketplaces with fee lines, settled with planted errors: every one is found, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pytest_django import Settings
from redis import Redis

from erpsync.rehearsal.money.check import check_money
from erpsync.rehearsal.money.history import History
from erpsync.rehearsal.simulator import SimulatorClient
from integrations.demo import connect_accounts, read_accounts
from integrations.simulator.calls import QUOTA_FACTOR
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation

pytestmark = pytest.mark.django_db(transaction=True)
# in one shop of each
ORDERS = 120
# some weeks of before then in each shop whose statements are paid out wrongly: enough statements for both classes
OLDER: Mapping[str, Any] = {"orders": 16, "days": 28.0, "ended": 24.0}


@pytest.fixture
def simulation(settings: Settings, redis: Redis, caplog: pytest.LogCaptureFixture) -> Iterator[Simulation]:
    caplog.set_level(logging.WARNING, "integrations")
    platforms = {channel: kind for channel, kind in find_platforms().items() if kind.fees is not None}
    found = Simulation(platforms, products=60, seed="1", quota_factor=QUOTA_FACTOR)
    found.start()
    settings.SIMULATOR_URL = found.url
    # nobody listens there: a history sends nothing
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    yield found
    found.stop()


def test_every_planted_error_is_found_and_nothing_else(simulation: Simulation) -> None:
    connections, _ = connect_accounts(read_accounts(simulation.url), simulation.url, None, lambda line: None)
    one_of_each = list({connection.channel: connection for connection in connections}.values())
    simulator, platforms = SimulatorClient(simulation.url), simulation.world.platforms
    for connection in one_of_each:
        if platforms[connection.channel].statement_errors:
            simulator.post("/history", channel=connection.channel, shop=connection.external_id, **OLDER)
    money = check_money(simulator, one_of_each, History.of(ORDERS))
    assert money["examples"] == []
    assert [money[name] for name in ("missed", "false")] == [0, 0]
    assert money["found"] == money["planted"] >= 20
    assert all(counted["planted"] for counted in money["classes"].values())
    assert money["incidents"]["found"] == money["incidents"]["planted"] == 3
    payouts = {name: (counted["planted"], counted["found"]) for name, counted in money["payouts"].items()}
    assert payouts == {
        "shopee missing_payout of orders": (2, 2),
        "shopee short_payout of orders": (6, 6),
        "tiktok_shop missing_payout of orders": (2, 2),
        "tiktok_shop missing_payout of statements": (2, 2),
        "lazada missing_payout of orders": (2, 2),
        "lazada missing_payout of statements": (2, 2),
        "lazada short_payout of statements": (2, 2),
    }
