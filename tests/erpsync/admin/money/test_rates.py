"""Rate tables: a file is read whole or refused with its reasons, shown first, and stored as the next version."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commissions.models import FeeCategory, RateTable
from erpsync.admin.money.rate_files import read_rates
from inventory.models import Shop
from tests.erpsync.admin.money.test_rules import LIST, person

pytestmark = pytest.mark.django_db
UPLOAD, TABLES = f"{LIST}rates/upload/", f"{LIST}rates/"
CSV = "category;title;rate;parent\n100;Thời trang;4,5;\n101;Áo thun;5 %;100\n*;;3\n".encode()


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Sen Việt", channel="shopee")


@pytest.fixture
def finance(client: Client, shop: Shop, django_user_model: Any) -> Client:
    person(shop, "viewer", client, django_user_model, finance=True)
    return client


def sent(content: bytes, name: str = "shopee-fees", channel: str = "shopee") -> dict[str, Any]:
    return {"channel": channel, "name": name, "source": "hợp đồng", "file": SimpleUploadedFile("rates.csv", content)}


def test_a_file_is_shown_first_and_stored_as_the_next_version(finance: Client) -> None:
    dry = finance.post(UPLOAD, sent(CSV), headers={"accept-language": "en"})
    assert not RateTable.objects.exists()
    assert [tuple(map(str, change)) for change in dry.context["changes"]] == [
        ("all other categories", "–", "3 %"), ("100 Thời trang", "–", "4.5 %"), ("101 Áo thun", "–", "5 %"),
    ]  # fmt: skip
    assert finance.post(UPLOAD, {"confirmed": dry.context["confirmed"]}).status_code == 302
    [table] = RateTable.objects.all()
    assert (table.reference, table.rates, table.default) == ("shopee-fees/1", {"100": "4.5", "101": "5"}, Decimal(3))
    assert set(FeeCategory.objects.values_list("code", "title", "parent")) == {
        ("100", "Thời trang", ""), ("101", "Áo thun", "100"),
    }  # fmt: skip
    again = finance.post(UPLOAD, sent(CSV))
    assert (again.context["is_same"], again.context["confirmed"]) == (True, "")
    changed = finance.post(UPLOAD, sent(CSV.replace(b"5 %", b"6")))
    assert [change[1:] for change in changed.context["changes"]] == [("5 %", "6 %")]
    finance.post(UPLOAD, {"confirmed": changed.context["confirmed"]})
    assert finance.post(UPLOAD, {"confirmed": changed.context["confirmed"]}).status_code == 302
    assert sorted(RateTable.objects.values_list("version", flat=True)) == [1, 2], "a second press stores nothing"


def test_a_version_is_downloaded_as_it_can_be_uploaded(finance: Client) -> None:
    dry = finance.post(UPLOAD, sent(CSV))
    finance.post(UPLOAD, {"confirmed": dry.context["confirmed"]})
    [table] = RateTable.objects.all()
    answer = finance.get(f"{TABLES}{table.pk}/file/")
    found = read_rates(answer.content)
    assert ({row.category: str(row.rate) for row in found.rows}, found.default) == (table.rates, Decimal(3))
    assert {row.title for row in found.rows} == {"Thời trang", "Áo thun"}
    RateTable.objects.update(channel="tiki")
    assert finance.get(f"{TABLES}{table.pk}/file/").status_code == 404


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"category,rate\n1,5\n1,6\n", ["Row 3: The category “1” has two rows: 5 % and 6 %."]),
        (b"category,rate\n1,120\n2,-1\n3,x\n,5\n", [
            "Row 2: A rate is from 0 % to 100 %, and this is 120 %.", "Row 3: -1 is below zero.",
            "Row 4: “x” is not a number like 12.5.", "Row 5: “category” is missing.",
        ]),
        (b"category,rate\n1,1E9\n", ["Row 2: “1E9”: a number is written without an exponent."]),
        (b"category,rate\n", ["A rate table has at least one row, or a default."]),
        (b"code,percent\n1,5\n", [
            "The first row names the columns: category, title, rate, and parent if you like. Missing: category, rate."
        ]),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_whole(finance: Client, content: bytes, problems: list[str]) -> None:
    answer = finance.post(UPLOAD, sent(content), headers={"accept-language": "en"})
    assert answer.context["found"].problems == problems
    assert answer.context["confirmed"] == ""
    assert not RateTable.objects.exists()


def test_a_workbook_is_read_and_percents_of_excel_are_pointed_out() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Mã ngành hàng", "Tên ngành hàng", "Tỷ lệ (%)"])
        sheet.write_row(1, 0, [100017, "Thời trang nữ", 0.045])
    found = read_rates(out.getvalue())
    assert [(row.category, row.rate, row.title) for row in found.rows] == [
        ("100017", Decimal("0.045"), "Thời trang nữ")
    ]
    assert len(found.warnings) == 1
    assert not found.problems


def test_tables_are_for_finance_and_names_are_of_one_channel(
    client: Client, shop: Shop, django_user_model: Any, finance: Client
) -> None:
    RateTable.objects.create(channel="tiki", name="taken", version=1, rates={"1": "5"})
    assert "name" in finance.post(UPLOAD, sent(CSV, name="taken")).context["form"].errors
    assert "channel" in finance.post(UPLOAD, sent(CSV, channel="tiki")).context["form"].errors
    assert "taken/1" not in finance.get(TABLES).content.decode()
    person(shop, "manager", client, django_user_model)
    assert client.get(TABLES).status_code == 200
    assert client.get(UPLOAD).status_code == 403
    assert client.post(UPLOAD, sent(CSV)).status_code == 403
