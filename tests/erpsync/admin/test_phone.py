"""Lists on a telephone: one compact card per row; and rows whose lines come when they are unfolded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from orders.models import Order
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak

ROWS = """() => [...document.querySelectorAll('.data-row')].map(row => {
    const box = row.getBoundingClientRect();
    return {height: box.height, wide: [...row.children].some(cell => cell.getBoundingClientRect().right > box.right + 1)};
})"""


@pytest.mark.django_db
def test_the_site_can_be_installed(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert 'rel="manifest" href="/static/erpsync/app.webmanifest"' in page
    assert '<meta name="theme-color" content="#0f766e">' in page
    manifest = json.loads(Path(str(finders.find("erpsync/app.webmanifest"))).read_text())
    assert (manifest["start_url"], manifest["display"]) == ("/admin/", "standalone")
    for icon in manifest["icons"]:
        content = Path(str(finders.find(f"erpsync/{icon['src']}"))).read_bytes()
        size = int.from_bytes(content[16:20])
        assert icon["sizes"] == f"{size}x{size}"


class TestInChromium:
    pytestmark = IN_CHROMIUM

    def test_a_row_is_a_compact_card(self, page: Any, live_server: Any) -> None:
        page.set_viewport_size({"width": 390, "height": 844})
        speak(page, live_server.url, "vi")
        for name, place, most in (
            ("orders", "orders/order", 210),
            ("returns", "orders/return", 300),
            ("products", "inventory/product", 260),
        ):
            page.goto(f"{live_server.url}/admin/{place}/")
            keep(page, f"phone-{name}")
            rows = page.evaluate(ROWS)
            assert rows
            assert max(row["height"] for row in rows) <= most, name
            assert not any(row["wide"] for row in rows), name
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        order = Order.objects.filter(status="to_ship")[0]
        page.goto(f"{live_server.url}/admin/orders/order/{order.pk}/change/")
        keep(page, "phone-order")

    def test_lines_come_when_a_row_is_unfolded(self, page: Any, live_server: Any) -> None:
        order = Order.objects.filter(lines__title__gt="").order_by("-placed_at", "-id")[0]
        title = order.lines.all()[0].title
        page.goto(f"{live_server.url}/admin/orders/order/?id__in={order.pk}")
        assert title not in page.content()
        with page.expect_response(f"**/orders/order/{order.pk}/lines/") as answered:
            page.locator(".data-row td.cursor-pointer").first.click()
        assert answered.value.status == 200
        page.locator("[data-fragment]").get_by_text(title).first.wait_for()
        keep(page, "unfolded")
