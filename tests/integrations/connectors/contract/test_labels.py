"""Labels: a parcel that never was has none, malformed answers are errors of the channel."""

from __future__ import annotations

import sys

import pytest
from redis import Redis

from integrations.contract.errors import ChannelError
from integrations.contract.labels import Label, Labels
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, SpareTokens, answering
from .ports import CONNECTORS, assert_runs_over_all, each

EACH = each("labels")


def labels_of(channel: str) -> Labels:
    found = CONNECTORS[channel].labels
    assert found
    return found


@EACH
def test_a_parcel_that_never_was_has_no_label(channel: str, world: Simulation) -> None:
    access = Played(world, channel).connect().access
    with pytest.raises(ChannelError):
        labels_of(channel).fetch(access, "999999999999", "999999999999")


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_a_file_or_an_error_of_the_channel(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    with answering(status, answers) as url:
        access = Played(world, channel).connect(base_url=url, tokens=SpareTokens()).access
        for malformed in MALFORMED:
            answers[:] = [malformed]
            redis.flushdb()
            try:
                found = labels_of(channel).fetch(access, "1", "1")
            except ChannelError:
                continue
            assert status == 200
            assert isinstance(found, Label)
            assert found.content


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "labels")
