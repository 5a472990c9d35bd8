"""Every list and page opens, and costs the same number of queries however many rows there are."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import capfirst

from integrations.models import BackfillChunk, BackfillRun, Command, InboxEvent, Refusal
from inventory.models import Listing, ListingStock, Product, Shop, StockLevel, Warehouse
from orders.models import Order, OrderLine, Parcel, StatusChange
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, managed, order, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def more_of_everything(made: World, number: int) -> None:
    for n in range(number):
        product = Product.objects.create(sku=f"P{n}", name=f"Product {n}", barcode=f"893{n}")
        StockLevel.objects.create(product=product, warehouse=made.warehouse, on_hand=3)
        mapped = Listing.objects.create(shop=made.shop, item_id=f"i{n}", title=f"Title {n}", product=product)
        ListingStock.objects.create(listing=mapped, wanted=3, expected=2)
        ListingStock.objects.create(listing=made.listing, warehouse=f"w{n}", wanted=3, expected=2)
        Listing.objects.create(shop=made.shop, item_id=f"u{n}", title=f"Unmapped {n}", sku=f"P{n}")
        Warehouse.objects.create(name=f"Branch {n}", shop=made.shop, external_id=f"b{n}")
        sold = order(made)
        for k in range(3):
            OrderLine.objects.create(
                order=sold, key=f"more-{k}", item_id=f"i{n}", quantity=1, product=product, listing=mapped
            )
            StatusChange.objects.create(order=made.order, before="packed", after="to_ship", source="sweep")
            Parcel.objects.create(order=made.order, number=f"{n}-{k}")
            OrderLine.objects.create(order=made.order, key=f"{n}-{k}", item_id="x", quantity=1, product=product)
            Command.objects.create(order=made.order, kind="ship", target=made.connection, reference=f"more-{n}-{k}")
        InboxEvent.objects.create(
            app=made.app, connection=made.connection, kind="order", external_id=f"e{n}", source="webhook", state="dead"
        )
        Refusal.objects.create(app=made.app, channel="kiotviet", reason=f"r{n}")
        run = BackfillRun.objects.create(connection=made.connection, kind=f"k{n}", until=timezone.now(), state="done")
        for day in range(3):
            BackfillChunk.objects.create(run=run, since=timezone.now() - timedelta(days=day), until=timezone.now())


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(captured)


def test_queries_do_not_grow_with_rows(client: Client, own: World) -> None:
    ContentType.objects.get_for_model(Shop)
    pages: dict[str, str] = {
        str(model._meta.label): address(model, "changelist")
        for model in managed()
        if admin.site._registry[model].has_view_permission(request_of(own))
    }
    for name, row in {"order": own.order, "listing": own.listing, "level": own.level, "product": own.product}.items():
        pages[name] = address(type(row), "change", row.pk)
    pages["connection"] = (
        address(type(own.connection), "change", own.connection.pk)
        if type(own.connection) in managed()
        else pages["order"]
    )
    pages["dashboard"] = "/admin/"
    pages["mapping"] = address(Listing, "changelist") + "map/"
    for url in pages.values():
        client.get(url)
    before = {name: queries(client, url) for name, url in pages.items()}
    more_of_everything(own, 49)
    assert {name: queries(client, url) for name, url in pages.items()} == before
    # a list within a page asks for its length before it shows a part of itself
    assert max(before.values()) <= 37


def request_of(made: World) -> Any:
    request = RequestFactory().get("/")
    request.user = made.manager
    return request


def test_an_empty_list_says_what_to_do_next(client: Client, own: World) -> None:
    for model in managed():
        model_admin = admin.site._registry[model]
        if not model_admin.has_view_permission(request_of(own)):
            continue
        answer = client.get(address(model, "changelist"), {"q": "nothing-is-called-like-this", "in_shop": "0"})
        if not answer.context or answer.context["cl"].result_list:
            continue
        assert str(model_admin.empty_text), model
        assert str(model_admin.empty_text) in unescape(answer.content.decode()), model


def test_every_list_is_called_by_its_rows(client: Client, own: World) -> None:
    client.force_login(get_user_model().objects.create_superuser("root"))
    titles = {}
    for model in admin.site._registry:
        page = client.get(address(model, "changelist"))
        if page.status_code == 200:
            [title] = re.findall(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL)
            titles[model] = " ".join(unescape(title).split())
    assert len(titles) > 20
    assert titles[Order] == "Orders | erpsync"
    names = {model: f"{capfirst(str(model._meta.verbose_name_plural))} | erpsync" for model in titles}
    assert titles == names
