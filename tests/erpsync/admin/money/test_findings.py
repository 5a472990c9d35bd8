"""Findings in the admin: read, owned, decided, proven, and taken over into the rules editor."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from redis import Redis

from commissions.models import CommissionRule, FeeMatch, Finding, PayoutTerm, StatementLine
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def page(client: Client, name: str = "change") -> str:
    return client.get(address(Finding, name, Finding.objects.get().pk)).content.decode()


def press(client: Client, name: str, **form: str) -> Any:
    """Open a dialog and send it, with what it showed."""
    url = address(Finding, name, Finding.objects.get().pk)
    shown = {"seen": client.get(url).context["form"].fields["seen"].initial} if name in ("dispute", "write_off") else {}
    return client.post(url, {"_form_submitted": "on", **shown, **form})


def test_a_finding_reads_as_a_sentence_with_what_to_do(client: Client, own: World) -> None:
    Finding.objects.update(since=date(2026, 4, 1), orders=312, open_orders=12)
    shown = page(client)
    for text in (
        "Commission 4 % → 5 %, since 01/04/2026, 312 orders, 12 still open",
        "OWN comment",
        "1,000 ₫",
        "Has the channel announced",
    ):
        assert text in shown, text
    FeeMatch.objects.update(settled=1_000_000, difference=500)
    listed = client.get(address(Finding, "changelist")).content.decode()
    for text in ("Commission 4 % → 5 %", "0.00 %", "500 ₫"):
        assert text in listed, text


def test_a_proposal_opens_in_the_rules_editor(client: Client, own: World) -> None:
    Finding.objects.update(since=date(2026, 4, 1))
    finding = Finding.objects.get()
    answer = client.get(address(Finding, "take_over", finding.pk))
    assert answer["Location"] == f"{address(CommissionRule, 'new_version', finding.rule_id)}?finding={finding.pk}"
    form = client.get(answer["Location"]).context["form"]
    assert (form["rate"].value(), form["starts"].value()) == (Decimal(5), date(2026, 4, 1))
    assert form["source_name"].value() == f"Proposed from statements, finding {finding.pk}"
    values = {field.name: field.value() for field in form if field.value() not in (None, "", False)}
    saved = client.post(answer["Location"], values)
    assert saved.status_code == 302
    draft = CommissionRule.objects.get(version=2)
    assert (draft.state, draft.formula_json["rate"], draft.starts) == ("draft", "5", date(2026, 4, 1))
    assert draft.source_json["name"] == f"Proposed from statements, finding {finding.pk}"


def test_a_proposal_of_another_shop_or_rule_opens_nothing(client: Client, own: World) -> None:
    other = world("OTHER")
    rule = CommissionRule.objects.get(shop=own.shop)
    foreign = Finding.objects.get(shop=other.shop)
    for asked in (foreign.pk, "x", 10**30):
        assert client.get(f"{address(CommissionRule, 'new_version', rule.pk)}?finding={asked}").status_code == 404


def test_a_finding_is_owned_commented_and_decided(client: Client, own: World) -> None:
    press(client, "assign", owner="")
    press(client, "comment", text="Asked the channel")
    press(client, "dispute", note="Ticket 7")
    finding = Finding.objects.get()
    assert (finding.owner, finding.state, finding.note, finding.decided_by) == (
        None,
        "disputed",
        "Ticket 7",
        own.manager,
    )
    assert list(finding.comments.values_list("text", flat=True)) == ["OWN comment", "Asked the channel"]
    press(client, "assign", owner=str(own.manager.pk))
    assert Finding.objects.get().owner == own.manager
    assert LogEntry.objects.filter(object_id=str(finding.pk)).count() == 4
    press(client, "assign", owner="999999")
    assert Finding.objects.get().owner == own.manager


def test_a_finding_that_changed_behind_the_dialog_is_not_decided(client: Client, own: World) -> None:
    url = address(Finding, "write_off", Finding.objects.get().pk)
    dialog = client.get(url, headers={"accept-language": "en"})
    assert "Open: 1,000 ₫" in dialog.content.decode()
    Finding.objects.update(amount=5_000)
    form = {"_form_submitted": "on", "note": "Small", "seen": dialog.context["form"].fields["seen"].initial}
    answer = client.post(url, form, headers={"accept-language": "en"})
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "It changed meanwhile, so nothing is stored. Look at it again, then decide."
    ]
    assert Finding.objects.values_list("state", "note", "decided_at").get() == ("open", "OWN note", None)
    for seen in ("open", "open x", "open sNaN"):
        client.post(url, {**form, "seen": seen})
    assert Finding.objects.get().state == "open"
    assert not LogEntry.objects.filter(change_message__contains="Small").exists()


def test_the_evidence_holds_orders_expected_entries_lines_and_history(client: Client, own: World) -> None:
    StatementLine.objects.update(fee="=1+1")
    answer = client.get(address(Finding, "evidence", Finding.objects.get().pk))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    files = {
        name: list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))) for name in archive.namelist()
    }
    number = own.order.number
    assert {name: len(rows) for name, rows in files.items()} == {
        "finding.csv": 1, "orders.csv": 1, "payouts.csv": 0, "months.csv": 0, "comments.csv": 1, "expected.csv": 1, "statement_lines.csv": 1,
        "history.csv": 1,
    }  # fmt: skip
    assert (files["orders.csv"][0]["order"], files["orders.csv"][0]["difference"]) == (number, "1000.0000")
    assert files["expected.csv"][0]["amount"] == "5000.0000"
    assert files["statement_lines.csv"][0]["channel_name"] == "'=1+1"
    assert files["history.csv"][0]["after"] == "to_ship"


def test_a_manager_sets_a_payout_term_for_own_shops_only(client: Client, own: World) -> None:
    PayoutTerm.objects.all().delete()
    other = world("OTHER")
    PayoutTerm.objects.all().delete()
    form = {"after": "delivered", "days": "3", "weekday": "4", "grace_days": "1"}
    client.post(address(PayoutTerm, "add"), form | {"shop": str(other.shop.pk)})
    assert not PayoutTerm.objects.exists()
    client.post(address(PayoutTerm, "add"), form | {"shop": str(own.shop.pk)})
    term = PayoutTerm.objects.get()
    assert (term.shop, term.days, term.weekday, term.set_by) == (own.shop, 3, 4, own.manager)


def test_the_orders_page_says_what_arrives(client: Client, own: World) -> None:
    shown = client.get(address(type(own.order), "change", own.order.pk)).content.decode()
    for text in (
        "Expected by the rules",
        "due once it is delivered",
        "Settled by the channel",
        "Paid out by the channel",
    ):
        assert text in shown, text


def test_settlements_are_summed_by_week(client: Client, own: World) -> None:
    url = "/admin/commissions/statementline/weeks/"
    StatementLine.objects.update(happened_at="2026-11-18T05:00:00Z")
    line = StatementLine.objects.get()
    StatementLine.objects.create(
        shop=own.shop, external_id="sale", kind="sale", fee="sale", amount=100_000, happened_at=line.happened_at,
        asked_at=line.asked_at, is_paid=True, order_number=line.order_number,
    )  # fmt: skip
    world("OTHER")
    shown = client.get(url, {"first": "2026-11-16", "last": "2026-11-22", "shop": ""}).context["rows"]
    columns = ("shop", "week", "orders", "sales", "fees", "share", "settled", "paid")
    assert [tuple(row[name] for name in columns) for row in shown] == [
        ("OWN shop", "16/11/2026 – 22/11/2026", "1", "100,000 ₫", "5,000 ₫", "5.00 %", "95,000 ₫", "100,000 ₫"),
    ]  # fmt: skip
    assert client.get(url, {"first": "2026-11-23", "last": "2026-11-29", "shop": ""}).context["rows"] == []
    refused = client.get(url, {"first": "2026-11-23", "last": "2026-11-22", "shop": ""})
    assert "Choose a first day before the last one" in refused.content.decode()
