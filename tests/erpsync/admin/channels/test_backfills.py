"""Histories in the admin: started with what was chosen, shown as they go, paused, resumed and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from integrations.models import BackfillChunk, BackfillRun
from tests.erpsync.admin.pages import CONFIRMED, page, said
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
ADD = "/admin/integrations/backfillrun/add/"


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    BackfillRun.objects.all().delete()
    client.force_login(made.manager)
    return made


@pytest.fixture
def run(own: World) -> BackfillRun:
    made = BackfillRun.objects.create(
        connection=own.connection, kind="order", until=datetime(2026, 11, 4, tzinfo=UTC), state="running"
    )
    for day, (state, stored) in enumerate((("done", 10), ("failed", 4), ("waiting", 0), ("waiting", 0)), 1):
        BackfillChunk.objects.create(
            run=made, since=datetime(2026, 10, day, tzinfo=UTC), until=datetime(2026, 10, day + 1, tzinfo=UTC), state=state,
            stored=stored, seen=stored, reason="The channel was away." if state == "failed" else "",
            problems={"261001BAD": "no lines"} if state == "done" else {},
        )  # fmt: skip
    return made


def test_the_shop_is_chosen_first(client: Client, own: World) -> None:
    other = world("ZZOTHER", channel="shopee")
    shown = client.get(ADD).content.decode()
    assert f"?connection={own.connection.pk}" in shown
    assert "ZZOTHER" not in shown
    assert client.get(ADD, {"connection": other.connection.pk}).status_code == 404


def test_days_are_days_where_the_shop_is_and_the_last_is_included(client: Client, own: World) -> None:
    form = {"kinds": ["order"], "since": "2026-10-01", "until": "2026-10-02", "newest_first": "on"}
    answer = client.post(f"{ADD}?connection={own.connection.pk}", form)
    run = BackfillRun.objects.get()
    assert answer.headers["Location"] == page(run)
    assert (run.since, run.until) == (datetime(2026, 9, 30, 17, tzinfo=UTC), datetime(2026, 10, 2, 17, tzinfo=UTC))
    assert (run.kind, run.newest_first, run.actor, run.state) == ("order", True, own.manager, "running")
    assert run.chunks.count() == 2


def test_several_kinds_from_the_beginning_and_what_is_open_is_named(client: Client, own: World) -> None:
    url = f"{ADD}?connection={own.connection.pk}"
    client.post(url, {"kinds": ["order", "listing"], "since": "", "until": ""})
    assert set(BackfillRun.objects.values_list("kind", "state")) == {("order", "searching"), ("listing", "running")}
    answer = client.post(url, {"kinds": ["order"], "since": "", "until": ""})
    assert "is open for this shop" in answer.content.decode()
    answer = client.post(url, {"kinds": ["order"], "since": "2026-10-02", "until": "2026-10-01"})
    assert "must lie before" in answer.content.decode()


def test_the_page_shows_progress_problem_days_and_refreshes_while_open(client: Client, run: BackfillRun) -> None:
    shown = client.get(page(run)).content.decode()
    assert 'aria-valuenow="50"' in shown
    assert "The channel was away." in shown
    assert "261001BAD" in shown
    poll = f"{page(run, 'progress')}?state=running"
    assert f'hx-get="{poll}"' in shown
    part = client.get(poll)
    assert 'aria-valuenow="50"' in part.content.decode()
    assert "<html" not in part.content.decode()
    BackfillRun.objects.update(state="done")
    assert client.get(poll).headers["HX-Redirect"] == page(run)
    assert "hx-get" not in client.get(page(run, "progress") + "?state=done").content.decode()


def test_it_is_paused_resumed_and_ended(client: Client, run: BackfillRun) -> None:
    def press(action: str) -> str:
        client.post(page(run, action), CONFIRMED)
        run.refresh_from_db()
        return run.state

    assert [press(action) for action in ("pause", "resume", "cancel", "resume")] == [
        "paused", "searching", "cancelled", "cancelled",
    ]  # fmt: skip
    assert "It was over already." in said(client.get(page(run)))
    assert set(run.chunks.values_list("state", flat=True)) == {"done", "waiting"}


@pytest.mark.parametrize(
    ("state", "offered"),
    [("running", ["pause", "cancel"]), ("paused", ["resume", "cancel"]), ("failed", ["resume"]), ("done", [])],
)
def test_buttons_follow_the_state(client: Client, run: BackfillRun, state: str, offered: list[Any]) -> None:
    BackfillRun.objects.update(state=state)
    shown = client.get(page(run)).content.decode()
    assert [name for name in ("pause", "resume", "cancel") if page(run, name) in shown] == offered


def test_progress_of_another_shops_run_is_not_shown(client: Client, run: BackfillRun) -> None:
    client.force_login(world("ELSE").manager)
    assert client.get(page(run, "progress")).status_code == 404
