"""Jobs of a store manager about what is on sale: map a listing, change a price."""

from __future__ import annotations

from inventory.models import Listing
from tests.erpsync.admin.jobs.person import Person
from tests.erpsync.admin.jobs.screens import JOBS, ON_DESKTOP

pytestmark = JOBS


@ON_DESKTOP
def test_7_a_listing_is_mapped(person: Person) -> None:
    person.go("inventory/listing/?mapped=no")
    person.look("7-unmapped")
    person.go("inventory/listing/map/")
    person.look("7-proposals")
    box = person.page.locator("input[name=listing]").first
    listing = Listing.objects.get(pk=box.get_attribute("value"))
    for other in person.page.locator("input[name=listing]").all()[1:]:
        other.uncheck()
    person.press("Liên kết các mục đã chọn")
    person.look("7-mapped")
    listing.refresh_from_db()
    assert listing.product is not None
    assert listing.product.sku == listing.sku


@ON_DESKTOP
def test_8_a_price_that_moves_too_far_is_asked_about(person: Person) -> None:
    listing = Listing.objects.filter(product__isnull=False, shop__keeps_stock=False).order_by("-pk")[0]
    Listing.objects.filter(pk=listing.pk).update(price=790_000, wanted_price=None)

    def save(typed: str) -> None:
        person.go(f"inventory/listing/{listing.pk}/change/")
        field = person.page.locator("input[name=wanted_price]")
        field.fill("")
        field.press_sequentially(typed)
        with person.page.expect_navigation():
            person.page.locator("[name=_save]").first.click()
        listing.refresh_from_db()

    save("8120")
    assert listing.wanted_price is None
    person.page.locator("input[name=wanted_price-confirmed]").scroll_into_view_if_needed()
    person.look("8-asked")
    save("812.000")
    assert listing.wanted_price == 812_000
    person.check("8-saved")
    person.go(f"inventory/listing/{listing.pk}/change/")
    assert person.page.locator("input[name=wanted_price]").input_value() == "812.000"
    person.look("8-price")
