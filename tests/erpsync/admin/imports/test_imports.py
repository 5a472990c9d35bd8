"""Imports by spreadsheet: differences first, then all or nothing; wrong rows are named with what to do."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import xlsxwriter
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.http import HttpRequest
from django.test import Client
from python_calamine import CalamineWorkbook

from core.db import execute
from erpsync.admin.imports import costs, kinds
from erpsync.admin.kit.log_texts import Money
from inventory.models import Listing, Product, ShopMembership
from inventory.services.selling import set_costs
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
COSTS = "/admin/inventory/product/import/costs/"
MAPPINGS, PRICES = (f"/admin/inventory/listing/import/{kind}/" for kind in ("mappings", "prices"))


@pytest.fixture
def made(client: Client) -> World:
    made = world("OWN")
    client.force_login(made.manager)
    return made


def upload(client: Client, url: str, text: str | bytes, language: str = "en") -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("a.csv", content)
    return client.post(url, {"file": file}, headers={"accept-language": language})


def store(client: Client, url: str, page: Any, language: str = "en", **more: str) -> Any:
    confirmed = re.search(r'name="confirmed" value="([^"]+)"', page.content.decode())
    assert confirmed, "nothing to confirm"
    return client.post(url, {"confirmed": confirmed[1], **more}, headers={"accept-language": language})


def test_a_cost_is_shown_first_and_stored_when_confirmed(client: Client, made: World) -> None:
    page = upload(client, COSTS, f"SKU;Giá vốn\n{made.product.sku.lower()};812.000\n", "vi")
    [change] = page.context["changes"]
    assert (change.number, change.before, change.after) == (2, Money(None, "VND"), Money(Decimal(812_000), "VND"))
    assert all(text in page.content.decode() for text in ("Lưu 1 dòng", "–", "812.000 ₫"))
    assert Product.objects.get(pk=made.product.pk).cost is None
    assert store(client, COSTS, page, "vi").status_code == 302
    assert Product.objects.get(pk=made.product.pk).cost == Decimal(812_000)
    for language, says in (("vi", "Nhập giá vốn: – → 812.000 ₫"), ("en", "Import costs: – → 812,000 ₫")):
        history = client.get(
            f"/admin/inventory/product/{made.product.pk}/history/", headers={"accept-language": language}
        )
        assert says in unescape(history.content.decode())
    again = upload(client, COSTS, f"SKU,Cost\n{made.product.sku},812000\n")
    assert (again.context["outcome"].same, again.context["confirmed"]) == (1, "")


def test_a_workbook_is_read_as_well_and_the_template_has_the_columns(client: Client, made: World) -> None:
    template = client.get(f"{COSTS}template/", headers={"accept-language": "vi"})
    assert CalamineWorkbook.from_filelike(io.BytesIO(template.content)).get_sheet_by_index(0).to_python() == [
        ["SKU", "Giá vốn"]
    ]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "Giá vốn"])
        sheet.write_row(1, 0, [made.product.sku, 812_000])
    page = upload(client, COSTS, out.getvalue())
    assert [change.new for change in page.context["changes"]] == [("812000",)]


def test_wrong_rows_are_named_and_nothing_is_stored(client: Client, made: World) -> None:
    other = world("OTHER")
    sku = made.product.sku
    page = upload(
        client, COSTS, f"SKU,Cost\n{sku},100\n{sku},200\nNONE,1\n{other.product.sku},1\n{made.product.sku}X,abc\n"
    )
    assert page.context["outcome"].wrong == [
        (3, "Row 2 is about the same. Leave one of them out."),
        (4, "There is no product with the SKU NONE."),
        (5, f"There is no product with the SKU {other.product.sku}."),
        (6, f"There is no product with the SKU {made.product.sku}X."),
    ]
    assert page.context["confirmed"] == ""
    page = upload(client, COSTS, f"SKU,Cost\n{sku},812.5\n")
    [(row, why)] = page.context["outcome"].wrong
    assert (row, why.split(":")[0]) == (2, "812.5")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The submitted file is empty."),
        ("a,b\n1,2\n", "The first row has no column SKU, Cost."),
        ("SKU,Cost\n", "The file has no rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(client: Client, made: World, text: str, says: str) -> None:
    assert says in unescape(upload(client, COSTS, text).content.decode())


def test_what_changed_meanwhile_is_shown_again(client: Client, made: World) -> None:
    page = upload(client, COSTS, f"SKU,Cost\n{made.product.sku},100\n")
    Product.objects.filter(pk=made.product.pk).update(cost=50)
    again = store(client, COSTS, page)
    assert again.status_code == 200
    assert "Something changed meanwhile" in again.content.decode()
    assert [str(change.before) for change in again.context["changes"]] == ["50 ₫"]
    assert Product.objects.get(pk=made.product.pk).cost == 50


@pytest.mark.django_db(transaction=True)
def test_a_confirmed_file_is_stored_though_the_database_breaks_it_off_once(
    client: Client, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(client, COSTS, f"SKU,Cost\n{made.product.sku},100\n")
    tries = []

    def broken_off(rows: Any) -> None:
        set_costs(rows)
        tries.append(rows)
        if len(tries) == 1:
            execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")

    monkeypatch.setattr(costs, "set_costs", broken_off)
    assert store(client, COSTS, page).status_code == 302
    assert (len(tries), Product.objects.get(pk=made.product.pk).cost) == (2, Decimal(100))
    assert LogEntry.objects.filter(object_id=str(made.product.pk)).count() == 1


def test_rows_that_are_shown_again_are_checked_once(client: Client, made: World, rows_read: list[int]) -> None:
    page = upload(client, COSTS, f"SKU,Cost\n{made.product.sku},100\n")
    Product.objects.filter(pk=made.product.pk).update(cost=50)
    rows_read.clear()
    assert store(client, COSTS, page).context["changed"] == 1
    assert rows_read == [1]


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each check of costs read."""
    kind, read = kinds.KINDS["costs"], list[int]()

    def check(request: HttpRequest, lines: Any) -> Any:
        read.append(len(lines))
        return kind.check(request, lines)

    monkeypatch.setitem(kinds.KINDS, "costs", replace(kind, check=check))
    return read


