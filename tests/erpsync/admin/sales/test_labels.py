"""Printing of labels in the admin: from the list, from an order, the file, and who may."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader
from redis import Redis

from integrations.models import PrintRun, ShippingLabel
from inventory.models import ShopMembership
from orders.models import Order
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.pages import CONFIRMED
from tests.erpsync.admin.pages import page as page_of
from tests.erpsync.admin.worlds import World, order, world
from tests.integrations.labels.conftest import pdf

pytestmark = pytest.mark.django_db

ORDERS, RUNS = "/admin/orders/order/", "/admin/integrations/printrun/"


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN", channel="shopee", role="operator")
    PrintRun.objects.all().delete()
    client.force_login(made.manager)
    return made


def packed(made: World) -> Order:
    return order(made, status="packed")


def chosen(client: Client, *orders: Order) -> Any:
    data = {"action": "print_chosen", "_selected_action": [row.pk for row in orders]}
    return client.post(ORDERS, data)


def make(content: bytes, kind: str = "application/pdf", pages: int | None = 1, **which: Any) -> None:
    ShippingLabel.objects.filter(**which).update(
        state="ready", content=content, content_type=kind, pages=pages, ready_at=timezone.now()
    )


def test_from_the_list_to_one_file(client: Client, own: World) -> None:
    orders = [packed(own), packed(own), order(own, status="to_ship")]
    answer = chosen(client, *orders)
    run = PrintRun.objects.get()
    assert (answer.status_code, answer.url) == (302, f"{RUNS}{run.pk}/change/")
    page = client.get(answer.url).content.decode()
    assert "0 of 2 labels ready" in page
    assert page.index("0 of 2 labels ready") < page.index('id="printrun_form"'), "its forms stand in no other form"
    assert 'hx-trigger="every 2s"' in page
    assert orders[2].number in page
    assert "arrange it first" in page
    for row in orders[:2]:
        make(pdf(row.number), parcel=f"{row.number}-P")
    progress = client.get(f"{RUNS}{run.pk}/progress/").content.decode()
    assert "2 of 2 labels ready" in progress
    assert "hx-trigger" not in progress
    assert client.get(f"{RUNS}{run.pk}/labels.pdf").status_code == 405
    found = client.post(f"{RUNS}{run.pk}/labels.pdf")
    assert (found.status_code, found["Content-Type"]) == (200, "application/pdf")
    texts = [one.extract_text().strip() for one in PdfReader(BytesIO(found.content)).pages]
    assert texts == [orders[1].number, orders[0].number], "the list shows the newest first"
    assert set(run.labels.values_list("prints", "printed_by")) == {(1, own.manager.pk)}
    assert "2 were printed before" in client.get(answer.url).content.decode()


def test_from_the_page_of_an_order_and_its_mark(client: Client, own: World) -> None:
    row = packed(own)
    client.post(page_of(row, "print_one"), CONFIRMED)
    [label] = row.labels.all()
    assert "Being made" in client.get(address(Order, "change", row.pk)).content.decode()
    make(pdf("x"), pk=label.pk)
    client.post(f"{RUNS}{PrintRun.objects.get().pk}/labels.pdf")
    assert "printed " in client.get(address(Order, "change", row.pk)).content.decode()


def test_the_button_is_there_only_when_there_is_something_to_print(client: Client, own: World) -> None:
    for status, is_there in (("packed", True), ("shipped", True), ("to_ship", False), ("cancelled", False)):
        row = order(own, status=status)
        page = client.get(address(Order, "change", row.pk)).content.decode()
        assert ("Print label" in page) is is_there, status
    row = packed(world("POS", channel="kiotviet"))
    ShopMembership.objects.create(user=own.manager, shop=row.shop, role="operator")
    assert "Print label" not in client.get(address(Order, "change", row.pk)).content.decode()


def test_a_filter_for_what_is_to_be_printed(client: Client, own: World) -> None:
    waiting, printed, refused = packed(own), packed(own), packed(own)
    order(own, status="to_ship")
    for row, fields in ((printed, {"printed_at": timezone.now(), "state": "ready"}), (refused, {"state": "refused"})):
        label = ShippingLabel.objects.create(connection=own.connection, parcel=row.number, order_number="", **fields)
        label.orders.add(row)
    shown = {
        choice: set(client.get(ORDERS, {"label": choice}).context["cl"].queryset)
        for choice in ("unprinted", "printed", "refused")
    }
    assert shown == {"unprinted": {waiting, refused}, "printed": {printed}, "refused": {refused}}


def test_a_page_of_a_channel_runs_nothing_in_our_name(client: Client, own: World) -> None:
    chosen(client, packed(own))
    label, run = ShippingLabel.objects.get(runs__isnull=False), PrintRun.objects.get()
    make(b"<script>alert(1)</script>", "text/html; charset=utf-8", None, pk=label.pk)
    url = f"{RUNS}{run.pk}/{label.pk}/"
    assert url in client.get(address(PrintRun, "change", run.pk)).content.decode()
    assert client.get(url).status_code == 405
    found = client.post(url)
    assert found.content == b"<script>alert(1)</script>"
    assert found["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert found["X-Content-Type-Options"] == "nosniff"
    assert client.post(f"{RUNS}{run.pk}/labels.pdf").status_code == 302, "nothing to put together"


def test_refused_ones_are_named_and_tried_again(client: Client, own: World) -> None:
    chosen(client, packed(own))
    label, run = ShippingLabel.objects.get(runs__isnull=False), PrintRun.objects.get()
    ShippingLabel.objects.filter(pk=label.pk).update(state="refused", reason="The parcel is unknown.")
    assert "The parcel is unknown." in client.get(address(PrintRun, "change", run.pk)).content.decode()
    client.post(page_of(run, "retry_refused"), CONFIRMED)
    label.refresh_from_db()
    assert (label.state, str(label.reason)) == ("wanted", "")


def test_others_see_neither_run_nor_label(client: Client, own: World, django_user_model: Any) -> None:
    chosen(client, packed(own))
    run = PrintRun.objects.get()
    make(pdf("x"), runs=run)
    colleague = django_user_model.objects.create_user("colleague", password="x", is_staff=True)
    ShopMembership.objects.create(user=colleague, shop=own.shop, role="manager")
    client.force_login(colleague)
    assert client.get(address(PrintRun, "change", run.pk)).status_code == 404
    assert client.post(f"{RUNS}{run.pk}/labels.pdf").status_code == 404
    client.force_login(own.manager)
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    page = client.get(address(PrintRun, "change", run.pk)).content.decode()
    assert "0 of 0 labels ready" in page, "a viewer prints nothing, whoever began the run"
    assert client.post(f"{RUNS}{run.pk}/labels.pdf").status_code == 302
    assert set(ShippingLabel.objects.values_list("prints", flat=True)) == {0}


def test_a_viewer_prints_nothing(client: Client, own: World) -> None:
    row = packed(own)
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    chosen(client, row)
    client.post(page_of(row, "print_one"), CONFIRMED)
    assert not PrintRun.objects.exists()
