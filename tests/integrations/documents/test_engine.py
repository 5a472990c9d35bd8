"""A new target system is one row of `targets`: its documents are wanted, written and followed up without another edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from integrations.contract.reasons import NOT_NEEDED
from integrations.contract.writes import WriteRequest
from integrations.documents.commands.perform import due_by_job, perform_due
from integrations.documents.commands.store import Claimed
from integrations.documents.difference import Desired, Document, Existing, Situation
from integrations.documents.targets import TARGETS, Target, target_of
from integrations.inbox.refetch import ReadAgain
from integrations.models import Command, Connection, Link
from tests.integrations.toy import connected, install

from .commands.conftest import House, Toy, house  # noqa: F401  (a fixture)

ENTRY = "journal_entry"


def desired(order: Situation, existing: Sequence[Existing]) -> Desired:
    """One journal entry once the goods have left; one that waits goes when they are not sold after all."""
    if order.status == "cancelled":
        return [command for command in existing if command.state != "wanted"]
    if order.status != "shipped" or existing:
        return existing
    return [Document(ENTRY, 1, {"account": "5111"}, subject="books of 2026")]


@pytest.fixture
def ledger(house: House, monkeypatch: pytest.MonkeyPatch) -> Connection:  # noqa: F811
    """A ledger that the market is linked to."""
    connection = connected(external_id="ledger")
    connection.authorisation.app.channel = "toy_ledger"
    connection.authorisation.app.save()
    Link.objects.create(connection=house.market, role="ledger", target=connection)

    def build(target: Connection, claimed: Claimed) -> WriteRequest:
        return WriteRequest(claimed.kind, claimed.order_number, claimed.reference, options=claimed.options)

    def follow_up(target: Connection, claimed: Claimed) -> ReadAgain:
        followed.append((target.pk, claimed.order_number))
        return {}

    row = Target(kinds=frozenset({ENTRY}), build=build, follow_up=follow_up, lane="bulk", desired=desired)
    monkeypatch.setitem(TARGETS, "ledger", row)
    return connection


followed: list[tuple[int, str]] = []


def test_a_toy_ledger_gets_its_entries(
    house: House,  # noqa: F811
    ledger: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed.clear()
    toy = Toy(ENTRY, channel="toy_ledger")
    install(monkeypatch, house.toy.connector, toy.connector)
    house.receive("to_ship")
    assert house.commands() == [("pos_order", "wanted")]
    house.receive("shipped")
    house.receive("shipped")
    assert house.commands() == [("pos_order", "wanted"), ("pos_invoice", "wanted"), (ENTRY, "wanted")]
    assert due_by_job() == {"perform": [house.pos.pk], "perform_bulk": [ledger.pk]}
    perform_due(ledger.pk, lane="bulk", budget_seconds=30)
    [written] = toy.performed
    assert (written.kind, written.order_number, dict(written.options)) == (ENTRY, "A1", {"account": "5111"})
    entry = Command.objects.get(kind=ENTRY)
    assert (entry.state, entry.lane, entry.subject, entry.label) == ("done", "bulk", "books of 2026", ENTRY)
    assert entry.reference == f"{house.market.shop_id}-A1-journal_entry1"
    assert followed == [(ledger.pk, "A1")]


def test_what_waits_and_is_not_needed_is_dropped(
    house: House,  # noqa: F811
    ledger: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, house.toy.connector, Toy(ENTRY, channel="toy_ledger").connector)
    house.receive("shipped")
    house.receive("cancelled")
    assert list(Command.objects.filter(kind=ENTRY).values_list("state", "reason")) == [("dropped", NOT_NEEDED())]


def test_a_target_that_does_not_take_a_kind_is_given_none(
    house: House,  # noqa: F811
    ledger: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, house.toy.connector, replace(Toy(channel="toy_ledger").connector, writes={}))
    house.receive("shipped")
    assert not Command.objects.filter(kind=ENTRY).exists()


def test_kinds_belong_to_one_target_each() -> None:
    kinds = [kind for target in TARGETS.values() for kind in target.kinds]
    assert len(kinds) == len(set(kinds))
    assert [target_of(kind).lane for kind in ("ship", "pos_order", "crm_order", "refund")] == [
        "orders", "orders", "bulk", "orders",
    ]  # fmt: skip