def test_listings_are_mapped_by_id_or_by_sku(client: Client, made: World) -> None:
    spare = Listing.objects.get(item_id="OWN-spare")
    page = upload(
        client, MAPPINGS, f"Shop,Item id,Seller SKU,Product,Units\nOWN shop,OWN-spare,,{made.product.sku},6\n"
    )
    [change] = page.context["changes"]
    assert (change.pk, change.before, change.after) == (spare.pk, "–", f"6 × {made.product}")
    store(client, MAPPINGS, page)
    spare.refresh_from_db()
    assert (spare.product_id, spare.units) == (made.product.pk, 6)
    page = upload(client, MAPPINGS, f"Seller SKU,Product\nOWN-SKU,{made.product.sku}\n")
    assert [why for _row, why in page.context["outcome"].wrong] == [
        "Several listings are called OWN-SKU: add shop, item id and variation id."
    ]
    foreign = upload(client, MAPPINGS, f"Item id,Product\n{world('OTHER').listing.item_id},{made.product.sku}\n")
    assert "no such listing in your shops" in foreign.context["outcome"].wrong[0][1]


def test_a_price_that_moves_far_is_asked_about(client: Client, made: World) -> None:
    Listing.objects.filter(pk=made.listing.pk).update(price=Decimal(812_000))
    page = upload(client, PRICES, "Item id,Price wanted\nOWN-item,812\n")
    [change] = page.context["changes"]
    assert change.questions == ("812 ₫ instead of 812,000 ₫ now: 100 % less.",)
    assert store(client, PRICES, page).status_code == 200
    assert Listing.objects.get(pk=made.listing.pk).wanted_price is None
    assert store(client, PRICES, page, looked="on").status_code == 302
    assert Listing.objects.get(pk=made.listing.pk).wanted_price == Decimal(812)


def test_below_cost_names_the_cost_only_to_managers(client: Client, made: World) -> None:
    Listing.objects.filter(pk=made.listing.pk).update(price=Decimal(1_000))
    Product.objects.filter(pk=made.product.pk).update(cost=900)
    text = "Item id,Price wanted\nOWN-item,850\n"
    [change] = upload(client, PRICES, text).context["changes"]
    assert change.questions == ("850 ₫ is below the cost of 900 ₫.",)
    ShopMembership.objects.filter(user=made.manager).update(role="operator")
    [change] = upload(client, PRICES, text).context["changes"]
    assert change.questions == ("The price is below cost.",)
    assert upload(client, COSTS, "SKU,Cost\nA,1\n").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_cost_that_moves_between_check_and_store_is_asked_about(
    client: Client, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = Listing.objects.get(item_id="OWN-spare")
    page = upload(client, PRICES, "Item id,Price wanted\nOWN-item,850\nOWN-spare,700\n")
    kind = kinds.KINDS["prices"]

    def store_late(changes: Any) -> None:
        with ThreadPoolExecutor(1) as other:
            other.submit(set_cost_elsewhere, made.product.pk, 900).result()
        kind.store(changes)

    monkeypatch.setitem(kinds.KINDS, "prices", replace(kind, store=store_late))
    again = store(client, PRICES, page)
    assert again.status_code == 200
    assert "Something changed meanwhile. Nothing is stored" in again.content.decode()
    assert [change.questions for change in again.context["changes"]] == [("850 ₫ is below the cost of 900 ₫.",), ()]
    assert not Listing.objects.filter(pk__in=[made.listing.pk, spare.pk], wanted_price__isnull=False).exists()
    assert store(client, PRICES, again, looked="on").status_code == 302
    assert Listing.objects.get(pk=made.listing.pk).wanted_price == 850


def set_cost_elsewhere(product_id: int, cost: int) -> None:
    """Set a cost in a session of its own."""
    try:
        set_costs([(product_id, Decimal(cost))])
    finally:
        database.close()


def test_another_person_cannot_confirm(client: Client, made: World) -> None:
    page = upload(client, COSTS, f"SKU,Cost\n{made.product.sku},100\n")
    client.force_login(world("OTHER").manager)
    assert store(client, COSTS, page).status_code == 404
    assert Product.objects.get(pk=made.product.pk).cost is None
