"""docs/new-channel.md, done as it says: a folder is a channel, and nothing else is touched."""

from __future__ import annotations

import hashlib
import hmac
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.db import transaction
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from redis import Redis

from erpsync.environment import BASE_DIR
from integrations import connectors
from integrations.contract.connector import Connector
from integrations.demo import set_up
from integrations.inbox import routing
from integrations.ingest import drain, sweep
from integrations.models import Connection, InboxEvent
from integrations.publishing.rounds import publish
from integrations.simulator.discovery import find_platforms
from integrations.simulator.simulation import Simulation
from inventory.models import Listing, Product, StockLevel, Warehouse
from inventory.services.mapping import exact_matches, map_listings
from orders.models import Order
from tests.integrations.connectors.contract import facts

PAGE = BASE_DIR / "docs" / "new-channel.md"
CHANNEL = "cho_que"
_BLOCK = re.compile(r"^```python (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The page's code as a connector folder that the registry finds."""
    home = tmp_path / CHANNEL
    for name, code in _BLOCK.findall(PAGE.read_text()):
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(code)
    connectors.__path__.append(str(tmp_path))
    caches = (connectors._listed, connectors._loaded)
    for known in caches:
        known.cache_clear()
    yield home
    connectors.__path__.remove(str(tmp_path))
    for known in caches:
        known.cache_clear()
    for module in [name for name in sys.modules if f".{CHANNEL}" in name]:
        del sys.modules[module]


@pytest.fixture
def simulation(folder: Path, settings: Settings, redis: Redis, live_server: LiveServer) -> Iterator[Simulation]:
    found = Simulation({CHANNEL: find_platforms()[CHANNEL]}, products=40, seed="new")
    found.start()
    settings.SIMULATOR_URL, settings.PUBLIC_URL = found.url, live_server.url
    routing._known.clear()
    yield found
    found.stop()


def test_the_page_holds_both_halves(folder: Path) -> None:
    assert CHANNEL in connectors.channels()
    found = connectors.connector_of(CHANNEL)
    assert isinstance(found, Connector)
    assert found.title == "Chợ Quê"
    assert CHANNEL in find_platforms()


@pytest.mark.django_db(transaction=True)
def test_a_sale_goes_through_the_hub_and_a_number_goes_back(simulation: Simulation) -> None:
    set_up(None, lambda line: None, past=False)
    connection = Connection.objects.get()
    assert connection.shop.name == "Sạp cô Ba"
    shop = simulation.world.book.shops[CHANNEL]["quan1"]
    assert Listing.objects.count() == sum(len(item.variations) for item in shop.items.values())

    warehouse = Warehouse.objects.create(name="Kho cô Ba")
    connection.shop.sells_from.add(warehouse)
    for good in simulation.world.book.goods.values():
        product = Product.objects.create(sku=good.sku, name=good.name)
        StockLevel.objects.create(product=product, warehouse=warehouse, on_hand=70)
    with transaction.atomic():
        map_listings(exact_matches())
    listing = Listing.objects.filter(product__isnull=False).order_by("pk")[0]
    sku = listing.product.sku if listing.product else ""
    wanted = {"channel": CHANNEL, "shop": "quan1", "lines": [{"sku": sku, "quantity": 1}]}
    placed = requests.post(f"{simulation.url}/orders", json=wanted, timeout=10)
    assert placed.ok, placed.text
    wait_for(lambda: InboxEvent.objects.filter(kind="order", source="webhook").exists())
    drain.drain(connection.pk)
    order = Order.objects.get()
    assert (order.lines.get().product, order.problems) == (listing.product, [])

    publish(connection.pk)
    shown = {v.sku: v.stock for item in shop.items.values() for v in item.variations}
    assert shown[sku] == 69, "what the hub counts, and no longer what the platform began with"


@pytest.mark.django_db(transaction=True)
def test_what_is_not_signed_is_refused_and_what_was_never_pushed_is_swept(simulation: Simulation) -> None:
    set_up(None, lambda line: None, past=False)
    connection = Connection.objects.get()
    address = connection.authorisation.app.callback_url
    assert requests.post(address, data=b"{}", timeout=10).status_code == 401
    assert requests.post(address, data=b"{}", headers={"X-Signature": "0"}, timeout=10).status_code == 401
    simulation.world.platforms[CHANNEL].set_webhook_url("", None)
    listing = Listing.objects.order_by("pk")[0]
    variation = simulation.world.book.shops[CHANNEL]["quan1"].variation(listing.item_id, listing.variation_id)
    assert variation
    wanted = {"channel": CHANNEL, "shop": "quan1", "lines": [{"sku": variation.sku, "quantity": 1}]}
    number = requests.post(f"{simulation.url}/orders", json=wanted, timeout=10).json()["id"]
    sweep.sweep(connection.pk)
    drain.drain(connection.pk)
    assert Order.objects.get().number == number


def test_its_facts_are_sane(folder: Path) -> None:
    found = connectors.connector_of(CHANNEL)
    facts.check_identity(found)
    assert found.consent
    assert found.webhooks
    assert found.publisher
    facts.check_consent(found.consent)
    facts.check_webhooks(found.webhooks)
    facts.check_publisher(found.publisher)
    assert found.reads.keys() == {"order", "listing"}
    for reader in found.reads.values():
        facts.check_reader(reader)
    assert (found.queue, found.writes, found.labels, found.quotes) == (None, {}, None, None)


def test_it_signs_vectors_too(folder: Path) -> None:
    entry = {"secrets": {"app_secret": "s"}, "body": "{}"}
    expected = hmac.new(b"s", b"{}", hashlib.sha256).hexdigest()
    sign = connectors.connector_of(CHANNEL).sign
    assert sign
    assert sign(entry) == expected


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
