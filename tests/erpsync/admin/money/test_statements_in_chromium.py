"""Import of a statement as a manager sees it: on a screen and on a phone, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from commissions.models import StatementFile, StatementLine
from inventory.models import Shop
from tests.erpsync.admin.conftest import IN_CHROMIUM, keep, speak
from tests.integrations.statements.samples import FOLDER

pytestmark = IN_CHROMIUM
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(
    ("language", "button", "check", "confirm", "done"),
    [
        ("en", "Import a statement", "Check the files", "Import these 2 files", "The statement is imported."),
        ("vi", "Nhập tệp đối soát", "Kiểm tra tệp", "Nhập 2 tệp", "Đã nhập tệp đối soát."),
    ],
)
def test_a_statement_is_imported_on_a_screen_and_on_a_phone(
    page: Any, live_server: Any, language: str, button: str, check: str, confirm: str, done: str
) -> None:
    shop = Shop.objects.create(name="Tiệm Mẫu Hoa Sen", channel="shopee")
    speak(page, live_server.url, language)
    if language == "vi":
        page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/admin/commissions/statementline/")
    keep(page, f"statement-list-{language}")
    page.goto(f"{live_server.url}/admin/commissions/statementline/new-import")
    assert page.get_by_role("heading", name=button).is_visible()
    page.select_option("select[name=shop]", str(shop.pk))
    page.set_input_files("input[name=files]", [FOLDER / "shopee_income_vn.xlsx", FOLDER / "shopee_balance_vn.xlsx"])
    keep(page, f"statement-form-{language}")
    page.get_by_role("button", name=check).click()
    page.wait_for_url("**/statementfile/upload/**")
    page.locator("summary").first.click()
    keep(page, f"statement-dry-run-{language}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name=confirm).click()
    page.get_by_text(done).wait_for()
    keep(page, f"statement-imported-{language}")
    assert set(StatementFile.objects.values_list("state", flat=True)) == {"imported"}
    assert StatementLine.objects.filter(shop=shop).exists()
    page.goto(f"{live_server.url}/admin/commissions/statementfile/import/")
    page.select_option("select[name=shop]", str(shop.pk))
    page.set_input_files(
        "input[name=files]", [FOLDER / "shopee_income_vn_wrong_sum.xlsx", FOLDER / "protected_stub.xlsx"]
    )
    page.get_by_role("button", name=check).click()
    page.wait_for_url("**/statementfile/upload/**")
    keep(page, f"statement-refused-{language}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.get_by_role("button", name="Import").count() == 0
    page.goto(f"{live_server.url}/admin/commissions/statementfile/")
    keep(page, f"statement-files-{language}")
