"""The checks of numbers that a rehearsal makes one after the other."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from erpsync.rehearsal import drift
from integrations.models import Connection
from inventory.models import Listing, ListingStock
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("is_listed", "ends", "calls"),
    [
        (True, ["cut off", ""], 2),
        (True, ["50", "100", ""], 3),
        (False, ["cut off", "item 7"], 2),
        (False, ["item 7"], 1),
        (True, ["cut off"] * 9, drift.TRIES),
    ],
)
def test_a_check_that_was_cut_off_goes_on(
    is_listed: bool, ends: list[str], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, left = connected(), iter(ends)
    made = []

    def check_numbers(connection_id: int) -> int:
        made.append(connection_id)
        if (end := next(left)) != "cut off":
            Connection.objects.filter(pk=connection_id).update(shown_at=timezone.now(), shown_after=end)
        return 0

    shown = SimpleNamespace(listed=object() if is_listed else None)
    publisher = SimpleNamespace(publisher=SimpleNamespace(shown=shown))
    monkeypatch.setattr(drift, "check_numbers", check_numbers)
    monkeypatch.setattr(drift, "connector_of", lambda channel: publisher)
    monkeypatch.setattr(drift, "SHARES", 1)
    monkeypatch.setattr(drift, "PAUSE", 0.0)
    drift.check([connection])
    assert len(made) == calls


class World:
    """A simulator that shows these numbers of the shop 900, and keeps what was changed by hand."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self.numbers = numbers
        self.changed: list[dict[str, Any]] = []

    def get(self, _path: str) -> dict[str, Any]:
        shown = [
            {"channel": "toy", "shop": "900", "item": item, "variation": "", "stock": n}
            for item, n in self.numbers.items()
        ]
        return {"listings": shown}

    def post(self, _path: str, **values: Any) -> None:
        self.changed.append(values)


def test_only_a_number_that_the_check_compares_is_changed_by_hand() -> None:
    connection, soon = connected(), timezone.now() + timedelta(minutes=3)
    rows: dict[str, dict[str, Any]] = {
        "settled": {"expected": 5, "wanted": 5},
        "due": {"expected": 5, "wanted": 4},
        "on-its-way": {"expected": 5, "wanted": 5, "pushing": 5},
        "may-arrive": {"expected": 5, "wanted": 5, "unsettled": 9, "unsettled_until": soon},
    }
    for item, values in rows.items():
        listing = Listing.objects.create(shop=connection.shop, item_id=item, title="Áo", status="active")
        ListingStock.objects.create(listing=listing, **values)
    world = World(dict.fromkeys(rows, 5))
    assert drift.change_by_hand(world, [connection]) == [("settled", "")]  # type: ignore[arg-type]
    assert [(one["item"], one["stock"]) for one in world.changed] == [("settled", 5 + drift.ADDED)]
