"""Identity of a connector: its folder, its facts, its cheapest call."""

from __future__ import annotations

import re
import sys
import time

import pytest
from redis import Redis

from integrations.connectors import channels, connector_of
from integrations.contract.connector import Connector
from integrations.contract.errors import TryLater
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, TRANSIENT, SpareTokens, answering, error_of
from .facts import check_identity
from .ports import CONNECTORS, HOME, assert_runs_over_all, each, folders

EACH = each("channel")
# a file that a folder may hold -> the port that it is about
FILES = {
    "consent.py": "consent", "webhooks.py": "webhooks", "queue.py": "queue", "reads.py": "reads", "publishing.py": "publisher",
    "writes.py": "writes", "labels.py": "labels", "quotes.py": "quotes",
}  # fmt: skip


@EACH
def test_every_folder_is_a_connector(channel: str) -> None:
    assert isinstance(connector_of(channel), Connector)
    assert connector_of(channel).channel == channel


@EACH
def test_its_facts_are_sane(channel: str) -> None:
    check_identity(CONNECTORS[channel])


@EACH
def test_a_file_named_after_a_port_is_that_port(channel: str) -> None:
    missing = {
        name
        for name, port in FILES.items()
        if (HOME / channel / name).exists() and not getattr(CONNECTORS[channel], port)
    }
    assert missing == set()


@EACH
def test_its_folder_has_samples_with_expectations_and_a_dated_page(channel: str) -> None:
    names = {path.name for path in (HOME / channel / "samples").glob("*.json")}
    assert all(re.fullmatch(r"[a-z0-9_]+?__[a-z0-9_]+?(\.expected)?\.json", name) for name in names)
    expected = {name for name in names if name.endswith(".expected.json")}
    assert expected
    assert {name.replace(".expected", "") for name in expected} <= names
    assert re.search(r"Checked on 20\d\d-\d\d-\d\d", (HOME / channel / "README.md").read_text())


@EACH
def test_the_cheapest_call_and_the_warehouses(channel: str, world: Simulation) -> None:
    bound = Played(world, channel).connect()
    assert bound.check().name
    if bound.connector.warehouses:
        ids = [warehouse.external_id for warehouse in bound.warehouses()]
        assert len(ids) == len(set(ids))
        assert all(ids)


@EACH
def test_rate_limits_and_server_errors_are_tried_later(channel: str, world: Simulation, redis: Redis) -> None:
    played = Played(world, channel)
    for fault in ("rate_limited", "server_error", "answer_lost"):
        bound = played.connect()
        played.faults(**{fault: 1.0, "rate_limit_seconds": 0.05})
        try:
            with pytest.raises(TryLater) as caught:
                bound.check()
        finally:
            played.faults(**{fault: 0.0})
        assert (caught.value.after > 0, caught.value.maybe_done) == (True, False), fault
        time.sleep(0.1)
        redis.flushdb()
        assert bound.check().name


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_to_the_cheapest_call_is_an_error_of_the_channel(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    with answering(status, answers) as url:
        bound = Played(world, channel).connect(base_url=url, tokens=SpareTokens())
        for malformed in MALFORMED:
            answers[:] = [malformed]
            redis.flushdb()
            error = error_of(bound.check)
            assert status not in TRANSIENT or isinstance(error, TryLater), malformed
            assert status == 200 or error, malformed


def test_it_runs_over_every_folder() -> None:
    assert folders() == set(channels()) == set(CONNECTORS)
    assert_runs_over_all(sys.modules[__name__], "channel")
