"""Lists as files: what is filtered, in words, with the roles' columns, harmless to spreadsheets; large ones by a job."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from erpsync.admin.exports import making
from erpsync.exports import store, writers
from erpsync.models import Export, ExportPart
from inventory.models import Product, ShopMembership, StockLevel
from orders.models import Customer, CustomerIdentity, Order, OrderLine
from tests.erpsync.admin.worlds import World, world

pytestmark = pytest.mark.django_db
ORDERS, PRODUCTS = "/admin/orders/order/export/", "/admin/inventory/product/export/"
VIETNAMESE = {"accept-language": "vi"}


def signed_in(client: Client, made: World, role: str = "manager") -> Client:
    ShopMembership.objects.filter(user=made.manager).update(role=role)
    client.force_login(made.manager)
    return client


def content(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(answer).decode("utf-8-sig"))))


def sold(made: World, number: str, **values: Any) -> Order:
    now = timezone.now()
    order = Order.objects.create(
        shop=made.shop, number=number, status="to_ship", placed_at=now, asked_at=now, total=Decimal(300_000),
        buyer_name="=cmd|calc", recipient={"name": "Trần Ngọc Vy", "phone": "+84900000392"}, **values,
    )  # fmt: skip
    for key in ("1", "2"):
        OrderLine.objects.create(
            order=order, key=key, item_id="i", sku=f"-{key}", title="Áo dài", quantity=int(key), paid_price=150_000,
            unit_cost=90_000, product=made.product,
        )  # fmt: skip
    return order


def test_orders_come_with_a_row_per_line_as_filtered_and_only_own_ones(client: Client) -> None:
    made, other = world("OWN"), world("OTHER")
    sold(made, "A1")
    sold(other, "B1")
    rows = table(signed_in(client, made).get(f"{ORDERS}csv/", {"q": "A1"}, headers=VIETNAMESE))
    assert [
        (
            row["Mã đơn hàng"],
            row["SKU"],
            row["Số lượng"],
            row["Giá vốn một đơn vị"],
            row["Người mua"],
            row["Số điện thoại"],
        )
        for row in rows
    ] == [
        ("A1", "'-1", "1", "90000", "'=cmd|calc", "'+84900000392"),
        ("A1", "'-2", "2", "90000", "'=cmd|calc", "'+84900000392"),
    ]
    export = Export.objects.latest("pk")
    assert (export.list_name, export.query, export.rows, export.state) == ("orders", "q=A1", 2, "done")
    assert (export.asked_by, export.has_buyers, export.has_costs, export.is_kept) == (made.manager, True, True, False)


def test_words_that_were_searched_for_are_kept_so_that_an_erasure_finds_them(client: Client) -> None:
    answer = signed_in(client, world("OWN")).get(f"{ORDERS}csv/", {"q": "Trần Thị & Hân", "_popup": "1"})
    content(answer)
    assert Export.objects.latest("pk").query == "q=Trần Thị %26 Hân"


@pytest.mark.parametrize(
    ("role", "hidden"), [("viewer", {"Buyer", "Cost of one"}), ("operator", {"Cost of one"}), ("manager", set())]
)
def test_buyers_are_for_operators_and_costs_for_managers(client: Client, role: str, hidden: set[str]) -> None:
    made = world("OWN")
    sold(made, "A1")
    rows = table(signed_in(client, made, role).get(f"{ORDERS}csv/", {"q": "A1"}, headers={"accept-language": "en"}))
    assert {"Buyer", "Cost of one"} - set(rows[0]) == hidden
    assert Export.objects.latest("pk").has_buyers is ("Buyer" not in hidden)
    customers = client.get("/admin/orders/customer/export/csv/")
    assert customers.status_code == (403 if role == "viewer" else 200)


def test_a_role_counts_in_the_shop_of_the_row(client: Client) -> None:
    made, other = world("OWN"), world("OTHER")
    sold(made, "A1")
    sold(other, "A2")
    ShopMembership.objects.create(user=made.manager, shop=other.shop, role="viewer")
    rows = table(client_of(client, made).get(f"{ORDERS}csv/", headers={"accept-language": "en"}))
    seen = {
        row["Order number"]: (row["Buyer"], row["Cost of one"]) for row in rows if row["Order number"] in ("A1", "A2")
    }
    assert seen == {"A1": ("'=cmd|calc", "90000"), "A2": ("", "")}


def test_customers_are_those_of_operators_with_what_their_shops_know(client: Client) -> None:
    made, other = world("OWN"), world("OTHER")
    ShopMembership.objects.create(user=made.manager, shop=other.shop, role="viewer")
    now = timezone.now()
    shared, foreign = Customer.objects.create(), Customer.objects.create()
    for customer, shop, name, phone, when in (
        (shared, made.shop, "Vy", "", now - timedelta(days=1)),
        (shared, other.shop, "Trần Ngọc Vy", "0900000392", now),
        (foreign, other.shop, "Lê Minh", "0900000393", now),
    ):
        CustomerIdentity.objects.create(
            customer=customer, shop=shop, external_id=name, name=name, phone=phone, asked_at=when
        )
    rows = table(client_of(client, made).get("/admin/orders/customer/export/csv/", headers={"accept-language": "en"}))
    found = {row["Name"]: row["Telephone"] for row in rows}
    assert {name: found[name] for name in found if name in ("Vy", "Trần Ngọc Vy", "Lê Minh")} == {"Vy": ""}


def client_of(client: Client, made: World) -> Client:
    client.force_login(made.manager)
    return client


def test_products_come_with_their_stock_as_numbers_in_a_workbook(client: Client) -> None:
    made = world("OWN")
    Product.objects.filter(pk=made.product.pk).update(cost=Decimal("700.5"), name="=1+1")
    StockLevel.objects.filter(pk=made.level.pk).update(on_hand=8, reserved=1, shelf="A-01")
    answer = signed_in(client, made).get(f"{PRODUCTS}xlsx/", {"q": made.product.sku}, headers={"accept-language": "en"})
    heading, row = CalamineWorkbook.from_filelike(io.BytesIO(content(answer))).get_sheet_by_index(0).to_python()
    found = dict(zip(heading, row, strict=True))
    assert (found["Name"], found["Price"], found["Cost"]) == ("'=1+1", 1000.0, 700.5)
    assert found["Shelves"] == "OWN branch: A-01"
    assert (found["On hand"], found["Reserved"], found["Left to sell"], found["Stock value"]) == (8, 1, 7, 5604.0)


@pytest.mark.parametrize("path", ["inventory/listing", "orders/customer", "orders/return", "commissions/statementline"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_every_list_has_its_files(client: Client, path: str, file_format: str) -> None:
    made = world("OWN")
    signed_in(client, made)
    assert len(content(client.get(f"/admin/{path}/export/{file_format}/"))) > 10
    export = Export.objects.latest("pk")
    assert export.state == "done"
    assert export.rows == export.expected_rows
    assert export.rows


def test_more_rows_need_no_more_queries(client: Client, django_assert_num_queries: Any) -> None:
    made = world("OWN")
    signed_in(client, made)
    sold(made, "A1")
    content(client.get(f"{ORDERS}csv/"))
    with CaptureQueriesContext(connection) as few:
        content(client.get(f"{ORDERS}csv/"))
    for number in range(5):
        sold(made, f"B{number}")
    with django_assert_num_queries(len(few)):
        content(client.get(f"{ORDERS}csv/"))


def test_a_large_list_is_made_by_a_job_and_its_file_is_for_its_person(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, colleague = world("OWN"), world("COLLEAGUE")
    sold(made, "A1")
    monkeypatch.setattr(making, "MOST_AT_ONCE", 0)
    answer = signed_in(client, made).get(f"{ORDERS}csv/", {"q": "A1"}, headers=VIETNAMESE)
    export = Export.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/erpsync/export/{export.pk}/change/")
    assert (export.state, export.language) == ("waiting", "vi")
    assert "0 %" in client.get(f"/admin/erpsync/export/{export.pk}/progress/").content.decode()
    making.run_due()
    export.refresh_from_db()
    assert (export.state, export.rows, export.is_kept) == ("done", 2, True)
    assert [row["Mã đơn hàng"] for row in table(client.get(f"/admin/erpsync/export/{export.pk}/file/"))] == ["A1", "A1"]
    ShopMembership.objects.create(user=colleague.manager, shop=made.shop, role="manager")
    client.force_login(colleague.manager)
    assert client.get(f"/admin/erpsync/export/{export.pk}/change/").status_code == 200
    assert client.get(f"/admin/erpsync/export/{export.pk}/file/").status_code == 404


def test_a_job_gives_only_what_its_person_may_see_when_it_runs(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world("OWN")
    sold(made, "A1")
    monkeypatch.setattr(making, "MOST_AT_ONCE", 0)
    signed_in(client, made).get(f"{ORDERS}csv/")
    ShopMembership.objects.filter(user=made.manager).delete()
    making.run_due()
    export = Export.objects.latest("pk")
    assert (export.state, export.rows) == ("done", 0)


@pytest.mark.django_db(transaction=True)
def test_others_see_the_progress_of_a_job(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world("OWN")
    for number in ("A1", "A2", "A3", "A4"):
        sold(made, number)
    monkeypatch.setattr(making, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(making, "_NOTED", 1)
    signed_in(client, made).get(f"{ORDERS}csv/")
    export = Export.objects.latest("pk")
    note, seen = store.progress, []

    def figures() -> tuple[str, int, int | None]:
        with closing(connection):
            return Export.objects.values_list("state", "rows", "expected_rows").get(pk=export.pk)

    def percent() -> int:
        with closing(connection):
            return int(client.get(f"/admin/erpsync/export/{export.pk}/progress/").context["percent"])

    def noted(*args: Any) -> None:
        note(*args)
        with ThreadPoolExecutor() as others:
            seen.append((*others.submit(figures).result(), others.submit(percent).result()))

    monkeypatch.setattr(store, "progress", noted)
    making.run_due()
    # 5 orders, four of them with two lines
    figures_seen = ((0, 0), (2, 20), (4, 40), (6, 60), (8, 80), (9, 99))
    assert seen == [("running", rows, 5, percent) for rows, percent in figures_seen]
    assert figures() == ("done", 9, 5)


def kept(made: World, **values: Any) -> Export:
    export = Export.objects.create(
        list_name="orders", file_format="csv", asked_by=made.manager, state="running", **{"has_buyers": False, **values}
    )
    store.keep(export, [b"a", b"b"])
    return export


def test_files_are_kept_for_some_days_and_so_many() -> None:
    made = world("OWN")
    exports = [kept(made) for _ in range(store.MOST_KEPT + 1)]
    assert [Export.objects.get(pk=export.pk).is_kept for export in exports] == [False, *[True] * store.MOST_KEPT]
    assert b"".join(store.content(exports[-1])) == b"ab"
    Export.objects.filter(pk=exports[-1].pk).update(
        finished_at=timezone.now() - timedelta(days=store.KEPT_DAYS, seconds=1)
    )
    store.forget_old()
    assert set(ExportPart.objects.values_list("export", flat=True)) == {export.pk for export in exports[1:-1]}


def test_files_with_buyers_go_when_a_buyer_is_erased() -> None:
    made = world("OWN")
    with_buyers, without = kept(made, has_buyers=True), kept(made)
    store.forget_buyers()
    assert set(ExportPart.objects.values_list("export", flat=True)) == {without.pk}
    assert Export.objects.filter(pk=with_buyers.pk, is_kept=False).exists()


def test_an_export_that_breaks_off_says_so_with_its_rows(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = world("OWN")
    export = Export.objects.create(list_name="products", file_format="csv", asked_by=made.manager)
    request: HttpRequest = rf.get("/")
    request.user = made.manager
    monkeypatch.setattr(writers, "_BUFFER_BYTES", 0)
    rows = making.stream(export, request, making.filtered("products", request))
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    export.refresh_from_db()
    assert (export.state, export.rows, export.reason) == ("failed", 0, "interrupted")


@pytest.mark.parametrize(
    ("expected_rows", "hours", "ends"),
    [
        (5, 0, ("running", "", 7)),
        (5, 2, ("failed", "interrupted", 7)),
        (60_000, 2, ("done", "", 2)),
        (60_000, 25, ("failed", "interrupted", 7)),
    ],
)
def test_an_export_whose_process_died_is_made_again_or_ends(
    client: Client, expected_rows: int, hours: int, ends: tuple[str, str, int]
) -> None:
    made = world("OWN")
    sold(made, "A1")
    export = Export.objects.create(
        list_name="orders", file_format="csv", query="q=A1", asked_by=made.manager, state="running", rows=7,
        expected_rows=expected_rows, language="en",
    )  # fmt: skip
    Export.objects.filter(pk=export.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    making.run_due()
    export.refresh_from_db()
    assert (export.state, export.reason, export.rows) == ends
    assert (export.finished_at is None) is (export.state == "running")
    signed_in(client, made)
    page = client.get(f"/admin/erpsync/export/{export.pk}/progress/", headers={"accept-language": "en"})
    assert ("The download was broken off" in page.content.decode()) is bool(export.reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"query": "in_status=to_ship&no=such"}, "filters"), ({"query": ""}, "too_many"), ({"asked_by": None}, "error")],
)
def test_an_export_that_cannot_be_made_says_why(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], reason: str
) -> None:
    made = world("OWN")
    sold(made, "A1")
    monkeypatch.setattr(making, "MOST_ROWS", 1)
    values = {"list_name": "orders", "asked_by": made.manager, "state": "waiting", "expected_rows": 60_000, **change}
    export = Export.objects.create(**values)
    making.run_due()
    export.refresh_from_db()
    assert (export.state, export.reason) == ("failed", reason)


def test_what_looks_like_a_formula_is_text_and_numbers_stay_numbers() -> None:
    for text in ("=1", "+1", "-1", "@a", "\ta", "\ra"):
        assert writers.harmless(text) == f"'{text}"
    rows = b"".join(writers.as_csv(["a", "b"], [["1-2", Decimal("-5.50")]])).decode()
    assert rows == "\ufeffa,b\r\n1-2,-5.5\r\n"
