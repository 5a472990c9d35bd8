"""The next CRM document of an order: the table, and that any history ends with the last state."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.documents.crm.desired import STATES, desired
from integrations.documents.difference import Existing, Situation, difference
from orders.models import Status


class Steps(NamedTuple):
    """The state to write now ("": none), in which round, and the waiting commands to drop."""

    state: str = ""
    round: int = 0
    drop: tuple[int, ...] = ()


def steps(status: str, existing: list[Existing]) -> Steps:
    wanted, dropped = difference(desired(Situation(status), existing), existing)
    ids = tuple(command.id for command in dropped)
    if not wanted:
        return Steps(drop=ids)
    customer, order = wanted
    assert (customer.kind, order.kind, customer.round) == ("crm_customer", "crm_order", order.round)
    return Steps(order.options["state"], order.round, ids)


def order_of(written: str, state: str, number: int = 1) -> Existing:
    return Existing(number, "crm_order", state, {"state": written})


@pytest.mark.parametrize(
    ("status", "existing", "expected"),
    [
        ("unpaid", [], Steps()),
        ("", [], Steps()),
        ("to_ship", [], Steps("to_ship", 1)),
        ("packed", [order_of("to_ship", "done")], Steps()),
        ("cancelling", [order_of("to_ship", "done")], Steps()),
        ("shipped", [order_of("to_ship", "done")], Steps("shipped", 2)),
        ("shipped", [order_of("to_ship", "sent")], Steps("shipped", 2)),
        ("shipped", [order_of("to_ship", "refused")], Steps("shipped", 2)),
        ("to_ship", [order_of("to_ship", "refused")], Steps()),
        ("delivered", [order_of("shipped", "wanted")], Steps()),
        ("completed", [], Steps("completed", 1)),
        (
            "completed",
            [order_of("to_ship", "done", 1), order_of("shipped", "wanted", 2)],
            Steps("completed", 3, (2,)),
        ),
        ("cancelled", [], Steps()),
        ("cancelled", [Existing(1, "crm_customer", "wanted"), order_of("to_ship", "wanted", 2)], Steps(drop=(1, 2))),
        ("cancelled", [Existing(1, "crm_customer", "done"), order_of("to_ship", "sent", 2)], Steps("cancelled", 2)),
        ("to_ship", [order_of("to_ship", "dropped")], Steps("to_ship", 2)),
        ("to_ship", [order_of("to_ship", "done", 1), order_of("cancelled", "wanted", 2)], Steps(drop=(2,))),
        ("to_ship", [order_of("to_ship", "done", 1), order_of("cancelled", "done", 2)], Steps("to_ship", 3)),
    ],
)
def test_the_difference_is_written_and_nothing_twice(status: str, existing: list[Existing], expected: Steps) -> None:
    assert steps(status, existing) == expected


def test_an_order_with_an_unmapped_line_waits_and_so_does_one_without_lines() -> None:
    waiting = [order_of("to_ship", "wanted")]
    assert desired(Situation("shipped", has_unmapped=True), waiting) == waiting
    assert desired(Situation("to_ship", is_held=False), []) == []
    assert desired(Situation("shipped", is_held=False), waiting) == waiting


def said(state: str, written: str = "to_ship", units: str | None = "2", number: int = 1) -> Existing:
    """A command about an order of so many units of product 7."""
    return Existing(number, "crm_order", state, {"state": written, **({"units": {"7": units}} if units else {})})


@pytest.mark.parametrize(
    ("status", "existing", "units"),
    [
        # one of two was called off: corrected once, whatever became of the former command
        ("to_ship", [said("done")], {"7": "1"}),
        ("to_ship", [said("sent")], {"7": "1"}),
        ("to_ship", [said("wanted")], {"7": "1"}),
        ("to_ship", [said("refused")], {"7": "1"}),
        ("shipped", [said("done")], {"7": "1"}),
        ("to_ship", [said("done"), said("refused", units="1", number=2)], None),
        ("to_ship", [said("done", units="1")], None),
        # what it said was not noted: it stands
        ("to_ship", [said("done", units=None)], None),
    ],
)
def test_quantities_follow_the_order(status: str, existing: list[Existing], units: dict[str, str] | None) -> None:
    wanted, _ = difference(desired(Situation(status, units={7: Decimal(1)}), existing), existing)
    assert [one.options.get("units") for one in wanted if one.kind == "crm_order"] == ([units] if units else [])


def test_what_is_called_off_keeps_the_lines_it_had() -> None:
    wanted, _ = difference(desired(Situation("cancelled", units={7: Decimal(1)}), [said("done")]), [])
    assert [one.options for one in wanted if one.kind == "crm_order"] == [{"state": "cancelled"}]


@given(st.lists(st.tuples(st.sampled_from(["", *Status.values]), st.booleans()), max_size=12))
def test_whatever_happens_the_book_ends_with_the_last_state_it_can_be_given(walk: list[tuple[str, bool]]) -> None:
    rows: list[Existing] = []
    for status, is_performed in walk:
        now = steps(status, rows)
        rows = [replace(one, state="dropped") if one.id in now.drop else one for one in rows]
        if now.state:
            assert now.round == len(rows) + 1
            rows.append(order_of(now.state, "wanted", now.round))
        assert steps(status, rows) == Steps(), "a second look finds nothing to do"
        if is_performed:
            rows = [replace(one, state="done") if one.state == "wanted" else one for one in rows]
    wanted = [STATES[status] for status, _ in walk if status in STATES]
    living = [str(one.options["state"]) for one in rows if one.state != "dropped"]
    assert living[-1:] == wanted[-1:] or (wanted[-1:] == ["cancelled"] and not living)
    assert sum(1 for one in rows if one.state == "wanted") <= 1
