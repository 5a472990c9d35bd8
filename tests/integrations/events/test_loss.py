"""The loss proof in its short form: relays killed with -9, each sink refused for a second, an emptied Redis."""

from __future__ import annotations

import pytest
from redis import Redis

from integrations.events.sinks import sink_kinds
from prove import loss


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_relays_refusing_sinks_and_an_emptied_redis_lose_nothing(
    hub_environment: dict[str, str], redis: Redis
) -> None:
    environment = {**hub_environment, "EVENTS_PRIVATE_NETWORKS": "127.0.0.0/8"}
    report = loss.fire(environment, seconds=9.0, rate=60.0, kill_every=(2.0, 2.5), refuse=1.0, patience=40.0)
    assert loss.holds(report), report
    assert set(report["sinks"]) == set(sink_kinds())
    assert report["written"] > 200
    assert report["killed"] >= 3
