"""The admin as a person sees it, in headless Chromium. SCREENSHOTS=<folder> keeps the pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from integrations.models import Connection
from inventory.models import Listing, StockLevel
from orders.models import Order, Return
from tests.erpsync.admin.demo_rows import demo_rows

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync"
).split()

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def page(live_server: Any, django_user_model: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A signed-in page at 1440 x 900; errors in the browser's console fail the test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop lives in this thread
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (a development dependency that needs Chromium)

    user = django_user_model.objects.create_superuser("quanly", password="x", first_name="Lan")
    demo_rows(user)
    client.force_login(user)
    # each thread of the live server ends its connection with the request, so that the test database can be dropped
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Ho_Chi_Minh")
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        browser.close()
    assert not errors


def keep(page: Any, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.wait_for_timeout(700)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def speak(page: Any, url: str, language: str) -> None:
    """Choose a language as a person does: its entry in the account menu."""
    page.goto(f"{url}/admin/")
    with page.expect_navigation():
        page.evaluate(
            """language => { const field = document.querySelector('form [name=language]');
                field.value = language; field.form.submit(); }""",
            language,
        )


@pytest.mark.parametrize(("language", "orders", "ship"), [("en", "Orders", "Ship"), ("vi", "Đơn hàng", "Giao hàng")])
def test_a_morning_in_the_admin(page: Any, live_server: Any, language: str, orders: str, ship: str) -> None:
    url = live_server.url
    speak(page, url, language)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("#nav-sidebar-apps").get_by_text(orders, exact=True).is_visible()
    page.locator("canvas.chart").wait_for()
    keep(page, f"dashboard-{language}")
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(os.environ["SCREENSHOTS"]) / f"dashboard-full-{language}.png"), full_page=True)
    order = (
        Order.objects.filter(status="to_ship", commands__state="refused").first()
        or Order.objects.filter(status="to_ship")[0]
    )
    level = StockLevel.objects.filter(reserved__gt=0).order_by("-reserved")[0]
    sick = Connection.objects.get(authorisation__state="red")
    listing = Listing.objects.filter(product__isnull=True)[0]
    places = {
        "orders": "orders/order/", "order": f"orders/order/{order.pk}/change/",
        "listings": "inventory/listing/", "listing": f"inventory/listing/{listing.pk}/change/", "mapping": "inventory/listing/map/",
        "stock": "inventory/stocklevel/", "level": f"inventory/stocklevel/{level.pk}/change/", "products": "inventory/product/",
        "product": f"inventory/product/{level.product_id}/change/", "inbox": "integrations/inboxevent/", "refusals": "integrations/refusal/",
        "connections": "integrations/connection/", "connection": f"integrations/connection/{sick.pk}/change/", "shops": "inventory/shop/",
        "returns": "orders/return/", "return": f"orders/return/{Return.objects.filter(received_at=None)[0].pk}/change/",
        "put-back": "orders/returnline/", "money": "commissions/statementline/", "customers": "orders/customer/",
        "disconnect": f"integrations/connection/{sick.pk}/disconnect/", "histories": "integrations/backfillrun/",
        "apps": "integrations/appregistration/", "connect": "integrations/connection/add/", "empty": "inventory/breach/",
    }  # fmt: skip
    for name, place in places.items():
        answer = page.goto(f"{url}/admin/{place}")
        assert answer is None or answer.status == 200, place
        keep(page, f"{name}-{language}")
    page.goto(f"{url}/admin/orders/order/{order.pk}/change/")
    button = page.locator(f'a[href$="/{order.pk}/ship/"]')
    assert ship in button.inner_text()
    button.click()
    page.locator("#modal-content button[type=submit]").wait_for()
    keep(page, f"dialog-{language}")
    with page.expect_navigation():
        page.locator("#modal-content button[type=submit]").click()
    assert order.commands.filter(kind="ship", state="wanted", actor__username="quanly").count() == 1
    keep(page, f"shipped-{language}")
