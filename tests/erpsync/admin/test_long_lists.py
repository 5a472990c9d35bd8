"""Lists over long tables read their page and no more: each filter has an index, nothing is counted to its end, a late page is keys."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from unfold.templatetags import unfold_list

from commissions.models import CommissionEntry, CommissionRule, FeeMatch, StatementLine
from commissions.queries import sales
from core import db
from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.kit import paging
from integrations.models import Command, InboxEvent
from inventory.models import Listing, Shop
from orders.models import Customer, CustomerIdentity, Order, OrderLine
from tests.erpsync.admin.kit.test_permissions import address
from tests.erpsync.admin.worlds import World, world
from tests.plans import indexes_in, plan_of, rows_handled

pytestmark = pytest.mark.django_db
ROWS = 2_000


@pytest.fixture
def own(client: Client) -> World:
    """A shop with as many orders of the past as another one, one placed each ten minutes."""
    made = world("OWN", channel="shopee")
    other = Shop.objects.create(name="Gian", channel="lazada")
    now = timezone.now()
    Order.objects.bulk_create(
        Order(
            shop=other if n % 2 else made.shop, number=f"N{n}", status="completed", channel_status="X", asked_at=now,
            total=Decimal(1000), placed_at=now - timedelta(minutes=10 * (ROWS - n)),
        )
        for n in range(ROWS)
    )  # fmt: skip
    db.execute("ANALYZE orders_order")
    client.force_login(made.manager)
    return made


def asked(client: Client, url: str, model: type[Model]) -> list[str]:
    """Return the statements by which a page reads a table."""
    with CaptureQueriesContext(database) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries if f'FROM "{model._meta.db_table}"' in query["sql"]]


def test_a_late_page_finds_its_rows_by_their_ids(client: Client, own: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "COUNTED", 100)
    url = address(Order, "changelist")
    mine = [f"N{n}" for n in range(ROWS) if n % 2 == 0]
    newest = Order.objects.exclude(number__startswith="N").filter(shop=own.shop).count()
    first = 50 * 9 - newest
    shown = re.findall(r"N\d+", " ".join(client.get(f"{url}?p=10").content.decode().split()))
    assert list(dict.fromkeys(shown)) == mine[::-1][first : first + 50]
    [skipping] = [sql for sql in asked(client, f"{url}?p=10", Order) if "OFFSET" in sql]
    # the rows before the page are not read: their ids are
    assert skipping.startswith('SELECT "orders_order"."id" AS "pk" FROM')
    assert any("OFFSET" in sql for sql in asked(client, f"{url}?p=2", Order))


def test_no_list_offers_to_count_every_choice_of_every_filter(client: Client, own: World) -> None:
    url = address(Order, "changelist")
    assert "Show counts" not in client.get(url).content.decode()
    assert len(asked(client, f"{url}?_facets=True", Order)) == len(asked(client, url, Order))


def test_the_headers_of_a_list_are_made_once_and_each_row_has_its_box(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    label_for_field = unfold_list.label_for_field

    def counted(name: str, *args: Any, **kwargs: Any) -> Any:
        made.append(name)
        return label_for_field(name, *args, **kwargs)

    monkeypatch.setattr(unfold_list, "label_for_field", counted)
    page = client.get(address(Order, "changelist")).content.decode()
    assert len(made) == len(set(made))
    newest = Order.objects.filter(shop=own.shop).order_by("-placed_at", "-id").values_list("pk", flat=True)[:50]
    boxes = re.findall(r'<input type="checkbox" name="_selected_action" value="(\d+)"', page)
    assert [int(pk) for pk in boxes] == list(newest)


def test_tiles_and_tabs_count_no_further_than_they_show(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "MOST", 5)
    Order.objects.filter(number__in=("N0", "N2", "N4", "N6", "N8", "N10")).update(status="to_ship")
    assert "4+" in client.get(address(Order, "changelist")).content.decode()
    assert "4+" in client.get("/admin/").content.decode()


def test_whose_an_order_is_to_send_is_asked_of_its_own_lines(own: World) -> None:
    past = Order.objects.filter(number__startswith="N")
    OrderLine.objects.bulk_create(
        OrderLine(order=order, key="1", item_id="x", quantity=1, fulfilled_by="platform") for order in past
    )
    Order.objects.filter(number__in=("N0", "N2")).update(status="to_ship")
    db.execute("ANALYZE orders_order, orders_orderline")
    request = request_of(own)
    waiting = worklists.orders(request, "to_ship").order_by()
    assert not waiting.filter(number__startswith="N").exists()
    OrderLine.objects.filter(order__number="N2").update(fulfilled_by="seller")
    assert waiting.filter(number__startswith="N").get().number == "N2"
    assert rows_handled(plan_of(_statement(waiting))) < 100


def test_sales_of_a_day_read_the_orders_of_that_day(own: World) -> None:
    now = timezone.now()
    spans = {
        name: (now - timedelta(hours=back + 1), now - timedelta(hours=back))
        for name, back in (("now", 0), ("week", 168))
    }
    with CaptureQueriesContext(database) as queries:
        found = sales.sales(spans, [own.shop.pk], unit="hour")
        sales.products(spans, [own.shop.pk], cost_shops=[own.shop.pk], most=8)
        sales.fees(spans, [own.shop.pk])
    assert sum(row.orders for row in found if row.span == "week") == 3
    for query in queries:
        assert rows_handled(plan_of(query["sql"])) < 200, query["sql"]


def test_customers_of_a_shop_are_looked_up_one_by_one(own: World) -> None:
    Customer.objects.bulk_create(Customer(name=f"K{n}") for n in range(ROWS))
    customers = list(Customer.objects.filter(name__startswith="K").order_by("id"))
    now = timezone.now()
    CustomerIdentity.objects.bulk_create(
        CustomerIdentity(shop=own.shop, external_id=f"k{n}", customer=customer, asked_at=now)
        for n, customer in enumerate(customers[::2])
    )
    for order, customer in zip(Order.objects.filter(number__startswith="N"), customers, strict=False):
        order.customer = customer
        order.save(update_fields=["customer"])
    db.execute("ANALYZE orders_order, orders_customer, orders_customeridentity")
    mine = Customer.objects.filter(permissions.customers_of(request_of(own))).order_by("-id")[:50]
    assert len(mine) == 50
    assert rows_handled(plan_of(_statement(mine))) < 500


def test_a_document_is_found_without_walking_the_commands(client: Client, own: World) -> None:
    url = f"{address(Order, 'changelist')}?q=HD0001"
    with CaptureQueriesContext(database) as queries:
        client.get(url)
    [statement] = [query["sql"] for query in queries if 'UPPER("integrations_command"."code")' in query["sql"]]
    assert "ORDER BY" not in statement


LISTS: tuple[tuple[type[Model], str, set[str]], ...] = (
    (StatementLine, "", {"statement_line_newest", "statement_line_happened"}),
    (StatementLine, "kind__exact=penalty", {"statement_line_kind"}),
    (StatementLine, "is_paid__exact=0", {"statement_line_unpaid"}),
    (CommissionEntry, "cause__exact=undone", {"entry_cause"}),
    (FeeMatch, "", {"match_shop"}),
    (FeeMatch, "in_state=corrected", {"match_state"}),
    (FeeMatch, "kind__exact=tax", {"match_kind"}),
    (InboxEvent, "about=payout", {"inbox_kind"}),
    (InboxEvent, "source__exact=person", {"inbox_source"}),
    (InboxEvent, "q=e77", {"inbox_thing"}),
    (Command, "in_state=dropped", {"command_not_done"}),
    (Order, "in_status=failed", {"order_shop_status", "order_status_newest"}),
    (Listing, "o=1", {"listing_title"}),
)


@pytest.fixture
def long(own: World) -> World:
    """As many rows of each table, all of them of the usual kind, state and cause."""
    rule, now = CommissionRule.objects.get(), timezone.now()
    orders = list(Order.objects.filter(number__startswith="N", shop=own.shop))
    StatementLine.objects.bulk_create(
        StatementLine(
            shop=own.shop, external_id=f"s{n}", kind="commission", fee="x", amount=-1, is_paid=True, asked_at=now,
            happened_at=now - timedelta(minutes=n), order=order,
        )
        for n, order in enumerate(orders)
    )  # fmt: skip
    CommissionEntry.objects.bulk_create(
        CommissionEntry(
            order=order, shop=own.shop, line_key="1", rule=rule, fee_kind="commission", payee="channel", cause="accrued", units=1,
            base=1, amount=1, effective_at=now,
        )
        for order in orders
    )  # fmt: skip
    FeeMatch.objects.bulk_create(
        FeeMatch(
            shop=own.shop, order=order, kind="commission", expected=1, settled=1, difference=0, state="matched",
            placed_at=order.placed_at, settled_at=now,
        )
        for order in orders
    )  # fmt: skip
    InboxEvent.objects.bulk_create(
        InboxEvent(
            app=own.app, connection=own.connection, kind="order", external_id=f"e{n}", source="webhook", state="processed"
        )
        for n in range(ROWS)
    )  # fmt: skip
    Command.objects.bulk_create(
        Command(target=own.connection, kind="ship", order=order, reference=f"r{order.pk}", state="done")
        for order in orders
    )
    Listing.objects.bulk_create(Listing(shop=own.shop, item_id=f"i{n}", title=f"Hàng {n}") for n in range(ROWS))
    db.execute("ANALYZE")
    db.execute("SET LOCAL enable_seqscan = off")
    return own


@pytest.mark.parametrize(("model", "query", "indexes"), LISTS)
def test_each_list_has_an_index_for_its_order_and_for_what_is_rare(
    client: Client, long: World, model: type[Model], query: str, indexes: set[str]
) -> None:
    *_, rows = asked(client, f"{address(model, 'changelist')}?{query}", model)
    plan = plan_of(rows)
    assert indexes & indexes_in(plan)
    assert rows_handled(plan) < 1_000


def request_of(made: World) -> Any:
    request = RequestFactory().get("/")
    request.user = made.manager
    return request


def _statement(queryset: Any) -> str:
    with CaptureQueriesContext(database) as queries:
        list(queryset.all())
    return str(queries[0]["sql"])
