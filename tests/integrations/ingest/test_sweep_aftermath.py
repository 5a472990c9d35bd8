"""Sweeps of what follows a sale: returns, settlements and the buyers' book, asked for once and told with the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from commissions.models import StatementLine
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.ingest.sweep import sweep
from integrations.models import Connection, InboxEvent
from orders.models import Customer, CustomerIdentity
from orders.services.returns import store_returns
from orders.snapshots import CustomerSnapshot, ReturnSnapshot
from tests.integrations.toy import Toy, connected, install

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

NOON = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
Told = Callable[[datetime], Sequence[Page]]


def lists(kind: str, told: Told) -> Connector:
    """A channel that lists one kind of thing as scripted."""
    return Connector(
        channel="toy",
        title="Toy",
        roles=frozenset({Role.MARKETPLACE}),
        check=lambda access: Health(access.shop_id),
        reads={kind: Reader(read=Toy.read, changed=lambda access, *, since, until: iter(told(until)), batch=50)},
    )


@pytest.fixture
def connection() -> Connection:
    return connected()


@pytest.fixture
def run(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, str]]]:
    def go(kind: str, told: Told, since: timedelta | None = None) -> list[tuple[str, str]]:
        """(id, state) of the events there are after the sweep."""
        install(monkeypatch, lists(kind, told))
        sweep(connection.pk, since)
        connection.refresh_from_db()
        assert str(connection.trouble) == ""
        return sorted(InboxEvent.objects.values_list("external_id", "state"))

    return go


Run = Callable[..., list[tuple[str, str]]]


def test_only_returns_that_changed_are_asked_for(connection: Connection, run: Run) -> None:
    known = [ReturnSnapshot(number, "A1", "requested", "REQUESTED", NOON, (), version=NOON) for number in ("R1", "R2")]
    with transaction.atomic():
        store_returns(connection.shop, known, source="webhook")
    later = NOON + timedelta(minutes=1)
    changes = Change("R1", NOON), Change("R2", later), Change("R3", NOON)
    assert run("return", lambda until: [Page(changes)]) == [("R2", "pending"), ("R3", "pending")]


def test_settlements_told_with_their_list_are_stored_at_once_and_known_the_next_time(run: Run) -> None:
    def told(until: datetime) -> list[Page]:
        line = StatementLineSnapshot(
            "A1:sale", "sale", "sale", Decimal(500), "VND", until, "A1", is_paid=True, paid_at=NOON
        )
        return [Page((Change("A1", NOON),), Answer((SettlementSnapshot("A1", (line,)),)))]

    assert run("settlement", told) == [("A1", "processed")]
    assert StatementLine.objects.get().paid_at == NOON
    assert run("settlement", told) == [("A1", "processed")]
    assert run("settlement", told, since=timedelta(days=1)) == [("A1", "processed")] * 2
    assert StatementLine.objects.count() == 1


def test_customers_told_with_their_list_are_in_the_book_and_not_asked_for(connection: Connection, run: Run) -> None:
    def told(until: datetime) -> list[Page]:
        snapshot = CustomerSnapshot("7", "Lan", until, phone="0901234567", version=NOON)
        return [Page((Change("7", NOON),), Answer((snapshot,)))]

    assert run("customer", told) == [("7", "processed")]
    assert Customer.objects.get().phone == "+84901234567"
    assert CustomerIdentity.objects.get().shop_id == connection.shop_id
    assert run("customer", told) == [("7", "processed")]
