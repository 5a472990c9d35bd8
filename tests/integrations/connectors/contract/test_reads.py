"""Reads: all that is listed can be read, nothing is missed while pages move, malformed answers are errors of the channel."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from commissions.snapshots import SettlementSnapshot
from integrations.contract.errors import TryLater
from integrations.simulator.serving import Server
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.played import Played
from tests.waiting import wait_until

from .conftest import MALFORMED, STATUSES, TRANSIENT, SpareTokens, answering, error_of
from .facts import check_reader
from .ports import CONNECTORS, assert_runs_over_all, changes, each_kind, is_aware, pairs
from .whole import ID_OF, Whole, ids_in

EACH = each_kind("reads")


@EACH
def test_its_facts_are_sane(channel: str, kind: str) -> None:
    check_reader(CONNECTORS[channel].reads[kind])


@EACH
def test_all_that_changed_can_be_read_in_full_batches(channel: str, kind: str, whole: Whole) -> None:
    assert whole.read(channel, kind)


def test_every_type_of_snapshot_is_among_what_was_read(whole: Whole) -> None:
    found = {
        type(one)
        for channel, kind in pairs("reads")
        for answer in whole.read(channel, kind)
        for one in answer.snapshots
    }
    assert found == set(ID_OF)


@EACH
def test_whole_objects_of_a_list_are_those_that_it_lists(channel: str, kind: str, busy: Played) -> None:
    bound, now = busy.connect(), datetime.now(UTC)
    for page in bound.changed(kind, since=None, until=now):
        if page.answer is not None:
            assert ids_in(page.answer) <= {change.external_id for change in page.changes}


@EACH
def test_the_earliest_is_a_time_of_the_past_where_it_is_told(channel: str, kind: str, busy: Played) -> None:
    earliest = CONNECTORS[channel].reads[kind].earliest
    if earliest is None:
        return
    found = earliest(busy.connect().access)
    assert is_aware(found)
    assert found is None or found <= datetime.now(UTC)


@EACH
def test_a_thing_that_never_was_is_gone_or_left_out_and_stops_nothing(channel: str, kind: str, busy: Played) -> None:
    now = datetime.now(UTC)
    answer = busy.connect().read(kind, ["999999999999"], since=now, asked_at=now)
    assert set(answer.gone) <= {"999999999999"}
    # the settlement of an order that the channel does not know is one without lines: nothing was settled
    assert [one for one in answer.snapshots if not isinstance(one, SettlementSnapshot) or one.lines] == []


@EACH
@pytest.mark.parametrize("unusual", ["856950637-1", "12.5", "a b", "đơn/7"])
def test_an_id_in_an_unusual_form_is_asked_for_at_the_channel(
    channel: str, kind: str, unusual: str, world: Simulation, redis: Redis
) -> None:
    calls: list[object] = []

    def answer(*call: object) -> tuple[int, dict[str, str], bytes]:
        calls.append(call)
        return 404, {"Content-Type": "application/json"}, b"{}"

    server, now = Server(0, answer), datetime.now(UTC)
    server.start()
    try:
        bound = Played(world, channel).connect(base_url=server.url, tokens=SpareTokens())
        error_of(lambda: bound.read(kind, [unusual], since=now, asked_at=now))
    finally:
        server.stop()
    assert calls, "the connector answered in the channel's place"


@EACH
def test_rows_that_are_added_while_pages_are_read_hide_none_that_was_there(
    channel: str, kind: str, busy: Played
) -> None:
    bound, now = busy.connect(), datetime.now(UTC)
    before = {change.external_id for change in changes(bound.changed(kind, since=None, until=now), kind)}
    book, found = busy.simulation.world.book, set()
    wanted = book.last_number + 30
    for number, page in enumerate(bound.changed(kind, since=None, until=now + timedelta(minutes=5))):
        if number == 0:
            busy.ask("POST", "/start", orders=30, interval_ms=0, pos_share=0.5)
            wait_until(lambda: book.last_number >= wanted)
        found |= {change.external_id for change in page.changes}
    assert before <= found


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_an_answer_or_an_error_of_the_channel(
    channel: str, kind: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    now = datetime.now(UTC)
    with answering(status, answers) as url:
        bound = Played(world, channel).connect(base_url=url, tokens=SpareTokens())
        for malformed in MALFORMED:
            answers[:] = [malformed]
            for attempt in (
                lambda: bound.read(kind, ["1"], since=now, asked_at=now),
                lambda: list(bound.changed(kind, since=now, until=now)),
            ):
                redis.flushdb()
                error = error_of(attempt)
                assert status not in TRANSIENT or isinstance(error, TryLater), malformed


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "reads")
