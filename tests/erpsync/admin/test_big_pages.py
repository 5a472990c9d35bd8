"""Pages about things with thousands of parts show a part of them, and read no more than they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.models import Model
from django.db.models.signals import post_init
from django.test import Client
from django.test.utils import CaptureQueriesContext

from erpsync.admin.sales.order_rows import LISTED_LINES
from inventory.models import Listing, StockLevel, Warehouse
from orders.models import OrderLine
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db

PARTS = 400
SHOWN = 25
NAMED = 3  # lines that the fees, the settlement and the return of the order are about


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


@contextmanager
def made(model: type[Model]) -> Iterator[list[Model]]:
    """The rows of a model that are read meanwhile."""
    rows: list[Model] = []

    def add(instance: Model, **_: object) -> None:
        rows.append(instance)

    post_init.connect(add, sender=model)
    try:
        yield rows
    finally:
        post_init.disconnect(add, sender=model)


def opened(client: Client, url: str) -> tuple[str, int]:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode(), len(asked)


def shown(page: str, name: str) -> set[int]:
    """Return the numbers of the parts that a page names."""
    return {int(number) for number in re.findall(rf"{name}-(\d+)-", page)}


def test_an_order_with_many_lines_shows_the_first_in_the_list_and_pages_of_them_on_its_own(
    client: Client, own: World
) -> None:
    pages = [address(type(own.order), place, *key) for place, key in (
        ("changelist", ()), ("lines", (own.order.pk,)), ("change", (own.order.pk,)),
    )]  # fmt: skip
    few = [opened(client, url)[1] for url in pages]
    OrderLine.objects.bulk_create(
        OrderLine(order=own.order, key=f"k{n}", item_id="x", quantity=1, title=f"Dong-{n}-") for n in range(PARTS)
    )
    (listed, _), (unfolded, _), (page, _) = many = [opened(client, url) for url in pages]
    # the lines come when the row is unfolded; one line was there before, and comes first
    assert shown(listed, "Dong") == set()
    assert f'data-fragment="{pages[1]}"' in listed
    assert shown(unfolded, "Dong") == set(range(19))
    assert "Only the first lines" in unfolded
    assert shown(page, "Dong") == set(range(SHOWN - 1))
    assert [queries for _, queries in many] == few


@pytest.mark.parametrize(
    ("place", "read"),
    [("changelist", LISTED_LINES), ("lines", LISTED_LINES), ("change", SHOWN + NAMED), ("history", 0)],
)
def test_no_page_reads_lines_that_it_does_not_show(client: Client, own: World, place: str, read: int) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(order=own.order, key=f"k{n}", item_id="x", quantity=2, price=2000, paid_price=1000, unit_cost=500)
        for n in range(PARTS)
    )
    url = address(type(own.order), place, *(() if place == "changelist" else (own.order.pk,)))
    with made(OrderLine) as rows:
        page = client.get(url).content.decode()
    assert len(rows) == read
    if place == "change":
        for amount in ("1,600,000", "-800,000"):
            assert amount in page, "all lines are added up all the same"


def test_a_product_on_sale_in_many_places_shows_pages_of_them(client: Client, own: World) -> None:
    url = address(type(own.product), "change", own.product.pk)
    few = opened(client, url)[1]
    Listing.objects.bulk_create(
        Listing(shop=own.shop, item_id=f"m{n}", title=f"Ban-{n}-", product=own.product) for n in range(PARTS)
    )
    for n in range(SHOWN + 5):
        place = Warehouse.objects.create(name=f"Kho-{n}-", shop=own.shop, external_id=f"k{n}")
        StockLevel.objects.create(product=own.product, warehouse=place)
    page, queries = opened(client, url)
    assert 0 < len(shown(page, "Ban")) <= SHOWN
    assert 0 < len(shown(page, "Kho")) <= SHOWN
    assert queries <= few + 2, "a count for each list that is longer than a page"
