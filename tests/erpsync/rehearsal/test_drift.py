"""The checks of numbers that a rehearsal makes one after the other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import timezone

from erpsync.rehearsal import drift
from integrations.models import Connection
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
