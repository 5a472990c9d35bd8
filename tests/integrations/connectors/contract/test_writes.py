"""Writes: a command without a trace has no outcome, malformed answers are errors of the channel."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from redis import Redis

from integrations.contract.declarations import Field
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.writes import WriteLine, WriteRequest
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, SpareTokens, answering, error_of
from .facts import COMMANDS, check_fields, check_writer
from .ports import CONNECTORS, assert_runs_over_all, each_kind

EACH = each_kind("writes")
_BUYER = {"code": "KH-none", "name": "Trần Thị B", "phone": "0900000000", "address": "Số 1", "is_personal": True}
_SALE = {
    "code": "7-none",
    "state": "to_ship",
    "customer": "KH-none",
    "placed_at": "2026-11-20T18:30:00+00:00",
    "title": "Tiệm",
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "crm_customer": {"customer": _BUYER},
    "crm_order": _SALE,
    "accept_return": {"return_number": "999999999999"},
    "reject_return": {"return_number": "999999999999"},
}


def command(kind: str) -> WriteRequest:
    """A command about an order that no channel knows."""
    return WriteRequest(
        kind,
        "999999999999",
        f"reference-{kind}",
        lines=(WriteLine("1", "", "AO-01", 1, Decimal(10_000)),),
        options=OPTIONS.get(kind, {}),
        warehouse="1",
        external_id="999999999999",
        sent_at=datetime.now(UTC),
    )


@EACH
def test_its_facts_are_sane(channel: str, kind: str, world: Simulation) -> None:
    writer = CONNECTORS[channel].writes[kind]
    check_writer(kind, writer)
    settles = writer.settles_after(Played(world, channel).connect().access)
    assert timedelta() < settles <= timedelta(hours=1)


@EACH
def test_a_command_that_left_no_trace_has_no_outcome(channel: str, kind: str, world: Simulation) -> None:
    bound = Played(world, channel).connect()
    # the order itself is unknown; whether the command may still be running is for the caller to say
    with suppress(Rejected):
        found = bound.outcome_of(command(kind))
        # what is to be taken back and is not there is taken back
        assert found is None or kind == "pos_void"


@EACH
def test_what_a_person_may_say_with_it_are_fields_or_a_refusal(channel: str, kind: str, world: Simulation) -> None:
    fields = CONNECTORS[channel].writes[kind].fields
    if fields is None:
        return
    with suppress(Rejected):
        found = fields(Played(world, channel).connect().access, command(kind))
        assert all(isinstance(one, Field) for one in found)
        check_fields(found)


@EACH
def test_together_they_have_outcomes_of_their_own_or_are_left_out(channel: str, kind: str, world: Simulation) -> None:
    together = CONNECTORS[channel].writes[kind].together
    if together is None:
        return
    commands = [replace(command(kind), reference=f"r{n}", order_number=f"99999999999{n}") for n in range(3)]
    found = together.perform(Played(world, channel).connect().access, commands)
    assert found.keys() <= {"r0", "r1", "r2"}
    assert all(isinstance(one, ChannelError) for one in found.values()), "no such orders"


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_an_outcome_or_an_error_of_the_channel(
    channel: str, kind: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    with answering(status, answers) as url:
        bound = Played(world, channel).connect(base_url=url, tokens=SpareTokens())
        for malformed in MALFORMED:
            answers[:] = [malformed]
            for attempt in (bound.perform, bound.outcome_of):
                redis.flushdb()
                assert error_of(partial(attempt, command(kind))) or status == 200, malformed


def test_the_kinds_of_commands_are_those_that_some_connector_writes() -> None:
    assert {kind for connector in CONNECTORS.values() for kind in connector.writes} == COMMANDS


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "writes")
