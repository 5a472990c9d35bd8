"""A fresh simulated Shopee per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integrations.connectors.shopee.simulator.still_world import Client, Market, market


@pytest.fixture
def shopee() -> Iterator[Market]:
    """The platform, its world and a hub."""
    with market() as found:
        yield found


@pytest.fixture
def client(shopee: Market) -> Client:
    """The first shop's client."""
    return shopee.client
