"""Settlement lines: stored once, joined to their order whenever it comes, never un-paid by a late answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from commissions.models import StatementLine
from commissions.services.statements import adopt_statement_lines, store_settlements
from commissions.snapshots import FEE_KINDS, SettlementSnapshot, StatementLineSnapshot
from core.results import ReadRequest, Stored
from inventory.models import Shop
from orders.models import Order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def line(external_id: str = "A1:commission", minutes: int = 0, **more: object) -> StatementLineSnapshot:
    values: dict[str, object] = {"kind": "commission", "fee": "commission_fee", "order_number": "A1"} | more
    return StatementLineSnapshot(
        external_id, amount=Decimal(-12_000), currency="VND", asked_at=NOW + timedelta(minutes=minutes), **values  # type: ignore[arg-type]
    )  # fmt: skip


def store(shop: Shop, *lines: StatementLineSnapshot) -> Stored:
    return store_settlements(shop, [SettlementSnapshot("S1", lines)])


def test_a_line_is_stored_once_and_stays_paid(shop: Shop) -> None:
    assert store(shop, line()) == Stored(wanted=frozenset({ReadRequest("order", "A1", "S1")}))
    store(shop, line(minutes=2, is_paid=True, statement="PO-1", paid_at=NOW))
    store(shop, line(minutes=3))
    kept = StatementLine.objects.get()
    assert (kept.amount, kept.is_paid, kept.statement, kept.paid_at) == (Decimal(-12_000), True, "PO-1", NOW)


def test_an_older_answer_changes_nothing(shop: Shop) -> None:
    store(shop, line(minutes=5, fee="new"))
    assert store(shop, line(fee="old")) == Stored(stale=frozenset({"S1"}))
    assert StatementLine.objects.get().fee == "new"


def test_a_line_finds_its_order_whichever_came_first(shop: Shop) -> None:
    store(shop, line())
    assert StatementLine.objects.get().order is None
    order = Order.objects.create(shop=shop, number="A1", placed_at=NOW, asked_at=NOW)
    adopt_statement_lines([order.pk])
    assert store(shop, line("A1:tax", kind="tax")) == Stored()
    assert set(StatementLine.objects.values_list("order", flat=True)) == {order.pk}


def test_a_kind_that_is_no_word_of_ours_is_other(shop: Shop) -> None:
    store(shop, line(kind="weather"))
    assert StatementLine.objects.get().kind == "other"
    assert {kind.value for kind in StatementLine.Kind} == set(FEE_KINDS)


def test_as_many_statements_for_one_as_for_many(shop: Shop) -> None:
    with CaptureQueriesContext(database) as queries:
        store(shop, *(line(f"A1:{n}") for n in range(300)))
    assert [query["sql"].split()[0] for query in queries] == [
        "SELECT", "SELECT", "INSERT", "SELECT", "INSERT",
    ], "orders are looked for, known lines are locked, events come last"  # fmt: skip
