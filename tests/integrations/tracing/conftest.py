"""A shop of the channel whose calls are full of what no span may say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from redis import Redis

from integrations.models import AppRegistration, Connection
from inventory.models import Listing, Product, StockLevel, Warehouse
from inventory.services.readings import post_movement
from tests.integrations.toy import connected, install

from .channel import CONNECTOR, platform


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch, redis: Redis) -> Iterator[Connection]:
    """A shop with ten pieces of one product on sale."""
    install(monkeypatch, CONNECTOR)
    with platform() as url:
        found = connected(AppRegistration.objects.create(channel="toy", name="Toy", base_url=url))
        warehouse = Warehouse.objects.create(name="Kho")
        found.own_shop.sells_from.add(warehouse)
        product = Product.objects.create(sku="AO-01", name="Áo thun")
        Listing.objects.create(shop=found.own_shop, item_id="1", title="Áo thun", product=product, status="active")
        level = StockLevel.objects.create(product=product, warehouse=warehouse)
        post_movement(level.id, Decimal(10), kind="opening", note="", actor_id=None)
        yield found
