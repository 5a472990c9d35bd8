"""Dead letters: tried again, and tried dry, each through its page; what is refused changes nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from erpsync.admin.channels import dry_run_page
from integrations.ingest.dry_run import Difference, DryRun, NothingToTry
from integrations.models import InboxEvent
from tests.erpsync.admin.pages import CONFIRMED, page
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    return made


def test_a_dead_letter_says_what_to_do_and_is_tried_again(client: Client, own: World) -> None:
    dead = InboxEvent.objects.get(state="dead")
    shown = client.get(page(dead)).content.decode()
    assert "OWN reason" in shown
    assert "The channel did not mention it" in shown
    client.post(page(dead, "retry_this"), CONFIRMED)
    dead.refresh_from_db()
    assert dead.state == "duplicate"
    again = InboxEvent.objects.get(state="pending")
    assert (again.external_id, again.source) == (dead.external_id, "person")


def test_a_dry_run_shows_what_would_change_and_tries_when_told_to(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = InboxEvent.objects.get(state="dead")
    found = DryRun(InboxEvent.State.PROCESSED, "", (Difference("Order", "OWN-dead", "", "To ship (READY)"),))
    monkeypatch.setattr(dry_run_page, "dry_run", lambda event: found)
    shown = client.get(page(dead, "dry_run")).content.decode()
    assert "To ship (READY)" in shown
    dead.refresh_from_db()
    assert dead.state == "dead"
    assert client.post(page(dead, "dry_run")).headers["Location"] == page(dead)
    dead.refresh_from_db()
    assert dead.state == "duplicate"


def test_a_dry_run_that_cannot_be_says_why_and_is_for_operators_only(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(event: InboxEvent) -> DryRun:
        raise NothingToTry("no shop, no truth")

    monkeypatch.setattr(dry_run_page, "dry_run", nothing)
    dead = InboxEvent.objects.get(state="dead")
    assert "no shop, no truth" in client.get(page(dead, "dry_run")).content.decode()
    client.force_login(world("VIEW", role="viewer").manager)
    assert client.get(page(dead, "dry_run")).status_code in {302, 403, 404}
    assert client.get(page(InboxEvent.objects.get(external_id="VIEW-dead"), "dry_run")).status_code == 403


def test_all_dead_letters_of_ones_shops_are_tried_again_and_no_others(client: Client, own: World) -> None:
    world("ZZ")
    client.post("/admin/integrations/inboxevent/retry_all/", CONFIRMED)
    assert InboxEvent.objects.get(external_id="OWN-dead", source="webhook").state == "duplicate"
    assert InboxEvent.objects.get(external_id="ZZ-dead").state == "dead"
