"""Rows inside a page: read in pages of their own, however many there are."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from erpsync.admin.kit.base import ShopInline
from orders.models import Customer, CustomerIdentity, Order
from tests.erpsync.admin.worlds import World, world

NUMBER = re.compile(r">W\d\d<")


def test_every_inline_has_pages() -> None:
    inlines = {inline for model_admin in admin.site._registry.values() for inline in model_admin.inlines}
    assert {
        inline.__name__ for inline in inlines if not issubclass(inline, ShopInline) or inline.per_page != 25
    } == set()
    assert len(inlines) > 10


@pytest.mark.django_db
def test_a_customer_of_26_orders_is_shown_with_25_and_a_second_page(client: Client) -> None:
    own: World = world("OWN")
    now = timezone.now()
    customer = Customer.objects.create(name="Khách lẻ")
    CustomerIdentity.objects.create(shop=own.shop, external_id="walk-in", customer=customer, asked_at=now)
    facts = {"shop": own.shop, "customer": customer, "status": "completed", "currency": "VND", "total": 1}
    Order.objects.bulk_create([Order(number=f"W{n:02}", placed_at=now, asked_at=now, **facts) for n in range(26)])
    client.force_login(own.manager)
    page = f"/admin/orders/customer/{customer.pk}/change/"
    shown = [len(NUMBER.findall(client.get(page + query).content.decode())) for query in ("", "?orders-page=2")]
    assert shown == [25, 1]
