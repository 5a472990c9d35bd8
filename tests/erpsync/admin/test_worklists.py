"""Worklists: a tile, its badge, the chart and the list that it opens count the same rows."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone, translation

from commissions.models import StatementLine
from erpsync.admin.kit.words import Header, moment
from integrations.models import Command, Connection, InboxEvent, ShippingLabel
from inventory.models import Listing, Shop, ShopMembership, StockLevel
from orders.models import Order, OrderLine, Parcel, Return
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db

TILES = {
    "To ship": 2, "Waves to pick": 1, "Labels to print": 1, "Arranging failed": 7, "Wishes to cancel": 1, "Returns to answer": 7,
    "Orders with a problem": 1, "Refused commands": 7, "Unmapped, with orders": 1, "Oversold": 1, "Wrong numbers at channels": 1,
    "Fees to check": 7, "Dead letters": 2, "Consents ending": 1, "Waiting events": 1,
}  # fmt: skip


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN", channel="shopee")
    yesterday = timezone.now() - timedelta(days=1, hours=1)
    order(made, status="packed")
    order(made, status="cancelling", has_problem=True, problems=["no_warehouse"])
    order(made, status="shipped")
    order(made, status="completed")
    order(made, status="cancelled")
    order(made, placed_at=yesterday)
    # of a shop that is not connected
    InboxEvent.objects.create(app=made.app, kind="order", external_id="foreign", source="webhook", state="dead")
    InboxEvent.objects.create(
        app=made.app, connection=made.connection, kind="order", external_id="waits", source="webhook"
    )
    Return.objects.update(status="requested")
    spare = Listing.objects.get(item_id="OWN-spare")
    for status in ("packed", "cancelled"):
        sold = Order.objects.filter(shop=made.shop, status=status)[0]
        OrderLine.objects.create(order=sold, key="u", listing=spare, item_id="OWN-spare", quantity=1, status="")
    StockLevel.objects.filter(pk=made.level.pk).update(reserved=9)
    made.authorisation.consent_ends_at = timezone.now() + timedelta(days=3)
    made.authorisation.save()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return made


def test_a_tile_counts_down_to_what_the_channel_decides(client: Client, own: World) -> None:
    Return.objects.update(answer_by=timezone.now() + timedelta(hours=5, seconds=30))
    assert cards(client)["Returns to answer"]["detail"] == "the channel decides the first in 5 hours"


def cards(client: Client) -> dict[str, dict[str, Any]]:
    return {card["title"]: card for card in client.get("/admin/").context["cards"]}


def rows_of(client: Client, url: str) -> int:
    return len(client.get(url).context["cl"].result_list)


@pytest.mark.parametrize("title", TILES)
def test_a_tile_counts_the_rows_of_the_list_that_it_opens(client: Client, own: World, title: str) -> None:
    card = cards(client)[title]
    assert (card["value"], rows_of(client, card["url"])) == (str(TILES[title]), TILES[title])


def test_every_tile_is_compared(client: Client, own: World) -> None:
    assert list(cards(client)) == list(TILES)


@pytest.mark.parametrize(("span", "orders"), [("today", 5), ("yesterday", 1), ("7", 6), ("custom", 6)])
def test_figure_split_chart_and_list_count_the_same_orders(client: Client, own: World, span: str, orders: int) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    Order.objects.filter(placed_at__lt=midnight).update(placed_at=midnight - timedelta(hours=2))
    days = {"span": span, "from": str(midnight.date() - timedelta(days=1)), "to": str(midnight.date())}
    sales = client.get("/admin/", days).context["sales"]
    figure = sales["figures"][0]
    assert (figure["title"], figure["value"], rows_of(client, figure["url"])) == ("Orders", str(orders), orders)
    assert [entry["n"] for entry in sales["chart"]["legend"]] == [str(orders)]
    assert sum(sum(each["data"]) for each in json.loads(sales["chart"]["data"])["datasets"]) == orders
    by_shop, by_channel, _branch, by_time = sales["splits"]
    assert [[row["n"] for row in split["rows"]] for split in (by_shop, by_channel)] == [[str(orders)], [str(orders)]]
    assert sum(int(row["n"]) for row in by_time["rows"]) == orders
    assert rows_of(client, by_shop["rows"][0]["url"]) == orders


def test_shops_and_branches_of_the_same_name_are_apart(client: Client, own: World) -> None:
    made = world("TWIN", channel="shopee")
    Shop.objects.filter(pk=made.shop.pk).update(name=own.shop.name)
    ShopMembership.objects.create(user=own.manager, shop=made.shop, role="manager")
    client.force_login(own.manager)
    ours = Order.objects.filter(shop=own.shop, status="to_ship", placed_at__gte=timezone.now() - timedelta(days=1))
    Order.objects.filter(pk__in=[ours[0].pk, made.order.pk]).update(
        placed_at=timezone.now(), status="to_ship", branch_name="Quận 1"
    )
    by_shop, _channel, by_branch, _time = client.get("/admin/").context["sales"]["splits"]
    assert {row["url"].split("in_shop=")[1].split("&")[0] for row in by_shop["rows"]} == {
        str(own.shop.pk), str(made.shop.pk)
    }  # fmt: skip
    assert len({row["title"] for row in by_shop["rows"]}) == 1
    assert [row["n"] for row in by_branch["rows"]] == ["1", "1"]


def test_a_span_is_compared_with_the_same_hours_of_the_one_before(client: Client, own: World) -> None:
    Order.objects.filter(shop=own.shop).update(total=Decimal(1000))
    earlier = Order.objects.filter(shop=own.shop, placed_at__lt=timezone.now() - timedelta(hours=24))
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    assert earlier.update(placed_at=midnight - timedelta(hours=24), total=Decimal(2000)) == 1
    revenue = client.get("/admin/").context["sales"]["figures"][1]
    assert revenue["value"] == "5,000 ₫"
    assert revenue["compared"] == [
        {"title": "span before", "value": "2,000 ₫", "change": "+150 %"},
        {"title": "same day last week", "value": "0 ₫", "change": ""},
    ]


def test_days_that_cannot_be_shown_are_refused_and_today_is_shown(client: Client, own: World) -> None:
    wrong = (("2026-13-01", "2026-12-01"), ("", ""), ("2020-01-01", "2026-01-01"), ("2999-01-01", "2999-01-02"))
    for first, last in wrong:
        sales = client.get("/admin/", {"span": "custom", "from": first, "to": last}).context["sales"]
        assert (sales["span"].name, bool(sales["span"].error)) == ("today", True)


def test_margin_is_of_lines_with_a_frozen_cost_and_for_managers_only(client: Client, own: World) -> None:
    own.order.lines.update(quantity=2, paid_price=Decimal(1000), unit_cost=Decimal(600))
    client.force_login(own.manager)
    figures = {each["title"]: each["value"] for each in client.get("/admin/").context["sales"]["figures"]}
    assert figures["Gross margin"] == "800 ₫"
    ShopMembership.objects.update(role="operator")
    assert "Gross margin" not in [each["title"] for each in client.get("/admin/").context["sales"]["figures"]]


def test_a_channel_whose_orders_are_late_is_named(client: Client, own: World) -> None:
    now = timezone.now()
    Connection.objects.update(last_sweep_at=now)
    waits = InboxEvent.objects.filter(external_id="waits")
    waits.update(received_at=now, due_at=now)
    assert client.get("/admin/").context["coming"] == []
    since = now - timedelta(minutes=10)
    waits.update(received_at=since, due_at=since)
    assert [each["since"] for each in client.get("/admin/").context["coming"]] == [moment(since)]


def test_tabs_count_the_rows_that_they_open_in_the_order_of_work(client: Client, own: World) -> None:
    handed = order(own, status="packed")
    label = ShippingLabel.objects.create(connection=own.connection, parcel="printed", printed_at=timezone.now())
    label.orders.add(handed)
    found = client.get("/admin/orders/order/?attention=to_print").context["work_tabs"]
    expected = {
        "to_ship": "2", "to_print": "1", "to_hand_over": "1", "refused": "8", "under_way": "1", "ended": "1", "": "",
    }  # fmt: skip
    assert {tab["name"]: tab["n"] for tab in found} == expected
    assert [tab["name"] for tab in found if tab["chosen"]] == ["to_print"]
    for tab in found[:-1]:
        assert str(rows_of(client, tab["url"])) == tab["n"], tab["name"]


def test_the_row_shows_the_buyers_note_and_the_picture(client: Client, own: World) -> None:
    Order.objects.filter(pk=own.order.pk).update(note="Gọi <trước> khi giao")
    Listing.objects.filter(pk=own.listing.pk).update(images=["https://cdn.example/a.jpg"])
    shown = client.get(f"/admin/orders/order/{own.order.pk}/lines/").content.decode()
    assert "Gọi &lt;trước&gt; khi giao" in shown
    assert '<img src="https://cdn.example/a.jpg" alt="" loading="lazy"' in shown


def test_the_badges_count_what_the_tiles_count(client: Client, own: World) -> None:
    groups = client.get("/admin/").context["sidebar_navigation"]
    badges = {str(item["title"]): item.get("badge") for group in groups for item in group["items"]}
    assert {name: badges[name] for name in ("Orders", "Returns", "Inbox", "Commands")} == {
        "Orders": 1, "Returns": 7, "Inbox": 2, "Commands": 7,
    }  # fmt: skip


def test_what_is_closed_is_counted_nowhere_and_found_by_its_filter(client: Client, own: World) -> None:
    command, event = own.order.commands.get(), InboxEvent.objects.get(external_id="foreign")
    confirmed = {"_form_submitted": "on", "note": "not ours"}
    client.post(f"/admin/integrations/command/{command.pk}/close_this/", confirmed)
    client.post(f"/admin/integrations/inboxevent/{event.pk}/close_this/", confirmed)
    found = cards(client)
    for title, left in (("Refused commands", 6), ("Dead letters", 1)):
        assert (found[title]["value"], rows_of(client, found[title]["url"])) == (str(left), left)
    assert rows_of(client, "/admin/orders/order/?attention=refused") == 6
    assert rows_of(client, "/admin/integrations/command/?attention=closed") == 1
    assert rows_of(client, "/admin/integrations/inboxevent/?attention=closed") == 1
    groups = client.get("/admin/").context["sidebar_navigation"]
    badges = {str(item["title"]): item.get("badge") for group in groups for item in group["items"]}
    assert (badges["Inbox"], badges["Commands"]) == (1, 6)


def test_a_manager_counts_nothing_of_an_app_or_of_another_shop(client: Client, own: World) -> None:
    world("FOREIGN", channel="shopee")
    client.force_login(own.manager)
    card = cards(client)["Dead letters"]
    assert (card["value"], rows_of(client, card["url"])) == ("1", 1)
    card = cards(client)["Refused commands"]
    assert (card["value"], rows_of(client, card["url"])) == ("7", 7)


# --- what stands on the pages ---


def test_lines_show_their_variation_and_pieces_of_one_sku_are_one_row_in_the_list(client: Client, own: World) -> None:
    own.order.lines.update(variation_name="Đỏ, S")
    line = own.order.lines.get()
    OrderLine.objects.create(
        order=own.order, key="2", listing=line.listing, product=line.product, item_id=line.item_id, quantity=1,
        title=line.title, sku=line.sku, variation_name="Đỏ, S",
    )  # fmt: skip
    shown = client.get(f"/admin/orders/order/{own.order.pk}/lines/").content.decode()
    assert (shown.count("OWN line"), shown.count("Đỏ, S")) == (1, 1)
    assert client.get(f"/admin/orders/order/{own.order.pk}/change/").content.decode().count("Đỏ, S") == 2


def test_an_item_that_is_not_mapped_leads_to_where_it_is(client: Client, own: World) -> None:
    own.order.lines.update(product=None)
    listing = f'href="/admin/inventory/listing/{own.listing.pk}/change/"'
    for place in ("lines", "change"):
        shown = client.get(f"/admin/orders/order/{own.order.pk}/{place}/").content.decode()
        assert re.search(rf"<a {listing}[^>]*>\s*<span[^>]*>\s*Not mapped", shown), place


def test_a_parcel_that_was_packed_anew_is_shown_as_replaced(client: Client, own: World) -> None:
    address, at = f"/admin/orders/order/{own.order.pk}/change/", timezone.now()
    assert "Replaced" not in client.get(address).content.decode()
    Parcel.objects.create(order=own.order, number="OLD", tracking_number="SPX-OLD", replaced_at=at)
    shown = client.get(address).content.decode()
    assert "SPX-OLD" in shown
    assert f"Replaced {moment(at)}" in shown


def test_an_order_explains_its_total_and_what_the_seller_gets(client: Client, own: World) -> None:
    own.order.lines.update(price=Decimal(204000), paid_price=Decimal(180000))
    StatementLine.objects.filter(order=own.order).delete()
    address = f"/admin/orders/order/{own.order.pk}/change/"
    shown = client.get(address).content.decode()
    for text in ("204,000 ₫", "-24,000 ₫", "19,000 ₫", "199,000 ₫", "not settled yet"):
        assert text in shown
    for n, amount in enumerate((180000, -9000)):
        StatementLine.objects.create(
            shop=own.shop, order=own.order, external_id=f"s{n}", kind="sale", fee="service_fee_amount", amount=amount,
            asked_at=timezone.now(),
        )  # fmt: skip
    shown = client.get(address).content.decode()
    assert "171,000 ₫" in shown
    assert ">service_fee_amount<" not in shown
    assert '<span title="service_fee_amount" translate="no"><span translate="yes">Sale</span></span>' in shown


def test_a_history_pages_through_its_own_entries(client: Client, own: World) -> None:
    event = InboxEvent.objects.first()
    assert event is not None
    user, kind = own.manager.pk, ContentType.objects.get_for_model(InboxEvent).pk
    LogEntry.objects.bulk_create(
        LogEntry(user_id=user, content_type_id=kind, object_id=pk, object_repr="x", action_flag=CHANGE)
        for pk in [event.pk] * 101 + [0] * 7
    )
    shown = client.get(f"/admin/integrations/inboxevent/{event.pk}/history/")
    pages = shown.context["action_list"].paginator
    assert (pages.count, list(pages.page_range)) == (101, [1, 2])
    assert "101 entries" in " ".join(shown.content.decode().split())


def test_an_event_page_shows_no_python_list(client: Client, own: World) -> None:
    event = InboxEvent.objects.get(external_id="OWN-dead")
    shown = client.get(f"/admin/integrations/inboxevent/{event.pk}/change/").content.decode()
    assert "[&#x27;" not in shown
    assert "OWN shop · Shopee" in shown
    assert str(Header(["a", "", "b"])) == "a · b"


def test_the_command_to_cancel_is_not_called_go_back() -> None:
    with translation.override("vi"):
        assert Command(kind="cancel").label == "Hủy đơn"
