"""A fresh simulated TikTok Shop per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integrations.connectors.tiktok_shop.simulator.still_world import Client, Market, market


@pytest.fixture
def place() -> Iterator[Market]:
    """The platform, its world and a hub."""
    with market() as found:
        yield found


@pytest.fixture
def client(place: Market) -> Client:
    """The first shop's client."""
    return place.client
