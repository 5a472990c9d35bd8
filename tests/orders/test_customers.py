"""Buyers meet on real telephone numbers, and never on masked ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from core.contacts import is_masked, real_phone
from core.results import Stored
from inventory.models import Shop
from orders.models import Customer, CustomerIdentity, Order
from orders.services.customers import identify, store_customers
from orders.services.upsert import upsert_orders
from orders.snapshots import CustomerSnapshot, LineSnapshot, OrderSnapshot

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "real"),
    [
        ("0901234567", "+84901234567"),
        ("+84 901 234 567", "+84901234567"),
        ("84901234567", "+84901234567"),
        ("(+84)90*****67", ""),
        ("090****567", ""),
        ("******67", ""),
        ("12345", ""),
        ("", ""),
        ("không có", ""),
    ],
)
def test_only_a_whole_number_is_a_number(given: str, real: str) -> None:
    assert real_phone(given) == real


def test_a_masked_name_is_known_as_masked() -> None:
    assert is_masked("N***n")
    assert not is_masked("Nguyễn Văn An")


def snapshot(external_id: str, phone: str = "", name: str = "An", minutes: int = 0) -> CustomerSnapshot:
    return CustomerSnapshot(external_id, name, NOW + timedelta(minutes=minutes), phone=phone)


@pytest.fixture
def shops(db: None) -> tuple[Shop, Shop]:
    return Shop.objects.create(name="Một", channel="a"), Shop.objects.create(name="Hai", channel="b")


def test_one_person_at_two_channels_is_one_customer(shops: tuple[Shop, Shop]) -> None:
    first = identify(shops[0].id, [snapshot("u1", "0901234567")]).customers
    second = identify(shops[1].id, [snapshot("k9", "+84 901 234 567")]).customers
    assert first["u1"] == second["k9"]
    assert Customer.objects.get().phone == "+84901234567"


def test_two_masked_buyers_are_two_customers(shops: tuple[Shop, Shop]) -> None:
    found = identify(shops[0].id, [snapshot("u1", "******67"), snapshot("u2", "******67")]).customers
    assert len(set(found.values())) == 2
    assert set(Customer.objects.values_list("phone", flat=True)) == {""}


def test_a_number_that_becomes_known_joins_what_was_apart(shops: tuple[Shop, Shop]) -> None:
    known = identify(shops[1].id, [snapshot("k9", "0901234567")]).customers["k9"]
    apart = identify(shops[0].id, [snapshot("u1")]).customers["u1"]
    assert apart != known
    assert identify(shops[0].id, [snapshot("u1", "0901234567", minutes=1)]).customers == {"u1": known}
    assert Customer.objects.count() == 1


def test_older_news_of_a_person_changes_nothing(shops: tuple[Shop, Shop]) -> None:
    store_customers(shops[0].id, [snapshot("u1", name="Mới", minutes=5)])
    assert store_customers(shops[0].id, [snapshot("u1", name="Cũ")]) == Stored(stale=frozenset({"u1"}))
    assert CustomerIdentity.objects.get().name == "Mới"


def test_orders_find_their_customer(shops: tuple[Shop, Shop]) -> None:
    def order(number: str, buyer_id: str, phone: str) -> OrderSnapshot:
        line = LineSnapshot("1", "1", "", 1)
        recipient = {"name": "Trần Thị Bình", "phone": phone}
        return OrderSnapshot(number, "to_ship", "R", "VND", NOW, NOW, (line,), buyer_id=buyer_id, recipient=recipient)

    upsert_orders(
        shops[0],
        [
            order("A", "u1", "0901234567"),
            order("B", "", "0901234567"),
            order("C", "u2", "***67"),
            order("D", "", "***67"),
        ],
        source="webhook",
    )
    found = dict(Order.objects.values_list("number", "customer__phone"))
    assert found == {"A": "+84901234567", "B": "+84901234567", "C": "", "D": None}
    assert Customer.objects.count() == 2


class AnyOrder(TransactionTestCase):
    @settings(max_examples=25, deadline=None)
    @given(st.permutations([("u1", ""), ("u1", "0901234567"), ("u2", "0901234567"), ("u2", ""), ("u3", "")]))
    def test_any_order_of_the_same_news_ends_in_the_same_people(self, news: list[tuple[str, str]]) -> None:
        shop, _ = Shop.objects.get_or_create(name="Một", channel="a")
        times = {("u1", ""): 0, ("u1", "0901234567"): 1, ("u2", "0901234567"): 3, ("u2", ""): 2, ("u3", ""): 4}
        for external_id, phone in news:
            store_customers(shop.id, [snapshot(external_id, phone, minutes=times[external_id, phone])])
        people = dict(CustomerIdentity.objects.values_list("external_id", "customer__phone"))
        assert people == {"u1": "+84901234567", "u2": "+84901234567", "u3": ""}
        assert Customer.objects.filter(phone="+84901234567").count() == 1
        CustomerIdentity.objects.all().delete()
        Customer.objects.all().delete()
