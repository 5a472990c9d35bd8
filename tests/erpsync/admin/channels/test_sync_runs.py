"""The list of sync runs: figures in words, filters, and only the connections of one's own shops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.contract.reasons import NO_ANSWER
from integrations.models import Connection, SyncRun
from inventory.models import ShopMembership
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/syncrun/"


@pytest.fixture
def mine() -> Connection:
    return connected()


@pytest.fixture
def viewer(mine: Connection) -> Client:
    user = get_user_model().objects.create_user("nhanvien", password="x", is_staff=True)
    ShopMembership.objects.create(user=user, shop=mine.own_shop, role="viewer")
    client = Client(headers={"accept-language": "vi"})
    client.force_login(user)
    return client


def made(of: Connection, **fields: Any) -> SyncRun:
    return SyncRun.objects.create(connection=of, **({"kind": "sweep", "state": "done"} | fields))


def shown(client: Client, **query: str) -> list[int]:
    return [row.pk for row in client.get(LIST, query).context["cl"].result_list]


def test_a_row_says_what_was_read_how_fast_and_why_it_broke_off(viewer: Client, mine: Connection) -> None:
    reason = NO_ANSWER(channel="Toy", call="GET /a", kind="Timeout")
    run = made(mine, state="failed", seconds=75.5, fetched=30, written=4, calls=8, answer_seconds=2.0, reason=reason)
    page = viewer.get(f"{LIST}{run.pk}/change/").content.decode()
    for text in ("Bị ngắt giữa chừng", "75,50 giây", "250 ms", "GET /a (Timeout)", "Gian hàng 900"):
        assert text in page
    assert "Lượt đồng bộ" in viewer.get(LIST).content.decode()


def test_filters_of_recent_failed_and_slow_runs_by_connection_and_kind(viewer: Client, mine: Connection) -> None:
    second = connected(mine.authorisation.app, "901")
    ShopMembership.objects.create(user=ShopMembership.objects.get().user, shop=second.own_shop, role="viewer")
    ago = timezone.now() - timedelta(hours=25)
    old = made(mine, started_at=ago, seconds=60.5).pk
    failed = made(mine, state="failed", seconds=60.0).pk
    lost = made(mine, state="lost", kind="numbers", started_at=ago).pk
    other = made(second).pk
    assert shown(viewer) == [other, lost, failed, old]
    assert shown(viewer, which="recent") == [other, failed]
    assert shown(viewer, which="failed") == [lost, failed]
    assert shown(viewer, which="slow") == [old]
    assert shown(viewer, of_connection=str(second.pk)) == [other]
    assert shown(viewer, in_shop=str(mine.own_shop.pk), in_kind="numbers") == [lost]


def test_runs_of_other_shops_are_not_shown_and_rows_cost_no_statements(viewer: Client, mine: Connection) -> None:
    foreign = made(connected(mine.authorisation.app, "902"))
    own = [made(mine).pk]
    assert shown(viewer) == own
    assert shown(viewer, of_connection=str(foreign.connection_id)) == own
    assert viewer.get(f"{LIST}{foreign.pk}/change/").status_code == 302

    def statements() -> int:
        with CaptureQueriesContext(database) as captured:
            viewer.get(LIST)
        return len(captured)

    first = statements()
    SyncRun.objects.bulk_create([SyncRun(connection=mine, kind="sweep", reason="busy") for _ in range(20)])
    assert statements() == first
