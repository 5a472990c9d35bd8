"""Publisher: one outcome per row, refusals by row, malformed answers are errors of the channel."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from redis import Redis

from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.publisher import ContentPush, PricePush, Publisher, PushOutcome, StockPush
from integrations.simulator.simulation import Simulation
from inventory.snapshots import ListingSnapshot
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, SpareTokens, answering
from .facts import check_publisher
from .ports import CONNECTORS, assert_runs_over_all, changes, each

EACH = each("publisher")
NOWHERE = "999999999999"
# more than any campaign holds back
PLENTY = 500


def publisher_of(channel: str) -> Publisher:
    found = CONNECTORS[channel].publisher
    assert found
    return found


def a_listing(bound: Bound) -> ListingSnapshot:
    """A listing that is on sale, with its stock and price."""
    now = datetime.now(UTC)
    ids = [change.external_id for change in changes(bound.changed("listing", since=None, until=now), "listing")]
    answer = bound.read("listing", ids[: bound.connector.reads["listing"].batch], since=now, asked_at=now)
    return next(one for one in answer.of(ListingSnapshot) if one.status == "active" and one.stock and one.price)


def stock_of(listing: ListingSnapshot, quantity: int) -> StockPush:
    return StockPush(
        listing.item_id,
        listing.variation_id,
        quantity,
        outlet_item_id=listing.outlet_item_id,
        sku=listing.sku,
        warehouse=listing.stock[0].warehouse,
    )


def refused(outcomes: Sequence[PushOutcome]) -> list[bool]:
    return [not outcome.accepted for outcome in outcomes]


@EACH
def test_its_facts_are_sane(channel: str) -> None:
    check_publisher(publisher_of(channel))


@EACH
def test_a_number_is_taken_and_shown(channel: str, busy: Played) -> None:
    publisher, bound = publisher_of(channel), busy.connect()
    if publisher.stock is None:
        return
    listing = a_listing(bound)
    push = stock_of(listing, PLENTY)
    for _ in range(2):
        [outcome] = publisher.stock(bound.access, [push])
        assert (outcome.item_id, outcome.variation_id, outcome.accepted) == (push.item_id, push.variation_id, True)
    now = datetime.now(UTC)
    shown = [
        one.stock[0].sellable + one.stock[0].promotion_reserved
        for one in bound.read("listing", [listing.item_id], since=now, asked_at=now).of(ListingSnapshot)
        if one.variation_id == listing.variation_id
    ]
    assert len(shown) == 1
    # of a total, the open orders of the channel are no longer sellable
    assert PLENTY - 100 < shown[0] <= PLENTY
    assert shown[0] == PLENTY or publisher.stock_basis == "total"


@EACH
def test_a_price_is_taken(channel: str, busy: Played) -> None:
    publisher, bound = publisher_of(channel), busy.connect()
    if publisher.price is None:
        return
    listing = a_listing(bound)
    push = PricePush(listing.item_id, listing.variation_id, listing.price or Decimal(0), sku=listing.sku)
    [outcome] = publisher.price(bound.access, [push])
    assert (outcome.item_id, outcome.variation_id, outcome.accepted) == (push.item_id, push.variation_id, True)


@EACH
def test_an_item_that_never_was_is_refused(channel: str, busy: Played) -> None:
    publisher, access = publisher_of(channel), busy.connect().access
    attempts = []
    if publisher.stock:
        stock = publisher.stock
        attempts.append(lambda: refused(stock(access, [StockPush(NOWHERE, NOWHERE, 5, sku="NONE")])))
    if publisher.price:
        price = publisher.price
        attempts.append(lambda: refused(price(access, [PricePush(NOWHERE, NOWHERE, Decimal(10_000), sku="NONE")])))
    if publisher.content:
        content = publisher.content
        attempts.append(lambda: [content(access, ContentPush(NOWHERE, title="Áo dài lụa tơ tằm")) is not None])
    assert attempts
    for attempt in attempts:
        with suppress(Rejected):
            assert attempt() == [True]


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_an_outcome_or_an_error_of_the_channel(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    publisher, answers = publisher_of(channel), [b""]
    with answering(status, answers) as url:
        access = Played(world, channel).connect(base_url=url, tokens=SpareTokens()).access
        for malformed in MALFORMED:
            answers[:] = [malformed]
            for verb, push in (
                (publisher.stock, StockPush("1", "2", 5)),
                (publisher.price, PricePush("1", "2", Decimal(1))),
            ):
                redis.flushdb()
                try:
                    outcomes = verb(access, [push]) if verb else []  # type: ignore[list-item]
                except ChannelError:
                    continue
                # a row without an outcome is read back
                assert {(one.item_id, one.variation_id) for one in outcomes} <= {("1", "2")}


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "publisher")
