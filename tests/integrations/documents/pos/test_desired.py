"""The next POS document of an order: the table, and that any history ends right."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.documents.difference import Existing, Situation, difference
from integrations.documents.pos.desired import INVOICE, ORDER, VOID, desired


class Steps(NamedTuple):
    """Documents to want, each in its round, and kinds of waiting commands to drop."""

    want: tuple[tuple[str, int], ...] = ()
    drop: tuple[str, ...] = ()


def steps(order: Situation, existing: list[Existing]) -> Steps:
    wanted, dropped = difference(desired(order, existing), existing)
    return Steps(tuple((d.kind, d.round) for d in wanted), tuple(command.kind for command in dropped))


def made(**states: str) -> list[Existing]:
    return [Existing(number, f"pos_{kind}", state) for number, (kind, state) in enumerate(states.items(), 1)]


@pytest.mark.parametrize(
    ("status", "before", "expected"),
    [
        ("unpaid", [], Steps()),
        ("cancelling", made(order="done"), Steps()),
        ("to_ship", [], Steps(((ORDER, 1),))),
        ("packed", made(order="wanted"), Steps()),
        ("to_ship", made(order="refused"), Steps()),
        ("shipped", [], Steps(((ORDER, 1), (INVOICE, 1)))),
        ("shipped", made(order="done"), Steps(((INVOICE, 1),))),
        ("completed", made(order="done", invoice="done"), Steps()),
        ("cancelled", [], Steps()),
        ("cancelled", made(order="wanted"), Steps(drop=(ORDER,))),
        ("cancelled", made(order="sent"), Steps(((VOID, 1),))),
        ("cancelled", made(order="done"), Steps(((VOID, 1),))),
        ("cancelled", made(order="done", invoice="wanted"), Steps(((VOID, 1),), (INVOICE,))),
        ("cancelled", made(order="done", invoice="sent"), Steps()),
        ("cancelled", made(order="done", invoice="done"), Steps()),
        ("cancelled", made(order="done", void="done"), Steps()),
        ("to_ship", made(order="done", void="wanted"), Steps(drop=(VOID,))),
        ("to_ship", made(order="done", void="done"), Steps(((ORDER, 2),))),
        ("shipped", made(order="dropped"), Steps(((ORDER, 2), (INVOICE, 2)))),
    ],
)  # fmt: skip
def test_the_next_step(status: str, before: list[Existing], expected: Steps) -> None:
    assert steps(Situation(status), before) == expected


@pytest.mark.parametrize("waits", [Situation("shipped", has_unmapped=True), Situation("shipped", is_held=False)])
def test_an_order_that_cannot_be_written_yet_only_loses_what_is_not_needed(waits: Situation) -> None:
    assert steps(waits, []) == Steps()
    assert steps(waits, made(order="done", void="wanted")) == Steps(drop=(VOID,))


SOLD = ["shipped", "completed", "returned"]
STATUSES = ["unpaid", "to_ship", "packed", "cancelling", "cancelled", *SOLD]


class Pos:
    """Commands as rows, and a POS that carries them out in order when it is asked to."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def follow(self, status: str) -> None:
        existing = [Existing(number, kind, state) for number, (kind, state) in enumerate(self.rows)]
        wanted, dropped = difference(desired(Situation(status), existing), existing)
        for command in dropped:
            assert self.rows[command.id][1] == "wanted"
            self.rows[command.id][1] = "dropped"
        self.rows += [[document.kind, "wanted"] for document in wanted]

    def send(self) -> None:
        """The first that is open goes out: its outcome is not known yet."""
        first = next((row for row in self.rows if row[1] in ("wanted", "sent")), None)
        if first is not None:
            first[1] = "sent"

    def answer(self) -> None:
        first = next((row for row in self.rows if row[1] in ("wanted", "sent")), None)
        if first is not None and first[1] == "sent":
            first[1] = "done"

    @property
    def living(self) -> tuple[int, int]:
        """(orders that were neither invoiced nor voided, invoices)."""
        done = [kind for kind, state in self.rows if state == "done"]
        return done.count(ORDER) - done.count(VOID) - done.count(INVOICE), done.count(INVOICE)


@given(
    st.lists(st.sampled_from([*STATUSES, "send", "answer"]), max_size=25),
    st.sampled_from(["to_ship", "cancelled", *SOLD]),
)
def test_whatever_happened_before_the_pos_ends_with_what_the_order_deserves(history: list[str], end: str) -> None:
    pos = Pos()
    for step in history:
        if step in ("send", "answer"):
            getattr(pos, step)()
        elif pos.living[1] == 0 or step in SOLD:
            # goods that left the house do not come back to the shelf by a status
            pos.follow(step)
    if pos.living[1]:
        end = "completed"
    pos.follow(end)
    for _ in range(2 * len(pos.rows)):
        pos.send()
        pos.answer()
    pos.follow(end)
    expected = {"to_ship": (1, 0), "cancelled": (0, 0)}.get(end, (0, 1))
    if end in ("cancelled", "to_ship") and pos.living[1]:
        expected = (0, 1)  # its invoice was on its way when the order was cancelled: a person takes the goods back
    assert pos.living == expected
    pos.follow(end)
    assert all(state in ("done", "dropped") for _, state in pos.rows)
