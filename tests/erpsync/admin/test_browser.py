"""The admin as a person sees it, in headless Chromium."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from integrations.models import Connection, ShippingLabel
from integrations.simulator.pdf import label_pdf
from inventory.models import Listing, StockLevel
from orders.models import Order, Return
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak

pytestmark = IN_CHROMIUM


@pytest.mark.parametrize(
    ("language", "orders", "ship"), [("en", "Orders", "Ship"), ("vi", "Đơn hàng", "Xác nhận & lấy vận đơn")]
)
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


def test_labels_are_printed_from_the_list(page: Any, live_server: Any) -> None:
    speak(page, live_server.url, "vi")
    page.goto(f"{live_server.url}/admin/orders/order/?label=unprinted")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "print_chosen")
    page.click("button[name=index]")
    page.wait_for_url("**/admin/integrations/printrun/*/change/")
    wanted = ShippingLabel.objects.filter(state="wanted")
    assert wanted.exists()
    wanted.update(state="ready", content=label_pdf([["SPX1"]]), content_type="application/pdf", pages=1)
    button = page.get_by_role("button", name="trong một tệp PDF")
    button.wait_for()
    keep(page, "labels_vi")
    with page.context.expect_event("request", lambda request: request.url.endswith("/labels.pdf")) as asked:
        button.click()
    assert asked.value.method == "POST"
    assert asked.value.response().status == 200
    assert not ShippingLabel.objects.filter(state="ready", printed_at=None).exists()
