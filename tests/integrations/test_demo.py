"""The demo shops, connected over real HTTP to a simulator in this process."""

from __future__ import annotations

from collections.abc import Iterator

import django_rq
import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from commissions.models import Finding
from commissions.services.findings.refresh import checked_shops, refresh
from integrations.accounts.links import targets
from integrations.contract.connector import Role
from integrations.demo import past, set_up
from integrations.demo.shops import BEFORE_TODAY
from integrations.ingest import drain
from integrations.ingest.backfill import running
from integrations.models import AppRegistration, Authorisation, BackfillRun, Connection, InboxEvent
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation
from inventory.models import Listing, Product, Shop, StockLevel
from orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulation(settings: Settings, redis: Redis) -> Iterator[Simulation]:
    platforms = find_platforms()
    found = Simulation({channel: platforms[channel] for channel in ("kiotviet", "shopee")}, products=60, seed="demo")
    found.start()
    settings.SIMULATOR_URL = found.url
    # nobody listens there: the demo must not need its own webhooks
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    yield found
    found.stop()


def progress() -> list[str]:
    lines: list[str] = []
    set_up(None, lines.append, past=False)
    return lines


def test_every_account_is_connected_read_and_mapped(simulation: Simulation) -> None:
    user = get_user_model().objects.create_user("admin")
    set_up(user, lambda line: None, past=False)
    book = simulation.world.book
    assert Connection.objects.filter(trouble="").count() == 3
    assert {app.settings.get("limit_write") for app in AppRegistration.objects.all()} == {"200", None}
    assert {shop.memberships.get().user_id for shop in Shop.objects.all()} == {user.pk}
    pos = Connection.objects.get(shop__keeps_stock=True)
    assert set(pos.own_shop.branches.values_list("name", flat=True)) == set(book.warehouses)
    assert Product.objects.count() == 60
    units = {
        (sku, warehouse): int(on_hand)
        for sku, warehouse, on_hand in StockLevel.objects.filter(product__is_bundle=False).values_list(
            "product__sku", "warehouse__name", "on_hand"
        )
    }
    assert units == book.stock.units
    for shops in book.shops.values():
        for shop in shops.values():
            connection = Connection.objects.get(external_id=shop.id)
            assert list(targets(connection, Role.POS)) == [pos]
            assert [w.name for w in connection.own_shop.sells_from.all()] == [shop.ships_from]
            shown = {
                (item.id, variation.id if item.has_models else ""): variation
                for item in shop.items.values()
                for variation in item.variations
            }
            listings = {(row.item_id, row.variation_id): row for row in connection.own_shop.listings.all()}
            assert listings.keys() == shown.keys()
            for key, listing in listings.items():
                mapped = listing.product.sku if listing.product else None
                assert mapped == (shown[key].sku if shown[key].seller_sku == shown[key].sku else None)
    assert 0 < Listing.objects.filter(product=None).count() < 12
    assert InboxEvent.objects.filter(state__in=("pending", "dead")).count() == 0
    assert Order.objects.count() == 0


def test_buyers_of_today_count_even_when_the_channels_clock_is_slow(simulation: Simulation) -> None:
    before = timezone.now()
    progress()
    for since in Shop.objects.values_list("stock_since", flat=True):
        assert since is not None
        assert before - BEFORE_TODAY <= since <= timezone.now() - BEFORE_TODAY


