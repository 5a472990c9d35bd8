"""The table of statuses and the lists that follow from it."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from integrations.documents.commands.request import POSSIBLE_IN
from integrations.documents.crm import desired as crm
from integrations.documents.pos import desired as pos
from inventory.services.stock_effects import DEDUCT, HOLD, NOTHING
from orders.services.lines import EFFECTS
from orders.statuses import TRAITS, Status, statuses

# the traits of each status, and the colour of its label
ROWS = {
    "": ("holds_stock", "danger"),
    "unpaid": ("holds_stock is_open may_cancel", "default"),
    "on_hold": ("holds_stock is_open may_cancel", "warning"),
    "to_ship": ("holds_stock is_open may_ship may_cancel", "info"),
    "packed": ("holds_stock is_open may_ship may_deliver may_cancel may_print", "info"),
    "shipped": ("has_left sets_shipped_at may_deliver may_print", "primary"),
    "delivered": ("has_left sets_shipped_at", "success"),
    "completed": ("has_left sets_shipped_at", "success"),
    "cancelling": ("holds_stock is_open may_answer", "warning"),
    "cancelled": ("is_off", "default"),
    "returning": ("has_left", "warning"),
    "returned": ("has_left", "default"),
    "failed": ("has_left", "danger"),
}


def test_every_status_has_a_row() -> None:
    assert list(TRAITS) == ["", *Status.values]
    assert list(ROWS) == ["", *Status.values]


@pytest.mark.parametrize("status", ROWS)
def test_traits_of_a_status(status: str) -> None:
    traits = asdict(TRAITS[status])
    colour = traits.pop("colour")
    assert (" ".join(name for name, has in traits.items() if has), colour) == ROWS[status]


@pytest.mark.parametrize("status", ROWS)
def test_a_status_has_one_stock_effect(status: str) -> None:
    traits = TRAITS[status]
    assert [traits.holds_stock, traits.has_left, traits.is_off].count(True) == 1
    assert EFFECTS[status] == (HOLD if traits.holds_stock else DEDUCT if traits.has_left else NOTHING)


def test_statuses_with_a_trait() -> None:
    assert statuses("may_ship") == {"to_ship", "packed"}
    assert statuses("holds_stock") == {"", "unpaid", "on_hold", "to_ship", "packed", "cancelling"}


def test_lists_of_statuses_that_follow() -> None:
    assert {
        "ship": {"to_ship", "packed"},
        "deliver": {"packed", "shipped"},
        "cancel": {"unpaid", "on_hold", "to_ship", "packed"},
        "accept_cancellation": {"cancelling"},
        "reject_cancellation": {"cancelling"},
    } == POSSIBLE_IN
    assert {"to_ship", "packed"} == pos.WRITTEN_IN
    assert {"shipped", "delivered", "completed", "returning", "returned", "failed"} == pos.SOLD_IN
    assert {"cancelled"} == pos.TAKEN_BACK_IN
    assert crm.STATES.keys() <= set(Status.values)
