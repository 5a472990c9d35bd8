"""The page that packs by scanning: what it answers to each code, the label that opens, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from redis import Redis

from integrations.models import PrintRun, ShippingLabel
from inventory.models import Listing, Shop, ShopMembership
from orders.models import Order, OrderLine, PackedParcel
from tests.erpsync.admin.pages import CONFIRMED
from tests.erpsync.admin.pages import page as page_of
from tests.erpsync.admin.worlds import World, order, world
from tests.integrations.labels.conftest import pdf

pytestmark = pytest.mark.django_db

PACK = "/admin/orders/packedparcel/pack/"
ORDERS = "/admin/orders/order/"


@pytest.fixture
def own(client: Client, redis: Redis) -> World:
    made = world("OWN", channel="shopee", role="operator")
    PackedParcel.objects.all().delete()
    PrintRun.objects.all().delete()
    Listing.objects.filter(pk=made.listing.pk).update(images=["https://pictures.example/shirt.jpg"])
    client.force_login(made.manager)
    return made


def packable(made: World, quantity: int = 2) -> Order:
    row = order(made, status="packed", carrier="SPX", note="Gói kỹ <b>")
    parts = {str(made.product.pk): "1"}
    OrderLine.objects.filter(order=row).update(quantity=quantity, parts=parts, variation_name="Đỏ, M")
    return row


def scanned(client: Client, code: str, parcel: object = "", scan: str = "") -> dict[str, Any]:
    answer = client.post(f"{PACK}code/", {"code": code, "parcel": parcel or "", "scan": scan})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_the_page_is_a_field_for_the_scanner_and_runs_no_script_of_its_own(client: Client, own: World) -> None:
    page = client.get(PACK).content.decode()
    assert f'data-scan="{PACK}code/"' in page
    assert "autofocus" in page
    assert "erpsync/scan.js" in page
    assert client.get(f"{PACK}code/").status_code == 405


def test_a_parcel_from_its_number_to_its_last_piece(client: Client, own: World, settings: Any) -> None:
    # its form has a token of its own in each answer
    settings.PHOTO_URL = ""
    row = packable(own)
    opened = scanned(client, f"{row.number}-T")
    assert (opened["outcome"], opened["sound"]) == ("opened", "good")
    for text in ("https://pictures.example/shirt.jpg", "Đỏ, M", "OWN-SKU", "0 / 2", "Gói kỹ &lt;b&gt;", row.number):
        assert text in opened["html"]
    wrong = scanned(client, "893999", opened["parcel"])
    assert (wrong["outcome"], wrong["sound"], wrong["parcel"]) == ("wrong", "bad", opened["parcel"])
    assert "893999" in wrong["text"]
    first = scanned(client, "OWN-SKU", opened["parcel"], "s-1")
    again = scanned(client, "OWN-SKU", opened["parcel"], "s-1")
    assert "1 / 2" in first["html"]
    assert first["html"] == again["html"]
    with translation.override("vi"):
        done = scanned(client, "own893", opened["parcel"], "s-2")
    assert (done["outcome"], done["sound"]) == ("packed", "done")
    assert "OWN-user" in done["html"]
    assert not {"file", "run"} & done.keys(), "this shop prints labels whenever it wants"
    parcel = PackedParcel.objects.get()
    assert (parcel.number, parcel.packed_by, parcel.carrier) == (f"{row.number}-P", own.manager, "SPX")


def test_a_cancelled_order_is_refused_loudly_in_the_middle_of_packing(client: Client, own: World) -> None:
    row = packable(own)
    opened = scanned(client, f"{row.number}-T")
    Order.objects.filter(pk=row.pk).update(status="cancelled")
    refused = scanned(client, "OWN-SKU", opened["parcel"])
    assert (refused["outcome"], refused["sound"]) == ("cancelled", "bad")
    assert "CANCELLED" in refused["text"]
    reopened = scanned(client, f"{row.number}-T")
    assert (reopened["outcome"], reopened["parcel"], reopened["html"]) == ("cancelled", None, "")


def test_the_label_opens_once_all_is_scanned_where_the_shop_wants_it_so(client: Client, own: World) -> None:
    Shop.objects.filter(pk=own.shop.pk).update(labels_after_packing=True)
    first, second = packable(own, 1), packable(own, 1)
    client.post(ORDERS, {"action": "print_chosen", "_selected_action": [first.pk]})
    run = PrintRun.objects.get()
    assert (run.labels.count(), [row["reason"] for row in run.left_out]) == (0, ["not_packed"])
    assert "pack it by scanning first" in client.get(page_of(run)).content.decode()
    run.delete()
    waiting = scanned(client, "OWN-SKU", scanned(client, first.number)["parcel"])
    assert waiting["run"] == page_of(PrintRun.objects.get())
    label = ShippingLabel.objects.create(
        connection=own.connection, parcel=f"{second.number}-P", order_number=second.number, state="ready", pages=1,
        content=pdf("x"), content_type="application/pdf", ready_at=timezone.now(), tracking_number=f"{second.number}-T",
    )  # fmt: skip
    ready = scanned(client, "OWN-SKU", scanned(client, second.number)["parcel"])
    assert client.post(ready["file"])["Content-Type"] == "application/pdf"
    label.refresh_from_db()
    assert label.prints == 1


def test_parcels_of_other_shops_are_unknown_and_a_viewer_scans_nothing(client: Client, own: World) -> None:
    foreign = packable(world("ZZ", channel="shopee"))
    mine = packable(own)
    assert scanned(client, f"{foreign.number}-T")["outcome"] == "unknown"
    opened = PackedParcel.objects.create(shop=foreign.shop, number=f"{foreign.number}-P")
    assert scanned(client, "ZZ-SKU", opened.pk) == scanned(client, "ZZ-SKU")
    for code in ("", "x" * 5000, "' OR 1=1 --"):
        assert scanned(client, code, "99999999999999999999999")["outcome"] == "unknown"
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    assert client.get(PACK).status_code == 403
    assert client.post(f"{PACK}code/", {"code": f"{mine.number}-T"}).status_code == 403
    assert client.get("/admin/orders/packedparcel/").status_code == 200


def test_who_packed_what_stands_in_the_list_and_may_be_packed_anew(client: Client, own: World) -> None:
    row = packable(own, 1)
    scanned(client, "OWN-SKU", scanned(client, f"{row.number}-T")["parcel"])
    found = client.get("/admin/orders/packedparcel/", {"q": f"{row.number}-T"}).content.decode()
    assert "Packed whole" in found
    assert "OWN-user" in found
    parcel = PackedParcel.objects.get()
    client.post(page_of(parcel, "pack_anew"), CONFIRMED)
    parcel.refresh_from_db()
    assert (parcel.packed_at, parcel.scanned) == (None, {})
    assert page_of(parcel, "pack_anew") not in client.get(page_of(parcel)).content.decode()
