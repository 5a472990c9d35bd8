"""Jobs of a store manager in the packing room: labels, waves, packing by scanning, the courier."""

from __future__ import annotations

from integrations.models import ShippingLabel
from integrations.simulator.pdf import label_pdf
from orders.models import HandOver, Order, PackedParcel, Wave
from tests.erpsync.admin.jobs.person import Person
from tests.erpsync.admin.jobs.rows import arranged
from tests.erpsync.admin.jobs.screens import JOBS, ON_BOTH, ON_DESKTOP

pytestmark = JOBS
LIST = "orders/order/"


def _tracking(order: Order) -> str:
    return order.parcels.get().tracking_number


@ON_DESKTOP
def test_3_labels_are_printed(person: Person) -> None:
    arranged(2)
    person.go(f"{LIST}?attention=to_print")
    chosen = person.tick(2)
    person.look("3-ticked")
    person.run("print_chosen")
    wanted = ShippingLabel.objects.filter(state="wanted", orders__in=chosen)
    assert wanted.count() == 2
    ShippingLabel.objects.filter(pk__in=list(wanted.values_list("pk", flat=True))).update(
        state="ready", content=label_pdf([["SPX1"]]), content_type="application/pdf", pages=1
    )
    button = person.page.get_by_role("button", name="trong một tệp PDF")
    button.wait_for()
    person.look("3-file")
    with person.page.context.expect_event("request", lambda request: request.url.endswith("/labels.pdf")) as asked:
        button.click()
    assert asked.value.response().status == 200
    assert ShippingLabel.objects.filter(orders__in=chosen, printed_at__isnull=False).count() == 2


@ON_BOTH
def test_4_a_wave_is_made_and_packed_by_scanning(person: Person) -> None:
    first, second = arranged(2)
    person.go(f"{LIST}?id__in={first.pk},{second.pk}")
    person.tick(2)
    person.run("wave_chosen")
    person.look("4-plan")
    person.press("Tạo các đợt này")
    wave = Wave.objects.latest("pk")
    assert set(wave.places.values_list("order", flat=True)) == {first.pk, second.pk}
    person.look("4-wave")
    person.go("orders/packedparcel/pack/")
    person.page.locator("body").click()
    person.scan(_tracking(first), "scan-good")
    person.scan("893-LA-AI", "scan-bad")
    person.look("4-wrong")
    for order in (first, second):
        person.scan(_tracking(order), "scan-good")
        # a scanner is faster than the connection: codes wait in line
        for _piece in range(2):
            person.type(order.lines.get().sku)
        person.heard("scan-done")
    person.look("4-packed")
    packed = PackedParcel.objects.filter(number__in=(f"P{first.number}", f"P{second.number}"), packed_at__isnull=False)
    assert set(packed.values_list("packed_by__username", flat=True)) == {"quanly"}
    assert packed.count() == 2
    wave.refresh_from_db()
    assert wave.state == "packed"


@ON_DESKTOP
def test_5_parcels_are_handed_over_to_the_courier(person: Person) -> None:
    [order] = arranged(1)
    person.go("orders/handover/open/")
    person.look("5-couriers")
    person.press("SPX Express")
    pick_up = HandOver.objects.get()
    person.page.locator("body").click()
    person.scan(_tracking(order), "scan-good")
    person.look("5-scanned")
    assert list(pick_up.scans.values_list("outcome", "number")) == [("out", order.parcels.get().number)]
    person.press("Đến biên bản")
    person.check("5-handover")
    person.go(f"orders/handover/{pick_up.pk}/note/")
    person.look("5-note")
