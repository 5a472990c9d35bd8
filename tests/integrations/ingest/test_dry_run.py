"""The dry run: it tells what a real try would do, to the letter, and leaves no trace of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection as database
from django.db import transaction
from redis import Redis

from core.db import fetch
from integrations import inbox
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.reads import Answer
from integrations.inbox.store import Incoming
from integrations.ingest import drain
from integrations.ingest.dry_run import (
    Difference,
    DryRun,
    NothingToTry,
    dry_run,
)
from integrations.models import Connection, InboxEvent
from inventory.models import Listing, ListingStock, Product, StockLevel, Warehouse
from inventory.services.readings import post_movement
from inventory.services.wanted import refresh_wanted
from orders.models import Order
from tests.integrations.toy import Toy, connected, install, order, toy_connector

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


NOON = datetime(2026, 11, 11, 5, tzinfo=UTC)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Connection:
    install(monkeypatch, toy_connector())
    found = connected()
    warehouse = Warehouse.objects.create(name="Kho")
    found.shop.sells_from.add(warehouse)
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    Listing.objects.create(shop=found.shop, item_id="1", title="Áo thun", product=product, status="active")
    level = StockLevel.objects.create(product=product, warehouse=warehouse)
    with transaction.atomic():
        post_movement(level.id, Decimal(20), kind="opening", note="", actor_id=None)
        refresh_wanted([product.id])
    return found


def answers(monkeypatch: pytest.MonkeyPatch, found: Answer | Exception) -> None:
    def answer(ids: Sequence[str], asked_at: datetime) -> Answer:
        if isinstance(found, Exception):
            raise found
        return replace(found, snapshots=tuple(replace(one, asked_at=asked_at) for one in found.snapshots))  # type: ignore[type-var]

    monkeypatch.setattr(Toy, "answer", staticmethod(answer))


def dead(shop: Connection, thing: str = "A1", kind: str = "order") -> InboxEvent:
    return InboxEvent.objects.create(
        app=shop.authorisation.app, connection=shop, kind=kind, external_id=thing, source="webhook", state="dead",
        reason_code="no_answer",
    )  # fmt: skip


def everything() -> list[tuple[str, object]]:
    """Every row of the hub's own tables."""
    tables = [
        name for name in database.introspection.table_names() if name.startswith(("orders_", "inventory_", "integr"))
    ]
    return [(table, fetch(f"SELECT t::text FROM {table} t ORDER BY 1")) for table in sorted(tables)]


def test_it_tells_what_a_new_order_would_change_and_changes_nothing(
    shop: Connection, monkeypatch: pytest.MonkeyPatch, redis: Redis
) -> None:
    answers(monkeypatch, Answer((order("A1", NOON),)))
    event = dead(shop)
    before = everything()
    redis.flushdb()
    assert dry_run(event) == DryRun(
        InboxEvent.State.PROCESSED,
        "",
        (
            Difference("Order", "A1", "", "To ship (READY)"),
            Difference("Order line", "1 [1]", "", "1 × To ship"),
            Difference("Reserved", "AO-01, Kho", "0", "1"),
            Difference("Should show", "1", "20", "19"),
        ),
    )
    assert (everything(), redis.keys("*")) == (before, [])


def test_a_real_try_then_does_just_that_and_a_second_dry_run_finds_nothing(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, Answer((order("A1", NOON),)))
    event = dead(shop)
    inbox.add([Incoming(shop.authorisation.app_id, shop.pk, "order", "A1", "webhook")])
    drain.drain(shop.pk)
    level = StockLevel.objects.get()
    assert (Order.objects.get().status, level.reserved, ListingStock.objects.get().wanted) == ("to_ship", 1, 19)
    assert dry_run(event) == DryRun(InboxEvent.State.PROCESSED)
    line = replace(order("A1", NOON).lines[0], quantity=3)
    answers(
        monkeypatch,
        Answer((order("A1", NOON, status="shipped", channel_status="GONE", lines=(line,)),)),
    )
    assert dry_run(event).differences == (
        Difference("Order", "A1", "To ship (READY)", "Shipped (GONE)"),
        Difference("Order line", "1 [1]", "1 × To ship", "3 × Shipped"),
        Difference("On hand", "AO-01, Kho", "20", "17"),
        Difference("Reserved", "AO-01, Kho", "1", "0"),
        Difference("Should show", "1", "19", "17"),
    )


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        (Answer(gone=("A1",)), "ignored", "The channel no longer knows it."),
        (
            Answer(unreadable={"A1": "it has no lines"}),
            "dead",
            "The channel's answer about it could not be understood. it has no lines",
        ),
        (Answer(), "pending", "The channel's answer did not mention it."),
        (TryLater("busy", after=9), "pending", "busy"),
        (NotAuthorised("connect again"), "dead", "connect again"),
        (Rejected("no such order"), "dead", "no such order"),
    ],
)
def test_what_would_not_work_says_why(
    shop: Connection, monkeypatch: pytest.MonkeyPatch, found: Answer | Exception, state: str, reason: str
) -> None:
    answers(monkeypatch, found)
    outcome = dry_run(dead(shop))
    assert (outcome.state, str(outcome.reason), outcome.differences) == (state, reason, ())


def test_what_the_database_refuses_is_a_dead_letter_still(shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, Answer((order("A1", NOON, total=Decimal("Infinity")),)))
    found = dry_run(dead(shop))
    assert (found.state, found.differences) == ("dead", ())
    assert str(found.reason).startswith("It could not be stored: ")


def test_what_no_channel_can_be_asked_about_is_said_at_once(shop: Connection) -> None:
    unassigned = InboxEvent.objects.create(app=shop.authorisation.app, kind="order", external_id="A1", source="webhook")
    with pytest.raises(NothingToTry, match="no connected shop"):
        dry_run(unassigned)
    with pytest.raises(NothingToTry, match="asked nothing about this kind"):
        dry_run(dead(shop, kind="gossip"))
