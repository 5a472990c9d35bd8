"""The price field as it is typed into, in headless Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Listing
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak

pytestmark = IN_CHROMIUM


def open_price(page: Any, url: str, listing: Listing) -> Any:
    page.goto(f"{url}/admin/inventory/listing/{listing.pk}/change/")
    field = page.locator("input[name=wanted_price]")
    field.click()
    return field


def save(page: Any) -> None:
    with page.expect_navigation():
        page.locator("button[name=_save], input[name=_save]").first.click()


@pytest.mark.parametrize(("language", "typed"), [("en", "812.000"), ("vi", "812000")])
def test_what_is_typed_as_the_page_prints_it_is_the_price(
    page: Any, live_server: Any, language: str, typed: str
) -> None:
    listing = Listing.objects.filter(product__isnull=False, shop__keeps_stock=False)[0]
    Listing.objects.filter(pk=listing.pk).update(price=790_000)
    speak(page, live_server.url, language)
    field = open_price(page, live_server.url, listing)
    field.press_sequentially(typed)
    field.press("Tab")
    assert field.input_value() == {"en": "812,000", "vi": "812.000"}[language]
    keep(page, f"price-{language}")
    save(page)
    listing.refresh_from_db()
    assert listing.wanted_price == 812_000
    assert open_price(page, live_server.url, listing).input_value() == {"en": "812,000", "vi": "812.000"}[language]


def test_digits_are_grouped_around_the_caret_while_they_are_typed(page: Any, live_server: Any) -> None:
    speak(page, live_server.url, "vi")
    field = open_price(page, live_server.url, Listing.objects.filter(shop__keeps_stock=False)[0])
    field.press_sequentially("1234567")
    assert field.input_value() == "1.234.567"
    for _ in range(3):
        field.press("ArrowLeft")
    field.press("Backspace")
    field.press_sequentially("99")
    assert field.input_value() == "12.399.567"
