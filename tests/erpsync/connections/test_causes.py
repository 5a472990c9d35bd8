"""Lights say what is the matter: channel, cause, since and until when; words about workers are for those who run them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from erpsync.connections.health import AMBER, GREEN, RED, lights, measured, overall
from integrations.inbox.store import SAID
from integrations.ingest.echoes import ECHO
from integrations.models import Connection, InboxEvent
from inventory.models import Shop
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db

# 00:05 in Vietnam
NIGHT = datetime(2026, 11, 29, 17, 5, tzinfo=UTC)


@pytest.fixture
def pos(monkeypatch: pytest.MonkeyPatch) -> World:
    made = world("OWN", channel="kiotviet")
    Shop.objects.update(keeps_stock=True)
    InboxEvent.objects.all().delete()
    Connection.objects.update(last_webhook_at=NIGHT, last_sweep_at=NIGHT, created_at=NIGHT)
    monkeypatch.setattr(timezone, "now", lambda: NIGHT)
    return made


def wait(made: World, *, code: str = "", since: int = 400, until: int = 300, **more: Any) -> None:
    """An event that came so many seconds ago waits for so many."""
    event = InboxEvent.objects.create(
        app=made.app, connection=made.connection, kind="stock", external_id=f"{since}{code}", source="webhook",
        state="pending", reason_code=code, **more,
    )  # fmt: skip
    InboxEvent.objects.filter(pk=event.pk).update(
        received_at=NIGHT - timedelta(seconds=since), due_at=NIGHT + timedelta(seconds=until)
    )


def lag() -> Any:
    return lights(measured(Connection.objects.all()).get())["lag"]


def test_an_allowance_that_is_used_up_is_named_with_its_end(pos: World) -> None:
    wait(pos, code="wait")
    light = lag()
    assert light.colour == RED
    assert light.advice == (
        "KiotViet has used up the calls that it takes in an hour (5,000)."
        " At 00:10 the stock at the counter is brought up to date. Marketplace orders still come in."
    )
    with translation.override("vi"):
        assert lag().advice == (
            "KiotViet đã hết lượt gọi của giờ này (5.000). Tồn tại quầy cập nhật lại lúc 00:10. Đơn sàn vẫn về."
        )
        assert overall(measured(Connection.objects.all()).get()).advice.startswith("KiotViet đã hết lượt gọi")
        assert overall(measured(Connection.objects.all()).get(), for_operators=True).advice.startswith("KiotViet")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("paused", "KiotViet asked to be called less often (since 29/11/2026 23:58)."),
        ("open", "KiotViet is out of order (since 29/11/2026 23:58)."),
        ("500", "KiotViet could not be read (since 29/11/2026 23:58)."),
    ],
)
def test_a_channel_that_is_the_cause_is_named(pos: World, code: str, words: str) -> None:
    Shop.objects.update(keeps_stock=False)
    wait(pos, code=code, since=7 * 60)
    advice = lag().advice
    assert advice.startswith(words)
    assert "worker" not in advice
    assert "At 00:10 it is asked again. The other shops are not affected." in advice


def test_a_backlog_of_our_own_speaks_of_workers_to_those_who_run_them_only(pos: World) -> None:
    wait(pos, until=-400)
    found = measured(Connection.objects.all()).get()
    assert "tell the people who run it" in overall(found).advice
    assert overall(found, for_operators=True).advice == "News waits: are the workers running?"


def test_what_waits_for_a_list_is_not_late(pos: World) -> None:
    wait(pos, body={SAID: []})
    wait(pos, code=ECHO, since=200)
    assert lag().colour == GREEN


def test_a_silent_webhook_says_since_when_and_that_orders_come_all_the_same(pos: World) -> None:
    Connection.objects.update(last_webhook_at=NIGHT - timedelta(days=2))
    light = lights(measured(Connection.objects.all()).get())["webhook"]
    assert light.colour == AMBER
    assert light.advice.startswith("KiotViet has sent no notice (the last one: 28/11/2026")
    assert light.for_operators == "Quiet for a day: is the webhook still registered?"


def test_a_sweep_that_the_channel_refuses_names_its_reason(pos: World) -> None:
    Connection.objects.update(
        last_sweep_at=NIGHT - timedelta(hours=2),
        trouble="the channel is away",
        trouble_since=NIGHT - timedelta(hours=2),
    )
    assert lag().advice == "KiotViet, since 29/11/2026 22:05: the channel is away"
    Connection.objects.update(trouble="")
    assert "tell the people who run the hub" in lag().advice


def test_what_is_used_up_stands_before_what_the_sweep_said_of_it(pos: World) -> None:
    Connection.objects.update(trouble="the channel is away", trouble_since=NIGHT)
    assert overall(measured(Connection.objects.all()).get()).advice == "KiotViet, since 00:05: the channel is away"
    wait(pos, code="wait", since=60)
    assert overall(measured(Connection.objects.all()).get()).advice.startswith("KiotViet has used up the calls")
