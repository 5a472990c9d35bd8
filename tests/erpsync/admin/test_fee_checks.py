"""Fee checks in the admin: the order's page explains each fee, differences are decided with a reason."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from redis import Redis

from commissions.models import CommissionEntry, CommissionRule, FeeMatch, StatementLine
from commissions.services.matching import shown
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def test_the_orders_page_explains_its_fees(client: Client, own: World) -> None:
    match = FeeMatch.objects.get()
    shown = client.get(address(type(own.order), "change", own.order.pk)).content.decode()
    for text in (
        "Commission: 5,000 ₫ (10 % × 50,000 ₫)",
        "6,000 ₫",
        "Charged too much",
        address(FeeMatch, "change", match.pk),
    ):
        assert text in shown, text


def decide(client: Client, match: FeeMatch, name: str, **form: str) -> int:
    """Send a dialog, with what it shows now."""
    url = address(FeeMatch, "change", match.pk).replace("change/", f"{name}/")
    seen = str(shown(FeeMatch.objects.get(pk=match.pk)))
    return client.post(url, {"_form_submitted": "on", "seen": seen, **form}).status_code


def test_a_difference_is_decided_with_a_reason_and_taken_back(client: Client, own: World) -> None:
    CommissionRule.objects.update(state="active")
    StatementLine.objects.filter(kind="commission").update(amount=-7_000)
    match = FeeMatch.objects.get()
    decide(client, match, "dispute", note="Ticket 7")
    match.refresh_from_db()
    assert (match.state, match.note, match.decided_by) == ("disputed", "Ticket 7", own.manager)
    decide(client, match, "reopen")
    match.refresh_from_db()
    assert (match.state, match.decided_by, match.difference) == ("over", None, 2_000)
    decide(client, match, "write_off", note="Small")
    match.refresh_from_db()
    assert match.state == "written_off"
    assert list(
        LogEntry.objects.filter(object_id=str(match.pk)).order_by("pk").values_list("change_message", flat=True)
    )[1] == ("Decision taken back")


def test_a_decision_needs_a_reason_and_a_role(client: Client, own: World) -> None:
    match = FeeMatch.objects.get()
    decide(client, match, "write_off")
    other = world("OTHER", role="viewer")
    client.force_login(other.manager)
    decide(client, match, "write_off", note="x")
    decide(client, FeeMatch.objects.get(shop=other.shop), "write_off", note="x")
    assert set(FeeMatch.objects.values_list("state", flat=True)) == {"over"}


def test_the_open_differences_are_listed(client: Client, own: World) -> None:
    assert client.get(address(FeeMatch, "changelist") + "?open=yes").context["cl"].result_list.count() == 1
    FeeMatch.objects.update(state="matched")
    assert client.get(address(FeeMatch, "changelist") + "?open=yes").context["cl"].result_list.count() == 0


def test_an_entry_shows_its_working(client: Client, own: World) -> None:
    entry = CommissionEntry.objects.get()
    shown = client.get(address(CommissionEntry, "change", entry.pk)).content.decode()
    assert "10 % × 50,000 ₫" in shown
    assert "the marketplace" in shown
