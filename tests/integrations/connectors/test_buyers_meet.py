"""One person who buys on a marketplace and at the till is one customer, if both have the same whole telephone number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from integrations.connectors.kiotviet.mapping import customers
from integrations.connectors.shopee.mapping import orders
from inventory.models import Shop
from orders.models import Customer, CustomerIdentity, Order
from orders.services.customers import store_customers
from orders.services.upsert import upsert_orders

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def at_the_till(number: int, phone: str) -> Any:
    row = {"id": number, "code": f"KH{number}", "name": "Nguyễn Thị Lan", "contactNumber": phone}
    return customers.customer(row, NOW)


def on_the_marketplace(number: int, phone: str) -> Any:
    item = {"item_id": 25, "model_id": 7, "model_quantity_purchased": 1, "model_original_price": 1000}
    row = {"order_sn": f"A{number}", "order_status": "READY_TO_SHIP", "create_time": 1763690400, "item_list": [item]}
    buyer = {
        "buyer_user_id": 7000 + number,
        "buyer_username": "lan",
        "recipient_address": {"name": "Lan", "phone": phone},
    }
    return orders.order(row | buyer, NOW)


def stored(tills: list[Any], orders: list[Any]) -> tuple[dict[str, int], dict[str, int | None]]:
    """(customer by the till's id, customer by order number)."""
    pos, market = Shop.objects.create(name="Quầy", channel="a"), Shop.objects.create(name="Sàn", channel="b")
    with transaction.atomic():
        store_customers(pos.pk, tills)
        upsert_orders(market, orders, source="webhook")
    return (
        dict(CustomerIdentity.objects.filter(shop=pos).values_list("external_id", "customer_id")),
        dict(Order.objects.values_list("number", "customer_id")),
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("till", "market", "meet"),
    [
        ("0901234567", "84901234567", True),
        ("+84 901 234 567", "0901234567", True),
        ("0901234567", "0901234568", False),
        ("0901234567", "******67", False),
        ("09*****67", "0901234567", False),
        ("******67", "******67", False),
        ("09*****67", "09*****67", False),
        ("", "", False),
    ],
)
def test_buyers_meet_on_whole_numbers_only(till: str, market: str, *, meet: bool) -> None:
    known, ordered = stored([at_the_till(1, till)], [on_the_marketplace(1, market)])
    assert (known["1"] == ordered["A1"]) is meet
    assert Customer.objects.count() == (1 if meet else 2)


PHONES = st.sampled_from(["0901234567", "+84901234567", "0912345678", "09*****67", "******67", ""])


class AnyNumbers(TransactionTestCase):
    @settings(max_examples=25, deadline=None)
    @given(tills=st.lists(PHONES, max_size=4), markets=st.lists(PHONES, max_size=4))
    def test_as_many_customers_as_whole_numbers_and_masked_people(self, tills: list[str], markets: list[str]) -> None:
        known, ordered = stored(
            [at_the_till(place, phone) for place, phone in enumerate(tills)],
            [on_the_marketplace(place, phone) for place, phone in enumerate(markets)],
        )
        found = [(known[str(place)], phone) for place, phone in enumerate(tills)]
        found += [(ordered[f"A{place}"] or 0, phone) for place, phone in enumerate(markets)]
        whole = {"0901234567": 1, "+84901234567": 1, "0912345678": 2}
        people = {whole.get(phone, f"masked {place}") for place, (_, phone) in enumerate(found)}
        assert len({customer for customer, _ in found}) == len(people)
        assert 0 not in {customer for customer, _ in found}
        for customer, phone in found:
            assert (Customer.objects.get(pk=customer).phone != "") == (phone in whole)
