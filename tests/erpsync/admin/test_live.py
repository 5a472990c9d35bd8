"""The dashboard changes by itself while somebody looks at it, is asked for little, and keeps nobody signed in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone
from time_machine import travel

from core.feed import number_events
from erpsync.models import OpenSession
from erpsync.signin.sessions import SEEN_EVERY
from inventory.models import Shop
from orders.models import Order
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep
from tests.erpsync.admin.worlds import World, world

PARTS = "/admin/dashboard/"


def told(shop: Shop, number: str) -> Order:
    """Store an order that a channel tells of now, and count its events."""
    now, listing = timezone.now(), shop.listings.order_by("pk")[0]
    line = LineSnapshot("1", listing.item_id, listing.variation_id, 1, title="Váy", price=Decimal(250_000))
    snapshot = OrderSnapshot(number, "to_ship", "READY_TO_SHIP", "VND", now, now, (line,), total=Decimal(250_000))
    with transaction.atomic():
        upsert_orders(shop, [snapshot], source="webhook")
    number_events()
    return Order.objects.get(number=number)


@pytest.fixture
def own(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


@pytest.mark.django_db
class TestParts:
    def test_the_parts_are_sent_when_something_changed_or_time_went_by(self, own: World, client: Client) -> None:
        with travel(timezone.now().replace(second=0, microsecond=0), tick=False) as time:
            state = client.get("/admin/").context["state"]
            same = client.get(PARTS, headers={"If-None-Match": state})
            assert (same.status_code, same.content, same["ETag"]) == (304, b"", state)
            told(own.shop, "OWN-LIVE-1")
            changed = client.get(PARTS, headers={"If-None-Match": state})
            assert changed.status_code == 200
            assert "OWN-LIVE-1" in changed.content.decode()
            assert "<html" not in changed.content.decode()
            state = changed["ETag"]
            assert client.get(PARTS, headers={"If-None-Match": state}).status_code == 304
            time.shift(30)
            assert client.get(PARTS, headers={"If-None-Match": state}).status_code == 200

    def test_orders_of_other_shops_are_not_sent(self, own: World, client: Client) -> None:
        told(world("OTHER").shop, "OTHER-LIVE-1")
        assert "OTHER-LIVE-1" not in client.get(PARTS).content.decode()

    def test_the_span_that_is_looked_at_stays(self, own: World, client: Client) -> None:
        assert client.get(PARTS, {"span": "7"}).context["sales"]["span"].days == 7

    def test_an_open_page_keeps_nobody_signed_in(self, own: World, client: Client) -> None:
        client.get("/admin/")
        seen, ends = OpenSession.objects.get().seen_at, Session.objects.get().expire_date
        with travel(timezone.now() + 2 * SEEN_EVERY):
            assert client.get(PARTS).status_code == 200
            assert (OpenSession.objects.get().seen_at, Session.objects.get().expire_date) == (seen, ends)
            client.get("/admin/")
        assert OpenSession.objects.get().seen_at - seen >= SEEN_EVERY
        assert Session.objects.get().expire_date - ends > timedelta(minutes=5)


class TestInChromium:
    pytestmark = IN_CHROMIUM

    def test_a_new_order_shows_without_a_reload(self, page: Any, live_server: Any) -> None:
        page.goto(f"{live_server.url}/admin/")
        page.locator("canvas.chart").wait_for()
        page.evaluate("() => { window.isSamePage = true; }")
        fold = page.locator("[data-part=sales] details").first
        fold.evaluate("one => { one.open = !one.open; }")
        before, figures = fold.evaluate("one => one.open"), page.evaluate(CHARTED)
        order = told(Shop.objects.get(name="Thời Trang Sen Việt"), "261201LIVE01")
        page.locator("[data-part=latest]").get_by_text(order.number).wait_for()
        assert page.evaluate("window.isSamePage")
        assert page.evaluate(CHARTED) == figures + 1
        assert page.locator("[data-part=sales] details").first.evaluate("one => one.open") is before
        keep(page, "live")

    def test_a_page_that_is_no_longer_answered_says_so(self, page: Any, live_server: Any) -> None:
        page.clock.install()
        page.goto(f"{live_server.url}/admin/")
        page.route(f"**{PARTS}**", lambda route: route.abort())
        note = page.get_by_role("status").filter(has_text="no longer changes by itself")
        assert note.is_hidden()
        for _each in range(4):
            page.clock.run_for(30_000)
            page.wait_for_timeout(50)
        note.wait_for()


# how many orders the bars of the chart stand for
CHARTED = """() => Chart.getChart(document.querySelector('canvas.chart')).data.datasets
    .flatMap(set => set.data).reduce((sum, n) => sum + n, 0)"""
