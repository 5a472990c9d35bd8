"""Jobs of a store manager about orders: what needs me, arrange, answer, find, export."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from integrations.models import Command
from orders.models import Order, Return
from orders.statuses import statuses
from tests.erpsync.admin.jobs.person import Person
from tests.erpsync.admin.jobs.rows import SOLD_TO, sold
from tests.erpsync.admin.jobs.screens import JOBS, ON_BOTH, ON_DESKTOP, at

pytestmark = JOBS
LIST = "orders/order/"


@at("desktop vi", "phone vi", "desktop en")
def test_1_what_needs_me_is_on_the_dashboard_and_leads_to_exactly_those_rows(person: Person) -> None:
    person.go("")
    person.page.locator("canvas.chart").wait_for()
    person.look("1-dashboard")
    tile = person.page.locator('a[href*="attention=cancelling"]').first
    number = tile.locator("span").nth(1).inner_text()
    with person.page.expect_navigation():
        tile.click()
    wishes = Order.objects.filter(status__in=statuses("may_answer"))
    assert {order.number for order in wishes} == set(person.numbers())
    assert int(number) == wishes.count()
    person.look("1-waiting")


@ON_BOTH
def test_2_several_orders_are_confirmed_and_their_shipment_is_arranged(person: Person) -> None:
    person.go(f"{LIST}?attention=to_ship")
    chosen = person.tick(3)
    person.look("2-ticked")
    person.run("ship_chosen")
    person.look("2-arranged")
    asked = Command.objects.filter(kind="ship", state="wanted", actor__username="quanly", order__in=chosen)
    mapped = Order.objects.filter(pk__in=chosen, has_problem=False).values_list("pk", flat=True)
    assert set(asked.values_list("order", flat=True)) == set(mapped)
    assert len(mapped) > 1
    assert f"cho {len(mapped)} đơn hàng" in person.page.locator("#content, body").first.inner_text()


@ON_BOTH
def test_6_a_cancellation_and_a_return_are_answered(person: Person) -> None:
    order = Order.objects.filter(status__in=statuses("may_answer")).exclude(commands__actor__username="quanly")[0]
    person.go(f"{LIST}{order.pk}/change/")
    person.look("6-wish")
    person.act("accept_cancellation")
    person.look("6-question")
    person.confirm()
    assert order.commands.get(kind="accept_cancellation").state == "wanted"
    ret = Return.objects.filter(status="requested").exclude(order__commands__kind="accept_return")[0]
    person.go(f"orders/return/{ret.pk}/change/")
    person.look("6-return")
    person.act("accept")
    person.confirm()
    assert Command.objects.get(kind="accept_return", order=ret.order).state == "wanted"
    person.look("6-answered")


@ON_BOTH
def test_9_an_order_is_found_by_its_buyer_or_telephone_and_shows_what_arrives(person: Person) -> None:
    order = sold()
    for term in (SOLD_TO.plain, SOLD_TO.last_digits):
        person.go(LIST)
        person.search(term)
        assert person.numbers() == [order.number], term
    person.look("9-found")
    with person.page.expect_navigation():
        person.page.get_by_role("link", name=order.number).first.click()
    page = person.page.locator("#content").inner_text()
    for text in ("1.423.000 ₫", "Dự kiến theo quy tắc\t1.366.080 ₫", "Sàn đã quyết toán\t1.366.080 ₫", "56.920 ₫"):
        assert text in page
    person.page.get_by_text("Dự kiến theo quy tắc").first.evaluate("text => text.scrollIntoView({ block: 'center' })")
    person.look("9-order")


@ON_DESKTOP
def test_10_a_filtered_list_is_exported(person: Person) -> None:
    person.go(f"{LIST}?attention=ended")
    person.look("10-filtered")
    with person.page.expect_download() as downloaded:
        person.page.locator('a[download][href*="csv"]').click()
    text = Path(downloaded.value.path()).read_text(encoding="utf-8-sig")
    shown = set(person.numbers())
    assert {row["Mã đơn hàng"] for row in csv.DictReader(io.StringIO(text))} == shown
    assert shown
    person.go("erpsync/export/")
    assert "cần chú ý: Đã hủy, hoàn hoặc giao không thành công" in person.page.locator(".data-row").first.inner_text()
    person.look("10-exports")
