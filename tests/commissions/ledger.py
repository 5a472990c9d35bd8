"""Rules, orders and returns for tests of the commission ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from commissions.models import CommissionEntry, CommissionRule
from inventory.models import Shop
from orders.services.returns import store_returns
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ReturnLineSnapshot, ReturnSnapshot

PLACED = datetime(2026, 11, 11, tzinfo=UTC)
SOURCE = {"name": "test", "date": "2026-01-01", "mark": "own"}
AFTER_DISCOUNT = {"kind": "after_seller_discount"}


def percent(rate: str, **more: Any) -> dict[str, Any]:
    return {"base": AFTER_DISCOUNT, "rate": rate, **more}


def rule(key: str = "fee", version: int = 1, *, state: str = "active", **more: Any) -> CommissionRule:
    """A stored version of a Shopee rule; a percent that comes back in proportion unless `more` says otherwise."""
    values: dict[str, Any] = {
        "channel": "shopee", "fee_kind": "commission", "strategy": "PERCENT", "formula_json": percent("10"),
        "charged_when": ["delivered"], "given_back": "in_proportion", "starts": date(2026, 1, 1), "source_json": SOURCE,
        "activated_at": datetime.now(UTC) if state == "active" else None,
    }  # fmt: skip
    return CommissionRule.objects.create(key=key, version=version, state=state, **values | more)


def store_order(
    shop: Shop,
    status: str,
    minutes: int = 0,
    *,
    number: str = "A1",
    quantity: int = 2,
    price: int = 100_001,
    **more: Any,
) -> None:
    """Store an order of one line as its channel tells it `minutes` after it was placed."""
    placed = more.pop("placed", PLACED)
    line = LineSnapshot("1", "i", "v", quantity, sku="AO", price=Decimal(price), paid_price=Decimal(price))
    at = placed + timedelta(minutes=minutes)
    snapshot = OrderSnapshot(number, status, status, "VND", placed, at, (line,), version=at, **more)
    with transaction.atomic():
        upsert_orders(shop, [snapshot], source="webhook")


def store_return(
    shop: Shop, status: str, minutes: int = 0, *, quantity: int = 1, number: str = "R1", **more: Any
) -> None:
    """Store a return of order A1's line."""
    at = PLACED + timedelta(minutes=minutes)
    lines = (ReturnLineSnapshot("i", "v", quantity, line_key="1", refund=more.pop("refund", None)),)
    with transaction.atomic():
        store_returns(
            shop, [ReturnSnapshot(number, "A1", status, status, at, lines, version=at, **more)], source="webhook"
        )


def net() -> Decimal:
    """Return the sum of all entries."""
    return CommissionEntry.objects.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def rows() -> list[tuple[str, int]]:
    """Return cause and amount of all entries, in order."""
    return [
        (cause, int(amount)) for cause, amount in CommissionEntry.objects.order_by("pk").values_list("cause", "amount")
    ]
