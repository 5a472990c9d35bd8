"""Business events of a rehearsed day: what a receiver lacks, or got out of order, is a breach."""

from __future__ import annotations

from typing import Any

import pytest

from erpsync.rehearsal.outbox import with_outbox
from erpsync.rehearsal.receivers.seen import Received, Seen, out_of_order
from erpsync.rehearsal.shapes import Verdict

FIGURES: dict[str, Any] = {
    "written": 4,
    "delivered": 4,
    "missing": 0,
    "doubled": 1,
    "out_of_order": 0,
    "lag_ms": {"p50": 30},
}


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([("a", "order/1", 1), ("b", "order/1", 2)], 0),
        ([("b", "order/1", 2), ("a", "order/1", 1)], 1),
        ([("a", "order/1", 1), ("b", "order/1", 2), ("a", "order/1", 1)], 0),
        ([("b", "order/1", 2), ("a", "order/2", 1)], 0),
    ],
)
def test_the_first_sight_of_an_older_version_is_out_of_order(steps: list[tuple[str, str, int]], wrong: int) -> None:
    assert out_of_order(Seen(*step, 0.0) for step in steps) == wrong


def test_a_receiver_is_judged_by_the_ids_that_it_wrote_down() -> None:
    received = Received()
    for event_id, version in (("a", 1), ("a", 1), ("c", 3), ("b", 2)):
        attributes = {
            "id": event_id,
            "subject": "order/1",
            "entityversion": str(version),
            "time": "2026-11-30T00:00:00Z",
        }
        received.note(attributes, within="order_events/")
    assert received.judged(["a", "b", "c", "d"]) == {"got": 4, "missing": 1, "doubled": 1, "out_of_order": 1}
    assert received.events[0].thing == "order_events/order/1"


@pytest.mark.parametrize(
    ("more", "breaches"),
    [
        ({}, ()),
        ({"missing": 2, "delivered": 2}, ("2 events that a receiver lacks",)),
        ({"out_of_order": 1}, ("1 events that came out of order",)),
    ],
)
def test_lost_and_disordered_events_are_breaches_and_doubled_ones_are_not(more: Any, breaches: tuple[str, ...]) -> None:
    verdict = with_outbox(Verdict((), {"orders": {}}), FIGURES | more)
    assert verdict.breaches == breaches
    assert verdict.figures == {"orders": {}, "outbox": FIGURES | more}
