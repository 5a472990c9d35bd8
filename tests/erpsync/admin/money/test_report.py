"""The commissions report as managers see it: page, chart, files, and as it was known on a day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from commissions.models import CommissionEntry
from commissions.rules.rule_set import moment
from erpsync.admin.money.rule_words import today
from inventory.models import Shop
from tests.commissions.ledger import rule, store_order, store_return
from tests.erpsync.admin.money.test_rules import person

pytestmark = pytest.mark.django_db
PAGE = "/admin/commissions/commissionentry/report/"
VIETNAMESE = {"accept-language": "vi"}


@pytest.fixture
def shop(client: Client, django_user_model: Any) -> Shop:
    """A viewer's shop with 20,000 dong accrued in November and 10,000 given back; and another shop with the same."""
    rule()
    for name in ("=Sen Việt", "Gian thứ hai"):
        shop = Shop.objects.create(name=name, channel="shopee")
        store_order(shop, "delivered", price=100_000)
        store_return(shop, "refunded", 1)
    found = Shop.objects.get(name="=Sen Việt")
    person(found, "viewer", client, django_user_model)
    return found


def test_the_page_shows_sums_rows_and_a_chart_of_own_shops(client: Client, shop: Shop) -> None:
    page = client.get(PAGE, {"by": ["month", "shop", "sku"]}, headers=VIETNAMESE)
    assert page.context["totals"] == [["20.000 ₫", "-10.000 ₫", "10.000 ₫"]]
    assert page.context["rows"] == [
        ["2026-11", "=Sen Việt", "AO", "VND", "1", "20.000 ₫", "-10.000 ₫", "10.000 ₫"]
    ]  # fmt: skip
    chart = json.loads(page.context["chart"])
    assert (chart["labels"], chart["datasets"][0]["data"]) == (["11/2026"], [10_000.0])
    assert json.loads(page.context["chart_options"])["locale"] == "vi"
    assert "Báo cáo hoa hồng" in page.content.decode()
    assert "Gian thứ hai" not in page.content.decode()


def test_a_day_that_is_not_over_and_a_foreign_shop_are_refused_in_words(client: Client, shop: Shop) -> None:
    other = Shop.objects.get(name="Gian thứ hai")
    for query in ({"known_on": today().isoformat()}, {"shop": str(other.pk)}, {"since": "hôm qua"}):
        page = client.get(PAGE, query)
        assert "rows" not in page.context
        assert page.context["form"].errors
        assert client.get(f"{PAGE}commissions.csv", query).status_code == 400
    assert "chưa kết thúc" in client.get(PAGE, {"known_on": "2999-01-01"}, headers=VIETNAMESE).content.decode()


def test_what_was_recorded_later_is_not_in_the_sums_of_before(client: Client, shop: Shop) -> None:
    first = CommissionEntry.objects.filter(shop=shop, cause="accrued").get()
    early = {
        "order": first.order,
        "rule": first.rule,
        "shop": shop,
        "line_key": "1",
        "fee_kind": "commission",
        "payee": "marketplace",
    }
    CommissionEntry.objects.create(
        **early, cause="accrued", units=1, base=Decimal(100), amount=Decimal(7), effective_at=datetime(2026, 3, 1, tzinfo=UTC),
        recorded_at=moment(date(2026, 3, 31)) + timedelta(hours=23, minutes=59, seconds=59),
    )  # fmt: skip
    assert client.get(PAGE, {"known_on": "2026-03-31"}).context["totals"] == [["7 ₫", "0 ₫", "7 ₫"]]
    assert not client.get(PAGE, {"known_on": "2026-03-30"}).context["rows"]
    entries = "/admin/commissions/commissionentry/"
    assert len(client.get(entries, {"known_on": "2026-03-31"}).context["cl"].result_list) == 1
    assert len(client.get(entries).context["cl"].result_list) == 3
    for typed, said in (("2999-01-01", "That day is not over"), ("soon", "wants a day")):
        assert said in client.get(entries, {"known_on": typed}, headers={"accept-language": "en"}).content.decode()


def test_files_hold_all_rows_and_no_formula(client: Client, shop: Shop) -> None:
    query = {"by": ["month", "shop", "payee", "fee_kind"]}
    answer = client.get(f"{PAGE}commissions.csv", query, headers={"accept-language": "en"})
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.splitlines() == [
        "Month,Shop,Paid to,Fee,Currency,Orders,Accrued,Given back,Net",
        "2026-11,'=Sen Việt,the marketplace,commission,VND,1,20000,-10000,10000",
    ]
    answer = client.get(f"{PAGE}commissions.xlsx", query, headers={"accept-language": "en"})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    [head, row] = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert head[-3:] == ["Accrued", "Given back", "Net"]
    assert row == ["2026-11", "'=Sen Việt", "the marketplace", "commission", "VND", 1.0, 20_000.0, -10_000.0, 10_000.0]
