"""Steps of parcels: who tells them, that they are steps of our list with a time, and that malformed answers are errors of the channel."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from integrations.contract.errors import NotAuthorised
from integrations.simulator.simulation import Simulation
from orders.parcel_steps import ParcelStep
from orders.snapshots import OrderSnapshot, ParcelStepSnapshot
from tests.integrations.connectors.played import Played

from .conftest import MALFORMED, STATUSES, SpareTokens, answering, error_of
from .ports import CONNECTORS, assert_runs_over_all, each
from .whole import Whole

EACH = each("tracking")
# channel -> whether its steps name the parcel, and have a code; the others' READMEs say that they tell none
TOLD = {"shopee": (True, True), "lazada": (True, True), "tiktok_shop": (False, False)}

# the answers of the channels' references, short, with a step that has no time
DOCUMENTED: dict[str, tuple[dict[str, Any], list[tuple[str, str, str, int]]]] = {
    "shopee": (
        {
            "error": "", "message": "",
            "response": {
                "order_sn": "1", "package_number": "", "logistics_status": "LOGISTICS_DELIVERY_FAILED",
                "tracking_info": [
                    {"update_time": 1726561500, "description": "Phát không thành công", "logistics_status": "FAILED_DELIVERED"},
                    {"description": "?", "logistics_status": "LOGISTICS_READY"},
                ],
                "reversed_tracking_info": [{"update_time": 1729842624, "description": "Đang hoàn về"}],
            },
        },
        [("delivery_failed", "Phát không thành công", "P1", 1726561500), ("returning", "Đang hoàn về", "P1", 1729842624)],
    ),
    "lazada": (
        {
            "code": "0",
            "result": {"success": True, "module": [{"package_detail_info_list": [{
                "ofc_package_id": "P1",
                "logistic_detail_info_list": [
                    {"event_time": 1768093200000, "status_code": "READY_TO_SHIP", "title": "Sẵn sàng", "description": "Gói hàng"},
                    {"event_time": None, "status_code": "SHIPPED", "title": "?"},
                ],
            }]}]},
        },
        [("ready", "Sẵn sàng: Gói hàng", "P1", 1768093200)],
    ),
    "tiktok_shop": (
        {"code": 0, "data": {"tracking": [
            {"description": "Your package was delivered!", "update_time_millis": 1694685539000}, {"description": "?"},
        ]}},
        [("", "Your package was delivered!", "", 1694685539)],
    ),
}  # fmt: skip


def test_the_table_names_every_channel_that_tells_steps() -> None:
    assert {channel for channel, connector in CONNECTORS.items() if connector.tracking} == set(TOLD)


@EACH
def test_a_delivered_order_has_steps_in_time(channel: str, whole: Whole) -> None:
    found = [order for answer in whole.read(channel, "order") for order in answer.of(OrderSnapshot)]
    order = next(order for order in found if order.status in ("delivered", "completed") and order.parcels)
    read = CONNECTORS[channel].tracking
    assert read
    access = Played(whole.simulation, channel).connect().access
    steps = read(access, order.number, [parcel.number for parcel in order.parcels])
    assert steps
    numbers = {parcel.number for parcel in order.parcels}
    for step in steps:
        assert step.happened_at.tzinfo is not None
        assert step.words
        assert step.code in {*ParcelStep.values, ""}
        assert step.parcel in (numbers if TOLD[channel][0] else {""})
    assert any(step.code == ParcelStep.DELIVERED for step in steps) is TOLD[channel][1]


@EACH
@pytest.mark.parametrize("status", STATUSES)
def test_a_malformed_answer_is_no_steps_or_an_error_of_the_channel(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    read = CONNECTORS[channel].tracking
    assert read
    with answering(status, answers) as url:
        access = Played(world, channel).connect(base_url=url, tokens=SpareTokens()).access
        for malformed in MALFORMED:
            answers[:] = [malformed]
            redis.flushdb()
            error = error_of(lambda: assert_none(read(access, "1", ["1"])))
            assert status == 200 or error is not None
            assert status != 200 or not isinstance(error, NotAuthorised)


def assert_none(steps: Sequence[ParcelStepSnapshot]) -> None:
    assert list(steps) == []


@EACH
def test_the_documented_answer_is_read(channel: str, world: Simulation, redis: Redis) -> None:
    answer, expected = DOCUMENTED[channel]
    read = CONNECTORS[channel].tracking
    assert read
    with answering(200, [json.dumps(answer).encode()]) as url:
        access = Played(world, channel).connect(base_url=url, tokens=SpareTokens()).access
        access = replace(access, settings={"shop_cipher": "c"})
        assert [
            (s.code, s.words, s.parcel, int(s.happened_at.timestamp())) for s in read(access, "1", ["P1"])
        ] == expected


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "tracking")
