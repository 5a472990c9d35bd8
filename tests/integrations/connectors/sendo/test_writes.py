"""Commands with answers that no simulator gives: each costs a retry or a clear word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors.sendo.connector import CONNECTOR
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.writes import WriteRequest
from tests.integrations.connectors.bound import Bound

from .conftest import Sendo, good, order
from .reading import UPDATE


def test_a_refusal_to_act_costs_no_write(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("16", 2, can_action=False)))
    for kind in ("ship", "cancel"):
        with pytest.raises(TryLater, match="checking") as caught:
            account.perform(WriteRequest(kind, "16", "r"))
        assert (caught.value.maybe_done, caught.value.code) == (False, "locked")
    assert set(sendo.calls()) == {"GET salesorder/16"}


@pytest.mark.parametrize(
    ("kind", "status", "ends"),
    [
        ("ship", 2, "done"), ("ship", 3, "known"), ("ship", 6, "known"), ("ship", 8, "known"),
        ("ship", 13, "refused"), ("ship", 11, "refused"), ("ship", 23, "refused"),
        ("deliver", 2, "refused"), ("deliver", 3, "done"), ("deliver", 6, "done"), ("deliver", 7, "known"), ("deliver", 8, "known"),
        ("cancel", 2, "done"), ("cancel", 3, "done"), ("cancel", 12, "done"), ("cancel", 13, "known"),
        ("cancel", 6, "refused"), ("cancel", 8, "refused"), ("cancel", 21, "refused"), ("cancel", 99, "refused"),
    ],
)  # fmt: skip
def test_a_command_is_sent_only_where_it_can_be_done(
    kind: str, status: int, ends: str, sendo: Sendo, account: Bound
) -> None:
    sendo.on("GET salesorder/16", good(order("16", status, can_action=True)))
    sendo.on(UPDATE, good())
    if ends == "refused":
        with pytest.raises(Rejected, match=f"does not allow this: {status}"):
            account.perform(WriteRequest(kind, "16", "r"))
    else:
        assert account.perform(WriteRequest(kind, "16", "r")).external_id == "16"
    assert sendo.calls().count(UPDATE) == (1 if ends == "done" else 0)


@pytest.mark.parametrize(
    ("kind", "settings", "options", "body"),
    [
        ("ship", {}, {}, {"order_status": 3}),
        ("ship", {"allow_check": "1"}, {}, {"order_status": 3, "allow_check": 1}),
        ("ship", {"allow_check": "1"}, {"allow_check": "0"}, {"order_status": 3, "allow_check": 0}),
        ("cancel", {"allow_check": "1"}, {}, {"order_status": 13, "cancel_order_reason": "CBS1"}),
        ("cancel", {}, {"reason": "out_of_stock"}, {"order_status": 13, "cancel_order_reason": "CBS100"}),
        ("cancel", {}, {"reason": "CBS7"}, {"order_status": 13, "cancel_order_reason": "CBS7"}),
        ("deliver", {}, {}, {"order_status": 7}),
    ],
)
def test_what_is_sent(
    kind: str, settings: dict[str, str], options: dict[str, str], body: dict[str, Any], sendo: Sendo,
    connect: Callable[..., Bound],
) -> None:  # fmt: skip
    sendo.on("GET salesorder/16", good(order("16", 3 if kind == "deliver" else 2)))
    sendo.on(UPDATE, good())
    connect(**settings).perform(WriteRequest(kind, "16", "r", options=options))
    assert sendo.asked[-1].body == {"order_number": "16"} | body


@pytest.mark.parametrize("answer", [None, (200, {}), (500, ""), good(None), good(False), good({})])
def test_an_update_that_nobody_confirmed_may_have_been_done(answer: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("16")))
    sendo.on(UPDATE, answer)
    with pytest.raises(TryLater) as caught:
        account.perform(WriteRequest("ship", "16", "r"))
    assert caught.value.maybe_done
    assert sendo.calls().count(UPDATE) == 1


def test_the_order_shows_the_outcome_of_a_command(sendo: Sendo, account: Bound) -> None:
    command = WriteRequest("ship", "16", "r", sent_at=datetime.now(UTC))
    sendo.on("GET salesorder/16", good(order("16", 3, tracking_number="SE1", carrier_name="GHN")))
    outcome = account.outcome_of(command)
    assert outcome is not None
    assert (outcome.external_id, outcome.code, outcome.raw["carrier_name"]) == ("16", "SE1", "GHN")
    sendo.on("GET salesorder/16", good(order("16", 2)))
    assert account.outcome_of(command) is None


@pytest.mark.parametrize("result", [None, order("17"), []])
def test_an_order_missing_from_the_answer_proves_nothing(result: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(result))
    for attempt in (account.perform, account.outcome_of):
        with pytest.raises(TryLater, match="makes no sense"):
            attempt(WriteRequest("ship", "16", "r"))


def test_its_tables_name_no_more_than_it_can() -> None:
    assert set(CONNECTOR.writes) == {"ship", "deliver", "cancel"}
    assert set(CONNECTOR.reads) == {"order", "listing"}
