"""Shown numbers: the whole shop by list, or items by id, agree with the reads of the listings; malformed answers are errors."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest
from redis import Redis

from integrations.contract.errors import ChannelError
from integrations.contract.publisher import Shown, ShownNumber
from integrations.simulator.simulation import Simulation
from inventory.snapshots import ListingSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, SpareTokens, answering
from .ports import CONNECTORS, assert_runs_over_all, changes

SHOWN = sorted(
    channel
    for channel, found in CONNECTORS.items()
    if found.publisher is not None and found.publisher.stock is not None
)
EACH = pytest.mark.parametrize("channel", SHOWN)
NOWHERE = "999999999999"
Key = tuple[str, str, str]


def shown_by(channel: str) -> Shown:
    publisher = CONNECTORS[channel].publisher
    assert publisher
    assert publisher.shown, "who takes numbers can tell those shown"
    return publisher.shown


def by_key(numbers: tuple[ShownNumber, ...]) -> dict[Key, tuple[int, int]]:
    return {(one.item_id, one.variation_id, one.warehouse): (one.sellable, one.held) for one in numbers}


def read(bound: Bound, ids: list[str]) -> dict[Key, tuple[int, int]]:
    """What the listings say themselves."""
    now, batch = datetime.now(UTC), bound.connector.reads["listing"].batch
    listings = [
        one
        for start in range(0, len(ids), batch)
        for one in bound.read("listing", ids[start : start + batch], since=now, asked_at=now).of(ListingSnapshot)
        if one.status == "active"
    ]
    return {
        (one.item_id, one.variation_id, stock.warehouse): (stock.sellable, stock.promotion_reserved)
        for one in listings
        for stock in one.stock
    }


def ids_of(bound: Bound) -> list[str]:
    now = datetime.now(UTC)
    return sorted({c.external_id for c in changes(bound.changed("listing", since=None, until=now), "listing")})


@EACH
def test_its_facts_are_sane(channel: str) -> None:
    shown = shown_by(channel)
    assert (shown.listed is None) != (shown.items is None)
    assert shown.batch >= 1
    assert shown.items_per_call >= 1


@EACH
def test_the_numbers_are_those_of_the_listings(channel: str, busy: Played) -> None:
    shown, bound = shown_by(channel), busy.connect()
    ids = ids_of(bound)
    if shown.listed is not None:
        found: dict[Key, tuple[int, int]] = {}
        after, pages = "", 0
        while pages == 0 or after:
            page = shown.listed(bound.access, after=after)
            found |= by_key(page.numbers)
            after, pages = page.following, pages + 1
        assert pages > 1 or len(ids) <= shown.items_per_call
    else:
        assert shown.items
        ids = ids[: min(3, shown.batch)]
        found = by_key(shown.items(bound.access, ids).numbers)
    wanted = read(bound, ids)
    assert wanted
    # of a list that has more than what is on sale, the rest does not count
    assert {key: found.get(key) for key in wanted} == wanted


@EACH
def test_a_page_costs_one_call(channel: str, busy: Played) -> None:
    shown, bound = shown_by(channel), busy.connect()
    ids = ids_of(bound)
    traffic = busy.simulation.world.book.traffic.calls
    before = traffic[channel]
    if shown.listed is not None:
        shown.listed(bound.access, after="")
    elif shown.items is not None:
        shown.items(bound.access, ids[: shown.items_per_call])
    # an item with models has one more at a channel that tells of each by itself
    assert 1 <= traffic[channel] - before <= (1 if shown.listed or shown.items_per_call > 1 else 2)


@EACH
def test_an_item_that_never_was_is_left_out(channel: str, busy: Played) -> None:
    shown, access = shown_by(channel), busy.connect().access
    if shown.items is not None:
        try:
            assert shown.items(access, [NOWHERE]).numbers == ()
        except ChannelError:
            return


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_an_error_of_the_channel_or_nothing(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    shown, answers = shown_by(channel), [b""]
    with answering(status, answers) as url:
        access = Played(world, channel).connect(base_url=url, tokens=SpareTokens()).access
        for malformed in MALFORMED:
            answers[:] = [malformed]
            redis.flushdb()
            try:
                found = shown.listed(access, after="") if shown.listed else shown.items(access, ["1"])  # type: ignore[misc]
            except ChannelError:
                continue
            assert found.numbers == ()
            assert found.following == ""


def test_it_runs_over_every_connector_that_takes_numbers() -> None:
    assert_runs_over_all(sys.modules[__name__], "publisher", subset=SHOWN)
