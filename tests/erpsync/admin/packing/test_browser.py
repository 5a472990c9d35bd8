"""The page that packs by scanning, in headless Chromium, on the width of a phone: a scanner types, nothing is clicked."""

from __future__ import annotations

from typing import Any

from orders.models import OrderLine, PackedParcel, Parcel
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep

pytestmark = IN_CHROMIUM


def test_a_parcel_is_packed_by_a_scanner_alone(page: Any, live_server: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    line = OrderLine.objects.filter(order__status__in=("to_ship", "packed"), product__isnull=False)[0]
    line.order.lines.exclude(pk=line.pk).delete()
    parcel, _made = Parcel.objects.get_or_create(order=line.order, defaults={"number": "P1"})
    Parcel.objects.filter(pk=parcel.pk).update(tracking_number="SPXVN01")
    OrderLine.objects.filter(pk=line.pk).update(quantity=2, parts={str(line.product_id): "1"}, parcel=parcel.number)
    page.goto(f"{live_server.url}/admin/orders/packedparcel/pack/")
    said = page.locator("[data-scan-said]")

    def scan(code: str, colour: str) -> None:
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"[data-scan-said].{colour}")

    page.locator("body").click()
    scan("spxvn01", "scan-good")
    assert page.locator("[data-scan-parcel]").get_by_text("0 / 2").first.is_visible()
    scan("NO-SUCH-CODE", "scan-bad")
    assert "NO-SUCH-CODE" in said.inner_text()
    # a scanner is faster than the connection: codes wait in line
    for _ in range(2):
        page.keyboard.type(line.product.sku)
        page.keyboard.press("Enter")
    page.wait_for_selector("[data-scan-said].scan-done")
    keep(page, "packed")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    packed = PackedParcel.objects.get()
    assert (packed.tracking_number, packed.packed_by.username if packed.packed_by else "") == ("SPXVN01", "quanly")
