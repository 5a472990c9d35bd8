"""Which POS document an order should get next: the table, and that any history ends right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.handover.steps import INVOICE, ORDER, VOID, Standing, Steps, steps


def standing(round_number: int = 1, **states: str) -> Standing:
    kinds = {f"pos_{kind}": state for kind, state in states.items()}
    return Standing(kinds, {kind: number for number, kind in enumerate(kinds, 1)}, round_number)


@pytest.mark.parametrize(
    ("status", "before", "expected"),
    [
        ("unpaid", Standing(), Steps()),
        ("cancelling", standing(order="done"), Steps()),
        ("to_ship", Standing(), Steps(((ORDER, 1),))),
        ("packed", standing(order="wanted"), Steps()),
        ("to_ship", standing(order="refused"), Steps()),
        ("shipped", Standing(), Steps(((ORDER, 1), (INVOICE, 1)))),
        ("shipped", standing(order="done"), Steps(((INVOICE, 1),))),
        ("completed", standing(order="done", invoice="done"), Steps()),
        ("cancelled", Standing(), Steps()),
        ("cancelled", standing(order="wanted"), Steps(drop=(ORDER,))),
        ("cancelled", standing(order="sent"), Steps(((VOID, 1),))),
        ("cancelled", standing(order="done"), Steps(((VOID, 1),))),
        ("cancelled", standing(order="done", invoice="wanted"), Steps(((VOID, 1),), (INVOICE,))),
        ("cancelled", standing(order="done", invoice="sent"), Steps()),
        ("cancelled", standing(order="done", invoice="done"), Steps()),
        ("cancelled", standing(order="done", void="done"), Steps()),
        ("to_ship", standing(order="done", void="wanted"), Steps(drop=(VOID,))),
        ("to_ship", standing(order="done", void="done"), Steps(((ORDER, 2),))),
        ("shipped", standing(order="dropped"), Steps(((ORDER, 2), (INVOICE, 2)))),
    ],
)  # fmt: skip
def test_the_next_step(status: str, before: Standing, expected: Steps) -> None:
    assert steps(status, before) == expected


SOLD = ["shipped", "completed", "returned"]
STATUSES = ["unpaid", "to_ship", "packed", "cancelling", "cancelled", *SOLD]


class Pos:
    """Commands as rows, and a POS that carries them out in order when it is asked to."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def follow(self, status: str) -> None:
        now = Standing.of((kind, state, number) for number, (kind, state) in enumerate(self.rows))
        todo = steps(status, now)
        for kind in todo.drop:
            assert self.rows[now.ids[kind]][1] == "wanted"
            self.rows[now.ids[kind]][1] = "dropped"
        self.rows += [[kind, "wanted"] for kind, _ in todo.want]

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