def test_a_month_of_the_past_is_read_by_the_backfill_and_its_money_is_checked(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "ORDERS", 40)
    lines: list[str] = []
    set_up(None, lines.append)
    assert lines[-1] == "80 orders of the last 30 days are read in the background"
    assert Order.objects.count() == 0
    while runs := BackfillRun.objects.filter(finished_at=None):
        for run in runs:
            running.work(run.pk, budget_seconds=60)
    # orders that a statement named before their own run came to them
    for connection in Connection.objects.all():
        drain.drain(connection.pk, budget_seconds=60)
    assert set(BackfillRun.objects.values_list("kind", "state")) == {
        (kind, "done") for kind in ("order", "return", "settlement")
    }
    checks = [job for job in django_rq.get_queue("bulk").jobs if job.func_name == "integrations.jobs.check_money"]
    assert {job.args[0] for job in checks} == set(checked_shops())
    now = timezone.now()
    placed = sorted(Order.objects.values_list("placed_at", flat=True))
    assert (len(placed), (now - placed[0]).days, (now - placed[-1]).days) == (80, 30, 1)
    assert {"completed", "shipped"} < set(Order.objects.values_list("status", flat=True))
    # what was sold before the hub came is no reason to count anything
    assert sum(StockLevel.objects.values_list("reserved", flat=True)) == 0
    for shop_id in checked_shops():
        refresh(shop_id, now=now)
    planted = {error.order for error in simulation.world.book.money_errors.values()}
    assert len(planted) >= 6
    assert Finding.objects.exclude(open_orders=0).exists()


def test_a_second_time_everything_is_known_and_nothing_is_read_or_changed(simulation: Simulation) -> None:
    assert [line.rpartition(": ")[2] for line in progress()[:3]] == ["connected"] * 3
    listing = Listing.objects.filter(product=None).first()
    assert listing is not None
    before = list(Connection.objects.order_by("pk").values())
    tokens = list(Authorisation.objects.order_by("pk").values())
    simulation.world.book.traffic.calls.clear()
    assert [line.rpartition(": ")[2] for line in progress()] == ["known"] * 3
    assert simulation.world.book.traffic.calls.total() == 0
    assert list(Connection.objects.order_by("pk").values()) == before
    assert list(Authorisation.objects.order_by("pk").values()) == tokens


def test_a_hub_that_moved_tells_the_platforms_its_new_address(simulation: Simulation, settings: Settings) -> None:
    progress()
    settings.PUBLIC_URL = "http://127.0.0.1:10"
    assert [line.rpartition(": ")[2] for line in progress()] == ["connected again"] * 3
    for app in AppRegistration.objects.all():
        assert app.callback_url == f"http://127.0.0.1:10/webhooks/{app.channel}/{app.key}/"
    assert Connection.objects.count() == 3


def test_a_shop_that_turned_red_is_connected_again(simulation: Simulation) -> None:
    progress()
    red = Authorisation.objects.filter(app__channel="shopee").first()
    assert red is not None
    Authorisation.objects.filter(pk=red.pk).update(state="red", access_token="", refresh_token="")
    assert sorted(line.rpartition(": ")[2] for line in progress()) == ["connected again", "known", "known"]
    red.refresh_from_db()
    assert (red.state, bool(red.access_token)) == ("ok", True)


def test_without_a_simulator_there_is_one_clear_line(settings: Settings) -> None:
    settings.SIMULATOR_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match=r"^the simulator at http://127.0.0.1:9 does not answer .*: start it first$"):
        call_command("demo")
    assert Shop.objects.count() == 0


def test_marketplaces_are_linked_to_the_crm_with_the_words_it_uses(settings: Settings, redis: Redis) -> None:
    platforms = find_platforms()
    found = Simulation({name: platforms[name] for name in ("kiotviet", "misa_crm", "shopee")}, products=40, seed="book")
    found.start()
    settings.SIMULATOR_URL, settings.PUBLIC_URL = found.url, "http://127.0.0.1:9"
    try:
        progress()
    finally:
        found.stop()
    crms = {c.channel: [crm.channel for crm in targets(c, Role.CRM)] for c in Connection.objects.all()}
    assert crms == {"kiotviet": [], "misa_crm": [], "shopee": ["misa_crm"]}
    book = Connection.objects.get(shop__channel="misa_crm")
    assert "Hoàn thành = completed" in book.settings["states"]
    assert book.own_shop.listings.filter(status="inactive").exclude(product=None).count() == 40
    assert book.own_shop.customer_identities.exists()
    assert Order.objects.count() == 0, "its history is a backfill's"
