"""Import of statements in the admin: upload, dry run, confirm; each shop's files are its own members' business."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commissions.models import StatementFile, StatementLine
from inventory.models import Shop, ShopMembership
from tests.integrations.statements.samples import content

pytestmark = pytest.mark.django_db

IMPORT = "/admin/commissions/statementfile/import/"
INCOME = "shopee_income_vn.xlsx"


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Tiệm Mẫu Hoa Sen", channel="shopee")


@pytest.fixture
def member(client: Client, shop: Shop, django_user_model: Any) -> Client:
    """A client signed in as an operator of the shop."""
    return signed_in(client, shop, django_user_model, "operator")


def signed_in(client: Client, shop: Shop, users: Any, role: str) -> Client:
    user = users.objects.create_user(f"{role}-{shop.pk}", password="x", is_staff=True)
    ShopMembership.objects.create(user=user, shop=shop, role=role)
    client.force_login(user)
    return client


def send(client: Client, shop: Shop, *names: str, **more: str) -> str:
    """Upload samples and return the address of their dry run."""
    files = [SimpleUploadedFile(name, content(name)) for name in names]
    answer = client.post(IMPORT, {"shop": shop.pk, "files": files} | more)
    assert answer.status_code == 302, unescape(answer.content.decode())
    return answer.url  # type: ignore[attr-defined, no-any-return]


def text(client: Client, url: str, language: str = "en") -> str:
    return unescape(client.get(url, headers={"accept-language": language}).content.decode())


def test_files_are_checked_then_imported(member: Client, shop: Shop) -> None:
    url = send(member, shop, INCOME, "shopee_balance_vn.xlsx")
    assert not StatementLine.objects.exists()
    page = text(member, url)
    for words in (
        "Nothing is stored yet",
        "658,090 ₫",
        "260502TSTA0001",
        "Phí cố định",
        "Import these 2 files",
        "Shopee: income, released",
    ):
        assert words in page
    answer = member.post(url, follow=True)
    assert "The statement is imported." in answer.content.decode()
    files = list(StatementFile.objects.order_by("pk"))
    assert [file.state for file in files] == ["imported", "imported"]
    assert files[0].imported_by == files[0].uploaded_by is not None
    page = text(member, url)
    assert "These files are imported" in page
    assert "Import these" not in page
    link = f"/admin/commissions/statementline/?file__id__exact={files[0].pk}"
    assert link in page
    assert "260502TSTA0001" in text(member, link)
    assert "shopee_balance_vn.xlsx" in text(member, "/admin/commissions/statementfile/")


def test_a_refused_file_says_why_in_both_languages_and_offers_no_import(member: Client, shop: Shop) -> None:
    url = send(member, shop, "shopee_income_vn_wrong_sum.xlsx", INCOME)
    page = text(member, url)
    assert "the parts of order 260502TSTA0001 come to 185190, the file says 186190: a difference of 1000" in page
    assert "Import this file" not in page
    member.cookies["django_language"] = "vi"
    page = text(member, url, "vi")
    assert "các khoản của đơn 260502TSTA0001 cộng lại là 185190, tệp ghi 186190: lệch 1000" in page
    assert "Chưa nhập gì từ lần tải lên này" in page
    member.post(url)
    assert not StatementLine.objects.exists()


def test_a_viewer_sees_but_imports_nothing(client: Client, shop: Shop, django_user_model: Any) -> None:
    url = send(signed_in(client, shop, django_user_model, "operator"), shop, INCOME)
    viewer = signed_in(Client(), shop, django_user_model, "viewer")
    page = text(viewer, url)
    assert "260502TSTA0001" in page
    assert "Import this file" not in page
    assert viewer.post(url).status_code == 404
    assert viewer.get(IMPORT).status_code == 403
    assert not StatementLine.objects.exists()


def test_a_member_of_another_shop_neither_sees_nor_imports(member: Client, shop: Shop, django_user_model: Any) -> None:
    url = send(member, shop, INCOME)
    other = signed_in(Client(), Shop.objects.create(name="Tre Xanh", channel="shopee"), django_user_model, "manager")
    assert other.get(url).status_code == 404
    assert other.post(url).status_code == 404
    answer = other.post(IMPORT, {"shop": shop.pk, "files": [SimpleUploadedFile(INCOME, content(INCOME))]})
    assert answer.status_code == 200
    assert StatementFile.objects.count() == 1
    assert not StatementLine.objects.exists()


def test_a_form_without_files_says_so(member: Client, shop: Shop) -> None:
    answer = member.post(IMPORT, {"shop": shop.pk})
    assert answer.status_code == 200
    assert "This field is required." in answer.content.decode()
    [file] = (
        StatementFile.objects.filter(upload=send_empty(member, shop).split("/")[-2])
    )  # fmt: skip
    assert (file.state, file.problems) == ("refused", [{"code": "file_empty"}])


def send_empty(client: Client, shop: Shop) -> str:
    answer = client.post(IMPORT, {"shop": shop.pk, "files": [SimpleUploadedFile("a.xlsx", b"")]})
    assert answer.status_code == 302
    return answer.url  # type: ignore[attr-defined, no-any-return]


def test_a_shop_without_files_to_read_is_not_offered(client: Client, django_user_model: Any) -> None:
    till = Shop.objects.create(name="Quầy", channel="kiotviet")
    page = text(signed_in(client, till, django_user_model, "manager"), IMPORT)
    assert "There is no shop for which you may import a statement" in page


def test_the_button_of_both_lists_leads_to_the_form(member: Client, shop: Shop) -> None:
    for model in ("statementline", "statementfile"):
        page = text(member, f"/admin/commissions/{model}/")
        assert f"/admin/commissions/{model}/new-import" in page
        assert member.get(f"/admin/commissions/{model}/new-import", follow=True).request["PATH_INFO"] == IMPORT


def test_the_page_of_a_file_names_its_reasons(member: Client, shop: Shop) -> None:
    send(member, shop, "shopee_income_vn_renamed.xlsx")
    file = StatementFile.objects.get()
    page = text(member, f"/admin/commissions/statementfile/{file.pk}/change/")
    assert "the column “Tổng tiền đã thanh toán” is missing" in page
