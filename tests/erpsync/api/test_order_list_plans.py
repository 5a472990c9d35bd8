"""Each documented filter and order of the list of orders has an index that serves its pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.db import execute
from core.search import grams
from inventory.models import Shop
from orders.models import Customer, Order
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import Api, MakeKey
from tests.plans import indexes_in, plan_of

pytestmark = pytest.mark.django_db
ROWS = 3_000


@pytest.fixture
def api(own: World, key_of: MakeKey) -> Api:
    """A caller with a key of a shop that has one of a hundred orders: of the open ones, the newest."""
    others = [Shop.objects.create(name=f"Gian {n}", channel="shopee") for n in range(4)]
    customer, regular = (Customer.objects.create(name=name) for name in ("An", "Khách lẻ"))
    now = timezone.now()
    Order.objects.bulk_create(
        Order(
            shop=own.shop if n % 100 == 0 else others[n % 4], number=f"N{n}", channel_status="X", asked_at=now,
            status="to_ship" if n > ROWS - 200 else "completed", placed_at=now - timedelta(minutes=ROWS - n),
            payment_method="momo" if n % 300 == 0 else "", staff_id="s1" if n % 300 == 0 else "",
            branch_id="b1" if n % 300 == 0 else "", has_problem=n % 300 == 0,
            customer=customer if n % 300 == 0 else regular if n % 2 else None, search_text=f"n{n}", search_grams=grams([f"n{n}"]),
        )
        for n in range(ROWS)
    )  # fmt: skip
    execute("ANALYZE orders_order")
    execute("SET LOCAL enable_seqscan = off")
    return key_of(own)


@pytest.fixture
def large(own: World, api: Api) -> Api:
    """The same where all orders are the shop's."""
    Order.objects.update(shop=own.shop)
    execute("ANALYZE orders_order")
    return api


@pytest.mark.parametrize("sort", ["-id", "id"])
def test_the_orders_of_a_small_shop_are_walked_alone(api: Api, sort: str) -> None:
    assert {"order_shop", "order_shop_status", "order_shop_newest"} & indexes_of(api, {"sort": sort})


BY_TIME = {"order_placed", "order_shop_newest"}
# as good for the few orders of an open status; which one is taken depends on the sample of the statistics
BY_STATUS = {"order_status_newest", "order_shop_status"}


@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ({}, BY_TIME), ({"sort": "placed_at"}, BY_TIME), ({"placed_since": "1 h"}, BY_TIME), ({"customer": "An"}, {"order_customer"}),
        ({"payment_method": "momo"}, {"order_payment_method"}), ({"staff_id": "s1"}, {"order_staff"}),
        ({"branch_id": "b1"}, {"order_branch"}), ({"has_problem": "true"}, {"order_needs_attention"}),
        ({"number": "N7"}, {"order_number", "one_order_per_shop_and_number"}), ({"search": "N2999"}, {"order_search"}),
        *(
            ({"status": status, "sort": sort, "limit": "10"}, {index})
            for status in ("to_ship", "to_ship,packed,on_hold")
            for sort, index in (
                ("-placed_at", "order_open_placed"), ("placed_at", "order_open_placed"), ("-id", "order_open"), ("id", "order_open"),
            )
        ),
    ],
)  # fmt: skip
def test_each_filter_has_an_index(large: Api, query: dict[str, str], indexes: set[str]) -> None:
    if "customer" in query:
        query = {"customer": str(Customer.objects.get(name="An").pk)}
    if "placed_since" in query:
        query = {"placed_since": (timezone.now() - timedelta(hours=1)).isoformat()}
    assert indexes & indexes_of(large, query)


def indexes_of(api: Api, query: dict[str, str]) -> set[str]:
    """The indexes in the plans of a list's statements: a search finds the ids first."""
    with CaptureQueriesContext(database) as queries:
        assert api.get("/orders", query).status_code == 200
    statements = [each["sql"] for each in queries if 'FROM "orders_order"' in each["sql"]]
    assert statements
    return {index for statement in statements for index in indexes_in(plan_of(statement))}
