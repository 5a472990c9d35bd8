"""Arranging by rules: what a rule takes and leaves, its log, and that people who hold something back are first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from redis import Redis

from integrations.documents import arranging
from integrations.jobs import arrange_by_rules
from integrations.models import ArrangeRule, ArrangeRun, Command
from inventory.models import Reservation, ShopMembership, StockLevel, Warehouse
from orders.models import Customer, Order, OrderLine
from orders.services import holding
from tests.erpsync.admin.worlds import World, order, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(redis: Redis) -> World:
    made = world("OWN", channel="shopee")
    Order.objects.update(status="completed")
    ArrangeRule.objects.all().delete()
    Command.objects.all().delete()
    return made


@pytest.fixture
def rule(own: World) -> ArrangeRule:
    made = ArrangeRule.objects.create(name="Sáng", is_active=True, delay_minutes=30)
    made.only_shops.add(own.shop)
    return made


@pytest.fixture
def new(own: World) -> Callable[..., Order]:
    def make(minutes: int = 60, **fields: Any) -> Order:
        """An order that was placed so many minutes ago, with nothing asked about it yet."""
        row = order(own, placed_at=timezone.now() - timedelta(minutes=minutes), carrier="SPX", **fields)
        Command.objects.filter(order=row).delete()
        return row

    return make


def wanted() -> list[int | None]:
    return sorted(Command.objects.filter(kind="ship", state="wanted").values_list("order_id", flat=True))


def left(rule: ArrangeRule) -> dict[str, str]:
    run = rule.runs.first()
    return {row["number"]: row["reason"]["code"] for row in run.left_out} if run else {}


def test_a_rule_takes_what_is_due_once_and_says_why_it_left_the_others(
    own: World, rule: ArrangeRule, new: Callable[..., Order]
) -> None:
    due, early, paid_late, held, unmapped, refused = new(), new(10), new(paid_at=timezone.now()), new(), new(), new()
    holding.hold([held.pk], "x")
    OrderLine.objects.filter(order=unmapped).update(product=None)
    Command.objects.create(order=refused, kind="ship", target=own.connection, reference="r", state="refused")
    arrange_by_rules()
    [command] = Command.objects.filter(state="wanted")
    assert (command.order_id, command.kind, command.actor) == (due.pk, "ship", None)
    [run] = rule.runs.all()
    assert run.taken == [{"order": due.pk, "number": due.number}]
    assert left(rule) == {
        early.number: "arrange.too_early", paid_late.number: "arrange.too_early", held.number: "arrange.held",
        unmapped.number: "arrange.unmapped", refused.number: "arrange.refused_before",
    }  # fmt: skip
    arrange_by_rules()
    assert (wanted(), rule.runs.count()) == ([due.pk], 1), "nothing new, no second command and no second row"
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        holding.release([held.pk])
    arrange_by_rules()
    assert wanted() == sorted([due.pk, held.pk])


def test_a_buyer_who_is_held_back_and_what_others_send_is_left(
    own: World, rule: ArrangeRule, new: Callable[..., Order]
) -> None:
    mine, platform = new(), new()
    buyer = Customer.objects.get(pk=Order.objects.get(pk=mine.pk).customer_id)
    holding.hold_buyer(buyer.pk, [own.shop.pk], "bom hàng")
    OrderLine.objects.filter(order=platform).update(fulfilled_by="platform")
    arrange_by_rules()
    assert (wanted(), left(rule)) == ([], {mine.number: "arrange.held"})


def test_a_hold_that_comes_while_the_rule_runs_is_first(
    rule: ArrangeRule, new: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = new()
    judge = arranging._why_not

    def held_meanwhile(*args: Any) -> Any:
        found = judge(*args)
        holding.hold([row.pk], "x")
        return found

    monkeypatch.setattr(arranging, "_why_not", held_meanwhile)
    arrange_by_rules()
    assert (wanted(), left(rule)) == ([], {row.number: "arrange.held"})


@pytest.mark.parametrize(
    ("begin", "end", "at", "is_open"),
    [
        ((8, 0), (17, 0), "09:00", True), ((8, 0), (17, 0), "18:00", False), ((22, 0), (6, 0), "23:30", True),
        ((22, 0), (6, 0), "05:00", True), ((22, 0), (6, 0), "12:00", False), (None, None, "03:00", True),
    ],
)  # fmt: skip
def test_the_hours_are_those_of_the_shops_day(begin: Any, end: Any, at: str, is_open: bool) -> None:
    rule = ArrangeRule(from_time=time(*begin) if begin else None, until_time=time(*end) if end else None)
    assert arranging._is_open(rule, time.fromisoformat(at)) is is_open


def test_outside_its_hours_and_switched_off_a_rule_does_nothing(
    own: World, rule: ArrangeRule, new: Callable[..., Order]
) -> None:
    row = new()
    local = timezone.localtime(timezone.now())
    later = (local + timedelta(hours=2)).time()
    ArrangeRule.objects.update(from_time=later, until_time=(local + timedelta(hours=3)).time())
    arrange_by_rules()
    ArrangeRule.objects.update(from_time=None, until_time=None, is_active=False)
    arrange_by_rules()
    assert (wanted(), ArrangeRun.objects.count()) == ([], 0)
    ArrangeRule.objects.update(is_active=True)
    arrange_by_rules()
    assert wanted() == [row.pk]


def test_only_of_its_shops_courier_and_warehouse(own: World, rule: ArrangeRule, new: Callable[..., Order]) -> None:
    other = world("ZZ", channel="shopee")
    Command.objects.all().delete()
    Order.objects.filter(shop=other.shop).update(placed_at=timezone.now() - timedelta(days=1))
    here, courier, elsewhere = new(), new(), new()
    Order.objects.filter(pk=courier.pk).update(carrier="GHN")
    place = Warehouse.objects.create(name="Kho hai")
    level = StockLevel.objects.create(product=own.product, warehouse=place)
    Reservation.objects.filter(order_number=elsewhere.number).update(level=level)
    ArrangeRule.objects.update(carriers=" spx, J&T Express", warehouse=own.warehouse)
    rule.refresh_from_db()
    arrange_by_rules()
    assert wanted() == [here.pk]
    assert left(rule) == {courier.number: "arrange.other_courier", elsewhere.number: "arrange.other_warehouse"}


def test_old_rows_of_the_log_are_deleted_except_the_last(rule: ArrangeRule) -> None:
    old, last = (ArrangeRun.objects.create(rule=rule) for _ in range(2))
    ArrangeRun.objects.update(created_at=timezone.now() - timedelta(days=40))
    assert arranging.delete_old_runs(days=30) == 1
    assert list(ArrangeRun.objects.all()) == [last]
    assert old.pk != last.pk


def test_managers_of_all_its_shops_write_a_rule_and_read_what_it_did(
    client: Any, own: World, rule: ArrangeRule, new: Callable[..., Order]
) -> None:
    client.force_login(own.manager)
    row = new()
    holding.hold([row.pk], "x")
    arrange_by_rules()
    url = f"/admin/integrations/arrangerule/{rule.pk}/change/"
    page = client.get(url).content.decode()
    assert row.number in page
    assert "Held back by a person, or its buyer is." in page
    inline = {"runs-TOTAL_FORMS": "0", "runs-INITIAL_FORMS": "0"}
    given = {"name": "Sáng", "only_shops": [own.shop.pk], "delay_minutes": "5", "from_time": "08:00"}
    assert "Enter both times" in client.post(url, given | inline).content.decode()
    client.post(url, given | inline | {"until_time": "17:00"})
    rule.refresh_from_db()
    assert (rule.is_active, rule.delay_minutes, rule.until_time) == (False, 5, time(17))
    foreign = world("ZZ", channel="shopee").shop
    client.post(
        "/admin/integrations/arrangerule/add/", given | inline | {"only_shops": [foreign.pk], "until_time": "17:00"}
    )
    assert not ArrangeRule.objects.filter(name="Sáng", only_shops=foreign).exists()
    ShopMembership.objects.filter(user=own.manager).update(role="operator")
    assert client.post(url, given | inline | {"until_time": "18:00"}).status_code == 403
    rule.only_shops.add(foreign)
    assert client.get(url).status_code == 302
