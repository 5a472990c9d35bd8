"""What a person reads in the admin, measured in Chromium: contrast of every text, names that are not cut, nothing out of the window."""

from __future__ import annotations

import re
from typing import Any

import pytest

from integrations.models import Connection
from orders.models import Order
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak

pytestmark = IN_CHROMIUM

# texts with less contrast than WCAG AA asks for: 4.5, and 3 where they are large. Icons and what is switched off do not count.
FAINT = """() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
    const over = (top, ground) => top.slice(0, 3).map((part, n) => part * top[3] + ground[n] * (1 - top[3]));
    const ground = element => { if (!element) return [255, 255, 255];
        const own = rgba(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own : over(own, ground(element.parentElement)); };
    const light = rgb => { const [r, g, b] = rgb.map(part => { part /= 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
        if (!text || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        if (element.closest('script, style, .material-symbols-outlined, :disabled, option')) continue;
        const style = getComputedStyle(element), behind = ground(element);
        const [one, other] = [light(over(rgba(style.color), behind)), light(behind)].sort((a, b) => b - a);
        const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
        const ratio = (one + 0.05) / (other + 0.05);
        if (ratio < (large ? 3 : 4.5)) found.add(`${ratio.toFixed(2)} ${style.color} ${text.slice(0, 40)}`);
    }
    return [...found];
}"""
CUT = """() => [...document.querySelectorAll('.data-row :is(td, th)[class*=field-]')].filter(cell => {
    const first = cell.firstElementChild, top = cell.getBoundingClientRect().top;
    return cell.scrollHeight > cell.clientHeight + 3 || (first && first.getBoundingClientRect().top < top - 1);
}).map(cell => cell.innerText.slice(0, 40))"""
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')].filter(element =>
    element.getBoundingClientRect().right > innerWidth && element.checkVisibility()
).map(element => `${element.tagName} ${element.className}`.slice(0, 80)).slice(0, 5)"""
LABELS = "() => [...new Set([...document.querySelectorAll('.data-row [data-label]')].map(cell => cell.dataset.label))]"


@pytest.fixture
def places() -> dict[str, str]:
    sick = Connection.objects.get(authorisation__state="red")
    order = Order.objects.filter(status="completed")[0]
    return {
        "dashboard": "", "orders": "orders/order/", "order": f"orders/order/{order.pk}/change/", "listings": "inventory/listing/",
        "mapping": "inventory/listing/map/", "stock": "inventory/stocklevel/", "inbox": "integrations/inboxevent/",
        "commands": "integrations/command/", "connections": "integrations/connection/",
        "connection": f"integrations/connection/{sick.pk}/change/", "money": "commissions/statementline/",
        "labels": "integrations/printrun/", "returns": "orders/return/", "start": "integrations/backfillrun/add/",
    }  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
def test_every_text_can_be_read_and_nothing_is_cut(
    page: Any, live_server: Any, places: dict[str, str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    speak(page, live_server.url, "vi")
    faint, cut, wide = {}, {}, {}
    for name, place in places.items():
        page.goto(f"{live_server.url}/admin/{place}")
        keep(page, f"readable-{name}-{width}")
        if texts := page.evaluate(FAINT):
            faint[name] = texts
        if names := page.evaluate(CUT):
            cut[name] = names
        if elements := page.evaluate(WIDE):
            wide[name] = elements
    assert (faint, cut, wide) == ({}, {}, {})


def test_on_a_telephone_a_column_is_named_as_a_sentence_begins(page: Any, live_server: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    speak(page, live_server.url, "vi")
    page.goto(f"{live_server.url}/admin/orders/order/")
    assert {"Đơn hàng", "Gian hàng", "Trạng thái", "Tổng tiền", "Đặt lúc"} <= set(page.evaluate(LABELS))


def test_a_connections_page_keeps_two_buttons_and_a_menu(page: Any, live_server: Any, places: dict[str, str]) -> None:
    page.set_viewport_size({"width": 1280, "height": 844})
    speak(page, live_server.url, "vi")
    page.goto(f"{live_server.url}/admin/{places['connection']}")
    name = page.locator("h1 a", has_text="Sen Việt Official")
    assert name.evaluate("name => name.scrollWidth <= name.clientWidth + 1")
    assert page.locator("li a", has_text="Kiểm tra ngay").is_visible()
    assert page.locator("li a", has_text="Đồng bộ lại ngay").is_visible()
    menu = page.locator("nav a", has_text="Ngắt kết nối")
    assert not menu.is_visible()
    page.locator("li a", has_text=re.compile(r"Thêm\s*chevron_right")).click()
    menu.wait_for()
