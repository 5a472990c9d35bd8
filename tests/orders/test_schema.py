"""The published shape of an order: the file says what the code checks, and what breaks it is flagged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from erpsync.environment import BASE_DIR
from inventory.models import Shop
from orders import schema
from orders.models import Order
from orders.models import Status as OrderStatus
from orders.services.upsert import upsert_orders
from orders.snapshots import STATUSES, LineSnapshot, OrderSnapshot

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD = OrderSnapshot("A1", "to_ship", "R", "VND", NOW, NOW, (LineSnapshot("1", "1", "", 1),))


def test_the_published_file_is_the_one_that_is_checked() -> None:
    written = (BASE_DIR / "docs" / "order.schema.json").read_text()
    assert written == schema.text(), "run: python -m orders.schema > docs/order.schema.json"


def test_its_statuses_are_our_words() -> None:
    assert set(STATUSES) == {"", *OrderStatus.values}


def test_a_sound_order_passes() -> None:
    assert schema.breach(GOOD) == ""


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (replace(GOOD, number=""), "$.number"),
        (replace(GOOD, status="gone"), "$.status"),
        (replace(GOOD, currency="đ"), "$.currency"),
        (replace(GOOD, placed_at=NOW.replace(tzinfo=None)), "$.placed_at"),
        (replace(GOOD, lines=(LineSnapshot("", "1", "", 1),)), "$.lines[0].key"),
        (replace(GOOD, lines=(LineSnapshot("1", "1", "", -1),)), "$.lines[0].quantity"),
    ],
)
def test_what_breaks_it_says_where(wrong: OrderSnapshot, where: str) -> None:
    assert f"`{where}`" in schema.breach(wrong)


@pytest.mark.django_db
def test_an_order_that_breaks_it_is_stored_and_flagged() -> None:
    shop = Shop.objects.create(name="Gian hàng", channel="shopee")
    upsert_orders(shop, [GOOD, replace(GOOD, number="A2", currency="vnd")], source="webhook")
    assert dict(Order.objects.values_list("number", "problems")) == {
        "A1": ["unmapped_line"],
        "A2": ["breaks_schema", "unmapped_line"],
    }
