"""Labels: a parcel that never was has none, malformed answers are errors of the channel, one parcel's error is its own."""

from __future__ import annotations

import sys

import pytest
from redis import Redis

from integrations.contract.errors import ChannelError, NotAuthorised
from integrations.contract.labels import Label, Labels, ParcelRef
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
def test_parcels_that_never_were_have_no_label_and_each_its_own_error(channel: str, world: Simulation) -> None:
    access = Played(world, channel).connect().access
    labels = labels_of(channel)
    parcels = [ParcelRef(number, number) for number in ("999999999998", "999999999999")]
    found = labels.fetch(access, parcels)
    assert set(found) == set(parcels)
    assert all(isinstance(error, ChannelError) for error in found.values())
    assert labels.batch >= 1


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_a_file_or_an_error_of_the_channel(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    parcel = ParcelRef("1", "1")
    with answering(status, answers) as url:
        access = Played(world, channel).connect(base_url=url, tokens=SpareTokens()).access
        for malformed in MALFORMED:
            answers[:] = [malformed]
            redis.flushdb()
            try:
                [found] = labels_of(channel).fetch(access, [parcel]).values()
            except ChannelError:
                continue
            if isinstance(found, Label):
                assert status == 200
                assert found.content
            else:
                assert not isinstance(found, NotAuthorised)


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "labels")
