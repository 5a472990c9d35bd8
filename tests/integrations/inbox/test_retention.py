"""Retention of inbox events: words go before rows, and what waits for anybody stays whole."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.inbox import retention
from integrations.models import InboxEvent
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db
STATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("processed", {}), ("duplicate", {}), ("ignored", {}), ("pending", {}), ("dead", {}), ("dead", {"closed_at": timezone.now()}),
)  # fmt: skip


def fill(days: int) -> None:
    connection = connected(external_id=str(days))
    for number, (state, more) in enumerate(STATES):
        row = InboxEvent.objects.create(
            app=connection.authorisation.app, connection=connection, kind="order", external_id=f"{days}-{number}",
            source="webhook", body={"a": 1}, raw=b"words", state=state, **more,
        )  # fmt: skip
        InboxEvent.objects.filter(pk=row.pk).update(received_at=timezone.now() - timedelta(days=days))


def left(**kept: Any) -> list[str]:
    return list(InboxEvent.objects.filter(**kept).order_by("external_id").values_list("external_id", flat=True))


def test_words_of_ended_events_go_after_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 2)
    fill(100)
    fill(10)
    with CaptureQueriesContext(database) as queries:
        assert retention.forget_words(days=90) == 4
    ids = sorted(InboxEvent.objects.filter(raw=None).values_list("pk", flat=True))
    # each batch goes on behind the one before
    begun = [int(found[1]) for q in queries if (found := re.search(r"e\.id > (\d+)", q["sql"]))]
    assert begun == [0, ids[1], ids[3]]
    assert left(raw__isnull=True, body={}) == ["100-0", "100-1", "100-2", "100-5"]
    assert retention.forget_words(days=90) == 0
    assert InboxEvent.objects.count() == 12


def test_ended_events_go_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "ROWS", 3)
    fill(200)
    fill(10)
    assert retention.delete_ended(days=180) == 4
    assert left() == ["10-0", "10-1", "10-2", "10-3", "10-4", "10-5", "200-3", "200-4"]
