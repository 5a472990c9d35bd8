"""Closing for a reason: refused commands and dead letters, one and many, who may, and what is shown afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client

from erpsync.admin.kit.log_texts import text_of
from integrations import inbox
from integrations.models import Command, InboxEvent
from orders.models import Order
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db

NOTE = {"_form_submitted": "on", "note": "settled by telephone"}
LISTS = {"command": "/admin/integrations/command/", "inboxevent": "/admin/integrations/inboxevent/"}


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    order(made)
    InboxEvent.objects.create(
        app=made.app, connection=made.connection, kind="order", external_id="second", source="webhook", state="dead"
    )
    client.force_login(made.manager)
    return made


def model_of(name: str) -> Any:
    return {"command": Command, "inboxevent": InboxEvent}[name]


def messages(name: str) -> list[str]:
    found = LogEntry.objects.filter(content_type__model=name).order_by("pk")
    return [text_of(entry) for entry in found]


@pytest.mark.parametrize("name", LISTS)
def test_one_is_closed_for_a_reason_and_opened_again(client: Client, own: World, name: str) -> None:
    row = model_of(name).objects.first()
    page = f"{LISTS[name]}{row.pk}/"
    assert "This field is required" in client.post(f"{page}close_this/", {"_form_submitted": "on"}).content.decode()
    answer = client.post(f"{page}close_this/", NOTE)
    assert answer.headers["HX-Redirect"] == f"{page}change/"
    row.refresh_from_db()
    assert (row.closed_by, row.close_note, row.closed_at is None) == (own.manager, "settled by telephone", False)
    shown = client.get(f"{page}change/").content.decode()
    for text in ("settled by telephone", "OWN-user", f"{page}reopen_this/"):
        assert text in shown
    for offered in ("close_this", "retry_this"):
        assert f"{page}{offered}/" not in shown
    client.post(f"{page}reopen_this/", {"_form_submitted": "on"})
    row.refresh_from_db()
    assert (row.closed_by, row.close_note, row.closed_at) == (None, "", None)
    assert messages(name) == ["Closed: settled by telephone", "Opened again"]


@pytest.mark.parametrize("name", LISTS)
def test_many_are_closed_for_one_reason_on_a_page_of_their_own(client: Client, own: World, name: str) -> None:
    rows = list(model_of(name).objects.order_by("pk"))
    chosen = {"action": "close_chosen", "_selected_action": [row.pk for row in rows]}
    leads = client.post(LISTS[name], chosen)
    assert leads["Location"] == f"{LISTS[name]}close/?ids={','.join(str(row.pk) for row in reversed(rows))}"
    shown = client.get(leads["Location"]).content.decode()
    assert f": {len(rows)}<" in shown
    assert "This field is required" in client.post(leads["Location"], {"note": " "}).content.decode()
    assert not model_of(name).objects.filter(closed_at__isnull=False).exists()
    done = client.post(leads["Location"], {"note": "settled"})
    assert done["Location"] == f"{LISTS[name]}?attention=yes"
    assert set(model_of(name).objects.values_list("close_note", flat=True)) == {"settled"}
    assert messages(name) == ["Closed: settled"] * len(rows)
    answer = client.post(LISTS[name], chosen, follow=True)
    assert "Nothing was open among the chosen ones." in answer.content.decode()
    client.post(LISTS[name], {**chosen, "action": "reopen_chosen"})
    assert not model_of(name).objects.filter(closed_at__isnull=False).exists()


@pytest.mark.parametrize("name", LISTS)
def test_who_may_only_look_closes_nothing(client: Client, own: World, name: str) -> None:
    viewer = world("VIEW", role="viewer", channel="shopee")
    client.force_login(viewer.manager)
    mine = model_of(name).objects.order_by("-pk").first()
    assert client.post(f"{LISTS[name]}{mine.pk}/close_this/", NOTE).status_code == 403
    client.post(f"{LISTS[name]}close/?ids={mine.pk}", {"note": "x"})
    theirs = model_of(name).objects.earliest("pk")
    assert client.post(f"{LISTS[name]}{theirs.pk}/close_this/", NOTE).status_code in {302, 403, 404}
    assert not model_of(name).objects.filter(closed_at__isnull=False).exists()


def test_an_order_with_a_closed_command_has_no_problem_and_tells_it_in_its_history(client: Client, own: World) -> None:
    Order.objects.filter(pk=own.order.pk).update(has_problem=True, problems=["command_refused"])
    page = f"/admin/orders/order/{own.order.pk}/"
    shown = client.get(f"{page}change/").content.decode()
    assert "or close it with a reason" in shown
    command = own.order.commands.get()
    assert f"{LISTS['command']}{command.pk}/change/" in shown, "where it is closed"
    client.post(f"{LISTS['command']}{command.pk}/close_this/", NOTE)
    own.order.refresh_from_db()
    assert (own.order.has_problem, own.order.problems) == (False, [])
    assert messages("command") == ["Closed: settled by telephone"]
    shown = client.get(f"{page}change/").content.decode()
    assert "settled by telephone" in shown
    assert f"{page}retry_refused/" not in shown


def test_a_dead_letter_of_nobody_is_closed_by_a_superuser_and_stays_one_in_the_accounts(
    client: Client, own: World
) -> None:
    nobodys = InboxEvent.objects.create(
        app=own.app, kind="order", external_id="999", source="webhook", state="dead", reason_code="unknown_shop"
    )
    page = f"{LISTS['inboxevent']}{nobodys.pk}/"
    assert client.post(f"{page}close_this/", NOTE).status_code in {302, 403, 404}
    client.force_login(get_user_model().objects.create_superuser("root"))
    assert f"/admin/integrations/connection/add/?app={own.app.pk}" in client.get(f"{page}change/").content.decode()
    client.post(f"{page}close_this/", NOTE)
    nobodys.refresh_from_db()
    assert (nobodys.state, nobodys.closed_by.username) == ("dead", "root")  # type: ignore[union-attr]
    assert inbox.retry_dead([nobodys.pk]) == 0, "a closed one is opened first"


def test_closing_changes_nothing_in_the_accounts_of_a_connection(client: Client, own: World) -> None:
    before = inbox.accounting(own.connection.pk)
    client.post(
        f"{LISTS['inboxevent']}close/?ids={','.join(str(e.pk) for e in InboxEvent.objects.all())}", {"note": "x"}
    )
    assert InboxEvent.objects.filter(closed_at__isnull=False).count() == 2
    assert inbox.accounting(own.connection.pk) == before
    assert before["dead"] == 2
    assert client.get(f"/admin/integrations/connection/{own.connection.pk}/change/").status_code == 200
