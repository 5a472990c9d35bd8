"""Service figures by month and shop: counted right, of one's own shops, on the page and in the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from time_machine import travel

from integrations.models import Connection, InboxEvent, SyncRun
from inventory.models import Product, ShopMembership, StockLevel, StockMovement, Warehouse
from tests.integrations.toy import connected

pytestmark = pytest.mark.django_db
PAGE = "/admin/integrations/syncrun/figures/"
FILE = f"{PAGE}service.csv"
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
# the month of Vietnam begins at 17:00 UTC the day before
FIRST, BEFORE = datetime(2026, 10, 31, 17, 0, tzinfo=UTC), datetime(2026, 10, 31, 16, 59, tzinfo=UTC)


@pytest.fixture
def mine() -> Connection:
    return connected()


@pytest.fixture
def viewer(mine: Connection) -> Any:
    with travel(NOW, tick=False):
        user = get_user_model().objects.create_user("nhanvien", password="x", is_staff=True)
        ShopMembership.objects.create(user=user, shop=mine.own_shop, role="viewer")
        client = Client()
        client.force_login(user)
        yield client


def event(of: Connection, number: int, at: datetime, *, seconds: float = 0, **fields: Any) -> None:
    InboxEvent.objects.create(
        app=of.authorisation.app, connection=of, external_id=str(number), received_at=at,
        finished_at=at + timedelta(seconds=seconds), **({"kind": "order", "source": "webhook", "state": "processed"} | fields),
    )  # fmt: skip


def a_month(of: Connection) -> None:
    """Fill a month of a connection, with a row of each that does not count."""
    states = ("done", "failed", "lost", "done", "running")
    SyncRun.objects.bulk_create([
        *(SyncRun(connection=of, kind="sweep", state=state, started_at=FIRST) for state in states),
        SyncRun(connection=of, kind="sweep", state="failed", started_at=BEFORE),
    ])  # fmt: skip
    for number, seconds in enumerate((1, 2, 3)):
        event(of, number, FIRST, seconds=seconds)
    event(of, 3, BEFORE, seconds=900)
    event(of, 4, FIRST, seconds=900, state="duplicate", seen=3)
    event(of, 5, FIRST, seconds=900, kind="listing")
    event(of, 6, FIRST, state="dead")
    event(of, 7, FIRST, state="dead", source="sweep")
    event(of, 8, FIRST, state="pending")
    warehouse = Warehouse.objects.create(name="Kho")
    of.own_shop.sells_from.add(warehouse)
    level = StockLevel.objects.create(product=Product.objects.create(sku="AO", name="Áo"), warehouse=warehouse)
    person = get_user_model().objects.first()
    for kind, actor, at in (
        ("correction", person, FIRST), ("correction", person, BEFORE), ("correction", None, FIRST), ("sale", person, FIRST),
    ):  # fmt: skip
        StockMovement.objects.create(level=level, quantity=Decimal(1), kind=kind, actor=actor, created_at=at)


def test_each_figure_is_counted_within_the_month_of_the_shops(viewer: Client, mine: Connection) -> None:
    a_month(mine)
    other = connected(mine.authorisation.app, "901")
    event(other, 1, FIRST, state="dead")
    [row] = viewer.get(PAGE, {"month": "2026-11"}).context["rows"]
    assert row == ["Gian hàng 900", "toy", "4", "2", "50.00", "9", "7", "77.78", "1", "2.00", "2.90", "2"]
    answer = viewer.get(FILE, {"month": "2026-11"})
    assert answer["Content-Disposition"] == 'attachment; filename="service-figures-2026-11.csv"'
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("Shop,Channel,Sync runs,Sync runs broken off,")
    assert lines[1:] == ["Gian hàng 900,toy,4,2,50,9,7,77.78,1,2,2.9,2"]


def test_a_shop_without_anything_has_dashes_and_this_month_is_shown_first(viewer: Client, mine: Connection) -> None:
    event(mine, 1, BEFORE, seconds=4)
    page = viewer.get(PAGE, headers={"accept-language": "vi"})
    assert page.context["rows"] == [["Gian hàng 900", "toy", "0", "0", "–", "0", "0", "–", "0", "–", "–", "0"]]
    assert "Chỉ số dịch vụ" in page.content.decode()
    assert [month for month, _ in page.context["form"].fields["month"].choices] == [
        "2026-11", "2026-10", "2026-09", "2026-08",
    ]  # fmt: skip
    [row] = viewer.get(PAGE, {"month": "2026-10"}).context["rows"]
    assert row[9] == "4.00"


def test_a_month_of_which_nothing_is_kept_is_refused_in_words(viewer: Client) -> None:
    for month in ("2026-12", "2025-01", "tháng này"):
        page = viewer.get(PAGE, {"month": month})
        assert (page.context["rows"], list(page.context["form"].errors)) == ([], ["month"])
        assert viewer.get(FILE, {"month": month}).status_code == 400


def test_more_shops_cost_no_more_statements(viewer: Client, mine: Connection) -> None:
    def statements() -> int:
        with CaptureQueriesContext(database) as captured:
            viewer.get(PAGE)
        return len(captured)

    statements()  # the first request reads what later ones know
    first = statements()
    for number in range(3):
        shop = connected(mine.authorisation.app, f"91{number}").own_shop
        ShopMembership.objects.create(user=ShopMembership.objects.earliest("pk").user, shop=shop, role="viewer")
    assert len(viewer.get(PAGE).context["rows"]) == 4
    assert statements() == first
